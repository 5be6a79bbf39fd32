#include "apps/subcommands.h"

namespace hypersphere {

void add_commands(CLI::App& app, int& exit_code) {
  std::size_t grouped = 0;
  const auto group = [&](const char* name) {  // those that were added since the last group
    const std::vector<CLI::App*> all = app.get_subcommands({});
    for (; grouped < all.size(); ++grouped) all[grouped]->group(name);
  };
  add_train(app, exit_code);
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
  add_bench(app);
  add_descriptions(app);
  group("This program");
}

}  // namespace hypersphere
