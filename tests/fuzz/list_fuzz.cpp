#include "apps/data/dataset.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::InputFile file(test::text_of(data, size));
  test::accept_error(size, [&] { (void)read_list(file.path(), "photographs"); });
  return test::accept_error(size, [&] { (void)read_identities(file.path()); });
}
