// The few SVG elements that the plots are drawn with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hypersphere {

/// `text` with & < > " ' replaced by entities, and control characters that XML 1.0 forbids by spaces.
std::string escape_xml(std::string_view text);

/// Where text stands relative to its point.
enum class Anchor { start, middle, end };

/// Collects the elements of one SVG picture. Coordinates are pixels from the top left corner. `classes` are
/// names that the style sheet refers to, written as they are; text is escaped.
class Svg {
 public:
  Svg(double width, double height, std::string_view style_sheet);

  void line(double x1, double y1, double x2, double y2, std::string_view classes);
  void rect(double x, double y, double width, double height, std::string_view classes);
  void circle(double x, double y, double radius, std::string_view classes);
  /// A line through `points`; nothing for fewer than two.
  void polyline(const std::vector<std::pair<double, double>>& points, std::string_view classes);
  /// The area that `points` surround; nothing for fewer than three.
  void polygon(const std::vector<std::pair<double, double>>& points, std::string_view classes);
  /// The picture that `href` names, written as it is: a data URI, for a document that needs no other file.
  void image(double x, double y, double width, double height, std::string_view href);
  /// `text` with its baseline at y; `rotated` turns it a quarter to the left about (x, y).
  void text(double x, double y, std::string_view text, Anchor anchor, std::string_view classes,
            bool rotated = false);
  /// Until end_clip(), nothing outside this rectangle is drawn.
  void begin_clip(double x, double y, double width, double height);
  void end_clip();

  /// The whole document.
  std::string document() const;

 private:
  double width_, height_;
  std::string style_, body_;
};

}  // namespace hypersphere
