// InsightFace's verification sets: pickles written here opcode by opcode (Python's pickletools.py says what they are).
#include "apps/data/pickled_pairs.h"

#include <doctest/doctest.h>

#include "scratch.h"

namespace hypersphere::test {
namespace {

using namespace std::string_literals;

std::vector<std::string> pictures_of(const std::string& pickle, const PickledPairs& pairs) {
  std::vector<std::string> pictures;
  for (const auto& picture : pairs.pictures) pictures.push_back(pickle.substr(picture.offset, picture.bytes));
  return pictures;
}

using Pictures = std::vector<std::string>;

// What Python 3.11 makes of pickle.dumps(([b"one", b"two", b"three", b"four"], [True, False]), protocol=4).
const std::string protocol4 =
    "\x80\x04\x95\x27\x00\x00\x00\x00\x00\x00\x00]\x94(C\x03one\x94"
    "C\x03two\x94"
    "C\x05three\x94"
    "C\x04"
    "four\x94"
    "e]\x94(\x88\x89"
    "e\x86\x94."s;
// Python 2.7, protocol 2: strings, numbered memory.
const std::string protocol2 =
    "\x80\x02]q\x01(U\x03oneq\x02U\x03twoq\x03T\x05\x00\x00\x00threeq\x04U\x04"
    "fourq\x05"
    "e]q\x06(\x88\x89"
    "e\x86q\x07."s;
// Protocol 1: no truth values, no short tuples.
const std::string protocol1 =
    "(]q\x01(U\x03oneU\x03twoU\x05threeU\x04"
    "foure]q\x02(I01\nI00\netq\x03."s;

}  // namespace

TEST_CASE("pickle: every protocol that wrote such sets") {
  for (const std::string& pickle : {protocol4, protocol2, protocol1}) {
    const PickledPairs pairs = parse_pickled_pairs(pickle);
    CHECK(pictures_of(pickle, pairs) == Pictures{"one", "two", "three", "four"});
    CHECK(pairs.same == std::vector<bool>{true, false});
  }
  const std::string again =
      "]B\x03\x00\x00\x00oneq\x01"
      "ah\x01"
      "a]K\x01"
      "a\x86."s;
  const PickledPairs pairs = parse_pickled_pairs(again);
  CHECK(pictures_of(again, pairs) == Pictures{"one", "one"});
  CHECK(pairs.same == std::vector<bool>{true});
}

TEST_CASE("pickle: nothing else is accepted, least of all what executes") {
  struct Case {
    std::string pickle;
    const char* message;
  };
  for (const Case& one : {
           // os.system("true"), as every description of the danger has it
           Case{"cos\nsystem\n(S'true'\ntR."s, "opcode 0x63 at byte 0"},
           Case{"\x80\x04\x8c\x02os\x8c\x06system\x93."s, "opcode 0x8c at byte 2"},
           Case{"\x80\x02}."s, "opcode 0x7d at byte 2"},
           Case{"(i__main__\nX\n."s, "opcode 0x69 at byte 1"},
           Case{""s, "cut short at byte 0"},
           Case{"]"s, "cut short at byte 1"},
           Case{"]U\x09two"s, "cut short"},
           Case{"]\x8e\xff\xff\xff\xff\xff\xff\xff\xff"s, "cut short"},
           Case{"."s, "expected one value at its end, found 0"},
           Case{"]]."s, "expected one value at its end, found 2"},
           Case{"]."s, "expected a pair of lists"},
           Case{"]]\x86."s, "expected two pictures for each of 0 flags, found 0"},
           Case{"](U\x01"
                "aU\x01"
                "be]\x86."s,
                "expected two pictures for each of 0 flags, found 2"},
           Case{"]U\x01"
                "aa]\x88"
                "a\x86."s,
                "expected two pictures for each of 1 flags, found 1"},
           Case{"](\x88\x88"
                "e]\x88"
                "a\x86."s,
                "expected pictures in the first list"},
           Case{"](U\x01"
                "aU\x01"
                "be]U\x01"
                "aa\x86."s,
                "expected flags in the second list"},
           Case{"]]a."s, "expected pictures or flags in a list at byte 2"},
           Case{"e."s, "expected a mark before at byte 0"},
           Case{"a."s, "expected more values at byte 0"},
           Case{"U\x01"
                "aU\x01"
                "aa."s,
                "expected a list to append to"},
           Case{"h\x05."s, "expected a reference to something before"},
           Case{"(q\x01."s, "expected a value at byte 1"},
           Case{"q\x01."s, "expected a value at byte 0"},
           Case{"]U\x01"
                "a\x86."s,
                "expected a pair of lists at byte 4"},
           Case{"I02\n."s, "expected a truth value"},
           Case{"K\x02."s, "expected 0 or 1"},
       }) {
    const std::string message = error_of([&] { parse_pickled_pairs(one.pickle); });
    CHECK(holds(message, one.message));
  }
}

TEST_CASE("pickle: cut anywhere, it is refused") {
  for (const std::string& pickle : {protocol4, protocol2, protocol1})
    for (std::size_t length = 0; length < pickle.size(); ++length)
      CHECK(error_of([&] { parse_pickled_pairs(pickle.substr(0, length)); }) != "");
}

TEST_CASE("a verification set: photographs by number, pairs in ten folds") {
  const Scratch scratch;
  std::string pickle = "\x80\x02](";
  for (int i = 0; i < 24; ++i) pickle += "U\x02"s + static_cast<char>('a' + i) + "!";
  pickle += "e](";
  for (int i = 0; i < 12; ++i) pickle += i % 3 == 0 ? "\x88" : "\x89";
  const auto path = scratch.file("lfw.bin", pickle + "e\x86.");
  const auto container = open_container(path);
  CHECK(container->names().size() == 24);
  CHECK(container->names()[3] == "0000003.jpg");
  CHECK(container->read(3) == "d!");
  CHECK(container->bytes(3) == 2);
  CHECK(container->aligned());
  const PairList list = read_pairs(path, "nowhere");
  CHECK(list.folds == 10);
  REQUIRE(list.pairs.size() == 12);
  CHECK(list.pairs[3].first == (std::filesystem::absolute(path) / "0000006.jpg").string());
  CHECK(list.pairs[3].second == (std::filesystem::absolute(path) / "0000007.jpg").string());
  CHECK(list.pairs[3].same);
  CHECK(!list.pairs[4].same);
  CHECK(list.pairs[0].fold == 0);
  CHECK(list.pairs[11].fold == 9);
  CHECK(holds(error_of([&] { open_container(scratch.file("other.bin", "cos\nsystem\n.")); }), "other.bin",
              "no verification set of InsightFace's"));
}

}  // namespace hypersphere::test
