// Arrays of any sizes in one launch: they are cut into chunks of one size, a block each, so that large and
// small arrays take their fair time. The list travels in the kernel's arguments (which hold 4 KB), so that
// nothing has to be copied to the device first.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launch.h"

namespace hypersphere::cuda {

inline constexpr std::int64_t chunk_elements = 1 << 14;

/// Up to `limit` arrays; an Entry says where an array lies, and what else a kernel needs to know of it.
template <class Entry>
struct ChunkList {
  static constexpr int limit = 64;

  Entry entries[limit];
  std::int64_t sizes[limit];
  int first_chunks[limit + 1];  // ascending; the last one, at `count`, is the number of chunks
  int count;

  struct Chunk {
    int entry;
    std::int64_t begin, end;
  };
  /// Which part of which array the chunk of this number is.
  __device__ __forceinline__ Chunk chunk(int number) const {
    int low = 0, high = count;  // the entry is in [low, high)
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      if (first_chunks[middle] <= number)
        low = middle;
      else
        high = middle;
    }
    const std::int64_t begin = (number - first_chunks[low]) * chunk_elements, end = begin + chunk_elements;
    return {low, begin, end < sizes[low] ? end : sizes[low]};
  }
};
static_assert(sizeof(ChunkList<char[32]>) < 4000);

/// Calls launch_list(list, chunks) for as many lists as it takes; for_each(add) is to call add(entry, size)
/// for every array.
template <class Entry, class ForEach, class LaunchList>
void for_each_chunk_list(const ForEach& for_each, const LaunchList& launch_list) {
  ChunkList<Entry> list = {};
  const auto flush = [&] {
    if (list.count > 0) launch_list(list, list.first_chunks[list.count]);
  };
  for_each([&](const Entry& entry, std::int64_t size) {
    if (size == 0) return;
    if (list.count == ChunkList<Entry>::limit) {
      flush();
      list.count = 0;
    }
    list.entries[list.count] = entry;
    list.sizes[list.count] = size;
    list.first_chunks[list.count + 1] =
        list.first_chunks[list.count] + static_cast<int>(divide_up(size, chunk_elements));
    ++list.count;
  });
  flush();
}

}  // namespace hypersphere::cuda
