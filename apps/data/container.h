// Files that hold many photographs, seen as folders: the path "train.rec/0000017/0000123.jpg" leads into a file. Whatever reads
// photographs by their path reads these as well.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/crop.h"

namespace hypersphere {

/// An open container. May be used from several threads at a time.
class Container {
 public:
  virtual ~Container() = default;
  /// The photographs' paths below the container ("0000017/0000123.jpg"), sorted, each once.
  virtual const std::vector<std::string>& names() const = 0;
  /// The encoded bytes of the photograph names()[index]. Throws Error naming the container.
  virtual std::string read(std::size_t index) const = 0;
  /// Size of what read() returns.
  virtual std::uint64_t bytes(std::size_t index) const = 0;
  /// Whether the photographs are aligned already, so that a crop of photographs at large is not for them. They may be
  /// of 96 x 112 pixels, or of 112 x 112, where the template lies 8 pixels from the left.
  virtual bool aligned() const = 0;
};

/// Whether the extension is that of a container: .rec and .bin of InsightFace, .zip. The file is not touched.
bool looks_like_container(const std::filesystem::path& path);

/// The container at `path`, opened when it is first asked for and kept open until the end of the program, or until the file's
/// time or size is another. Throws Error that names the file when it cannot be read or is none.
std::shared_ptr<const Container> open_container(const std::filesystem::path& path);

/// A photograph in a container.
struct Contained {
  std::shared_ptr<const Container> container;
  std::size_t index = 0;

  std::string read() const { return container->read(index); }
};
/// Where a path leads into a container; nothing where it leads to a file of its own, or nowhere. Throws like open_container.
std::optional<Contained> find_contained(const std::filesystem::path& path);

/// The part to use of a photograph of width x height pixels: `box`, or of those that are aligned the template's place. Nothing is all
/// of it.
std::optional<CropBox> crop_of(const Container& container, int width, int height, std::optional<CropBox> box);

}  // namespace hypersphere
