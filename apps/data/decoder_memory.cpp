#include "apps/data/decoder_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace hypersphere {
namespace {

struct Account {
  std::size_t allowed = 0, used = 0;
  bool refused = false;
};
thread_local Account account;

// Before each block stands how long it is, in as many bytes as keep the block aligned for anything.
constexpr std::size_t prefix = alignof(std::max_align_t);
static_assert(prefix >= sizeof(std::size_t));

std::byte* start_of(void* block) { return static_cast<std::byte*>(block) - prefix; }

std::size_t length_of(void* block) {
  std::size_t bytes = 0;
  std::memcpy(&bytes, start_of(block), sizeof(bytes));
  return bytes;
}

}  // namespace

DecoderMemory::DecoderMemory(std::size_t bytes) { account = {.allowed = bytes}; }
DecoderMemory::~DecoderMemory() { account = {}; }
void DecoderMemory::allow(std::size_t bytes) { account.allowed = bytes; }
bool DecoderMemory::refused() const { return account.refused; }

void* decoder_allocate(std::size_t bytes) noexcept {
  if (bytes > account.allowed || account.used > account.allowed - bytes) {
    account.refused = true;
    return nullptr;
  }
  auto* start = static_cast<std::byte*>(std::malloc(prefix + bytes));
  if (start == nullptr) return nullptr;
  std::memcpy(start, &bytes, sizeof(bytes));
  account.used += bytes;
  return start + prefix;
}

// Not realloc, which may hold the old and the new block at once without saying so.
void* decoder_reallocate(void* block, std::size_t bytes) noexcept {
  void* larger = decoder_allocate(bytes);
  if (larger == nullptr || block == nullptr) return larger;
  std::memcpy(larger, block, std::min(bytes, length_of(block)));
  decoder_free(block);
  return larger;
}

void decoder_free(void* block) noexcept {
  if (block == nullptr) return;
  account.used -= length_of(block);
  std::free(start_of(block));
}

}  // namespace hypersphere
