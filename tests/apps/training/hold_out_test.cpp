#include "apps/training/hold_out.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

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

TEST_CASE("held-out pairs shrink to what the identities give") {
  const PairList many = held_out_pairs(people(60, 12), "data", 1);
  CHECK(many.folds == 10);
  const PairList few = held_out_pairs(people(6, 4), "data", 1);
  CHECK(few.folds >= 1);
  CHECK(few.pairs.size() >= 20);
  CHECK(std::ranges::count_if(few.pairs, &Pair::same) * 2 == std::ssize(few.pairs));
  CHECK_THROWS_WITH_AS(held_out_pairs(people(2, 2), "data", 1), doctest::Contains("--val-pairs"), Error);
}
