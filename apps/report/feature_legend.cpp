#include "apps/report/feature_legend.h"

#include <algorithm>
#include <sstream>

#include "apps/report/feature_panels.h"

namespace hypersphere {
namespace {

constexpr double swatch_width = 24, between_items = 24, row_height = 27;

bool continues(char c) { return (c & 0xC0) == 0x80; }  // a byte of UTF-8 within a letter

}  // namespace

double text_width(std::string_view text, double font_size) {
  return 0.58 * font_size *
         static_cast<double>(std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

std::vector<std::string> wrapped(const std::string& text, double width, double font_size) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.empty() && text_width(lines.back() + " " + word, font_size) <= width)
      lines.back() += " " + word;
    else
      lines.push_back(word);
  }
  return lines;
}

std::string shown_name(std::string name) {
  constexpr std::size_t most = 20;
  std::ranges::replace(name, '_', ' ');
  std::size_t letters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (continues(name[i]) || letters++ < most) continue;
    name.resize(i);
    return name.substr(0, name.find_last_not_of(' ') + 1) + "…";
  }
  return name;
}

Legend::Legend(std::vector<LegendItem> items, double left, double right, double top, bool aligned,
               double font_size, std::string_view text_class)
    : items_(std::move(items)), font_size_(font_size), text_class_(text_class) {
  std::vector<double> widths;
  for (const LegendItem& item : items_) widths.push_back(swatch_width + text_width(item.text, font_size));
  if (aligned && !widths.empty()) std::ranges::fill(widths, std::ranges::max(widths));
  double x = left, y = top + row_height / 2;
  for (const double width : widths) {
    if (x > left && x + width > right) {
      x = left;
      y += row_height;
    }
    places_.emplace_back(x, y);
    x += width + between_items;
  }
}

double Legend::bottom() const { return places_.empty() ? 0 : places_.back().second + row_height / 2; }

void Legend::draw(Svg& svg) const {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const LegendItem& item = items_[i];
    const auto [x, y] = places_[i];
    switch (item.swatch) {
      case Swatch::marker:
        draw_marker(svg, x + 8, y, 7, item.identity, item.classes);
        break;
      case Swatch::line:
        svg.line(x, y, x + 17, y, item.classes);
        break;
      case Swatch::box:
        svg.rect(x + 1, y - 7, 15, 14, item.classes);
        break;
      case Swatch::upright:
        svg.line(x + 8, y - 9, x + 8, y + 9, item.classes);
        break;
    }
    svg.text(x + swatch_width, y + 0.36 * font_size_, item.text, Anchor::start, text_class_);
  }
}

}  // namespace hypersphere
