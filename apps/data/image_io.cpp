#include "apps/data/image_io.h"

#include <stb_image.h>
#include <stb_image_write.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "apps/data/decoder_memory.h"
#include "apps/data/jpeg_check.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t max_pixels = std::int64_t{64} << 20;
constexpr std::uintmax_t max_file_bytes = std::uintmax_t{1} << 30;
// A byte says at most so many pixels: deflate's 1,032 bytes of eight pixels each, in a PNG of black and white. The other formats
// are below that, JPEG at a bit for each block of 64.
constexpr std::int64_t max_pixels_per_byte = 8 * 1032;

// Pixels that a row or column takes where a JPEG is decoded in blocks of 8 x 8, four times finer in one colour than in another.
std::int64_t in_blocks(int extent) { return (std::int64_t{extent} + 31) / 32 * 32; }

// What a decoder needs at most: for a pixel, a PNG of 16 bits and four channels 8 bytes packed, the same twice as large while it
// grows, and again unpacked; a progressive JPEG of four channels 12 bytes of coefficients and values. For a byte of the file, a
// PNG's pieces joined in a buffer that doubles, the old one and the new. And the decoder's own tables.
std::size_t decoder_bytes(std::int64_t pixels, std::size_t file_bytes) {
  return static_cast<std::size_t>(32 * pixels) + 4 * file_bytes + (std::size_t{1} << 18);
}

std::string read_bytes(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  expect(!error, "cannot read the image {}: {}", path.string(), error.message());
  expect(size <= max_file_bytes, "cannot read the image {}: {} bytes, more than the {} that are accepted",
         path.string(), size, max_file_bytes);
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  expect(file.good(), "cannot read the image {}: {}", path.string(), std::strerror(errno));
  return bytes;
}

void check(const Image& image, const std::string& goal) {
  expect(image.width > 0 && image.height > 0 &&
             image.pixels.size() == std::size_t{3} * static_cast<std::size_t>(image.width) *
                                        static_cast<std::size_t>(image.height),
         "cannot {}: {} x {} pixels and {} bytes do not make an RGB picture", goal, image.width, image.height,
         image.pixels.size());
}

void append(void* context, void* data, int size) {
  const auto* first = static_cast<const char*>(data);
  static_cast<std::string*>(context)->append(first, static_cast<std::size_t>(size));
}

std::string jpeg_bytes(const Image& image, int quality, const std::string& goal) {
  check(image, goal);
  expect(quality >= 1 && quality <= 100, "cannot {}: expected a quality of 1 to 100, found {}", goal,
         quality);
  std::string bytes;
  expect(
      stbi_write_jpg_to_func(append, &bytes, image.width, image.height, 3, image.pixels.data(), quality) != 0,
      "cannot {}: the encoder failed", goal);
  return bytes;
}

std::string png_bytes(const Image& image, const std::string& goal) {
  check(image, goal);
  std::string bytes;
  expect(stbi_write_png_to_func(append, &bytes, image.width, image.height, 3, image.pixels.data(), 0) != 0,
         "cannot {}: the encoder failed", goal);
  return bytes;
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  // The number keeps two writers of one file, in this process or another, out of each other's way.
  static std::atomic<unsigned> count{0};
  const fs::path part = fmt::format("{}.{}-{}.part", path.string(), getpid(), count++);
  std::error_code error;
  {
    std::ofstream file(part, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) error = std::error_code(errno, std::generic_category());
  }
  if (!error) fs::rename(part, path, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(part, ignored);
  fail("cannot write the image {}: {}", path.string(), error.message());
}

}  // namespace

Image decode_image(std::string_view bytes, const std::string& name) {
  const auto* data = reinterpret_cast<const stbi_uc*>(bytes.data());
  const int size = static_cast<int>(bytes.size());
  const std::string problem = jpeg_problem(bytes);
  expect(problem.empty(), "cannot decode the image {}: {}", name, problem);
  Image image;
  int channels = 0;
  DecoderMemory memory(decoder_bytes(0, bytes.size()));
  // Not within expect: the reason must be asked for after the attempt.
  const bool known = stbi_info_from_memory(data, size, &image.width, &image.height, &channels) == 1;
  expect(known, "cannot decode the image {}: {}", name, stbi_failure_reason());
  // Before decoding: a few bytes of header can ask for gigabytes.
  const std::int64_t pixels_in_blocks = in_blocks(image.width) * in_blocks(image.height);
  expect(pixels_in_blocks <= max_pixels,
         "cannot decode the image {}: {} x {} pixels, more than the {} that are accepted", name, image.width,
         image.height, max_pixels);
  expect(pixels_in_blocks <= max_pixels_per_byte * std::int64_t{size},
         "cannot decode the image {}: {} bytes cannot hold {} x {} pixels", name, size, image.width,
         image.height);
  memory.allow(decoder_bytes(pixels_in_blocks, bytes.size()));
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(data, size, &image.width, &image.height, &channels, 3), stbi_image_free);
  if (pixels == nullptr && memory.refused())
    fail("cannot decode the image {}: it unpacks to more than its {} x {} pixels need", name, image.width,
         image.height);
  expect(pixels != nullptr, "cannot decode the image {}: {}", name, stbi_failure_reason());
  image.pixels.assign(pixels.get(), pixels.get() + std::ptrdiff_t{3} * image.width * image.height);
  return image;
}

Image read_image(const fs::path& path) { return decode_image(read_bytes(path), path.string()); }

bool looks_like_image(const fs::path& path) {
  static constexpr std::array<std::string_view, 10> known = {".jpg", ".jpeg", ".png", ".bmp", ".tga",
                                                             ".ppm", ".pgm",  ".pnm", ".gif", ".psd"};
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(known, extension) != known.end();
}

std::string encode_png(const Image& image) { return png_bytes(image, "encode the image as PNG"); }

void write_png(const fs::path& path, const Image& image) {
  write_bytes(path, png_bytes(image, fmt::format("write the image {}", path.string())));
}

std::string encode_jpeg(const Image& image, int quality) {
  return jpeg_bytes(image, quality, "encode the image as JPEG");
}

void write_jpeg(const fs::path& path, const Image& image, int quality) {
  write_bytes(path, jpeg_bytes(image, quality, fmt::format("write the image {}", path.string())));
}

}  // namespace hypersphere
