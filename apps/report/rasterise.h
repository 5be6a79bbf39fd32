// SVG to pixels, for slides and programs that show no SVG.
#pragma once

#include <string>
#include <string_view>

#include "apps/data/image_io.h"

namespace hypersphere {

/// The document as a page in dark mode shows it, also for programs that know no media queries: the rules of
/// `@media (prefers-color-scheme:dark)`, as this program's style sheets have them, hold without the condition.
std::string with_dark_colours(std::string_view svg);

/// The picture with `scale` pixels for each of the document's, on white where it is transparent. Throws Error for a
/// text that is no SVG document with a width and a height, and for more than 64 megapixels or less than one.
Image rasterise(const std::string& svg, double scale = 1);

}  // namespace hypersphere
