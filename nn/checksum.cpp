#include "nn/checksum.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace hypersphere {

void Checksum::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

Checksum::Checksum() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_64bits_reset(state_.get());
}

void Checksum::add(std::string_view bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }

std::string Checksum::digits() const { return fmt::format("{:016x}", XXH3_64bits_digest(state_.get())); }

}  // namespace hypersphere
