// hypersphere train

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/interrupt.h"
#include "apps/subcommands.h"
#include "apps/train_options.h"

namespace hypersphere {

void add_train(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("train", "train a network on a folder of photographs");
  command->footer(
      "Example: hypersphere train --data photographs --out run --net sphereface-20 --hold-out 0.1 --minutes "
      "40");
  auto options = std::make_shared<TrainOptions>();
  options->add_to(*command);
  options->add_show_config(*command);
  command->callback([command, options, &exit_code] {
    const TrainingOptions resolved = options->resolve(*command);
    if (options->only_show()) {
      fmt::print("{}", resolved.config);
      return;
    }
    catch_interrupts();
    const TrainingResult result = run_training(resolved, interrupted);
    print_result(result, resolved.out);
    options->output().write(to_json(result, resolved.out));
    exit_code = result.complete ? 0 : interrupted_exit_code;
  });
}

}  // namespace hypersphere
