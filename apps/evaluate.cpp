// hypersphere evaluate

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/embedding_progress.h"
#include "apps/evaluation/pair_photographs.h"
#include "apps/evaluation/verification_json.h"
#include "apps/options.h"
#include "apps/report/curves.h"
#include "apps/subcommands.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

struct EvaluateCommand {
  std::filesystem::path model, data, pairs, json, plot;
  std::string crop;
  Machine machine;
  int loader_threads = 1;
};

// All figures, each fold's included.
nlohmann::json with_folds(const Verification& result) {
  nlohmann::json json = to_json(result);
  for (const FoldResult& fold : result.folds)
    json["folds"].push_back(
        {{"fold", fold.fold + 1}, {"accuracy", fold.accuracy}, {"threshold", fold.threshold}});
  return json;
}

RocCurve to_curve(const std::string& name, const Verification& result) {
  RocCurve curve{name, {}, {}};
  for (const RocPoint& point : result.roc) {
    curve.fpr.push_back(point.fpr);
    curve.tpr.push_back(point.tpr);
  }
  return curve;
}

void print(const Verification& network, const Verification& pixels) {
  fmt::print("fold   accuracy   threshold   raw pixels\n");
  for (std::size_t i = 0; i < network.folds.size(); ++i)
    fmt::print("{:4}   {:6.2f} %   {:9.4f}   {:8.2f} %\n", network.folds[i].fold + 1,
               100 * network.folds[i].accuracy, network.folds[i].threshold, 100 * pixels.folds[i].accuracy);
  const auto line = [](const char* name, double a, double b) {
    fmt::print("{:<24}{:6.2f} %   raw pixels {:6.2f} %\n", name, 100 * a, 100 * b);
  };
  fmt::print("accuracy                {:6.2f} % +- {:.2f}   raw pixels {:.2f} % +- {:.2f}\n",
             100 * network.mean, 100 * network.deviation, 100 * pixels.mean, 100 * pixels.deviation);
  line("best single threshold", network.best_threshold_accuracy, pixels.best_threshold_accuracy);
  line("AUC", network.auc, pixels.auc);
  line("EER", network.eer, pixels.eer);
  line("TPR at FPR 1e-2", network.tpr_at_fpr_1e2, pixels.tpr_at_fpr_1e2);
  line("TPR at FPR 1e-3", network.tpr_at_fpr_1e3, pixels.tpr_at_fpr_1e3);
  if (network.tuned_on_test)
    fmt::print("note: one fold only, so the threshold was chosen on the pairs it is judged by\n");
}

void evaluate(const EvaluateCommand& command) {
  const Compute compute = command.machine.apply();
  const Model model = load_model(command.model);
  model.network->to(compute.device);
  const SphereFaceOptions& net = model.network->options();
  const PairPhotographs photographs =
      load_pair_photographs(read_pairs(command.pairs, command.data), command.data,
                            choose_crop(command.crop, model), net.width, net.height, command.loader_threads);
  const Verification network = with_embedding_progress(
      "embedding", std::ssize(photographs.paths), [&](const FeatureProgress& progress) {
        return verify_network(*model.network, photographs, compute.activations, progress);
      });
  const Verification pixels = verify_raw_pixels(photographs);
  print(network, pixels);
  if (!command.json.empty()) {
    const nlohmann::json result = {{"model", command.model.string()},
                                   {"pairs", command.pairs.string()},
                                   {"network", with_folds(network)},
                                   {"raw_pixels", with_folds(pixels)}};
    write_file_atomically(command.json, result.dump(2) + "\n");
  }
  if (!command.plot.empty())
    draw_roc({to_curve(command.model.stem().string(), network), to_curve("raw pixels", pixels)},
             command.plot);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("evaluate", "verify pairs of photographs as the authors' protocol does");
  command->footer(
      "Example: hypersphere evaluate --model run/model.safetensors --data lfw --pairs pairs.txt --plot "
      "roc.svg");
  auto options = std::make_shared<EvaluateCommand>();
  command->add_option("--model", options->model, "safetensors file that train wrote")->required();
  command->add_option("--data", options->data, "folder with one folder an identity")->required();
  command->add_option("--pairs", options->pairs, "pairs in the format of LFW's pairs.txt")->required();
  add_crop(*command, options->crop);
  command->add_option("--json", options->json, "write every figure to this file");
  command->add_option("--plot", options->plot, "draw the ROC curve to this SVG file");
  options->machine.add_to(*command);
  command->callback([options] { evaluate(*options); });
}

}  // namespace hypersphere
