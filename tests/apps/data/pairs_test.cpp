#include "apps/data/pairs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "scratch.h"

namespace hypersphere::test {
namespace {

void fill(const Scratch& scratch) {
  for (const char* name : {"Ann_B/Ann_B_0001.jpg", "Ann_B/Ann_B_0002.png", "Bob/Bob_0001.JPG",
                           "Bob/Bob_0012.bmp", "Cy D/Cy D_0001.jpg"})
    scratch.file(name, "");
}

// `identities` of `images` each, named as LFW names them; nothing on the disk.
Dataset album(int identities, int images) {
  Dataset dataset;
  for (int i = 0; i < identities; ++i) {
    dataset.identities.push_back(fmt::format("p{:02}", i));
    for (int k = 1; k <= images; ++k)
      dataset.photographs.push_back({fmt::format("/data/p{:02}/p{:02}_{:04}.jpg", i, i, k), i});
  }
  return dataset;
}

}  // namespace

TEST_CASE("LFW's list: folds, kinds and the files, whatever their extension") {
  const Scratch scratch;
  fill(scratch);
  const auto file =
      scratch.file("pairs.txt", "2\t1\nAnn_B\t1\t2\nAnn_B\t2\tBob\t12\r\nBob\t1\t12\nCy D\t1\tBob\t1\n\n");
  const PairList list = read_pairs(file, scratch.path());
  CHECK(list.folds == 2);
  REQUIRE(list.pairs.size() == 4);
  CHECK(list.pairs[0].first == "Ann_B/Ann_B_0001.jpg");
  CHECK(list.pairs[0].second == "Ann_B/Ann_B_0002.png");
  CHECK(list.pairs[1].second == "Bob/Bob_0012.bmp");
  CHECK(list.pairs[2].first == "Bob/Bob_0001.JPG");
  CHECK(list.pairs[3].first == "Cy D/Cy D_0001.jpg");
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(list.pairs[i].same == (i % 2 == 0));
    CHECK(list.pairs[i].fold == static_cast<int>(i / 2));
  }
}

TEST_CASE("a first line of one number means one fold; spaces separate as well") {
  const Scratch scratch;
  fill(scratch);
  const PairList list = read_pairs(scratch.file("p.txt", "1\nBob 1 12\nAnn_B 1 Bob 1\n"), scratch.path());
  CHECK(list.folds == 1);
  CHECK(list.pairs.size() == 2);
}

TEST_CASE("what is wrong with a list of pairs is said with its line") {
  const Scratch scratch;
  fill(scratch);
  auto message = [&](const std::string& text) {
    return error_of([&] { read_pairs(scratch.file("p.txt", text), scratch.path()); });
  };
  CHECK(holds(message(""), "p.txt:1:", "first line"));
  CHECK(holds(message("ten\n"), "p.txt:1:", "ten"));
  CHECK(holds(message("1\t0\n"), "p.txt:1:"));
  CHECK(holds(message("1 1 1\n"), "p.txt:1:"));
  CHECK(holds(message("1\nBob 1\nAnn_B 1 Bob 1\n"), "p.txt:2:", "name i j", "Bob 1"));
  CHECK(holds(message("1\nBob 1 12\nAnn_B 1 Bob\n"), "p.txt:3:", "name1 i name2 j"));
  CHECK(holds(message("1\nBob 1 x\nAnn_B 1 Bob 1\n"), "p.txt:2:", "number"));
  CHECK(holds(message("1\nBob 1 3\nAnn_B 1 Bob 1\n"), "p.txt:2:", "Bob/Bob_0003"));
  CHECK(holds(message("1\nEve 1 2\nAnn_B 1 Bob 1\n"), "p.txt:2:", "Eve/Eve_0001"));
  CHECK(holds(message("1\nBob 1 12\n"), "p.txt:2:", "2 lines"));
  CHECK(holds(message("1\nBob 1 12\nAnn_B 1 Bob 1\nBob 1 12\n"), "p.txt:4:", "end of the file"));
  CHECK(holds(error_of([&] { read_pairs(scratch / "none.txt", scratch.path()); }), "none.txt"));
}

