#include "apps/data/pickled_pairs.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return test::accept_error(size, [&] { (void)parse_pickled_pairs(test::text_of(data, size)); });
}
