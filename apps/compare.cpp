// hypersphere compare

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/data/loader.h"
#include "apps/evaluation/cosine.h"
#include "apps/evaluation/features.h"
#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/subcommands.h"

namespace hypersphere {
namespace {

struct CompareCommand {
  std::filesystem::path model, first, second;
  FramingOptions framing;
  OutputOptions output;
  Machine machine;
};

void compare(const CompareCommand& command) {
  const Compute compute = command.machine.apply();
  const Model model = load_model(command.model);
  model.network->to(compute.device);
  const SphereFaceOptions& net = model.network->options();
  const Tensor pixels = load_images({command.first, command.second}, command.framing.for_model(model),
                                    static_cast<int>(net.width), static_cast<int>(net.height));
  const Tensor features = extract_features(*model.network, pixels, {.activations = compute.activations});
  const double similarity = cosine(features.slice(0, 1).span<float>(), features.slice(1, 1).span<float>());
  const double degrees = degrees_of_cosine(similarity);
  tell("cosine {:.4f}   angle {:.1f} degrees\n", similarity, degrees);
  command.output.write({{"cosine", similarity}, {"degrees", degrees}});
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* command = app.add_subcommand("compare", "similarity of two photographs");
  command->footer("Example: hypersphere compare --model run/model.safetensors a.jpg b.jpg");
  auto options = std::make_shared<CompareCommand>();
  command->add_option("--model", options->model, "safetensors file that train wrote")->required();
  command->add_option("first", options->first, "a photograph")->required();
  command->add_option("second", options->second, "another")->required();
  options->framing.add_to(*command, true);
  options->output.add_to(*command);
  options->machine.add_to(*command);
  command->callback([options] { compare(*options); });
}

}  // namespace hypersphere
