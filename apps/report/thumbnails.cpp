#include "apps/report/thumbnails.h"

#include <algorithm>

#include "apps/report/base64.h"
#include "apps/report/style.h"
#include "apps/report/svg.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr double margin = 20, gap = 28, line_height = 16, title_height = 48, head_height = 46, row_gap = 18;
constexpr int jpeg_quality = 88;

// As much of the text as `width` holds.
std::string fitted(const std::string& text, double width) {
  if (text_width(text) <= width) return text;
  std::string kept = text;
  while (!kept.empty() && text_width(kept + "…") > width) {
    while ((kept.back() & 0xC0) == 0x80) kept.pop_back();  // the rest of a letter of several bytes
    kept.pop_back();
  }
  return kept + "…";
}

// Widest and highest of the images, and the most lines below one.
struct Cell {
  double width = 0, height = 0;
  std::size_t lines = 0;
};

Cell largest_cell(const std::vector<ThumbnailRow>& rows) {
  Cell cell;
  for (const ThumbnailRow& row : rows)
    for (const Thumbnail& thumbnail : row.thumbnails) {
      cell.width = std::max<double>(cell.width, thumbnail.image.width);
      cell.height = std::max<double>(cell.height, thumbnail.image.height);
      cell.lines = std::max(cell.lines, thumbnail.captions.size());
    }
  return cell;
}

void draw(Svg& svg, const Thumbnail& thumbnail, double left, double top, const Cell& cell) {
  const Image& image = thumbnail.image;
  svg.image(left, top, image.width, image.height,
            "data:image/jpeg;base64," + base64(encode_jpeg(image, jpeg_quality)));
  svg.rect(left - 2, top - 2, image.width + 4, image.height + 4, thumbnail.marked ? "line c1" : "line c0");
  for (std::size_t i = 0; i < thumbnail.captions.size(); ++i)
    svg.text(left, top + cell.height + line_height * static_cast<double>(i + 1) + 2,
             fitted(thumbnail.captions[i], cell.width + gap - 8), Anchor::start, "label");
}

}  // namespace

std::string render_thumbnails(std::string_view title, const std::vector<ThumbnailRow>& rows) {
  expect(!rows.empty(), "thumbnails: there are no rows to draw");
  const Cell cell = largest_cell(rows);
  const double row_height =
      head_height + cell.height + line_height * static_cast<double>(cell.lines) + row_gap;
  double width = 1.3 * text_width(title);
  for (const ThumbnailRow& row : rows)
    width = std::max({width, (cell.width + gap) * static_cast<double>(row.thumbnails.size()),
                      1.3 * text_width(row.name), text_width(row.note)});
  width += 2 * margin;
  const double height = title_height + row_height * static_cast<double>(rows.size());

  Svg svg(width, height, style_sheet());
  svg.rect(0, 0, width, height, "page");
  svg.text(margin, 28, title, Anchor::start, "title");
  double top = title_height;
  for (const ThumbnailRow& row : rows) {
    svg.line(margin, top, width - margin, top, "grid");
    svg.text(margin, top + 20, row.name, Anchor::start, "title");
    svg.text(margin, top + 37, row.note, Anchor::start, "label");
    double left = margin + 2;
    for (const Thumbnail& thumbnail : row.thumbnails) {
      draw(svg, thumbnail, left, top + head_height, cell);
      left += cell.width + gap;
    }
    top += row_height;
  }
  return svg.document();
}

}  // namespace hypersphere
