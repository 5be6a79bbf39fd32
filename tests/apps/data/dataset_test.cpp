#include "apps/data/dataset.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "scratch.h"
#include "tensor/error.h"

namespace hypersphere::test {
namespace {

// What a dataset holds, as "name:path" with paths relative to the folder.
std::vector<std::string> listing(const Dataset& dataset, const std::filesystem::path& root) {
  std::vector<std::string> lines;
  for (const Photograph& p : dataset.photographs)
    lines.push_back(dataset.identities.at(static_cast<std::size_t>(p.label)) + ":" +
                    std::filesystem::path(p.path).lexically_relative(root).generic_string());
  return lines;
}

using Lines = std::vector<std::string>;

std::vector<std::pair<int, int>> labels_and_numbers(const Dataset& dataset) {
  std::vector<std::pair<int, int>> result;
  for (const Photograph& p : dataset.photographs) result.emplace_back(p.label, std::stoi(p.path));
  return result;
}

// ann (2), bob (1), zoe (3), and much that is to be ignored.
void fill(const Scratch& scratch) {
  for (const char* name : {"zoe/2.JPG", "zoe/1.png", "zoe/deep/er/0.bmp", "ann/b.jpg", "ann/a.jpg",
                           "ann/notes.txt", "bob/x.jpeg", "empty/readme.md", ".hidden/a.jpg", "stray.jpg"})
    scratch.file(name, "");
}

}  // namespace

TEST_CASE("a folder tree: identities and photographs in order, the rest ignored") {
  const Scratch scratch;
  fill(scratch);
  const Dataset dataset = read_folder(scratch.path());
  CHECK(dataset.identities == Lines{"ann", "bob", "zoe"});
  CHECK(listing(dataset, scratch.path()) == Lines{"ann:ann/a.jpg", "ann:ann/b.jpg", "bob:bob/x.jpeg",
                                                  "zoe:zoe/1.png", "zoe:zoe/2.JPG", "zoe:zoe/deep/er/0.bmp"});
}

TEST_CASE("a folder without photographs says what to do") {
  const Scratch scratch;
  CHECK(holds(error_of([&] { read_folder(scratch / "none"); }), "none", "not a folder"));
  scratch.file("a/readme.txt", "");
  scratch.file("stray.jpg", "");
  CHECK(
      holds(error_of([&] { read_folder(scratch.path()); }), scratch.path().string(), "a folder of its own"));
}

TEST_CASE("a list: the last word is the label, labels become dense in ascending order") {
  const Scratch scratch;
  const auto list =
      scratch.file("list.txt", "my dir/a b.jpg 70\r\n\n/abs/c.jpg\t5\n  d.jpg   0012 \n e.jpg 70");
  const Dataset dataset = read_list(list, "/root");
  CHECK(dataset.identities == Lines{"5", "12", "70"});
  REQUIRE(dataset.photographs.size() == 4);
  CHECK(listing(dataset, "/") ==
        Lines{"70:root/my dir/a b.jpg", "5:abs/c.jpg", "12:root/d.jpg", "70:root/e.jpg"});
}

TEST_CASE("a malformed line of a list is named") {
  const Scratch scratch;
  for (const char* line : {"a.jpg", "a.jpg -1", "a.jpg 1.5", "a.jpg x", "7", "a.jpg 99999999999999999999"}) {
    const auto list = scratch.file("list.txt", std::string("ok.jpg 3\n\n") + line + "\n");
    CHECK(holds(error_of([&] { read_list(list, "/"); }), "list.txt:3:", "path label", line));
  }
  CHECK(holds(error_of([&] { read_list(scratch / "none.txt", "/"); }), "none.txt"));
  CHECK(
      holds(error_of([&] { read_list(scratch.file("empty.txt", "\n \n"), "/"); }), "empty.txt", "is empty"));
}

TEST_CASE("a list of a million lines") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += fmt::format("{:03}/{:07}.jpg {}\n", i % 500, i, i % 500);
  const Dataset dataset = read_list(scratch.file("list.txt", text), "/root");
  CHECK(dataset.identities.size() == 500);
  REQUIRE(dataset.photographs.size() == 1'000'000);
  CHECK(dataset.photographs.back().path == "/root/499/0999999.jpg");
  CHECK(dataset.identities[static_cast<std::size_t>(dataset.photographs.back().label)] == "499");
}

TEST_CASE("names of identities") {
  const Scratch scratch;
  CHECK(read_identities(scratch.file("a.txt", "Zoe B\n\n  ann \r\n")) == Lines{"Zoe B", "ann"});
  CHECK(holds(error_of([&] { read_identities(scratch.file("b.txt", "\n")); }), "b.txt", "empty"));
  CHECK(holds(error_of([&] { read_identities(scratch / "none.txt"); }), "none.txt"));
}

