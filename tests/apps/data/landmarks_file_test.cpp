// Files of landmarks.
#include "apps/data/landmarks_file.h"

#include <doctest/doctest.h>

#include "scratch.h"

namespace hypersphere::test {

TEST_CASE("landmarks: commas, tabs or spaces, with a head, a box and a score") {
  const Scratch scratch;
  const Landmarks wanted = {{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9.5, 10}}};
  for (const char* text :
       {"ann/1.jpg,1,2,3,4,5,6,7,8,9.5,10\n",
        "path,x1,y1,x2,y2,x3,y3,x4,y4,x5,y5\n\"ann/1.jpg\", 1, 2, 3, 4, 5, 6, 7, 8, 9.5, 10\r\n",
        "ann/1.jpg\t1\t2\t3\t4\t5\t6\t7\t8\t9.5\t10", "\nann/1.jpg 1 2  3 4 5 6 7 8 9.5 10\n",
        "./ann/1.jpg 11 12 13 14 1 2 3 4 5 6 7 8 9.5 10\n",
        "ann/1.jpg,11,12,13,14,0.99,1,2,3,4,5,6,7,8,9.5,10\n"}) {
    const LandmarksFile file = LandmarksFile::read(scratch.file("l.txt", text));
    CHECK(file.size() == 1);
    REQUIRE(file.find("ann/1.jpg"));
    CHECK(*file.find("ann/1.jpg") == wanted);
  }
  const LandmarksFile matlab = LandmarksFile::read(scratch.file("l.txt", "a 1 2 3 4 5 6 7 8 9 10"), true);
  CHECK((*matlab.find("a"))[4] == Point{8, 9});
  const LandmarksFile spaces =
      LandmarksFile::read(scratch.file("l.txt", "an n/1 1.jpg\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10"));
  CHECK(spaces.find("an n/1 1.jpg"));
}

TEST_CASE("landmarks: a photograph is found by the end of its path, the longest first") {
  const Scratch scratch;
  const LandmarksFile file = LandmarksFile::read(scratch.file(
      "l.txt",
      "ann/1.jpg 1 0 0 0 0 0 0 0 0 0\n1.jpg 2 0 0 0 0 0 0 0 0 0\nlfw/ann/1.jpg 3 0 0 0 0 0 0 0 0 0\n"));
  const auto first = [&](const char* path) { return file.find(path) ? (*file.find(path))[0].x : -1; };
  CHECK(first("/data/ann/1.jpg") == 1);
  CHECK(first("/data/lfw/ann/1.jpg") == 3);
  CHECK(first("bob/1.jpg") == 2);
  CHECK(first("bob/21.jpg") == -1);
  CHECK(first("lfw.zip/ann/./1.jpg") == 1);
}

TEST_CASE("landmarks: what is no such line is refused with its place") {
  const Scratch scratch;
  const auto error = [&](const char* text) {
    return error_of([&] { LandmarksFile::read(scratch.file("l.txt", text)); });
  };
  CHECK(holds(error("a 1 2 3 4 5 6 7 8 9"), "l.txt:1: expected a path and the numbers"));
  CHECK(holds(error("a 1 2 3 4 5 6 7 8 9 10\nb 1 2 3 4 5 6 7 8 9 ten"), "l.txt:2: expected"));
  CHECK(holds(error("a 1 2 3 4 5 6 7 8 9 10\npath,x1\n"), "l.txt:2: expected"));
  CHECK(holds(error("a 1 2 3 4 5 6 7 8 9 10 11 12"), "l.txt:1: expected"));
  CHECK(holds(error("a 1 2 3 4 5 6 7 8 9 10\n./a 1 2 3 4 5 6 7 8 9 10"), "l.txt:2: a comes twice"));
  CHECK(holds(error(""), "holds none"));
  CHECK(holds(error_of([&] { LandmarksFile::read(scratch / "absent"); }), "cannot open"));
}

}  // namespace hypersphere::test
