// hypersphere synthesise

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/data/synthetic.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/report/progress.h"
#include "apps/report/stopwatch.h"
#include "apps/subcommands.h"

namespace hypersphere {
namespace {

struct SynthesiseCommand {
  int identities = 0, images = 0;
  std::uint64_t seed = 1;
  std::filesystem::path out;
  OutputOptions output;
};

void run_synthesise(const SynthesiseCommand& command) {
  Progress progress("drawing faces", static_cast<double>(command.identities) * command.images);
  const Stopwatch watch;
  synthesise(command.out, command.identities, command.images, command.seed,
             [&](int done, int) { progress.update(done, done / watch.seconds()); });
  progress.finish();
  tell("{} photographs of {} identities: {}\n",
       static_cast<std::int64_t>(command.identities) * command.images, command.identities,
       command.out.string());
  command.output.write({{"folder", command.out.string()},
                        {"identities", command.identities},
                        {"photographs", static_cast<std::int64_t>(command.identities) * command.images}});
}

}  // namespace

void add_synthesise(CLI::App& app) {
  CLI::App* command = app.add_subcommand("synthesise", "draw a data set of synthetic faces");
  command->footer("Example: hypersphere synthesise --identities 200 --images 12 --seed 1 --out faces");
  auto options = std::make_shared<SynthesiseCommand>();
  command->add_option("--identities", options->identities, "how many people")
      ->required()
      ->check(CLI::Range(1, 1 << 23));
  command->add_option("--images", options->images, "photographs of each")
      ->required()
      ->check(CLI::Range(1, 1 << 23));
  command->add_option("--seed", options->seed, "the same seed draws the same faces")->capture_default_str();
  command->add_option("--out", options->out, "a new or empty folder")->required();
  options->output.add_to(*command);
  command->callback([options] { run_synthesise(*options); });
}

}  // namespace hypersphere
