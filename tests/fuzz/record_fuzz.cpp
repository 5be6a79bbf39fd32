#include "apps/data/record_set.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::InputFile file(test::text_of(data, size));
  return test::accept_error(size, [&] {
    const auto container = open_record_set(file.path());
    for (std::size_t i = 0; i < container->names().size(); ++i) (void)container->read(i);
  });
}
