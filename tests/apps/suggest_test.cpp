// Suggestions for misspelt words.
#include "apps/suggest.h"

#include <doctest/doctest.h>

namespace hypersphere {

TEST_CASE("suggest: the nearest word, or none") {
  const std::vector<std::string> known = {"train", "evaluate", "embed", "--min-images", "--margin"};
  CHECK(nearest_word("trian", known) == "train");       // neighbours exchanged
  CHECK(nearest_word("evalute", known) == "evaluate");  // one left out
  CHECK(nearest_word("embbed", known) == "embed");      // one too many
  CHECK(nearest_word("--marjin", known) == "--margin");
  CHECK(nearest_word("--min-image", known) == "--min-images");
  CHECK(nearest_word("trainings", known) == std::nullopt);
  CHECK(nearest_word("x", known) == std::nullopt);
  CHECK(nearest_word("", known) == std::nullopt);
  CHECK(nearest_word("train", {}) == std::nullopt);
  CHECK(nearest_word("aab", {"aaa", "aac"}) == "aaa");
}

}  // namespace hypersphere
