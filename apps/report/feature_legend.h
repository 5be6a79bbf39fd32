// The legend of a feature grid: rows of swatches with their texts.
#pragma once

#include <string>
#include <vector>

#include "apps/report/svg.h"

namespace hypersphere {

/// What stands in front of a text.
enum class Swatch { marker, line, box, upright };

struct LegendItem {
  Swatch swatch = Swatch::marker;
  int identity = 0;     ///< whose marker
  std::string classes;  ///< of the swatch, besides the marker's own
  std::string text;
};

/// Items in rows between two edges, each row as full as it can be.
class Legend {
 public:
  /// `top` and `row_height` in pixels; `aligned`: in columns of equal width. `font_size` must be that of
  /// `text_class`.
  Legend(std::vector<LegendItem> items, double left, double right, double top, bool aligned, double font_size,
         std::string_view text_class);
  /// Below the last row.
  double bottom() const;
  void draw(Svg& svg) const;

 private:
  std::vector<LegendItem> items_;
  std::vector<std::pair<double, double>> places_;  // left edge and middle of each item's row
  double font_size_;
  std::string text_class_;
};

/// Pixels that a text takes in the usual sans serif fonts, rather too many than too few.
double text_width(std::string_view text, double font_size);

/// The text in lines that are no wider than `width`, but for single words that are.
std::vector<std::string> wrapped(const std::string& text, double width, double font_size);

/// An identity's name as people write it, of at most 20 letters: "Luiz_Inacio_Lula_da_Silva" is "Luiz Inacio Lula
/// da…".
std::string shown_name(std::string name);

}  // namespace hypersphere
