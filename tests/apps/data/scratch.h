// A folder that lives as long as a test case, and pictures to put into it.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "apps/data/image_io.h"
#include "tensor/error.h"

namespace hypersphere::test {

/// A new, empty folder among the system's temporary ones, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::random_device device;
    path_ =
        std::filesystem::temp_directory_path() / fmt::format("hypersphere-{:08x}{:08x}", device(), device());
    std::filesystem::create_directory(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

  /// Writes a file, making the folders that it needs; returns its path.
  std::filesystem::path file(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }
  /// Writes a PNG likewise.
  std::filesystem::path png(const std::string& name, const Image& image) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    write_png(path_ / name, image);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// A picture of one colour.
inline Image plain(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  Image image{width, height, {}};
  for (int i = 0; i < width * height; ++i) image.pixels.insert(image.pixels.end(), {r, g, b});
  return image;
}

/// A picture whose every pixel differs from its neighbours by a little: smooth enough for JPEG.
inline Image gradient(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {255 * x / width, 255 * y / height, 127 * (x + y) / (width + height)})
        image.pixels.push_back(static_cast<std::uint8_t>(value));
  return image;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The message of the Error that `action` throws; empty when it throws none.
template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Whether every one of the pieces occurs in the text.
template <class... Pieces>
bool holds(const std::string& text, const Pieces&... pieces) {
  const bool all = ((text.find(pieces) != std::string::npos) && ...);
  if (!all) fmt::print(stderr, "missing in: '{}'\n", text);
  return all;
}

}  // namespace hypersphere::test
