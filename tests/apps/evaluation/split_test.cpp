#include "apps/evaluation/split.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/apps/data/scratch.h"
#include "tests/kernels/checks.h"

namespace hypersphere::test {
namespace {

using Paths = std::set<std::string>;

// One person for each number of photographs.
Dataset people(const std::vector<int>& images) {
  Dataset dataset;
  for (const int count : images) {
    const auto label = static_cast<std::int32_t>(dataset.identities.size());
    for (int k = 1; k <= count; ++k)
      dataset.photographs.push_back({fmt::format("data/p{}/{}.jpg", label, k), label});
    dataset.identities.push_back(fmt::format("p{}", label));
  }
  return dataset;
}

std::map<std::int32_t, int> count(const std::vector<Photograph>& photographs) {
  std::map<std::int32_t, int> result;
  for (const Photograph& photograph : photographs) ++result[photograph.label];
  return result;
}

std::vector<std::string> paths(const std::vector<Photograph>& photographs) {
  std::vector<std::string> result;
  for (const Photograph& photograph : photographs) result.push_back(photograph.path);
  return result;
}

}  // namespace

TEST_CASE("identification split: nobody in two places, no photograph twice, on random folders") {
  Random random(test_seed(), random_stream(RandomUse::test, 3000));
  for (int repeat = 0; repeat < 40; ++repeat) {
    std::vector<int> images;
    for (int i = 0; i < 12; ++i) images.push_back(1 + static_cast<int>(random.below(7)));
    images.insert(images.end(), {8, 8, 8, 8, 8});  // enough for every case below
    const Dataset dataset = people(images);
    const IdentificationOptions options{.gallery_images = 1 + static_cast<int>(random.below(3)),
                                        .probe_images = static_cast<int>(random.below(4)),
                                        .distractor_share = 0.1 * random.below(4),
                                        .seed = random.below(1000)};
    const IdentificationSplit split = split_identification(dataset, options);
    CAPTURE(options.gallery_images);
    CAPTURE(options.probe_images);

    const auto gallery = count(split.gallery), probes = count(split.probes), unknown = count(split.unknown),
               distractors = count(split.distractors);
    std::int64_t eligible = 0;
    for (std::size_t label = 0; label < images.size(); ++label) {
      const auto person = static_cast<std::int32_t>(label);
      CAPTURE(person);
      const bool enough = images[label] > options.gallery_images;
      eligible += enough;
      CHECK(gallery.contains(person) == probes.contains(person));
      CHECK(gallery.contains(person) + unknown.contains(person) + distractors.contains(person) == 1);
      const auto most = [&](int rest) {
        return options.probe_images == 0 ? rest : std::min(rest, options.probe_images);
      };
      if (gallery.contains(person)) {
        CHECK(gallery.at(person) == options.gallery_images);
        CHECK(probes.at(person) == most(images[label] - options.gallery_images));
      }
      if (unknown.contains(person)) CHECK(unknown.at(person) == most(images[label]));
      if (distractors.contains(person)) CHECK(distractors.at(person) == images[label]);
      if (!enough) CHECK(distractors.contains(person));
    }
    const auto standing_by =
        static_cast<std::int64_t>(std::llround(options.distractor_share * static_cast<double>(eligible)));
    CHECK(std::ssize(unknown) == (eligible - standing_by) / 2);
    CHECK(std::ssize(gallery) == eligible - standing_by - std::ssize(unknown));
    CHECK(people_of(split.gallery) == std::ssize(gallery));

    Paths seen;
    for (const auto* list : {&split.gallery, &split.probes, &split.unknown, &split.distractors})
      for (const Photograph& photograph : *list) {
        CHECK(seen.insert(photograph.path).second);
        CHECK(photograph.path.starts_with(fmt::format("data/p{}/", photograph.label)));
      }
  }
}

TEST_CASE("identification split: the seed decides, and decides all of it") {
  const Dataset dataset = people({1, 1, 1, 1, 1, 1, 1, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5});
  const auto draw = [&](std::uint64_t seed) { return split_identification(dataset, {.seed = seed}); };
  const IdentificationSplit a = draw(1), b = draw(1), c = draw(2);
  CHECK(paths(a.gallery) == paths(b.gallery));
  CHECK(paths(a.probes) == paths(b.probes));
  CHECK(paths(a.unknown) == paths(b.unknown));
  CHECK(paths(a.distractors) == paths(b.distractors));
  CHECK(paths(a.gallery) != paths(c.gallery));
  CHECK(paths(a.distractors) != paths(c.distractors));
  // Not the folder's order: the first distractors are a draw.
  CHECK(paths(a.distractors) != paths({dataset.photographs.begin(), dataset.photographs.begin() + 8}));
}

TEST_CASE("identification split: every photograph is as likely to be the one enrolled") {
  const Dataset dataset = people({4, 4, 4, 4});
  std::map<std::string, int> enrolled;
  for (std::uint64_t seed = 0; seed < 400; ++seed)
    for (const Photograph& photograph : split_identification(dataset, {.seed = seed}).gallery)
      ++enrolled[photograph.path];
  CHECK(enrolled.size() == 16);  // 800 draws: 50 each, with a deviation of 7
  for (const auto& [path, times] : enrolled) {
    CAPTURE(path);
    CHECK(times > 50 - 5 * 7);
    CHECK(times < 50 + 5 * 7);
  }
}

TEST_CASE("identification split: too few people, and options out of range") {
  CHECK_FAILS(split_identification(people({1, 1, 2, 2}), {}), "2 people with more than 1 photographs");
  CHECK_NOTHROW(split_identification(people({2, 2, 2}), {}));
  CHECK_FAILS(split_identification(people({2, 2, 2, 2}), {.distractor_share = 0.5}), "less 2 distractors");
  CHECK_FAILS(split_identification(people({2, 2, 2}), {.gallery_images = 2}), "0 people");
  CHECK_FAILS(split_identification(people({2, 2, 2}), {.gallery_images = 0}), "found 0");
  CHECK_FAILS(split_identification(people({2, 2, 2}), {.distractor_share = 1}), "[0, 1)");
}

TEST_CASE("splits are written so that others can repeat them") {
  const Scratch scratch;
  const IdentificationSplit split{.gallery = {{"data/a/1.jpg", 0}},
                                  .probes = {{"data/a/2.jpg", 0}, {"data/a/3.jpg", 0}},
                                  .unknown = {{"data/b c/1.jpg", 1}},
                                  .distractors = {}};
  write_split(scratch / "new/split", split, "data");
  CHECK(bytes_of(scratch / "new/split/gallery.txt") == "a/1.jpg\n");
  CHECK(bytes_of(scratch / "new/split/probes.txt") == "a/2.jpg\na/3.jpg\n");
  CHECK(bytes_of(scratch / "new/split/unknown.txt") == "b c/1.jpg\n");
  CHECK(bytes_of(scratch / "new/split/distractors.txt").empty());

  const PairList named{
      1, {{"a/a_0001.jpg", "a/a_0002.jpg", true, 0}, {"a/a_0001.jpg", "b/b_0003.jpg", false, 0}}};
  write_pair_split(scratch / "lfw", named);
  CHECK(bytes_of(scratch / "lfw/pairs.txt") == "1\t1\na\t1\t2\na\t1\tb\t3\n");
  CHECK_FALSE(std::filesystem::exists(scratch / "lfw/pairs.tsv"));
  write_pair_split(scratch / "any", {1, {{"a/x.jpg", "a/y.jpg", true, 0}, {"a/x.jpg", "b/z.jpg", false, 0}}});
  CHECK(bytes_of(scratch / "any/pairs.tsv") == "a/x.jpg\ta/y.jpg\tsame\t1\na/x.jpg\tb/z.jpg\tdifferent\t1\n");
  CHECK_FALSE(std::filesystem::exists(scratch / "any/pairs.txt"));

  scratch.file("taken", "");
  CHECK_FAILS(write_split(scratch / "taken/split", split, "data"), "taken");
}

}  // namespace hypersphere::test
