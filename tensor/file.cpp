#include "tensor/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include "tensor/error.h"

namespace hypersphere {
namespace {

/// The temporary file: closed and removed on every way out except a completed rename.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : target_(target) {
    // The process id keeps two processes apart, the count two threads of this one.
    static std::atomic<unsigned> count{0};
    name_ = target.string() + fmt::format(".{}.{}.tmp", ::getpid(), count++);
    // A file of this name can only be the leftover of a killed process that had the same id.
    descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail_with_reason("create");
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!renamed_) ::unlink(name_.c_str());
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_with_reason("write");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rename_to_target() {
    if (::fsync(descriptor_) != 0) fail_with_reason("flush");
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail_with_reason("close");
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail_with_reason("rename");
    renamed_ = true;
  }

 private:
  [[noreturn]] void fail_with_reason(const char* step) {
    const int reason = errno;  // kept: building the message may change it
    fail("write file: could not {} '{}' while writing '{}': {}", step, name_, target_.string(),
         std::strerror(reason));
  }

  std::filesystem::path target_;
  std::string name_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

/// Makes the rename itself durable. Some file systems cannot flush a folder; the file is complete there too,
/// so that is no error.
void flush_folder(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  write_file_atomically(path, std::span<const std::string_view>(&bytes, 1));
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  std::error_code error;
  std::filesystem::path target = path;
  if (std::filesystem::is_symlink(path, error)) {
    target = std::filesystem::weakly_canonical(path, error);
    expect(!error, "write file: could not follow the link '{}': {}", path.string(), error.message());
  }
  TemporaryFile file(target);
  for (const std::string_view piece : pieces) file.write(piece);
  file.rename_to_target();
  flush_folder(target);
}

}  // namespace hypersphere
