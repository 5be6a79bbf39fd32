#include "apps/data/dataset.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <string_view>
#include <unordered_set>

#include "apps/data/container.h"
#include "apps/data/image_io.h"
#include "tensor/error.h"
#include "tensor/file.h"
#include "tensor/random.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// Drops the identities that are not kept and numbers the others anew, in the order they had.
void keep(Dataset& dataset, const std::vector<bool>& kept) {
  std::vector<std::int32_t> label(kept.size(), -1);
  std::vector<std::string> identities;
  for (std::size_t old = 0; old < kept.size(); ++old) {
    if (!kept[old]) continue;
    label[old] = static_cast<std::int32_t>(identities.size());
    identities.push_back(std::move(dataset.identities[old]));
  }
  std::erase_if(dataset.photographs,
                [&](const Photograph& p) { return !kept[static_cast<std::size_t>(p.label)]; });
  for (Photograph& p : dataset.photographs) p.label = label[static_cast<std::size_t>(p.label)];
  dataset.identities = std::move(identities);
}

// Appends the images below `folder`. `above`: the real paths of the folders that it lies in, to notice a link that leads back to
// one of them.
void collect_images(const fs::path& folder, std::vector<fs::path>& above, std::vector<std::string>& paths) {
  above.push_back(fs::canonical(folder));
  expect(std::ranges::count(above, above.back()) == 1,
         "{}: leads back to {}, in which it lies; remove that link", folder.string(), above.back().string());
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory())
      collect_images(entry.path(), above, paths);
    else if (looks_like_image(entry.path()) && entry.is_regular_file())
      paths.push_back(entry.path().string());
  }
  above.pop_back();
}

// The lists that a run writes have a path a line.
void expect_no_line_breaks(const Dataset& dataset) {
  for (const Photograph& photograph : dataset.photographs) {
    if (photograph.path.find_first_of("\n\r") == std::string::npos) continue;
    std::string shown;
    for (const char c : photograph.path) shown += c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
    fail("dataset: {}: a name with a line break in it; rename it, lists have a name a line", shown);
  }
}

}  // namespace

bool is_folder(const fs::path& path) {
  std::error_code none;  // what the system refuses to look at is neither
  return fs::is_directory(path, none) || (looks_like_container(path) && fs::is_regular_file(path, none));
}

std::vector<std::string> images_below(const fs::path& folder) {
  std::vector<std::string> paths;
  if (!fs::is_directory(folder) && is_folder(folder)) {
    for (const std::string& name : open_container(folder)->names()) paths.push_back((folder / name).string());
    return paths;
  }
  std::vector<fs::path> above;
  collect_images(folder, above, paths);
  std::ranges::sort(paths);
  return paths;
}

std::vector<fs::path> photographs_in(const std::vector<fs::path>& inputs) {
  std::vector<fs::path> files;
  for (const fs::path& input : inputs) {
    if (!is_folder(input)) {
      files.push_back(input);
      continue;
    }
    const std::vector<std::string> below = images_below(input);
    expect(!below.empty(), "{}: the folder holds no photograph", input.string());
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

std::vector<std::int32_t> labels_of(const std::vector<Photograph>& photographs) {
  std::vector<std::int32_t> labels;
  labels.reserve(photographs.size());
  for (const Photograph& photograph : photographs) labels.push_back(photograph.label);
  return labels;
}

std::vector<fs::path> paths_of(const std::vector<Photograph>& photographs) {
  std::vector<fs::path> paths;
  paths.reserve(photographs.size());
  for (const Photograph& photograph : photographs) paths.emplace_back(photograph.path);
  return paths;
}

void write_photographs(const fs::path& file, const std::vector<Photograph>& photographs,
                       const fs::path& root) {
  std::string text;
  for (const Photograph& photograph : photographs) {
    const std::string below = fs::path(photograph.path).lexically_relative(root).string();
    text += (below.empty() || below.starts_with("../") ? photograph.path : below) + "\n";
  }
  write_file_atomically(file, text);
}

namespace {

Dataset read_tree(const fs::path& dir) {
  Dataset dataset;
  try {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(dir))
      if (entry.is_directory() && !entry.path().filename().string().starts_with('.'))
        folders.push_back(entry.path());
    std::ranges::sort(folders, {}, [](const fs::path& folder) { return folder.filename().string(); });
    for (const fs::path& folder : folders) {
      auto paths = images_below(folder);
      if (paths.empty()) continue;
      const auto label = static_cast<std::int32_t>(dataset.identities.size());
      dataset.identities.push_back(folder.filename().string());
      for (std::string& path : paths) dataset.photographs.push_back({std::move(path), label});
    }
  } catch (const fs::filesystem_error& error) {
    fail("dataset: cannot look through {}: {}", dir.string(), error.what());
  }
  return dataset;
}

Dataset read_container(const fs::path& path) {
  Dataset dataset;
  for (const std::string& name :
       open_container(path)->names()) {  // sorted: an identity's photographs follow each other
    const std::size_t slash = name.find('/');
    if (slash == name.npos || name.starts_with('.')) continue;
    const std::string identity = name.substr(0, slash);
    if (dataset.identities.empty() || dataset.identities.back() != identity)
      dataset.identities.push_back(identity);
    dataset.photographs.push_back(
        {(path / name).string(), static_cast<std::int32_t>(std::ssize(dataset.identities) - 1)});
  }
  return dataset;
}

}  // namespace

Dataset read_folder(const fs::path& dir) {
  expect(
      is_folder(dir),
      "dataset: {} is not a folder; expected one with a subfolder for each identity, or a .rec or .zip file",
      dir.string());
  Dataset dataset = fs::is_directory(dir) ? read_tree(dir) : read_container(dir);
  expect(!dataset.photographs.empty(),
         "dataset: no image in the subfolders of {}; put the photographs of each identity into a folder of "
         "its own there (jpg, png, bmp, ...)",
         dir.string());
  expect_no_line_breaks(dataset);
  return dataset;
}

Dataset read_list(const fs::path& list, const fs::path& root) {
  std::ifstream file(list);
  expect(file.is_open(), "dataset: cannot open the list {}", list.string());
  Dataset dataset;
  std::vector<std::int64_t> labels;            // of each photograph, as written
  std::map<std::int64_t, std::int32_t> dense;  // the label as written, in ascending order
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string_view text = trim(line);
    if (text.empty()) continue;
    const auto gap = text.find_last_of(blanks);
    const std::string_view word = gap == std::string_view::npos ? text : text.substr(gap + 1);
    const std::int64_t label = number_in<std::int64_t>(word).value_or(-1);
    expect(gap != std::string_view::npos && label >= 0,
           "{}:{}: expected 'path label' with a label of 0 or more, found '{}'", list.string(), number, text);
    dataset.photographs.push_back({(root / trim(text.substr(0, gap))).string(), 0});
    labels.push_back(label);
    dense[label] = 0;
  }
  expect(!file.bad(), "dataset: cannot read the list {}", list.string());
  expect(!dataset.photographs.empty(), "dataset: the list {} is empty; expected 'path label' on each line",
         list.string());
  for (auto& [label, index] : dense) {
    index = static_cast<std::int32_t>(dataset.identities.size());
    dataset.identities.push_back(std::to_string(label));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) dataset.photographs[i].label = dense[labels[i]];
  return dataset;
}

