// hypersphere train

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/interrupt.h"
#include "apps/subcommands.h"
#include "apps/train_options.h"
#include "cluster/nccl.h"

namespace hypersphere {

void add_train(CLI::App& app, int& exit_code, const std::shared_ptr<Communicator>& ranks) {
  CLI::App* command = app.add_subcommand("train", "train a network on a folder of photographs");
  command->footer(
      "Example: hypersphere train --data photographs --out run --net sphereface-20 --hold-out 0.1 --minutes "
      "40\n"
      "On four GPUs, or on the machines of a cluster: mpirun -n 4 hypersphere train ...");
  auto options = std::make_shared<TrainOptions>();
  options->add_to(*command);
  options->add_show_config(*command);
  command->callback([command, options, &exit_code, ranks] {
    TrainingOptions resolved = options->resolve(*command);
    if (options->only_show()) {
      fmt::print("{}", resolved.config);
      return;
    }
    resolved.ranks = communicator_for(ranks, resolved.compute.device);
    catch_interrupts();
    const TrainingResult result = run_training(resolved, interrupted);
    if (ranks->rank() == 0) {
      print_result(result, resolved.out);
      options->output().write(to_json(result, resolved.out));
    }
    exit_code = result.complete ? 0 : interrupted_exit_code;
  });
}

}  // namespace hypersphere
