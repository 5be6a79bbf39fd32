// Photographs in and out of files, through stb. Everything inside Hypersphere is 8-bit RGB.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hypersphere {

/// An 8-bit colour picture.
struct Image {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  ///< RGB interleaved, row-major: height * width * 3 bytes
};

/// Decodes a JPEG, PNG, BMP, TGA, PNM, GIF (its first picture) or PSD; grey becomes three equal channels and transparency
/// is dropped. Throws Error naming the file and the reason when it cannot be read or decoded, when a JPEG
/// ends before its end marker (a download cut short), or when it says that it holds more than 64 megapixels, or more than its
/// bytes can. The decoder gets 32 bytes a pixel (of sides rounded up to 32), 4 a byte of the file and 256 KiB at most, and the picture 3
/// bytes a pixel: what unpacks to more is refused.
Image read_image(const std::filesystem::path& path);

/// The same for bytes in memory, of the file that `name` says in errors.
Image decode_image(std::string_view bytes, const std::string& name);

/// Whether the extension is one that read_image knows, in upper or lower case. The file is not touched.
bool looks_like_image(const std::filesystem::path& path);

/// The bytes of a PNG file. Throws Error when the picture's sizes disagree.
std::string encode_png(const Image& image);

/// The bytes of a JPEG file of `quality` 1 (smallest) to 100 (best). Throws Error when the picture's sizes disagree or
/// for another quality.
std::string encode_jpeg(const Image& image, int quality);

/// Writes a PNG. The file appears complete or not at all: it is written beside its place and then renamed.
/// Throws Error naming the file when the picture's sizes disagree or the disk refuses.
void write_png(const std::filesystem::path& path, const Image& image);

/// Writes a JPEG of `quality` 1 (smallest) to 100 (best), in the same safe way and with the same errors.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality);

}  // namespace hypersphere
