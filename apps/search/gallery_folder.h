// From a folder of photographs to a gallery, and from an old gallery of it to a new one.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/search/gallery.h"

namespace hypersphere {

/// A photograph of the folder, and whom it shows.
struct ListedPhotograph {
  std::string path;  ///< relative to the folder
  std::string person;
  std::uint64_t bytes = 0;    ///< of the file
  std::int64_t modified = 0;  ///< nanoseconds since 1970

  bool operator==(const ListedPhotograph&) const = default;
};

/// The photographs below `folder`, sorted by person and path. A subfolder is a person, whose photographs lie anywhere below
/// it; a photograph that lies in `folder` itself shows a person of its own, named as the file is without its extension.
/// Hidden subfolders are left out. A container (apps/data/container.h)
/// is such a folder. Throws Error when there is no such folder or no photograph in it.
std::vector<ListedPhotograph> list_gallery(const std::filesystem::path& folder);

/// Unit rows of photographs, and what was wrong with those that could not be decoded.
struct EmbeddedFiles {
  Tensor features;                    ///< f32 [photographs, numbers]; rows with a problem may hold anything
  std::vector<std::string> problems;  ///< one a photograph, empty where there is none
};
using EmbedFiles = std::function<EmbeddedFiles(const std::vector<std::filesystem::path>&)>;

/// What update_gallery did.
struct GalleryUpdate {
  std::int64_t kept = 0;                   ///< photographs whose file is as it was
  std::int64_t added = 0;                  ///< new ones
  std::int64_t changed = 0;                ///< whose file has another size or time
  std::int64_t removed = 0;                ///< whose file is gone, or cannot be decoded any more
  std::vector<std::string> left_out = {};  ///< why a photograph is not in the gallery; each names the file

  bool nothing_new() const { return added == 0 && changed == 0 && removed == 0; }
};

/// How many of `listed` update_gallery would embed.
std::int64_t count_to_embed(const Gallery& gallery, const std::vector<ListedPhotograph>& listed);

/// Makes `gallery` (of the same folder earlier, or without photographs) that of `listed`: embeds what is new or changed,
/// 1024 photographs at a time, and drops what is gone. Between two such portions, `between` may have a look, as to keep
/// what there is so far in a file; without anything new, `gallery` stays as it is. `strangers` is empty afterwards where
/// photographs changed. Memory: the features twice. Throws what `embed` throws, and Error when no photograph is left.
GalleryUpdate update_gallery(Gallery& gallery, const std::filesystem::path& folder,
                             const std::vector<ListedPhotograph>& listed, const EmbedFiles& embed,
                             const std::function<void(const Gallery&)>& between = {});

}  // namespace hypersphere
