#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_model.h"

using namespace hypersphere;

namespace {

// A checkpoint whose classes are in a second file, which each input takes the place of.
struct Parted {
  Model model = test::small_model();
  test::InputFolder folder;
  std::filesystem::path checkpoint = folder.path() / "checkpoint.safetensors";

  Parted() {
    save_checkpoint(checkpoint, model, {.iteration = 7, .seed = 1});
    write_safetensors(checkpoint, test::part_classes(checkpoint).rest);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Parted parted;
  const test::InputFile file(test::text_of(data, size));
  parted.folder.put(class_file(parted.checkpoint, 0, 1).filename(), file.path());
  return test::accept_error(size, [&] { (void)load_checkpoint(parted.checkpoint, parted.model); });
}
