#include "nn/model_file.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::InputFile file(test::text_of(data, size));
  return test::accept_error(size, [&] { (void)load_model(file.path()); });
}