TEST_CASE("keeping some identities numbers them anew") {
  const Scratch scratch;
  fill(scratch);
  Dataset dataset = read_folder(scratch.path());
  keep_identities(dataset, {"zoe", "bob", "zoe"});
  CHECK(dataset.identities == Lines{"bob", "zoe"});
  CHECK(listing(dataset, scratch.path()) ==
        Lines{"bob:bob/x.jpeg", "zoe:zoe/1.png", "zoe:zoe/2.JPG", "zoe:zoe/deep/er/0.bmp"});
  CHECK(dataset.photographs[0].label == 0);
  CHECK(dataset.photographs[3].label == 1);
}

TEST_CASE("unknown identities are counted and the first few named") {
  const Scratch scratch;
  fill(scratch);
  Dataset dataset = read_folder(scratch.path());
  const std::string message = error_of([&] {
    keep_identities(dataset, {"u1", "ann", "u2", "u3", "u4", "u5"});
  });
  CHECK(holds(message, "5 of 6", "u1, u2, u3, ..."));
  CHECK(error_of([&] { keep_identities(dataset, {"u1"}); }).ends_with("here: u1"));
  CHECK(holds(error_of([&] { keep_identities(dataset, {}); }), "no identity"));
  CHECK(dataset.identities.size() == 3);  // untouched by the errors
}

TEST_CASE("keeping those with enough photographs") {
  const Scratch scratch;
  fill(scratch);
  Dataset dataset = read_folder(scratch.path());
  CHECK(holds(error_of([&] { keep_min_images(dataset, 4); }), "4", "most is 3"));
  keep_min_images(dataset, 1);
  CHECK(dataset.identities.size() == 3);
  keep_min_images(dataset, 2);
  CHECK(dataset.identities == Lines{"ann", "zoe"});
  keep_min_images(dataset, 3);
  CHECK(dataset.identities == Lines{"zoe"});
  CHECK(dataset.photographs.size() == 3);
  CHECK(dataset.photographs[2].label == 0);
}

TEST_CASE("keeping a few photographs of each identity, drawn from the seed") {
  Dataset all{{}, {"a", "b", "c"}};
  for (int i = 0; i < 60; ++i) all.photographs.push_back({std::to_string(i), i < 4 ? 0 : 1 + i % 2});
  const auto drawn = [&](int images, std::uint64_t seed) {
    Dataset some = all;
    keep_max_images(some, images, seed);
    CHECK(some.identities == all.identities);
    return labels_and_numbers(some);
  };
  const auto some = drawn(5, 1);
  CHECK(std::ranges::count(some, 0, &std::pair<int, int>::first) == 4);
  CHECK(std::ranges::count(some, 1, &std::pair<int, int>::first) == 5);
  CHECK(std::ranges::count(some, 2, &std::pair<int, int>::first) == 5);
  CHECK(std::ranges::is_sorted(some, {}, &std::pair<int, int>::second));
  for (const auto& [label, number] : some) CHECK(label == (number < 4 ? 0 : 1 + number % 2));
  CHECK(drawn(5, 1) == some);
  CHECK(drawn(100, 1).size() == 60);

  // Each photograph as often as any other: 5 of 28 in 500 draws, 89.3 times with a deviation of 8.6.
  std::vector<int> often(60);
  for (std::uint64_t seed = 0; seed < 500; ++seed)
    for (const auto& [label, number] : drawn(5, seed)) ++often[static_cast<std::size_t>(number)];
  for (std::size_t i = 4; i < 60; ++i) CHECK(std::abs(often[i] - 89.3) < 5 * 8.6);
  CHECK_THROWS_AS(keep_max_images(all, 0, 1), Error);
}

TEST_CASE("dataset: a list of photographs is relative to the root, and names what lies elsewhere as it is") {
  const Scratch scratch;
  const std::filesystem::path root = scratch / "root";
  std::vector<Photograph> photographs = {{(root / "ann" / "a b.jpg").string(), 0},
                                         {(scratch / "away.jpg").string(), 1}};
  write_photographs(scratch / "list.txt", photographs, root);
  CHECK(bytes_of(scratch / "list.txt") == "ann/a b.jpg\n" + (scratch / "away.jpg").string() + "\n");
  write_photographs(scratch / "list.txt", {{"./data/..x/1.jpg", 0}, {"data/2.jpg", 0}}, "data/");
  CHECK(bytes_of(scratch / "list.txt") == "./data/..x/1.jpg\n2.jpg\n");
  write_photographs(scratch / "list.txt", {{"./x/1.jpg", 0}}, ".");
  CHECK(bytes_of(scratch / "list.txt") == "x/1.jpg\n");
  CHECK(holds(error_of([&] { write_photographs(scratch / "no" / "list.txt", photographs, root); }),
              "list.txt"));
}

TEST_CASE("dataset: labels and paths in the photographs' order") {
  const std::vector<Photograph> photographs = {{"b.jpg", 1}, {"a.jpg", 0}};
  CHECK(labels_of(photographs) == std::vector<std::int32_t>{1, 0});
  CHECK(paths_of(photographs) == std::vector<std::filesystem::path>{"b.jpg", "a.jpg"});
}

}  // namespace hypersphere::test
