#include "apps/report/svg.h"

#include <fmt/format.h>

#include <iterator>

namespace hypersphere {

namespace {

// A tenth of a pixel is enough, and keeps the file small.
std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

using Point = std::pair<double, double>;

std::string points_text(const std::vector<Point>& points) {
  std::string text;
  for (std::size_t i = 0; i < points.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{}{},{}", i ? " " : "", number(points[i].first),
                   number(points[i].second));
  return text;
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return escaped;
}

Svg::Svg(double width, double height, std::string_view style_sheet)
    : width_(width), height_(height), style_(style_sheet) {}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", classes, number(x1),
                       number(y1), number(x2), number(y2));
}

void Svg::rect(double x, double y, double width, double height, std::string_view classes) {
  body_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", classes,
                       number(x), number(y), number(width), number(height));
}

void Svg::circle(double x, double y, double radius, std::string_view classes) {
  body_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", classes, number(x), number(y),
                       number(radius));
}

void Svg::polyline(const std::vector<Point>& points, std::string_view classes) {
  if (points.size() >= 2)
    body_ += fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", classes, points_text(points));
}

void Svg::polygon(const std::vector<Point>& points, std::string_view classes) {
  if (points.size() >= 3)
    body_ += fmt::format("<polygon class=\"{}\" points=\"{}\"/>\n", classes, points_text(points));
}

void Svg::image(double x, double y, double width, double height, std::string_view href) {
  body_ += fmt::format("<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" href=\"{}\"/>\n", number(x),
                       number(y), number(width), number(height), href);
}

void Svg::text(double x, double y, std::string_view text, Anchor anchor, std::string_view classes,
               bool rotated) {
  const char* place = anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
  const std::string turn =
      rotated ? fmt::format(" transform=\"rotate(-90 {} {})\"", number(x), number(y)) : std::string();
  body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", classes,
                       number(x), number(y), place, turn, escape_xml(text));
}

void Svg::begin_clip(double x, double y, double width, double height) {
  // A nested <svg> clips without an id: ids of several plots on one page would collide.
  body_ += fmt::format("<svg x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" viewBox=\"{0} {1} {2} {3}\">\n",
                       number(x), number(y), number(width), number(height));
}

void Svg::end_clip() { body_ += "</svg>\n"; }

std::string Svg::document() const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "role=\"img\">\n"
      "<style>\n{2}</style>\n{3}</svg>\n",
      number(width_), number(height_), style_, body_);
}

}  // namespace hypersphere
