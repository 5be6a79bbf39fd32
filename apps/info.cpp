// hypersphere info

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/build_facts.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/subcommands.h"
#include "nn/model_file.h"
#include "nn/safetensors.h"

namespace hypersphere {
namespace {

Facts model_facts(const std::filesystem::path& file) {
  const Model model = load_model(file);
  Facts facts;
  for (const auto& [key, value] : read_safetensors_metadata(file)) facts.emplace_back(key, value);
  facts.emplace_back("parameters", fmt::format("{}", model.network->parameter_count()));
  facts.emplace_back("multiply-adds",
                     fmt::format("{:.3f} G", static_cast<double>(model.network->multiply_adds()) * 1e-9));
  return facts;
}

void info(const std::filesystem::path& model, const OutputOptions& output) {
  nlohmann::json json;
  const Facts facts = build_facts();
  tell("{}\n", version_text(facts));
  for (const auto& [key, value] : facts) json["program"][key] = value;
  if (!model.empty()) {
    tell("\n{}\n", model.string());
    for (const auto& [key, value] : model_facts(model)) {
      tell("  {:<16} {}\n", key, value);
      json["model"][key] = value;
    }
  }
  output.write(json);
}

}  // namespace

void add_info(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "what this program and a model are made of");
  command->footer("Example: hypersphere info --model run/model.safetensors");
  auto model = std::make_shared<std::filesystem::path>();
  command->add_option("--model", *model, "safetensors file that train wrote");
  auto output = std::make_shared<OutputOptions>();
  output->add_to(*command);
  command->callback([model, output] { info(*model, *output); });
}

}  // namespace hypersphere
