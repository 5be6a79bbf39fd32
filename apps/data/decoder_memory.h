// What stb_image may ask for while it decodes a picture.
#pragma once

#include <cstddef>

namespace hypersphere {

/// While one of these lives, stb_image gets at most `bytes` at a time in this thread, and a refusal beyond. (Without one, it
/// gets nothing.) They do not nest, and what stb_image has got is given back before its end.
class DecoderMemory {
 public:
  explicit DecoderMemory(std::size_t bytes);
  ~DecoderMemory();
  DecoderMemory(const DecoderMemory&) = delete;
  DecoderMemory& operator=(const DecoderMemory&) = delete;

  /// From now on, `bytes` at a time.
  void allow(std::size_t bytes);
  /// Whether something was refused.
  bool refused() const;
};

/// malloc, realloc and free for stb_image. Null where it would have more than is allowed, or where there is no memory.
void* decoder_allocate(std::size_t bytes) noexcept;
void* decoder_reallocate(void* block, std::size_t bytes) noexcept;
void decoder_free(void* block) noexcept;

}  // namespace hypersphere
