#include "apps/report/log.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::InputFile file(test::text_of(data, size));
  return test::accept_error(size, [&] { (void)read_log(file.path()); });
}
