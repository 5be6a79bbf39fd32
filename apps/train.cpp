// hypersphere train

#include <memory>

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
  command->callback([command, options, &exit_code] {
    const TrainingOptions resolved = options->resolve(*command);
    catch_interrupts();
    const TrainingResult result = run_training(resolved, interrupted);
    print_result(result, resolved.out);
    exit_code = result.complete ? 0 : interrupted_exit_code;
  });
}

}  // namespace hypersphere
