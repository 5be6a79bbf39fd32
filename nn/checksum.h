// A checksum of files: against disks and copies that lose bits, not against people who mean harm.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace hypersphere {

/// XXH3 of 64 bits (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md) of bytes that come in pieces: faster than memory delivers them.
class Checksum {
 public:
  Checksum();
  void add(std::string_view bytes);
  /// Of all bytes so far: 16 hexadecimal digits.
  std::string digits() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace hypersphere
