// What the harnesses share. Each is one function over bytes from a stranger, for libFuzzer (https://llvm.org/docs/LibFuzzer.html).
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "tensor/error.h"

namespace hypersphere::test {

/// A file in memory with these bytes, for parsers that read files.
class InputFile {
 public:
  explicit InputFile(std::string_view bytes) : descriptor_(::memfd_create("input", 0)) {
    if (descriptor_ < 0 ||
        ::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      std::abort();
  }
  ~InputFile() { ::close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// A folder of its own, for parsers that read one file because of another; removed at the end.
class InputFolder {
 public:
  InputFolder() : path_(std::filesystem::temp_directory_path() / ("fuzz-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(path_);
  }
  ~InputFolder() { std::filesystem::remove_all(path_); }
  InputFolder(const InputFolder&) = delete;
  InputFolder& operator=(const InputFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Makes `name` the name of that file too, in place of what had it.
  void put(const std::filesystem::path& name, const std::filesystem::path& file) const {
    std::filesystem::remove(path_ / name);
    std::filesystem::create_symlink(file, path_ / name);
  }

 private:
  std::filesystem::path path_;
};

/// Memory that a parser may use at a time: bytes for each byte of its input, and for an input of none. docs/guarantees.md states them.
struct MemoryAllowance {
  std::size_t per_byte = 200, at_least = std::size_t{1} << 17;
};

/// While it lives, ends the harness where this thread has allocated, and not freed again, more than is allowed for an input of
/// `size` bytes. There is one at a time.
class MemoryBound {
 public:
  MemoryBound(std::size_t size, const MemoryAllowance& allowance);
  ~MemoryBound();
  MemoryBound(const MemoryBound&) = delete;
  MemoryBound& operator=(const MemoryBound&) = delete;

 private:
  std::size_t size_, at_least_;
};

/// Parses an input of `size` bytes within that memory; an Error is an answer like any other, all else that is thrown ends the harness.
template <class Parse>
int accept_error(std::size_t size, const Parse& parse, const MemoryAllowance& allowance = {}) {
  const MemoryBound bound(size, allowance);
  try {
    parse();
  } catch (const Error&) {
  }
  return 0;
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace hypersphere::test
