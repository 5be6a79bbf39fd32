// A file that is read at any place from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace hypersphere {

class ByteFile {
 public:
  /// Throws Error naming the file when it cannot be opened.
  explicit ByteFile(std::filesystem::path path);
  ~ByteFile();
  ByteFile(const ByteFile&) = delete;
  ByteFile& operator=(const ByteFile&) = delete;

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }
  /// `count` bytes from `offset` on. Throws Error where the file ends before that, and asks for no memory then.
  std::string read(std::uint64_t offset, std::uint64_t count) const;
  /// A number of 4 bytes, the lowest first.
  std::uint32_t read_u32(std::uint64_t offset) const;

 private:
  void check_range(std::uint64_t offset, std::uint64_t count) const;
  void read_into(void* target, std::uint64_t offset, std::uint64_t count) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace hypersphere
