// Containers seen as folders, ZIP files and packing.
#include "apps/data/container.h"

#include <doctest/doctest.h>

#include <chrono>

#include "apps/data/dataset.h"
#include "apps/data/pack.h"
#include "apps/data/zip_file.h"
#include "scratch.h"

namespace hypersphere::test {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// A folder of three people; one file is no photograph.
void fill(const Scratch& scratch) {
  for (const char* name : {"faces/ann/1.png", "faces/ann/2.png", "faces/bob/1.png", "faces/zoe/deep/1.png"})
    scratch.png(name, gradient(120, 140));
  scratch.file("faces/bob/2.png", "not a photograph");
  scratch.file("faces/bob/notes.txt", "");
}

std::vector<std::string> listing(const Dataset& dataset, const fs::path& root) {
  std::vector<std::string> lines;
  for (const Photograph& p : dataset.photographs)
    lines.push_back(dataset.identities.at(static_cast<std::size_t>(p.label)) + ":" +
                    fs::path(p.path).lexically_relative(root).generic_string());
  return lines;
}

}  // namespace

TEST_CASE("ZIP: what is written comes back, sorted, by name and by path") {
  const Scratch scratch;
  const Names names = {"b/2.png", "a/1.png", "notes.txt", "b/1.jpg"};
  write_zip(
      scratch / "x.zip", names, [&](std::size_t i) { return "content of " + names[i]; }, false);
  const auto zip = open_container(scratch / "x.zip");
  CHECK(zip->names() == Names{"a/1.png", "b/1.jpg", "b/2.png"});
  CHECK(zip->read(1) == "content of b/1.jpg");
  CHECK(zip->bytes(1) == 18);
  CHECK(!zip->aligned());
  const auto found = find_contained(scratch / "x.zip" / "b/2.png");
  REQUIRE(found);
  CHECK(found->read() == "content of b/2.png");
  CHECK(!find_contained(scratch / "x.zip" / "b/3.png"));
  CHECK(!find_contained(scratch / "y.zip" / "b/3.png"));
  CHECK(!find_contained("b/3.png"));
  CHECK(holds(error_of([&] { open_container(scratch.file("broken.zip", "PK, but not much more")); }),
              "broken.zip", "cannot be read as a ZIP file"));
  CHECK(holds(error_of([&] { open_container(scratch / "absent.zip"); }), "absent.zip", "cannot be read"));
}

