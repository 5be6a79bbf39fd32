// A page of text, tables and pictures that needs no other file: for a browser, a phone, an attachment.
#pragma once

#include <string>
#include <string_view>

#include "apps/report/table.h"

namespace hypersphere {

/// Collects the parts of a page, in their order. All text is escaped. The page fits a narrow screen: tables scroll by themselves, pictures
/// shrink; it is light or dark as the reader's system is. No scripts, nothing is fetched.
class HtmlPage {
 public:
  explicit HtmlPage(std::string title);

  void heading(std::string_view text);
  void paragraph(std::string_view text);
  /// Columns stand to the right where Table's Markdown has them there.
  void table(const Table& table);
  /// An SVG document or, by its first bytes, a PNG. `description` is for those who do not see it. Throws Error for anything else.
  void picture(std::string_view bytes, std::string_view description);
  /// A command, to be copied.
  void code(std::string_view text);
  /// Text as it is, folded away under `summary`.
  void folded(std::string_view summary, std::string_view text);

  std::string document() const;

 private:
  std::string title_, body_;
};

}  // namespace hypersphere
