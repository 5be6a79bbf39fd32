#include "apps/report/table.h"

#include <algorithm>
#include <string_view>

#include "tensor/error.h"

namespace hypersphere {
namespace {

void check(const Table& table) {
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    expect(table.rows[i].size() == table.columns.size(), "table: row {} has {} cells, the heading {}", i + 1,
           table.rows[i].size(), table.columns.size());
}

std::string escape_markdown(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      escaped += ' ';
      continue;
    }
    if (std::string_view("|\\`*_<&").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Letters, not bytes: the bytes of UTF-8 that continue a letter take no place.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool numeric(std::string_view text) {
  return text.empty() || std::string_view("0123456789+-.").find(text[0]) != std::string_view::npos;
}

std::string quote_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string to_markdown(const Table& table) {
  check(table);
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t width = std::max<std::size_t>(3, width_of(escape_markdown(table.columns[c])));
    for (const auto& row : table.rows) width = std::max(width, width_of(escape_markdown(row[c])));
    widths.push_back(width);
    right.push_back(std::ranges::all_of(table.rows, [c](const auto& row) { return numeric(row[c]); }) &&
                    std::ranges::any_of(table.rows, [c](const auto& row) { return !row[c].empty(); }));
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string cell = escape_markdown(cells[c]), space(widths[c] - width_of(cell), ' ');
      text += "| " + (right[c] ? space + cell : cell + space) + " ";
    }
    text += "|\n";
  };
  line(table.columns);
  for (std::size_t c = 0; c < widths.size(); ++c)
    text += "| " + std::string(widths[c] - 1, '-') + (right[c] ? ": " : "- ");
  text += "|\n";
  for (const auto& row : table.rows) line(row);
  return text;
}

std::string to_csv(const Table& table) {
  check(table);
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) text += (c ? "," : "") + quote_csv(cells[c]);
    text += "\n";
  };
  line(table.columns);
  for (const auto& row : table.rows) line(row);
  return text;
}

}  // namespace hypersphere
