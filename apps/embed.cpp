// hypersphere embed

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/data/dataset.h"
#include "apps/embedding_progress.h"
#include "apps/evaluation/photograph_features.h"
#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/report/npy.h"
#include "apps/subcommands.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct EmbedCommand {
  fs::path model, out, list_out;
  std::vector<fs::path> inputs;
  FramingOptions framing;
  OutputOptions output;
  bool single = false;
  Machine machine;
};

void embed(const EmbedCommand& command) {
  const Compute compute = command.machine.apply();
  const Model model = load_model(command.model);
  model.network->to(compute.device);
  const std::vector<fs::path> images = photographs_in(command.inputs);
  const std::int64_t total = std::ssize(images);
  const Tensor features = with_embedding_progress("embedding", total, [&](const FeatureProgress& progress) {
    return embed_photographs(
        *model.network, images, command.framing.for_model(model), 1,
        {.join_mirror = !command.single, .batch = 32, .activations = compute.activations}, progress);
  });
  const std::int64_t width = features.shape()[1];
  write_npy(command.out, features.span<float>(), total, width);
  if (!command.list_out.empty()) {
    std::string list;
    for (const fs::path& image : images) list += image.string() + "\n";
    write_file_atomically(command.list_out, list);
  }
  tell("{} embeddings of {} numbers: {}\n", total, width, command.out.string());
  nlohmann::json photographs = nlohmann::json::array();
  for (const fs::path& image : images) photographs.push_back(image.string());
  command.output.write({{"file", command.out.string()}, {"numbers", width}, {"photographs", photographs}});
}

}  // namespace

void add_embed(CLI::App& app) {
  CLI::App* command = app.add_subcommand("embed", "write the embeddings of photographs as a NumPy file");
  command->footer(
      "Example: hypersphere embed --model run/model.safetensors --out faces.npy --list-out faces.txt "
      "photographs");
  auto options = std::make_shared<EmbedCommand>();
  command->add_option("--model", options->model, "safetensors file that train wrote")->required();
  command->add_option("--out", options->out, "the .npy file: float32 [images, numbers]")->required();
  command->add_option("--list-out", options->list_out, "the images' paths, one a line, in the rows' order");
  command->add_flag("--single", options->single,
                    "the image alone; default: the image joined with its mirror image");
  options->framing.add_to(*command, true);
  options->output.add_to(*command);
  options->machine.add_to(*command);
  command->add_option("inputs", options->inputs, "images or folders")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  command->callback([options] { embed(*options); });
}

}  // namespace hypersphere
