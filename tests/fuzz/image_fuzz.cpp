#include "apps/data/image_io.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

// What decode_image may use: 8,256 pixels a byte, for each 32 bytes for the decoder and 3 for the picture; and the decoder's tables.
constexpr test::MemoryAllowance allowance = {.per_byte = 8256 * (32 + 3) + 4, .at_least = 3 << 17};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return test::accept_error(
      size, [&] { (void)decode_image(test::text_of(data, size), "input"); }, allowance);
}
