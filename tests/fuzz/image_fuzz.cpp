#include "apps/data/image_io.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return test::accept_error([&] { (void)decode_image(test::text_of(data, size), "input"); });
}
