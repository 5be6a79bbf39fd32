// Writes what no subcommand does: write_seeds FOLDER
//   with_head, checkpoint and classes.safetensors, seeds of small files
//   dense_PARSER, for each format the 300 kB that make the most of a byte, which fuzzing from small files does not come to
#include <string>

#include "tensor/file.h"
#include "tests/fuzz/small_model.h"

using namespace hypersphere;

namespace {

constexpr std::size_t length = 300'000;

// `piece` as often as it fits.
std::string repeated(std::string_view piece) {
  std::string text;
  while (text.size() + piece.size() <= length) text += piece;
  return text;
}

std::string safetensors(const std::string& header) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes + header;
}

// {"0":VALUE,"1":VALUE,...
std::string entries(std::string_view value) {
  std::string json = "{";
  for (int i = 0; json.size() + value.size() + 16 < length; ++i)
    json += fmt::format("{}\"{:x}\":{}", i == 0 ? "" : ",", i, value);
  return json + "}";
}

}  // namespace

int main(int, char** arguments) {
  const std::filesystem::path folder = arguments[1];
  Model model = test::small_model();
  save_model(folder / "with_head.safetensors", model);
  save_checkpoint(folder / "checkpoint.safetensors", model, {.iteration = 7, .seed = 1});
  write_safetensors(folder / "classes.safetensors",
                    test::part_classes(folder / "checkpoint.safetensors").classes);

  const auto dense = [&](const std::string& parser, const std::string& bytes) {
    write_file_atomically(folder / ("dense_" + parser), bytes);
  };
  const std::string tensors = safetensors(entries(R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})")),
                    metadata = safetensors("{\"__metadata__\":" + entries("\"\"") + "}");
  for (const char* parser : {"safetensors", "model", "checkpoint", "gallery"}) dense(parser, metadata);
  for (const char* parser : {"classes", "foreign_model"}) dense(parser, tensors);
  dense("caffe", repeated({"\xA2\x06\x02\x3A\0", 5}));  // a layer with an empty blob
  dense("pickle", "\x80\x02](" + repeated("\x88").substr(5) + "e");
  dense("config", repeated("a=1\n"));
  dense("record_index", repeated("1\t0\n"));
  dense("list", repeated("a 1\n"));
  std::string landmarks;
  for (int i = 0; landmarks.size() < length; ++i) landmarks += fmt::format("{:x},1,1,1,1,1,1,1,1,1,1\n", i);
  dense("landmarks", landmarks);
  dense("log", repeated("{}\n"));
  dense("pairs", "1\t9999\n" + repeated("id_0000\t1\t2\n"));
}
