#include "tensor/file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include "tensor/error.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / fmt::format("hypersphere_file_test_{}", ::getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::ptrdiff_t entries(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), {}); }

TEST_CASE("write_file_atomically: writes, replaces, and leaves nothing else in the folder") {
  const Folder folder;
  const fs::path path = folder.path / "model.bin";
  const std::string first("a\0b\n\xff", 5);
  write_file_atomically(path, first);
  CHECK(read(path) == first);
  write_file_atomically(path, "");
  CHECK(read(path).empty());
  const std::string large(3 << 20, 'x');
  write_file_atomically(path, large);
  CHECK(read(path) == large);
  const std::array<std::string_view, 3> pieces{"head", "", "tail"};
  write_file_atomically(path, pieces);
  CHECK(read(path) == "headtail");
  CHECK(entries(folder.path) == 1);
}

TEST_CASE("write_file_atomically: a new file is as readable as any other new file") {
  const Folder folder;
  write_file_atomically(folder.path / "ours", "x");
  std::ofstream(folder.path / "plain") << "x";
  CHECK(fs::status(folder.path / "ours").permissions() == fs::status(folder.path / "plain").permissions());
}

TEST_CASE("write_file_atomically: a failure names the path and the reason and leaves no temporary file") {
  const Folder folder;
  const fs::path missing = folder.path / "no such folder" / "x";
  CHECK_THROWS_WITH_AS(write_file_atomically(missing, "x"), doctest::Contains("no such folder/x"), Error);
  CHECK_THROWS_WITH_AS(write_file_atomically(missing, "x"), doctest::Contains("No such file or directory"),
                       Error);

  // Renaming a file over a folder fails after everything was written.
  const fs::path occupied = folder.path / "occupied";
  fs::create_directories(occupied / "inside");
  CHECK_THROWS_WITH_AS(write_file_atomically(occupied, "x"), doctest::Contains("rename"), Error);
  CHECK(fs::is_directory(occupied / "inside"));
  CHECK(entries(folder.path) == 1);
}

TEST_CASE("write_file_atomically: an old file survives a failed write") {
  const Folder folder;
  const fs::path old =
      folder.path / std::string(250, 'n');  // the temporary name is longer than a name may be
  std::ofstream(old) << "old";
  CHECK_THROWS_AS(write_file_atomically(old, "new"), Error);
  CHECK(read(old) == "old");
}

TEST_CASE("write_file_atomically: follows a symbolic link") {
  const Folder folder;
  write_file_atomically(folder.path / "step1", "old");
  fs::create_symlink("step1", folder.path / "latest");
  write_file_atomically(folder.path / "latest", "new");
  CHECK(fs::is_symlink(folder.path / "latest"));
  CHECK(read(folder.path / "step1") == "new");
}

}  // namespace
}  // namespace hypersphere
