// hypersphere evaluate

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/embedding_progress.h"
#include "apps/evaluate_output.h"
#include "apps/evaluate_tasks.h"
#include "apps/evaluation/pair_photographs.h"
#include "apps/subcommands.h"

namespace hypersphere {
namespace {

void evaluate_pairs(const EvaluateCommand& command) {
  const Compute compute = command.machine.apply();
  const Model model = load_model(command.model);
  model.network->to(compute.device);
  const SphereFaceOptions& net = model.network->options();
  const PairPhotographs photographs =
      load_pair_photographs(read_pairs(command.pairs, command.data), command.data,
                            command.framing.for_model(model), net.width, net.height, command.loader_threads);
  const Verification network = with_embedding_progress(
      "embedding", std::ssize(photographs.paths), [&](const FeatureProgress& progress) {
        return verify_network(*model.network, photographs, compute.activations, progress);
      });
  const Verification pixels = verify_raw_pixels(photographs);
  print_verification(network, &pixels);
  command.output.write({{"model", command.model.string()},
                        {"pairs", command.pairs.string()},
                        {"network", with_folds(network)},
                        {"raw_pixels", with_folds(pixels)}});
  if (!command.plot.empty()) draw_verification(command.model.stem().string(), network, &pixels, command.plot);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "evaluate", "verify or identify people in photographs, as the authors' protocols do");
  command->footer(
      "Examples: hypersphere evaluate --model run/model.safetensors --data lfw --pairs pairs.txt --plot "
      "roc.svg\n"
      "          hypersphere evaluate --model run/model.safetensors --data lfw --task identification --set "
      "open");
  auto options = std::make_shared<EvaluateCommand>();
  options->add_to(*command);
  command->callback([command, options] {
    options->check(*command);
    if (options->pairs.empty())
      evaluate_task(*options);
    else
      evaluate_pairs(*options);
  });
}

}  // namespace hypersphere
