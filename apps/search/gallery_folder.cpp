#include "apps/search/gallery_folder.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <unordered_map>

#include "apps/data/container.h"
#include "apps/data/dataset.h"
#include "apps/data/image_io.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

ListedPhotograph listed(const fs::path& folder, const fs::path& file, const std::string& person) {
  const auto time = std::chrono::file_clock::to_sys(fs::last_write_time(file)).time_since_epoch();
  return {file.lexically_relative(folder).string(), person, fs::file_size(file),
          std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()};
}

// A container's photographs: as old as the container.
std::vector<ListedPhotograph> list_container(const fs::path& path) {
  const std::shared_ptr<const Container> container = open_container(path);
  const auto time = std::chrono::file_clock::to_sys(fs::last_write_time(path)).time_since_epoch();
  const std::int64_t modified = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  std::vector<ListedPhotograph> photographs;
  for (std::size_t i = 0; i < container->names().size(); ++i) {
    const std::string& name = container->names()[i];
    const std::size_t slash = name.find('/');
    if (name.starts_with('.') && slash != name.npos) continue;
    photographs.push_back({name, slash == name.npos ? fs::path(name).stem().string() : name.substr(0, slash),
                           container->bytes(i), modified});
  }
  std::ranges::sort(photographs, {}, [](const ListedPhotograph& p) { return std::tie(p.person, p.path); });
  return photographs;
}

/// Where a gallery's photograph of a path is.
using Rows = std::unordered_map<std::string, std::int64_t>;

Rows rows_of(const Gallery& gallery) {
  Rows rows;
  for (std::int64_t i = 0; i < std::ssize(gallery.photographs); ++i)
    rows[gallery.photographs[static_cast<std::size_t>(i)].path] = i;
  return rows;
}

/// The row of a listed photograph in a gallery; -1 where its path is new there.
std::int64_t row_of(const Rows& rows, const ListedPhotograph& photograph) {
  const auto found = rows.find(photograph.path);
  return found == rows.end() ? -1 : found->second;
}

bool is_as_it_was(const Gallery& gallery, std::int64_t row, const ListedPhotograph& photograph) {
  if (row < 0) return false;
  const GalleryPhotograph& before = gallery.photographs[static_cast<std::size_t>(row)];
  return before.bytes == photograph.bytes && before.modified == photograph.modified;
}

/// Features of some of the listed photographs, and where each of them lies.
class FeatureRows {
 public:
  void add(const Tensor& features, std::int64_t row, const ListedPhotograph& photograph) {
    rows_.push_back({&photograph, features.slice(row, 1)});
  }

  /// They as a gallery, in the order of the list.
  void into(Gallery& gallery) const {
    std::vector<const Row*> sorted;
    for (const Row& row : rows_) sorted.push_back(&row);
    std::ranges::sort(sorted, {}, [](const Row* row) { return row->photograph; });
    Gallery result{gallery.model, gallery.crop, {}, {}, {}, {}};
    if (!sorted.empty()) {
      const std::int64_t size = sorted[0]->features.shape()[1];
      result.features = Tensor::empty({std::ssize(sorted), size});
    }
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const ListedPhotograph& photograph = *sorted[i]->photograph;
      if (result.people.empty() || result.people.back() != photograph.person)
        result.people.push_back(photograph.person);
      result.photographs.push_back({photograph.path, static_cast<std::int32_t>(std::ssize(result.people) - 1),
                                    photograph.bytes, photograph.modified});
      result.features.slice(static_cast<std::int64_t>(i), 1).copy_from(sorted[i]->features);
    }
    gallery = std::move(result);
  }

 private:
  struct Row {
    const ListedPhotograph* photograph;
    Tensor features;  // [1, numbers], a view
  };
  std::vector<Row> rows_;
};

}  // namespace

std::vector<ListedPhotograph> list_gallery(const fs::path& folder) {
  expect(is_folder(folder),
         "gallery: {} is not a folder; expected one with a subfolder for each person, or a .rec or .zip file",
         folder.string());
  if (!fs::is_directory(folder)) return list_container(folder);
  std::vector<ListedPhotograph> photographs;
  try {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const fs::path name = entry.path().filename();
      if (entry.is_directory()) {
        if (name.string().starts_with('.')) continue;
        for (const std::string& file : images_below(entry.path()))
          photographs.push_back(listed(folder, file, name.string()));
      } else if (entry.is_regular_file() && looks_like_image(entry.path())) {
        photographs.push_back(listed(folder, entry.path(), name.stem().string()));
      }
    }
  } catch (const fs::filesystem_error& error) {
    fail("gallery: cannot look through {}: {}", folder.string(), error.what());
  }
  expect(!photographs.empty(), "gallery: {} holds no photograph (jpg, png, bmp, ...)", folder.string());
  std::ranges::sort(photographs, {}, [](const ListedPhotograph& p) { return std::tie(p.person, p.path); });
  return photographs;
}

std::int64_t count_to_embed(const Gallery& gallery, const std::vector<ListedPhotograph>& listed) {
  const Rows rows = rows_of(gallery);
  return std::ranges::count_if(listed, [&](const ListedPhotograph& photograph) {
    return !is_as_it_was(gallery, row_of(rows, photograph), photograph);
  });
}

GalleryUpdate update_gallery(Gallery& gallery, const fs::path& folder,
                             const std::vector<ListedPhotograph>& listed, const EmbedFiles& embed,
                             const std::function<void(const Gallery&)>& between) {
  constexpr std::size_t portion = 1024;
  GalleryUpdate update;
  FeatureRows result;
  const Gallery before = gallery;
  const Rows rows = rows_of(before);
  std::vector<const ListedPhotograph*> wanted;
  for (const ListedPhotograph& photograph : listed) {
    const std::int64_t row = row_of(rows, photograph);
    if (is_as_it_was(before, row, photograph)) {
      result.add(before.features, row, photograph);
      ++update.kept;
    } else {
      wanted.push_back(&photograph);
    }
  }
  for (std::size_t first = 0; first < wanted.size(); first += portion) {
    const std::size_t end = std::min(wanted.size(), first + portion);
    std::vector<fs::path> files;
    for (std::size_t i = first; i < end; ++i) files.push_back(folder / wanted[i]->path);
    const EmbeddedFiles embedded = embed(files);
    for (std::size_t i = first; i < end; ++i) {
      const std::string& problem = embedded.problems[i - first];
      if (!problem.empty()) {
        update.left_out.push_back(problem);
        continue;
      }
      result.add(embedded.features, static_cast<std::int64_t>(i - first), *wanted[i]);
      ++(row_of(rows, *wanted[i]) < 0 ? update.added : update.changed);
    }
    if (between && end < wanted.size()) {
      result.into(gallery);
      between(gallery);
    }
  }
  update.removed = std::ssize(before.photographs) - update.kept - update.changed;
  expect(update.kept + update.added + update.changed > 0,
         "gallery: none of the {} photographs in {} can be decoded: {}", listed.size(), folder.string(),
         update.left_out.empty() ? std::string() : update.left_out[0]);
  if (update.nothing_new())
    gallery = before;
  else
    result.into(gallery);
  return update;
}

}  // namespace hypersphere
