#include "apps/data/decoder_memory.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <thread>

namespace hypersphere::test {

TEST_CASE("a decoder gets what is allowed, and what it gives back again") {
  DecoderMemory memory(100);
  void* first = decoder_allocate(60);
  REQUIRE(first != nullptr);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % alignof(std::max_align_t) == 0);
  CHECK_FALSE(memory.refused());
  CHECK(decoder_allocate(41) == nullptr);
  CHECK(decoder_allocate(std::numeric_limits<std::size_t>::max()) == nullptr);
  CHECK(memory.refused());
  void* second = decoder_allocate(40);
  CHECK(second != nullptr);
  decoder_free(first);
  first = decoder_allocate(60);
  CHECK(first != nullptr);
  decoder_free(first);
  decoder_free(second);
  decoder_free(nullptr);
}

TEST_CASE("a block that grows keeps its bytes, and counts twice while it does") {
  DecoderMemory memory(100);
  void* block = decoder_reallocate(nullptr, 3);
  REQUIRE(block != nullptr);
  std::memcpy(block, "abc", 3);
  block = decoder_reallocate(block, 40);
  REQUIRE(block != nullptr);
  CHECK(std::memcmp(block, "abc", 3) == 0);
  CHECK(decoder_reallocate(block, 61) == nullptr);  // the old one stays
  CHECK(std::memcmp(block, "abc", 3) == 0);
  memory.allow(101);
  block = decoder_reallocate(block, 61);
  REQUIRE(block != nullptr);
  block = decoder_reallocate(block, 2);
  CHECK(std::memcmp(block, "ab", 2) == 0);
  decoder_free(block);
}

TEST_CASE("each thread has its own, and none is nothing") {
  CHECK(decoder_allocate(1) == nullptr);
  const DecoderMemory memory(100);
  void* block = decoder_allocate(100);
  std::thread([] {
    CHECK(decoder_allocate(1) == nullptr);
    const DecoderMemory own(100);
    void* another = decoder_allocate(100);
    CHECK(another != nullptr);
    decoder_free(another);
  }).join();
  decoder_free(block);
}

}  // namespace hypersphere::test
