// RecordIO files and InsightFace's training sets, written here byte by byte after the format's description.
#include "apps/data/record_set.h"

#include <doctest/doctest.h>

#include "apps/data/dataset.h"
#include "apps/data/record_io.h"
#include "scratch.h"

namespace hypersphere::test {
namespace {

template <class Number>
std::string bytes_of_number(Number value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// One part of a record: magic number, kind and length, padding.
std::string part(std::uint32_t kind, const std::string& content) {
  std::string bytes = bytes_of_number(0xced7230au) +
                      bytes_of_number(kind << 29 | static_cast<std::uint32_t>(content.size())) + content;
  return bytes.append((4 - content.size() % 4) % 4, '\0');
}

std::string image_header(std::uint32_t flag, float label, std::uint64_t id) {
  return bytes_of_number(flag) + bytes_of_number(label) + bytes_of_number(id) +
         bytes_of_number(std::uint64_t{0});
}

// A set as InsightFace writes it: record 0 names the keys of the identities' records, which follow the photographs.
struct Set {
  std::string rec, idx;
  void add(std::uint64_t key, const std::string& record) {
    idx += std::to_string(key) + "\t" + std::to_string(rec.size()) + "\n";
    rec += record;
  }
  void add_range(std::uint64_t key, float first, float last) {
    add(key, part(0, image_header(2, 0, key) + bytes_of_number(first) + bytes_of_number(last)));
  }
};

Set small_set() {
  Set set;
  set.add_range(0, 4, 6);
  set.add(1, part(0, image_header(0, 0, 1) + "first"));
  set.add(2, part(0, image_header(0, 1, 2) + "second!"));
  set.add(3,
          part(0, image_header(2, 0, 3) + bytes_of_number(1.0f) + bytes_of_number(0.5f) + "with two labels"));
  set.add_range(4, 1, 2);
  set.add_range(5, 2, 4);
  return set;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("RecordIO: records follow each other, padded to four bytes") {
  const Scratch scratch;
  const ByteFile file(scratch.file("a.rec", part(0, "abcde") + part(0, "") + part(0, "abcd")));
  const Record first = find_record(file, 0);
  CHECK(read_record(file, first) == "abcde");
  CHECK(first.end == 16);
  CHECK(read_record(file, find_record(file, 16)).empty());
  CHECK(read_record(file, find_record(file, 24)) == "abcd");
  CHECK(find_record(file, 24).end == file.size());
}

TEST_CASE("RecordIO: a record that holds the magic number was split there and is put together again") {
  const Scratch scratch;
  const std::string magic = bytes_of_number(0xced7230au), head = image_header(0, 7, 1);
  const ByteFile file(scratch.file("a.rec", part(1, head + "ab") + part(2, "") + part(3, "cd") +
                                                part(1, head.substr(0, 4)) + part(3, head.substr(8))));
  const Record record = find_record(file, 0);
  CHECK(record.parts.size() == 3);
  CHECK(read_record(file, record) == head + "ab" + magic + magic + "cd");
  CHECK(read_image_record(file, record).labels == std::vector<float>{7});
  // Split within the header: the label is what stood there.
  const ImageRecord odd = read_image_record(file, find_record(file, record.end));
  float label = 0;
  std::memcpy(&label, magic.data(), sizeof label);
  CHECK(odd.labels == std::vector<float>{label});
}

TEST_CASE("RecordIO: what is damaged is refused with its place") {
  const Scratch scratch;
  const auto error = [&](const std::string& bytes) {
    return error_of([&] { find_record(ByteFile(scratch.file("a.rec", bytes)), 0); });
  };
  CHECK(holds(error("no record"), "a.rec", "no record at byte 0"));
  CHECK(holds(error(part(0, "abcdef").substr(0, 12)), "cut short: the record at byte 0 has 6 bytes"));
  CHECK(holds(error(part(1, "ab")), "no record at byte 12"));
  CHECK(holds(error(part(1, "ab") + part(1, "cd")), "damaged: part 1"));
  CHECK(holds(error(part(3, "ab")), "damaged: part 3"));
  CHECK(holds(error(part(7, "ab")), "damaged: part 7"));
  const auto header_error = [&](const std::string& record) {
    const ByteFile file(scratch.file("b.rec", part(0, record)));
    return error_of([&] { read_image_record(file, find_record(file, 0)); });
  };
  CHECK(holds(header_error("short"), "b.rec", "too short for an image's header"));
  CHECK(holds(header_error(image_header(1u << 19, 0, 0)), "too short for its 524288 labels"));
}

TEST_CASE("an index: keys and offsets") {
  const Scratch scratch;
  const auto entries = read_record_index(scratch.file("a.idx", "0\t0\n7\t1234567890123\r\n\n"));
  REQUIRE(entries.size() == 2);
  CHECK(entries[1].key == 7);
  CHECK(entries[1].offset == 1234567890123);
  for (const char* text : {"0 0\n", "a\t0\n", "0\t\n", "0\t-1\n"})
    CHECK(holds(error_of([&] { read_record_index(scratch.file("a.idx", text)); }),
                "a.idx:1: expected 'key<TAB>offset'"));
  CHECK(holds(error_of([&] { read_record_index(scratch.file("a.idx", "")); }), "holds no index"));
}

TEST_CASE("a training set: the same photographs of the same people with and without its index") {
  const Scratch scratch;
  const Set set = small_set();
  const auto check = [](const Container& container) {
    REQUIRE(container.names().size() == 3);
    CHECK(container.read(0) == "first");
    CHECK(container.bytes(0) == 5);
    CHECK(container.aligned());
    CHECK(container.read(2) == "with two labels");
    CHECK(container.bytes(2) == 15);
  };
  const auto path = scratch.file("train.rec", set.rec);
  const auto without = open_record_set(path);
  CHECK(without->names() == Names{"0000000/0000001.jpg", "0000001/0000002.jpg", "0000001/0000003.jpg"});
  check(*without);
  scratch.file("train.idx", set.idx);
  const auto with = open_record_set(path);
  CHECK(with->names() == without->names());
  check(*with);

  // As a folder of folders.
  const Dataset dataset = read_folder(path);
  CHECK(dataset.identities == Names{"0000000", "0000001"});
  CHECK(dataset.photographs.size() == 3);
  CHECK(dataset.photographs[1].path == (path / "0000001/0000002.jpg").string());
}

TEST_CASE("a training set whose index and records disagree is refused") {
  const Scratch scratch;
  const auto error = [&](const Set& set) {
    scratch.file("train.idx", set.idx);
    return error_of([&] { open_record_set(scratch.file("train.rec", set.rec)); });
  };
  Set lacking = small_set();
  lacking.idx.erase(lacking.idx.find("2\t"), lacking.idx.find("3\t") - lacking.idx.find("2\t"));
  CHECK(holds(error(lacking), "train.rec", "its index lacks the record 2"));
  Set odd;
  odd.add_range(0, 1, 2);
  odd.add_range(1, 5, 9);
  CHECK(holds(error(odd), "the record 1 should name the photographs of an identity"));
  Set shared;  // four identities with the same two photographs
  shared.add_range(0, 3, 7);
  for (const std::uint64_t key : {1, 2}) shared.add(key, part(0, image_header(0, 0, key) + "photograph"));
  for (const std::uint64_t key : {3, 4, 5, 6}) shared.add_range(key, 1, 3);
  CHECK(holds(error(shared), "the record 6 names photographs of another identity"));
  Set fraction;
  fraction.add(0, part(0, image_header(0, 0.5f, 0) + "x"));
  CHECK(holds(error(fraction), "expected an identity's number for a label, found 0.5"));
  Set none;
  none.add_range(0, 7, 9);
  CHECK(holds(error(none), "holds no photographs"));
}

}  // namespace hypersphere::test
