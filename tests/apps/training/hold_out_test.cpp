#include "apps/training/hold_out.h"

#include <doctest/doctest.h>

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tensor/error.h"

using namespace hypersphere;

namespace {

Dataset people(int identities, int images) {
  Dataset dataset;
  for (int i = 0; i < identities; ++i) {
    dataset.identities.push_back("person" + std::to_string(i));
    for (int k = 0; k < images; ++k)
      dataset.photographs.push_back(
          {"data/person" + std::to_string(i) + "/" + std::to_string(k) + ".jpg", i});
  }
  return dataset;
}

}  // namespace

TEST_CASE("hold_out splits the identities: nobody is on both sides, nobody is lost") {
  Dataset dataset = people(20, 3);
  const Dataset held = hold_out(dataset, 0.25, 7);
  CHECK(held.identities.size() == 5);
  CHECK(dataset.identities.size() == 15);
  CHECK(held.photographs.size() == 15);
  CHECK(dataset.photographs.size() == 45);
  std::set<std::string> all(held.identities.begin(), held.identities.end());
  all.insert(dataset.identities.begin(), dataset.identities.end());
  CHECK(all.size() == 20);
  for (const Photograph& photograph : dataset.photographs)
    CHECK(photograph.path.find(dataset.identities[static_cast<std::size_t>(photograph.label)] + "/") !=
          std::string::npos);
}

TEST_CASE("hold_out depends on the seed alone") {
  Dataset a = people(40, 2), b = people(40, 2), c = people(40, 2);
  const Dataset held = hold_out(a, 0.5, 1);
  CHECK(held.identities == hold_out(b, 0.5, 1).identities);
  CHECK(held.identities != hold_out(c, 0.5, 2).identities);
}

TEST_CASE("hold_out refuses to leave fewer than two identities") {
  Dataset few = people(3, 2);
  CHECK_THROWS_AS(hold_out(few, 0.5, 1), Error);
  Dataset some = people(10, 2);
  CHECK_THROWS_AS(hold_out(some, 0.99, 1), Error);
}

TEST_CASE("hold_out_photographs: a share of each identity's, at least one, and two stay") {
  Dataset dataset;
  const std::vector<int> counts = {1, 2, 3, 4, 10, 100};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    dataset.identities.push_back("person" + std::to_string(i));
    for (int k = 0; k < counts[i]; ++k)
      dataset.photographs.push_back({fmt::format("person{}/{:03}.jpg", i, k), static_cast<std::int32_t>(i)});
  }
  const auto of_each = [&](const std::vector<Photograph>& photographs) {
    std::vector<int> found(counts.size(), 0);
    for (const Photograph& one : photographs) ++found[static_cast<std::size_t>(one.label)];
    return found;
  };
  struct Wanted {
    double share;
    std::vector<int> held;
  };
  for (const Wanted& wanted :
       {Wanted{0.01, {0, 0, 1, 1, 1, 1}}, Wanted{0.3, {0, 0, 1, 1, 3, 30}}, Wanted{0.25, {0, 0, 1, 1, 3, 25}},
        Wanted{0.9, {0, 0, 1, 2, 8, 90}}, Wanted{0.999, {0, 0, 1, 2, 8, 98}}}) {
    CAPTURE(wanted.share);
    Dataset left = dataset;
    const std::vector<Photograph> held = hold_out_photographs(left, wanted.share, 5);
    CHECK(of_each(held) == wanted.held);
    CHECK(left.identities == dataset.identities);
    // Nothing is lost, nothing is there twice, and both keep the order.
    std::vector<std::string> all;
    for (const std::vector<Photograph>* part : {&held, &std::as_const(left.photographs)}) {
      CHECK(std::ranges::is_sorted(*part, {}, &Photograph::path));
      for (const Photograph& one : *part) {
        CHECK(one.path.starts_with(dataset.identities[static_cast<std::size_t>(one.label)] + "/"));
        all.push_back(one.path);
      }
    }
    std::ranges::sort(all);
    CHECK(std::ranges::equal(all, dataset.photographs, {}, {}, &Photograph::path));
  }
}

TEST_CASE("hold_out_photographs: drawn from the seed, and each photograph as likely") {
  const auto held = [](std::uint64_t seed) {
    Dataset dataset = people(1, 10);
    std::vector<std::string> paths;
    for (const Photograph& one : hold_out_photographs(dataset, 0.3, seed)) paths.push_back(one.path);
    return paths;
  };
  CHECK(held(1) == held(1));
  std::map<std::string, int> times;
  for (std::uint64_t seed = 0; seed < 1000; ++seed)
    for (const std::string& path : held(seed)) ++times[path];
  CHECK(times.size() == 10);
  for (const auto& [path, count] : times) CHECK(count == doctest::Approx(300).epsilon(0.2));
}

TEST_CASE("hold_out_photographs refuses where nobody can spare one, and a share that is none") {
  Dataset couples = people(5, 2), some = people(5, 4);
  CHECK_THROWS_WITH_AS(hold_out_photographs(couples, 0.5, 1), doctest::Contains("nobody has the three"),
                       Error);
  CHECK(couples.photographs.size() == 10);
  for (const double share : {0.0, 1.0, -0.5})
    CHECK_THROWS_WITH_AS(hold_out_photographs(some, share, 1), doctest::Contains("between 0 and 1"), Error);
}

TEST_CASE("held-out pairs shrink to what the identities give") {
  const PairList many = held_out_pairs(people(60, 12), "data", 1);
  CHECK(many.folds == 10);
  const PairList few = held_out_pairs(people(6, 4), "data", 1);
  CHECK(few.folds >= 1);
  CHECK(few.pairs.size() >= 20);
  CHECK(std::ranges::count_if(few.pairs, &Pair::same) * 2 == std::ssize(few.pairs));
  CHECK_THROWS_WITH_AS(held_out_pairs(people(2, 2), "data", 1), doctest::Contains("--val-pairs"), Error);
}
