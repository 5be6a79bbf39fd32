// Line plots as SVG: good enough for a slide, no dependency, legible on light and dark pages and to the
// colour-blind.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hypersphere {

/// How a series is drawn. `faint` is for raw values behind a smoothed line; it takes the colour of the series
/// that follows it and does not enter the legend. `filled` fills the area down to the axis, translucent.
enum class LineStyle { solid, dashed, faint, filled };

struct Series {
  std::string name;          ///< in the legend; no entry where empty
  std::vector<double> x, y;  ///< of one length; a point that is not finite breaks the line
  bool points = false;       ///< mark every point with a dot
  LineStyle style = LineStyle::solid;
  /// Error bars reach so far above and below each point; as long as y, or empty for none. A point whose spread is 0 or
  /// not finite has none.
  std::vector<double> spread{};
};

struct Panel {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool log_x = false, log_y = false;  ///< values of 0 or less break the line on a logarithmic axis
  /// (low, high) of the axes; from the data where not given.
  std::optional<std::pair<double, double>> x_range{}, y_range{};
  /// Where the x axis has marks and what they are called, for values that are names; numbers where empty.
  std::vector<std::pair<double, std::string>> x_marks{};
};

/// `panels` below each other as one SVG document, `width` pixels wide, each `panel_height` high. Colours are
/// those of Okabe and Ito (2008). Series of one panel are told apart by colour; beyond seven, the colours
/// repeat. Throws Error where a series' x, y and spread differ in length, a range is empty or not positive on a
/// logarithmic axis, or the size is too small to draw in (320 x 160).
std::string render_svg(const std::vector<Panel>& panels, double width = 900, double panel_height = 300);

}  // namespace hypersphere
