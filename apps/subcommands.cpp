#include "apps/subcommands.h"

#include <fmt/core.h>

namespace hypersphere {

void add_commands(CLI::App& app, int& exit_code, const std::shared_ptr<Communicator>& ranks) {
  std::size_t grouped = 0;
  const auto group = [&](const char* name) {  // those that were added since the last group
    const std::vector<CLI::App*> all = app.get_subcommands({});
    for (; grouped < all.size(); ++grouped) all[grouped]->group(name);
  };
  add_train(app, exit_code, ranks);
  add_ablate(app, exit_code);
  add_report(app);
  group("Train");
  add_evaluate(app);
  add_geometry(app);
  add_figure(app, exit_code);
  group("Measure and look");
  add_search(app, exit_code);
  add_compare(app);
  add_embed(app);
  group("Use a model");
  add_align(app);
  add_pack(app);
  add_synthesise(app);
  group("Photographs");
  add_info(app);
  add_export(app);
  add_import(app);
  group("Models");
  add_bench(app, ranks);
  add_descriptions(app);
  group("This program");
  if (ranks->size() == 1) return;
  // Each process would do all of it, and write the same files.
  for (CLI::App* command : app.get_subcommands({}))
    if (const std::string& name = command->get_name(); name != "train" && name != "bench" && name != "info")
      command->preparse_callback([name, size = ranks->size()](std::size_t) {
        throw CLI::ValidationError(fmt::format(
            "{}: {} processes were started, and it is for one alone; only train, bench step and bench "
            "allreduce are for several",
            name, size));
      });
}

}  // namespace hypersphere
