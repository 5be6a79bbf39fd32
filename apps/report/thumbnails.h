// Photographs in rows, with words below them: what a list of names cannot show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/data/image_io.h"

namespace hypersphere {

struct Thumbnail {
  Image image;
  std::vector<std::string> captions;  ///< lines below it; what does not fit is cut with an ellipsis
  bool marked = false;                ///< framed in orange instead of blue
};

struct ThumbnailRow {
  std::string name, note;  ///< above the thumbnails: the name in bold, the note below it
  std::vector<Thumbnail> thumbnails;
};

/// The rows below each other as one SVG document without other files: the photographs are in it as JPEG, at their
/// own size. Throws Error for no rows, or an image whose pixels do not match its size.
std::string render_thumbnails(std::string_view title, const std::vector<ThumbnailRow>& rows);

}  // namespace hypersphere
