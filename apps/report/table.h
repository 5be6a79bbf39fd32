// Tables for people (Markdown) and for programs (CSV).
#pragma once

#include <string>
#include <vector>

namespace hypersphere {

/// A heading and a text for each cell, row by row. Cells are plain text: what the formats give a meaning to is escaped
/// when the table is written.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`
};

/// A GitHub-flavoured Markdown table (GFM, section "Tables"), its columns padded to one width so that it can be read
/// as text too. `|`, `\`, backquotes, `*`, `_`, `<` and `&` are escaped; a line break becomes a space. Columns whose
/// cells all begin with a digit, a sign or are empty stand to the right. Throws Error where a row is not as long as
/// the heading.
std::string to_markdown(const Table& table);

/// Comma-separated values as RFC 4180 defines them, lines ended by "\n" alone: a cell with a comma, a quote or a line break
/// is quoted, its quotes doubled. Throws Error where a row is not as long as the heading.
std::string to_csv(const Table& table);

}  // namespace hypersphere
