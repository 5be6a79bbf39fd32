#include "apps/exchange/caffe.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

// For a text that says that it is long, protobuf asks for up to 50 MB before it finds that the file ends.
constexpr test::MemoryAllowance allowance = {.at_least = 50'200'000};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::InputFile file(test::text_of(data, size));
  return test::accept_error(
      size, [&] { (void)read_caffe_model(file.path()); }, allowance);
}
