// hypersphere ablate

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/interrupt.h"
#include "apps/report/ablation_table.h"
#include "apps/report/console.h"
#include "apps/subcommands.h"
#include "apps/train_options.h"
#include "apps/training/ablation.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

struct AblateCommand {
  TrainOptions training;
  std::string nets = "4,10,20", heads = "softmax,modified-softmax,a-softmax", margins = "1,2,3,4",
              seeds = "1";
};

// The words of "a,b,c", each read by `parse`, which returns nothing for one that it does not know.
template <class Parse>
auto parse_list(const char* option, const std::string& text, const char* wanted, Parse parse) {
  std::vector<typename decltype(parse(text))::value_type> values;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    const auto value = parse(word);
    if (!value) throw CLI::ValidationError(fmt::format("{}: expected {}, found '{}'", option, wanted, text));
    if (std::ranges::find(values, *value) != values.end())
      throw CLI::ValidationError(fmt::format("{}: {} is there twice", option, word));
    values.push_back(*value);
  }
  if (values.empty())
    throw CLI::ValidationError(fmt::format("{}: expected {}, found nothing", option, wanted));
  return values;
}

std::optional<int> one_of(const std::string& word, std::initializer_list<int> allowed) {
  const std::optional<int> value = number_in<int>(word);
  return value && std::ranges::find(allowed, *value) != allowed.end() ? value : std::nullopt;
}

std::optional<HeadKind> head(const std::string& word) {
  try {
    return parse_head(word);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The options of `train` in a configuration: all lines but the grid's.
std::string without_grid(const std::string& config) {
  std::istringstream lines(config);
  std::string kept = "# hypersphere " HYPERSPHERE_VERSION
                     " train: one network of an ablation; repeat it with --config FILE --out FOLDER\n";
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find('='));
    const bool grid = name == "nets" || name == "heads" || name == "margins" || name == "seeds";
    if (!grid && !line.starts_with('#') && !line.empty()) kept += line + "\n";
  }
  return kept;
}

AblationSettings settings_of(const std::string& config, Device device) {
  // These change how fast the same figures come, or what is kept of them.
  constexpr std::array without_a_say = {"threads", "loader-threads", "cache", "checkpoint-every", "keep"};
  AblationSettings settings;
  std::istringstream stream(config);
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(stream)) {
    std::string value;
    for (const std::string& input : item.inputs) value += (value.empty() ? "" : ",") + input;
    if (!value.empty() && std::ranges::find(without_a_say, item.name) == without_a_say.end())
      settings[item.name] = value;
  }
  settings["device"] = to_string(device);  // what auto came to
  return settings;
}

AblationOptions resolve(const AblateCommand& command, const CLI::App& app) {
  AblationOptions options;
  options.depths =
      parse_list("--nets", command.nets, "depths such as 4,10,20,36,64", [](const std::string& word) {
        return one_of(word, {4, 10, 20, 36, 64});
      });
  options.heads =
      parse_list("--heads", command.heads, "heads such as softmax,modified-softmax,a-softmax", head);
  options.margins =
      parse_list("--margins", command.margins, "margins such as 1,2,3,4", [](const std::string& word) {
        return one_of(word, {1, 2, 3, 4});
      });
  options.seeds =
      parse_list("--seeds", command.seeds, "whole numbers such as 1,2,3", number_in<std::uint64_t>);
  options.training = command.training.resolve(app);
  if (options.training.hold_out == 0 && options.training.val_pairs.empty())
    throw CLI::ValidationError("--val-pairs or --hold-out: give one of them, to verify on");
  options.out = options.training.out;
  options.config = options.training.config;
  options.training.config = without_grid(options.config);
  options.settings = settings_of(options.training.config, options.training.compute.device);
  return options;
}

void print_report(const std::vector<AblationOutcome>& cells, const AblationOptions& options) {
  const std::vector<AblationRow> rows = rows_of(cells);
  tell("{}\n{}\n\n", to_markdown(ablation_table(rows)), ablation_notes(rows));
  tell(
      "table   {0}/ablation.md, ablation.csv, ablation.json\n"
      "charts  {0}/accuracy_by_margin.svg, accuracy_by_depth.svg\n",
      options.out.string());
}

}  // namespace

void add_ablate(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("ablate", "train a grid of heads, margins and depths and compare them");
  command->footer(
      "Takes the options of train besides; the budget (--iterations, --epochs or --minutes) is that of each "
      "network.\nThe same command goes on where an earlier one stopped.\n"
      "Example: hypersphere ablate --data photographs --hold-out 0.1 --heads softmax,a-softmax --margins 1,4 "
      "--nets 4,20 --seeds 1,2 --minutes 20 --out ablation");
  auto options = std::make_shared<AblateCommand>();
  const auto list = [&](const char* name, std::string& value, const char* text) {
    command->add_option(name, value, text)->capture_default_str()->group("Grid");
  };
  list("--nets", options->nets, "depths of the networks: 4, 10, 20, 36, 64");
  list("--heads", options->heads, "softmax, modified-softmax, a-softmax");
  list("--margins", options->margins, "the A-Softmax's m, 1 to 4");
  list("--seeds", options->seeds, "each trains the whole grid once more");
  options->training.add_to(*command);
  // These are the grid's, and going on needs no flag.
  for (const char* name : {"--net", "--head", "--margin", "--seed", "--resume"})
    command->remove_option(command->get_option(name));
  command->get_option("--hold-out-seed")->default_val(1);  // all networks are verified on the same people
  command->callback([command, options, &exit_code] {
    const AblationOptions resolved = resolve(*options, *command);
    catch_interrupts();
    const std::vector<AblationOutcome> cells = run_ablation(resolved, interrupted);
    print_report(cells, resolved);
    nlohmann::json rows = nlohmann::json::array();
    for (const AblationOutcome& each : cells) rows.push_back(to_json(each));
    options->training.output().write(rows);
    const bool complete =
        std::ranges::all_of(cells, [](const auto& each) { return each.result.has_value(); });
    exit_code = complete ? 0 : interrupted_exit_code;
  });
}

}  // namespace hypersphere
