// The subcommands, one file each. Each function adds its subcommand with options and a callback that runs it;
// the callback sets `exit_code` where success is not the whole story.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "cluster/communicator.h"

namespace hypersphere {

void add_train(CLI::App& app, int& exit_code, const std::shared_ptr<Communicator>& ranks);
void add_evaluate(CLI::App& app);
void add_embed(CLI::App& app);
void add_compare(CLI::App& app);
void add_export(CLI::App& app);
void add_import(CLI::App& app);
void add_pack(CLI::App& app);
void add_report(CLI::App& app);
void add_search(CLI::App& app, int& exit_code);
void add_synthesise(CLI::App& app);
void add_geometry(CLI::App& app);
void add_info(CLI::App& app);
void add_descriptions(CLI::App& app);
void add_bench(CLI::App& app, const std::shared_ptr<Communicator>& ranks);
void add_align(CLI::App& app);
void add_ablate(CLI::App& app, int& exit_code);
void add_figure(CLI::App& app, int& exit_code);

/// All of them, in the groups and the order in which --help lists them. `ranks`: the processes that a launcher started with this
/// one; with more than one, only what several can do together is let through.
void add_commands(CLI::App& app, int& exit_code,
                  const std::shared_ptr<Communicator>& ranks = no_communicator());

}  // namespace hypersphere
