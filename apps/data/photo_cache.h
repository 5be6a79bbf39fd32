// The photographs of a dataset, decoded, cropped and resized on demand, kept while the memory budget lasts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/data/dataset.h"
#include "apps/data/framing.h"

namespace hypersphere {

/// May be used from several threads at a time. There is no eviction: an epoch visits every photograph once,
/// so that throwing out the oldest would throw out just what is needed next.
class PhotoCache {
 public:
  /// Pictures of width x height pixels, and the margin besides (crop.h).
  PhotoCache(std::vector<Photograph> photographs, Framing framing, int width, int height, Margin margin,
             std::size_t budget_bytes);

  /// Copies bytes_per_photograph() of photograph `index` to `target`. Returns what is wrong (with the path)
  /// when it cannot be decoded, and then does not try that one again.
  std::optional<std::string> fetch(std::int64_t index, std::uint8_t* target);

  std::int32_t label(std::int64_t index) const { return photographs_[static_cast<std::size_t>(index)].label; }
  std::int64_t size() const { return static_cast<std::int64_t>(photographs_.size()); }
  std::size_t bytes_per_photograph() const { return bytes_; }

 private:
  const std::vector<Photograph> photographs_;
  const Framing framing_;
  const int width_, height_;
  const Margin margin_;
  const std::size_t bytes_;  // of one photograph

  std::mutex mutex_;                                     // guards what follows; not held while decoding
  std::vector<std::unique_ptr<std::uint8_t[]>> pixels_;  // written once, never removed before the end
  std::unordered_map<std::size_t, std::string> bad_;     // reasons by index
  std::size_t budget_;                                   // bytes left
};

}  // namespace hypersphere