TEST_CASE("drawn pairs: distinct, of the right kind, no identity in two folds, same for the same seed") {
  const PairList list =
      make_pairs(album(12, 3), "/data", 3, 12, 5);  // 12 matched pairs a fold: every one there is
  CHECK(list.folds == 3);
  REQUIRE(list.pairs.size() == 72);
  std::set<std::pair<std::string, std::string>> seen;
  std::map<std::string, std::set<int>> folds;
  std::map<std::pair<int, bool>, int> count;
  for (const Pair& pair : list.pairs) {
    const std::string a = pair.first.substr(0, 3), b = pair.second.substr(0, 3);
    CHECK((a == b) == pair.same);
    CHECK(pair.first != pair.second);
    CHECK(seen.insert(std::minmax(pair.first, pair.second)).second);
    folds[a].insert(pair.fold);
    folds[b].insert(pair.fold);
    ++count[{pair.fold, pair.same}];
  }
  for (const auto& [name, in] : folds) CHECK(in.size() == 1);
  CHECK(count.size() == 6);
  for (const auto& [kind, n] : count) CHECK(n == 12);

  auto firsts = [](const PairList& l) {
    std::vector<std::string> all;
    for (const Pair& p : l.pairs) all.push_back(p.first + p.second);
    return all;
  };
  CHECK(firsts(list) == firsts(make_pairs(album(12, 3), "/data", 3, 12, 5)));
  CHECK(firsts(list) != firsts(make_pairs(album(12, 3), "/data", 3, 12, 6)));
}

TEST_CASE("too few photographs for the pairs") {
  CHECK(holds(error_of([] { make_pairs(album(12, 3), "/data", 3, 13, 5); }), "fold 1", "matched"));
  CHECK(holds(error_of([] { make_pairs(album(12, 1), "/data", 3, 1, 5); }), "fewer folds"));
  CHECK(holds(error_of([] { make_pairs(album(2, 3), "/data", 3, 1, 5); }), "fewer folds"));
  CHECK(holds(error_of([] { make_pairs(album(2, 3), "/data", 0, 1, 5); }), "at least one fold"));
}

TEST_CASE("what is written is read back") {
  const Scratch scratch;
  const Dataset dataset = album(6, 2);
  for (const Photograph& p : dataset.photographs) scratch.file(p.path.substr(6), "");
  const PairList list = make_pairs(dataset, "/data", 2, 3, 1);
  write_pairs(scratch / "pairs.txt", list);
  const PairList back = read_pairs(scratch / "pairs.txt", scratch.path());
  CHECK(back.folds == 2);
  REQUIRE(back.pairs.size() == list.pairs.size());
  for (std::size_t i = 0; i < list.pairs.size(); ++i) {
    CHECK(back.pairs[i].first == list.pairs[i].first);
    CHECK(back.pairs[i].second == list.pairs[i].second);
    CHECK(back.pairs[i].same == list.pairs[i].same);
    CHECK(back.pairs[i].fold == list.pairs[i].fold);
  }
}

TEST_CASE("pairs that LFW's format cannot hold") {
  const Scratch scratch;
  const Pair good{"a/a_0001.jpg", "a/a_0002.jpg", true, 0}, other{"a/a_0001.jpg", "b/b_0001.jpg", false, 0};
  auto message = [&](const PairList& list) {
    return error_of([&] { write_pairs(scratch / "p.txt", list); });
  };
  CHECK(message({1, {good, other}}).empty());
  for (const char* path : {"a/x_0001.jpg", "a/a_001.jpg", "a_0001.jpg", "a/a_00x1.jpg", "c/a/a_0001.jpg"})
    CHECK(holds(message({1, {good, {path, "b/b_0001.jpg", false, 0}}}), "NAME_0001", path));
  CHECK(holds(message({1, {good, good}}), "same number"));
  CHECK(holds(message({1, {good, other, good}}), "same number"));
  CHECK(holds(message({2, {good, other}}), "same number"));
  CHECK(holds(error_of([&] { write_pairs(scratch / "no/p.txt", {1, {good, other}}); }), "no/p.txt"));
}

TEST_CASE("fitting pairs: as many folds and pairs as the identities give, or nothing") {
  const std::optional<PairList> many = make_fitting_pairs(album(60, 12), "/data", 1);
  REQUIRE(many);
  CHECK(many->folds == 10);
  const std::optional<PairList> few = make_fitting_pairs(album(6, 4), "/data", 1);
  REQUIRE(few);
  CHECK(few->folds == 1);
  CHECK(few->pairs.size() >= 20);
  CHECK(std::ranges::count_if(few->pairs, &Pair::same) * 2 == std::ssize(few->pairs));
  // Two people of two photographs: two matched pairs.
  CHECK_FALSE(make_fitting_pairs(album(2, 2), "/data", 1));
  CHECK_FALSE(make_fitting_pairs(album(50, 1), "/data", 1));
}

}  // namespace hypersphere::test
