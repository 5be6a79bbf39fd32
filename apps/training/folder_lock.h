// One process a folder.
#pragma once

#include <filesystem>

namespace hypersphere {

/// Holds a folder for this process while it lives. The system lets go of it whatever way the process ends, so that
/// nothing has to be cleaned up after a kill -9 (flock(2)).
class FolderLock {
 public:
  /// Creates the folder where it is not there. Throws Error where another process, or another FolderLock of this one,
  /// holds it, and where the file ".lock" in it cannot be written.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace hypersphere
