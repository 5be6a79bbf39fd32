#include "tensor/share.h"

#include <doctest/doctest.h>

namespace hypersphere {

TEST_CASE("share_of: nothing twice, nothing lost, and nobody has two more than another") {
  for (const std::int64_t count : {0, 1, 3, 4, 7, 1000003})
    for (const int ranks : {1, 2, 3, 4, 16}) {
      CAPTURE(count);
      CAPTURE(ranks);
      std::int64_t next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Share share = share_of(count, rank, ranks);
        CHECK(share.begin == next);
        CHECK((share.count() == count / ranks || share.count() == count / ranks + 1));
        CHECK(share.count() == shares_of(count, ranks)[static_cast<std::size_t>(rank)]);
        next = share.end;
      }
      CHECK(next == count);
    }
}

}  // namespace hypersphere
