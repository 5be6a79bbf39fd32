#include "apps/data/byte_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tensor/error.h"

namespace hypersphere {
ByteFile::ByteFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code problem;
  size_ = std::filesystem::file_size(path_, problem);
  expect(!problem, "{}: cannot be read: {}", path_.string(), problem.message());
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  expect(descriptor_ >= 0, "{}: cannot be opened: {}", path_.string(), std::strerror(errno));
}

ByteFile::~ByteFile() { ::close(descriptor_); }

void ByteFile::check_range(std::uint64_t offset, std::uint64_t count) const {
  expect(offset <= size_ && count <= size_ - offset, "{}: ends after {} bytes, {} from {} on were expected",
         path_.string(), size_, count, offset);
}

// Of a range that was checked.
void ByteFile::read_into(void* target, std::uint64_t offset, std::uint64_t count) const {
  auto* bytes = static_cast<char*>(target);
  while (count > 0) {
    const ::ssize_t done = ::pread(descriptor_, bytes, count, static_cast<::off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    expect(done > 0, "{}: cannot be read: {}", path_.string(),
           done == 0 ? "it became shorter" : std::strerror(errno));
    bytes += done;
    offset += static_cast<std::uint64_t>(done);
    count -= static_cast<std::uint64_t>(done);
  }
}

std::string ByteFile::read(std::uint64_t offset, std::uint64_t count) const {
  check_range(offset, count);
  std::string bytes(count, '\0');
  read_into(bytes.data(), offset, count);
  return bytes;
}

std::uint32_t ByteFile::read_u32(std::uint64_t offset) const {
  std::array<unsigned char, 4> digits{};
  check_range(offset, digits.size());
  read_into(digits.data(), offset, digits.size());
  std::uint32_t value = 0;
  for (std::size_t i = digits.size(); i-- > 0;) value = value << 8 | digits[i];
  return value;
}

}  // namespace hypersphere
