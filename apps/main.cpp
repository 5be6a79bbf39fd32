#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>

#include "apps/build_facts.h"
#include "apps/environment.h"
#include "apps/interrupt.h"
#include "apps/options.h"
#include "apps/report/console.h"
#include "apps/subcommands.h"
#include "apps/suggest.h"
#include "cluster/mpi.h"
#include "kernels/cpu/simd.h"
#include "kernels/cuda/runtime.h"
#include "tensor/error.h"

namespace {

using hypersphere::Communicator;

constexpr int usage_error = 2, failure = 1;

// "; did you mean --margin?" for the first word that nothing knows and something is near to.
std::string suggestion(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands()[0];
  std::vector<std::string> known;
  for (const CLI::App* sub : command->get_subcommands({})) known.push_back(sub->get_name());
  for (const CLI::Option* option : command->get_options({}))
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (const std::string& word : app.remaining(true))
    if (const auto meant = hypersphere::nearest_word(word.substr(0, word.find('=')), known))
      return fmt::format("; did you mean {}?", *meant);
  return "";
}

// Where all processes fail alike, the first one says it: its end is theirs, before they come to say the same.
void wait_for_the_first(const Communicator& ranks) {
  if (ranks.rank() == 0) return;
  std::this_thread::sleep_for(std::chrono::seconds(3));
  if (hypersphere::interrupted()) std::_Exit(failure);
}

// "hypersphere: ", and which of several processes it is.
std::string who(const Communicator& ranks) {
  return ranks.rank() == 0 ? "hypersphere: "
                           : fmt::format("hypersphere: process {} of {}: ", ranks.rank(), ranks.size());
}

int run(int argc, char** argv, const std::shared_ptr<Communicator>& ranks) {
  CLI::App app("Trains SphereFace networks on photographs and verifies faces with the result.",
               "hypersphere");
  app.set_version_flag(
      "--version", [] { return hypersphere::version_text(); }, "version and what this build can use");
  app.require_subcommand(1);
  app.footer(
      fmt::format("'hypersphere COMMAND --help' has the options of each, with an example.\n\nEnvironment:\n{}"
                  "\nExit status: {}",
                  hypersphere::environment_help(), hypersphere::exit_statuses));
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  int exit_code = 0;
  hypersphere::add_commands(app, exit_code, ranks);
  try {
    hypersphere::cpu::apply_simd_environment();
    std::vector<std::string> arguments = hypersphere::expand_config({argv + 1, argv + argc});
    std::ranges::reverse(arguments);  // CLI11 takes them last first
    app.parse(arguments);
  } catch (const CLI::Success& request) {  // --help, --version
    return ranks->rank() == 0 ? app.exit(request) : 0;
  } catch (const CLI::ParseError& error) {
    const bool in_command = !app.get_subcommands().empty();
    wait_for_the_first(*ranks);
    fmt::print(stderr, "{}{}{}\nTry 'hypersphere {}--help'.\n", who(*ranks), error.what(), suggestion(app),
               in_command ? app.get_subcommands()[0]->get_name() + " " : "");
    return usage_error;
  }
  return exit_code;
}

// What one process cannot do, the others would wait for: its failure is the job's.
int run_as_one_of(hypersphere::mpi::Session& session, int argc, char** argv) {
  const std::shared_ptr<Communicator> ranks = session.world();
  hypersphere::cuda::choose_device(session.local_rank());
  hypersphere::share_machine(session.local_size());
  if (ranks->rank() > 0) {
    hypersphere::be_quiet();
    hypersphere::leave_standard_output();
  }
  int code = failure;
  try {
    code = run(argc, argv, ranks);
  } catch (const std::bad_alloc&) {
    wait_for_the_first(*ranks);
    fmt::print(stderr, "{}out of memory; try a smaller --batch\n", who(*ranks));
  } catch (const std::exception& error) {
    wait_for_the_first(*ranks);
    fmt::print(stderr, "{}{}\n", who(*ranks), error.what());
  }
  if (ranks->size() > 1 && (code == failure || code == usage_error)) session.abandon(code);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    hypersphere::mpi::Session session(argc, argv);
    return run_as_one_of(session, argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "hypersphere: {}\n", error.what());
  }
  return failure;
}
