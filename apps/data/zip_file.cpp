#include "apps/data/zip_file.h"

#include <zip.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "apps/data/image_io.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view aligned_comment = "hypersphere: aligned";
constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 30;
constexpr std::uint64_t most_inflation = 1032;  // of deflate: 258 bytes from two bits

std::string reason(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

class ZipContainer : public Container {
 public:
  explicit ZipContainer(const fs::path& path) : path_(path.string()) {
    int code = 0;
    zip_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    expect(zip_ != nullptr, "{}: cannot be read as a ZIP file: {}", path_, reason(code));
    list();
    int length = 0;
    const char* comment = zip_get_archive_comment(zip_.get(), &length, ZIP_FL_ENC_RAW);
    aligned_ = comment && std::string_view(comment, static_cast<std::size_t>(length)) == aligned_comment;
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool aligned() const override { return aligned_; }
  std::uint64_t bytes(std::size_t index) const override { return places_.at(index).bytes; }

  std::string read(std::size_t index) const override {
    const Place& place = places_.at(index);
    std::string bytes(place.bytes, '\0');
    const std::lock_guard lock(mutex_);  // libzip's files have one position
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(zip_.get(), place.index, 0),
                                                                 zip_fclose);
    expect(file != nullptr, "{}: cannot read {}: {}", path_, names_[index], zip_strerror(zip_.get()));
    const zip_int64_t done = zip_fread(file.get(), bytes.data(), bytes.size());
    expect(done == static_cast<zip_int64_t>(bytes.size()), "{}: cannot read {}: {}", path_, names_[index],
           zip_file_strerror(file.get()));
    return bytes;
  }

 private:
  struct Place {
    zip_uint64_t index;
    std::uint64_t bytes;
  };

  void list() {
    std::vector<std::pair<std::string, Place>> found;
    const std::uintmax_t archive_bytes = fs::file_size(path_);
    const zip_int64_t count = zip_get_num_entries(zip_.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t stat;
      const auto index = static_cast<zip_uint64_t>(i);
      if (zip_stat_index(zip_.get(), index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME) ||
          !(stat.valid & ZIP_STAT_SIZE))
        continue;
      if (!looks_like_image(stat.name)) continue;
      expect(stat.size <= max_file_bytes, "{}: {} has {} bytes, more than the {} that are accepted", path_,
             stat.name, stat.size, max_file_bytes);
      // What libzip is asked for must not be more than the archive can hold.
      const zip_uint64_t packed = stat.valid & ZIP_STAT_COMP_SIZE
                                      ? std::min<zip_uint64_t>(stat.comp_size, archive_bytes)
                                      : archive_bytes;
      expect(stat.size / most_inflation <= packed, "{}: {} is said to have {} bytes in {}, which cannot be",
             path_, stat.name, stat.size, packed);
      found.push_back({fs::path(stat.name).lexically_normal().generic_string(), {index, stat.size}});
    }
    std::ranges::sort(found, {}, [](const auto& entry) { return entry.first; });
    for (auto& [name, place] : found) {
      expect(names_.empty() || names_.back() != name, "{}: two files named {}", path_, name);
      names_.push_back(std::move(name));
      places_.push_back(place);
    }
    expect(!names_.empty(), "{}: holds no photograph (jpg, png, bmp, ...)", path_);
  }

  std::string path_;
  std::unique_ptr<zip_t, void (*)(zip_t*)> zip_{nullptr, zip_discard};
  mutable std::mutex mutex_;
  std::vector<std::string> names_;
  std::vector<Place> places_;
  bool aligned_ = false;
};

// A file whose bytes are made when libzip comes to it, so that no more than one is in memory.
struct LazyFile {
  const std::function<std::string(std::size_t)>* make;
  std::size_t index;
  std::exception_ptr* problem;
  std::string bytes = {};
  std::size_t at = 0;

  zip_int64_t open() {
    try {
      bytes = (*make)(index);
      at = 0;
      return 0;
    } catch (...) {  // not through libzip, which is C
      *problem = std::current_exception();
      return -1;
    }
  }

  zip_int64_t read(void* target, zip_uint64_t most) {
    const std::size_t count = std::min<std::size_t>(most, bytes.size() - at);
    std::memcpy(target, bytes.data() + at, count);
    at += count;
    return static_cast<zip_int64_t>(count);
  }
};

zip_int64_t serve(void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto* file = static_cast<LazyFile*>(state);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      return file->open();
    case ZIP_SOURCE_READ:
      return file->read(data, length);
    case ZIP_SOURCE_CLOSE:
      file->bytes = {};
      return 0;
    case ZIP_SOURCE_STAT:
      zip_stat_init(static_cast<zip_stat_t*>(data));  // the size is not known before
      return sizeof(zip_stat_t);
    case ZIP_SOURCE_ERROR:
      static_cast<int*>(data)[0] = ZIP_ER_READ;
      static_cast<int*>(data)[1] = 0;
      return 2 * sizeof(int);
    case ZIP_SOURCE_FREE:
      delete file;
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return ZIP_SOURCE_SUPPORTS_READABLE;
    default:
      return -1;
  }
}

}  // namespace

std::shared_ptr<const Container> open_zip(const fs::path& path) {
  return std::make_shared<ZipContainer>(path);
}

void write_zip(const fs::path& path, const std::vector<std::string>& names,
               const std::function<std::string(std::size_t)>& bytes, bool aligned) {
  int code = 0;
  std::unique_ptr<zip_t, void (*)(zip_t*)> zip(zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code),
                                               zip_discard);
  expect(zip != nullptr, "{}: cannot be written: {}", path.string(), reason(code));
  std::exception_ptr problem;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto file = std::make_unique<LazyFile>(LazyFile{&bytes, i, &problem});
    zip_source_t* source = zip_source_function(zip.get(), serve, file.get());
    expect(source != nullptr, "{}: cannot be written: {}", path.string(), zip_strerror(zip.get()));
    (void)file.release();  // the source's
    const zip_int64_t index = zip_file_add(zip.get(), names[i].c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) zip_source_free(source);
    expect(index >= 0 &&
               zip_set_file_compression(zip.get(), static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0) == 0,
           "{}: cannot take {}: {}", path.string(), names[i], zip_strerror(zip.get()));
  }
  if (aligned) zip_set_archive_comment(zip.get(), aligned_comment.data(), aligned_comment.size());
  const bool done = zip_close(zip.get()) == 0;  // writes beside its place and renames
  if (problem) std::rethrow_exception(problem);
  expect(done, "{}: cannot be written: {}", path.string(), zip_strerror(zip.get()));
  (void)zip.release();
}

}  // namespace hypersphere
