#include "apps/data/container.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "apps/data/pickled_pairs.h"
#include "apps/data/record_set.h"
#include "apps/data/zip_file.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const Container> open_anew(const fs::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".rec") return open_record_set(path);
  if (extension == ".bin") return open_pickled_pairs(path);
  expect(extension == ".zip", "{}: expected a .rec, .bin or .zip file", path.string());
  return open_zip(path);
}

struct Opened {
  std::uintmax_t bytes;
  fs::file_time_type time;
  std::shared_ptr<const Container> container;
};

}  // namespace

bool looks_like_container(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".rec" || extension == ".bin" || extension == ".zip";
}

std::shared_ptr<const Container> open_container(const fs::path& path) {
  static std::mutex mutex;
  static std::map<fs::path, Opened> open;
  std::error_code problem;
  const std::uintmax_t bytes = fs::file_size(path, problem);
  expect(!problem, "{}: cannot be read: {}", path.string(), problem.message());
  const fs::file_time_type time = fs::last_write_time(path);
  const std::lock_guard lock(mutex);
  Opened& known = open[path];
  if (!known.container || known.bytes != bytes || known.time != time) known = {bytes, time, open_anew(path)};
  return known.container;
}

std::optional<Contained> find_contained(const fs::path& path) {
  for (fs::path above = path.parent_path(); above.has_relative_path(); above = above.parent_path()) {
    std::error_code none;  // what the system refuses to look at is none
    if (!looks_like_container(above) || !fs::is_regular_file(above, none)) continue;
    std::shared_ptr<const Container> container = open_container(above);
    const std::string name = path.lexically_relative(above).generic_string();
    const auto found = std::ranges::lower_bound(container->names(), name);
    if (found == container->names().end() || *found != name) return std::nullopt;
    const auto index = static_cast<std::size_t>(found - container->names().begin());
    return Contained{std::move(container), index};
  }
  return std::nullopt;
}

std::optional<CropBox> crop_of(const Container& container, int width, int height,
                               std::optional<CropBox> box) {
  if (!container.aligned()) return box;
  if (width == 112 && height == 112) return CropBox{8, 0, 104, 112};
  return std::nullopt;
}

}  // namespace hypersphere
