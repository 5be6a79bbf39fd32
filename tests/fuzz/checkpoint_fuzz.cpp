#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_model.h"

using namespace hypersphere;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Model model = test::small_model();
  const test::InputFile file(test::text_of(data, size));
  return test::accept_error(size, [&] { (void)load_checkpoint(file.path(), model); });
}
