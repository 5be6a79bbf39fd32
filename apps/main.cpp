#include <fmt/core.h>

#include <exception>
#include <new>

#include "apps/build_facts.h"
#include "apps/environment.h"
#include "apps/options.h"
#include "apps/subcommands.h"
#include "apps/suggest.h"
#include "kernels/cpu/simd.h"
#include "tensor/error.h"

namespace {

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

int run(int argc, char** argv) {
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
  hypersphere::add_commands(app, exit_code);
  try {
    hypersphere::cpu::apply_simd_environment();
    std::vector<std::string> arguments = hypersphere::expand_config({argv + 1, argv + argc});
    std::ranges::reverse(arguments);  // CLI11 takes them last first
    app.parse(arguments);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    const bool in_command = !app.get_subcommands().empty();
    fmt::print(stderr, "hypersphere: {}{}\nTry 'hypersphere {}--help'.\n", error.what(), suggestion(app),
               in_command ? app.get_subcommands()[0]->get_name() + " " : "");
    return usage_error;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "hypersphere: out of memory; try a smaller --batch\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "hypersphere: {}\n", error.what());
  }
  return failure;
}
