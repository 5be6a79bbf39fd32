#include "apps/training/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "tensor/error.h"

namespace hypersphere {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  expect(!error, "{}: cannot create the folder: {}", folder.string(), error.message());
  const std::filesystem::path file = folder / ".lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  expect(descriptor_ >= 0, "{}: cannot be opened: {}", file.string(), std::strerror(errno));
  int failed = 0;
  do failed = ::flock(descriptor_, LOCK_EX | LOCK_NB);
  while (failed != 0 && errno == EINTR);
  if (failed == 0) return;
  const int reason = errno;
  ::close(descriptor_);
  expect(reason != EWOULDBLOCK,
         "{}: another process is at work in this folder; wait for it or choose another one", folder.string());
  fail("{}: cannot be locked: {}", file.string(), std::strerror(reason));
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace hypersphere
