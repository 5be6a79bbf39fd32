#include "apps/data/pairs.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

// Of the folder that run.sh starts it in: there are some, and an archive beside them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::InputFile file(test::text_of(data, size));
  return test::accept_error(size, [&] { (void)read_pairs(file.path(), "photographs"); });
}