std::vector<std::string> read_identities(const fs::path& path) {
  std::ifstream file(path);
  expect(file.is_open(), "dataset: cannot open the list of identities {}", path.string());
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);)
    if (const auto name = trim(line); !name.empty()) names.emplace_back(name);
  expect(!names.empty(), "dataset: the list of identities {} is empty; expected one name on each line",
         path.string());
  return names;
}

void keep_identities(Dataset& dataset, const std::vector<std::string>& names) {
  expect(!names.empty(), "dataset: no identity to keep was named");
  std::unordered_set<std::string_view> unknown(names.begin(), names.end());
  std::vector<bool> kept;
  for (const std::string& name : dataset.identities) kept.push_back(unknown.erase(name) > 0);
  if (!unknown.empty()) {
    std::string few;
    std::size_t shown = 0;
    for (const std::string& name : names) {  // in the order of the list, each once
      if (shown == 3) break;
      if (unknown.erase(name) == 0) continue;
      few += (shown++ ? ", " : "") + name;
    }
    const std::size_t count = shown + unknown.size();
    fail("dataset: {} of {} named identities have no photographs here: {}{}", count, names.size(), few,
         count > shown ? ", ..." : "");
  }
  keep(dataset, kept);
}

void keep_min_images(Dataset& dataset, int images) {
  std::vector<int> count(dataset.identities.size(), 0);
  for (const Photograph& p : dataset.photographs) ++count[static_cast<std::size_t>(p.label)];
  std::vector<bool> kept;
  for (const int n : count) kept.push_back(n >= images);
  const int most = count.empty() ? 0 : *std::ranges::max_element(count);
  expect(most >= images, "dataset: no identity has {} photographs or more (the most is {}); ask for fewer",
         images, most);
  keep(dataset, kept);
}

void keep_max_images(Dataset& dataset, int images, std::uint64_t seed) {
  expect(images >= 1, "dataset: expected to keep 1 photograph or more of each identity, found {}", images);
  std::vector<std::vector<std::size_t>> of_identity(dataset.identities.size());
  for (std::size_t i = 0; i < dataset.photographs.size(); ++i)
    of_identity[static_cast<std::size_t>(dataset.photographs[i].label)].push_back(i);
  std::vector<std::size_t> kept;
  for (std::size_t k = 0; k < of_identity.size(); ++k) {
    std::vector<std::size_t>& mine = of_identity[k];
    const std::size_t count = std::min(mine.size(), static_cast<std::size_t>(images));
    Random random(seed, random_stream(RandomUse::sample, k));
    for (std::size_t i = 0; i < count; ++i)
      std::swap(mine[i], mine[i + random.below(static_cast<std::uint32_t>(mine.size() - i))]);
    kept.insert(kept.end(), mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(count));
  }
  std::ranges::sort(kept);
  std::vector<Photograph> photographs;
  photographs.reserve(kept.size());
  for (const std::size_t i : kept) photographs.push_back(std::move(dataset.photographs[i]));
  dataset.photographs = std::move(photographs);
}

}  // namespace hypersphere
