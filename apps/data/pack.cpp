#include "apps/data/pack.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "apps/data/image_io.h"
#include "apps/data/zip_file.h"
#include "tensor/error.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// As many files at a time are encoded before they are written, so that threads have work and memory does not grow with the set.
constexpr std::size_t portion = 512;

std::string packed_name(const fs::path& photograph, const fs::path& root, const PackOptions& options) {
  fs::path name = photograph.lexically_relative(root);
  expect(!name.empty() && *name.begin() != "..", "pack: {} is not below {}", photograph.string(),
         root.string());
  return name.replace_extension(options.jpeg_quality > 0 ? ".jpg" : ".png").generic_string();
}

// The encoded crops of some of the photographs, made when one of them is asked for; they are asked for in their order.
class Encoder {
 public:
  Encoder(const std::vector<fs::path>& photographs, const PackOptions& options)
      : photographs_(photographs), options_(options) {}

  /// Throws Error for a photograph that cannot be decoded.
  const std::string& encoded(std::size_t index) {
    if (index < first_ || index >= first_ + results_.size()) fill(index);
    const Result& result = results_[index - first_];
    if (!result.problem.empty()) throw Error(result.problem);
    return result.bytes;
  }

 private:
  struct Result {
    std::string bytes, problem;
  };

  void fill(std::size_t first) {
    first_ = first;
    results_.assign(std::min(portion, photographs_.size() - first), {});
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i; (i = next++) < results_.size();) encode(photographs_[first + i], results_[i]);
    };
    std::vector<std::jthread> helpers;
    for (int i = 1; i < options_.threads; ++i) helpers.emplace_back(work);
    work();
  }

  void encode(const fs::path& photograph, Result& result) const {
    try {
      const Image image = read_framed(photograph, options_.framing, options_.width, options_.height);
      result.bytes =
          options_.jpeg_quality > 0 ? encode_jpeg(image, options_.jpeg_quality) : encode_png(image);
    } catch (const Error& error) {
      result.problem = error.what();
    }
  }

  const std::vector<fs::path>& photographs_;
  const PackOptions& options_;
  std::size_t first_ = 0;
  std::vector<Result> results_;
};

// A folder under another name until it is whole.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& path)
      : path_(path), part_(fmt::format("{}.{}.part", path.string(), ::getpid())) {
    fs::create_directories(part_);
  }
  ~NewFolder() {
    std::error_code ignored;
    fs::remove_all(part_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void write(const std::string& name, const std::string& bytes) const {
    const fs::path file = part_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary);
    stream << bytes;
    stream.close();
    expect(!stream.fail(), "pack: cannot write {}", file.string());
  }
  void finish() const { fs::rename(part_, path_); }

 private:
  fs::path path_, part_;
};

}  // namespace

std::vector<std::string> pack_photographs(const std::vector<fs::path>& photographs, const fs::path& root,
                                          const fs::path& out, const PackOptions& options,
                                          const PackProgress& progress) {
  expect(!fs::exists(out), "pack: {} is there already", out.string());
  std::vector<std::string> problems, names;
  std::vector<fs::path> kept;
  const bool zip = out.extension() == ".zip";
  // A ZIP's list of files must be known before the first is written: there, everything is looked at twice.
  const auto total = static_cast<std::int64_t>(photographs.size()) * (zip ? 2 : 1);
  std::int64_t done = 0;
  const auto advance = [&] {
    if (progress) progress(++done, total);
  };
  for (const fs::path& photograph : photographs) names.push_back(packed_name(photograph, root, options));
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  expect(twice == sorted.end(), "pack: two photographs would be {}", twice == sorted.end() ? "" : *twice);

  Encoder encoder(photographs, options);
  std::optional<NewFolder> folder;
  if (!zip) folder.emplace(out);
  std::vector<std::string> kept_names;
  for (std::size_t i = 0; i < photographs.size(); ++i) {
    try {
      const std::string& bytes = encoder.encoded(i);
      if (folder) folder->write(names[i], bytes);
      kept.push_back(photographs[i]);
      kept_names.push_back(names[i]);
    } catch (const Error& error) {
      problems.push_back(error.what());
    }
    advance();
  }
  expect(!kept.empty(), "pack: no photograph can be decoded{}",
         problems.empty() ? "" : "; the first: " + problems[0]);
  if (folder) {
    folder->finish();
  } else {
    Encoder again(kept, options);
    write_zip(
        out, kept_names,
        [&](std::size_t i) {
          advance();
          return again.encoded(i);
        },
        true);
  }
  return problems;
}

}  // namespace hypersphere
