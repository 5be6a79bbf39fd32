#include "apps/report/rasterise.h"

#include <cairo.h>
#include <librsvg/rsvg.h>

#include <cmath>
#include <memory>

#include "tensor/error.h"

#ifdef __SANITIZE_ADDRESS__
// fontconfig keeps what it has read of the fonts until the program ends, in places where LeakSanitizer does not look.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
#endif

namespace hypersphere {
namespace {

constexpr double most_pixels = 64 * 1024 * 1024;

template <auto function>
struct Releases {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Handle = std::unique_ptr<RsvgHandle, Releases<g_object_unref>>;
using Surface = std::unique_ptr<cairo_surface_t, Releases<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, Releases<cairo_destroy>>;

// Throws Error with what librsvg says.
[[noreturn]] void refuse(GError* error) {
  const std::string reason = error ? error->message : "no reason given";
  g_clear_error(&error);
  fail("svg: cannot draw the picture: {}", reason);
}

Image to_image(cairo_surface_t* surface) {
  Image image{cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), {}};
  const int stride = cairo_image_surface_get_stride(surface);
  cairo_surface_flush(surface);
  const unsigned char* const data = cairo_image_surface_get_data(surface);
  image.pixels.reserve(3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  for (int y = 0; y < image.height; ++y) {
    // CAIRO_FORMAT_RGB24: 32 bits a pixel in the machine's byte order, blue lowest.
    const auto* row = reinterpret_cast<const std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < image.width; ++x)
      for (const int shift : {16, 8, 0}) image.pixels.push_back(static_cast<std::uint8_t>(row[x] >> shift));
  }
  return image;
}

}  // namespace

std::string with_dark_colours(std::string_view svg) {
  constexpr std::string_view query = "@media (prefers-color-scheme:dark){";
  std::string result;
  for (std::size_t at = svg.find(query); at != std::string_view::npos; at = svg.find(query)) {
    result += svg.substr(0, at);
    svg.remove_prefix(at + query.size());
    std::size_t end = 0;
    for (int open = 1; end < svg.size(); ++end) {
      open += (svg[end] == '{') - (svg[end] == '}');
      if (open == 0) break;
    }
    expect(end < svg.size(), "svg: the style sheet's media query does not end");
    result += svg.substr(0, end);
    svg.remove_prefix(end + 1);
  }
  return result += svg;
}

Image rasterise(const std::string& svg, double scale) {
  GError* error = nullptr;
  const Handle handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
  if (!handle) refuse(error);
  double width = 0, height = 0;
  expect(rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height),
         "svg: the document has no width and height in pixels");
  width = std::round(width * scale);
  height = std::round(height * scale);
  expect(width >= 1 && height >= 1 && width * height <= most_pixels,
         "svg: {} x {} pixels, expected at least one and at most {}", width, height, most_pixels);
  const Surface surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)));
  const Context context(cairo_create(surface.get()));
  expect(cairo_status(context.get()) == CAIRO_STATUS_SUCCESS, "svg: cannot draw the picture: {}",
         cairo_status_to_string(cairo_status(context.get())));
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  const RsvgRectangle page{0, 0, width, height};
  if (!rsvg_handle_render_document(handle.get(), context.get(), &page, &error)) refuse(error);
  return to_image(surface.get());
}

}  // namespace hypersphere
