#include "apps/data/zip_file.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

// Deflate makes at most 1,032 bytes of one.
constexpr test::MemoryAllowance allowance = {.per_byte = 1032 + test::MemoryAllowance{}.per_byte};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::InputFile file(test::text_of(data, size));
  return test::accept_error(
      size,
      [&] {
        const auto container = open_zip(file.path());
        for (std::size_t i = 0; i < container->names().size(); ++i) (void)container->read(i);
      },
      allowance);
}
