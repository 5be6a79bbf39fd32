#include "apps/data/record_set.h"

#include "tests/fuzz/fuzz.h"

using namespace hypersphere;

namespace {

// run.sh's training set, whose index each input takes the place of.
struct Indexed {
  test::InputFolder folder;
  Indexed() { folder.put("train.rec", std::filesystem::absolute("faces_webface_112x112/train.rec")); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Indexed indexed;
  const test::InputFile file(test::text_of(data, size));
  indexed.folder.put("train.idx", file.path());
  return test::accept_error(size, [&] { (void)open_record_set(indexed.folder.path() / "train.rec"); });
}