TEST_CASE(
    "ZIP: a file that claims more bytes than its archive can hold is refused before memory is asked for") {
  const Scratch scratch;
  write_zip(
      scratch / "x.zip", {"a.png"}, [](std::size_t) { return std::string(1000, 'x'); }, false);
  std::ifstream in(scratch / "x.zip", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::size_t entry =
      bytes.find("PK\1\2");  // of the central directory; its size without compression stands at 24
  REQUIRE(entry != std::string::npos);
  bytes.replace(entry + 24, 4, std::string("\0\0\0\x3f", 4));
  CHECK(holds(error_of([&] { open_container(scratch.file("bomb.zip", bytes)); }), "bomb.zip", "a.png",
              "1056964608 bytes", "cannot be"));
}

TEST_CASE("ZIP: a file that cannot be made leaves nothing behind") {
  const Scratch scratch;
  const auto broken = [](std::size_t i) -> std::string {
    if (i == 1) throw Error("the second one is broken");
    return "x";
  };
  CHECK(error_of([&] {
          write_zip(scratch / "x.zip", {"1.png", "2.png"}, broken, false);
        }) == "the second one is broken");
  CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("a container that is written anew is opened anew") {
  const Scratch scratch;
  const auto write = [&](const char* content) {
    write_zip(
        scratch / "x.zip", {"1.png"}, [&](std::size_t) { return content; }, false);
  };
  write("one");
  CHECK(open_container(scratch / "x.zip")->read(0) == "one");
  write("three");
  CHECK(open_container(scratch / "x.zip")->read(0) == "three");
  write("seven");
  fs::last_write_time(scratch / "x.zip", fs::last_write_time(scratch / "x.zip") + std::chrono::seconds(2));
  CHECK(open_container(scratch / "x.zip")->read(0) == "seven");
}

TEST_CASE("aligned photographs have a crop of their own") {
  const Scratch scratch;
  const Names names = {"a/112.png", "a/96.png"};
  const std::vector<Image> images = {gradient(112, 112), gradient(96, 112)};
  for (const bool aligned : {true, false}) {
    const fs::path zip = scratch / (aligned ? "aligned.zip" : "plain.zip");
    write_zip(
        zip, names, [&](std::size_t i) { return encode_png(images[i]); }, aligned);
    const CropBox box = {0, 0, 96, 112};
    const Image wide = read_framed(zip / names[0], box), narrow = read_framed(zip / names[1], box);
    CHECK(narrow.pixels == images[1].pixels);
    CHECK(wide.pixels == crop_and_resize(images[0], aligned ? CropBox{8, 0, 104, 112} : box).pixels);
  }
}

TEST_CASE("packing: crops into one file, and back to a folder") {
  const Scratch scratch;
  fill(scratch);
  const PackOptions options = {.framing = CropBox{10, 10, 106, 122}, .threads = 2};
  std::int64_t last = 0;
  const auto problems =
      pack_photographs(photographs_in({scratch / "faces"}), scratch / "faces", scratch / "faces.zip", options,
                       [&](std::int64_t done, std::int64_t total) { last = total - done; });
  REQUIRE(problems.size() == 1);
  CHECK(holds(problems[0], "bob/2.png"));
  CHECK(last == 1);  // the one that was not packed
  const Dataset packed = read_folder(scratch / "faces.zip");
  CHECK(listing(packed, scratch / "faces.zip") ==
        Names{"ann:ann/1.png", "ann:ann/2.png", "bob:bob/1.png", "zoe:zoe/deep/1.png"});
  const Image crop = crop_and_resize(gradient(120, 140), options.framing.crop);
  for (const Photograph& p : packed.photographs)
    CHECK(read_framed(p.path, CropBox{0, 0, 10, 10}).pixels == crop.pixels);

  CHECK(
      pack_photographs(photographs_in({scratch / "faces.zip"}), scratch / "faces.zip", scratch / "again", {})
          .empty());
  const Dataset unpacked = read_folder(scratch / "again");
  CHECK(listing(unpacked, scratch / "again") == listing(packed, scratch / "faces.zip"));
  for (const Photograph& p : unpacked.photographs) CHECK(read_image(p.path).pixels == crop.pixels);
}

TEST_CASE("packing: what cannot be done is refused, and nothing is left behind") {
  const Scratch scratch;
  fill(scratch);
  const auto photographs = photographs_in({scratch / "faces"});
  const auto files = [&] { return std::distance(fs::directory_iterator(scratch.path()), {}); };
  CHECK(holds(error_of([&] { pack_photographs(photographs, scratch / "faces", scratch / "faces", {}); }),
              "is there already"));
  CHECK(holds(error_of([&] { pack_photographs(photographs, scratch / "faces/ann", scratch / "x", {}); }),
              "is not below"));
  const PackOptions large = {.framing = CropBox{0, 0, 1000, 1000}};
  for (const char* out : {"x", "x.zip"})
    CHECK(holds(error_of([&] { pack_photographs(photographs, scratch / "faces", scratch / out, large); }),
                "no photograph can be decoded; the first: "));
  scratch.file("faces/ann/1.jpg", "");
  CHECK(holds(error_of([&] {
                pack_photographs(photographs_in({scratch / "faces"}), scratch / "faces", scratch / "x", {});
              }),
              "two photographs would be ann/1.png"));
  CHECK(files() == 1);
}

}  // namespace hypersphere::test
