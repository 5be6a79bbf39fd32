#include "apps/report/html_page.h"

#include <algorithm>
#include <utility>

#include "apps/report/base64.h"
#include "apps/report/svg.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --line: #d0d0d0; --quiet: #666; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #161616; --line: #444; --quiet: #aaa; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-top: 1px solid var(--line); padding-top: 1rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--quiet); font-weight: 600; } .number { text-align: right; }
img { max-width: 100%; height: auto; } .chart { width: 100%; min-width: 36rem; max-width: none; } pre { overflow-x: auto; font-size: .85rem; } summary { cursor: pointer; color: var(--quiet); }
)";

// Lines stay lines, which escape_xml makes one of.
std::string escape_lines(std::string_view text) {
  std::string html;
  for (std::size_t end = 0; end != text.npos;) {
    end = text.find('\n');
    html += escape_xml(text.substr(0, end));
    if (end == text.npos) break;
    html += '\n';
    text.remove_prefix(end + 1);
  }
  return html;
}

bool is_number(std::string_view cell) {
  return cell.empty() || std::string_view("0123456789+-").find(cell[0]) != std::string_view::npos;
}

std::string row(const std::vector<std::string>& cells, std::string_view element,
                const std::vector<bool>& numbers) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i)
    html += fmt::format("<{0}{1}>{2}</{0}>", element, numbers[i] ? " class=\"number\"" : "",
                        escape_xml(cells[i]));
  return html + "</tr>\n";
}

}  // namespace

HtmlPage::HtmlPage(std::string title) : title_(std::move(title)) {}

void HtmlPage::heading(std::string_view text) { body_ += fmt::format("<h2>{}</h2>\n", escape_xml(text)); }

void HtmlPage::paragraph(std::string_view text) { body_ += fmt::format("<p>{}</p>\n", escape_xml(text)); }

void HtmlPage::table(const Table& table) {
  std::vector<bool> numbers(table.columns.size(), true);
  for (const auto& cells : table.rows) {
    expect(cells.size() == table.columns.size(), "table: expected rows of {} cells, found {}",
           table.columns.size(), cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) numbers[i] = numbers[i] && is_number(cells[i]);
  }
  body_ += "<div class=\"scroll\"><table>\n";
  if (std::ranges::any_of(table.columns, [](const std::string& column) { return !column.empty(); }))
    body_ += row(table.columns, "th", numbers);
  for (const auto& cells : table.rows) body_ += row(cells, "td", numbers);
  body_ += "</table></div>\n";
}

void HtmlPage::picture(std::string_view bytes, std::string_view description) {
  const bool png = bytes.starts_with("\x89PNG"), svg = bytes.find("<svg") != bytes.npos;
  expect(png || svg, "page: '{}': expected an SVG or a PNG", description);
  // A chart's letters stay readable on a phone, where it is moved sideways.
  body_ += fmt::format("<div class=\"scroll\"><img{} alt=\"{}\" src=\"data:image/{};base64,{}\"></div>\n",
                       svg && !png ? " class=\"chart\"" : "", escape_xml(description),
                       png ? "png" : "svg+xml", base64(bytes));
}

void HtmlPage::code(std::string_view text) { body_ += fmt::format("<pre>{}</pre>\n", escape_lines(text)); }

void HtmlPage::folded(std::string_view summary, std::string_view text) {
  body_ += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n", escape_xml(summary),
                       escape_lines(text));
}

std::string HtmlPage::document() const {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, "
      "initial-scale=1\">\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n{2}</"
      "body>\n</html>\n",
      escape_xml(title_), style, body_);
}

}  // namespace hypersphere
