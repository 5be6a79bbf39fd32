#include <fmt/core.h>

#include <exception>
#include <new>

#include "apps/options.h"
#include "apps/subcommands.h"
#include "kernels/cpu/simd.h"
#include "tensor/error.h"

namespace {

constexpr int usage_error = 2, failure = 1;

int run(int argc, char** argv) {
  CLI::App app("Trains SphereFace networks on photographs and verifies faces with the result.",
               "hypersphere");
  app.set_version_flag("--version", "hypersphere " HYPERSPHERE_VERSION);
  app.require_subcommand(1);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  int exit_code = 0;
  hypersphere::add_train(app, exit_code);
  hypersphere::add_ablate(app, exit_code);
  hypersphere::add_evaluate(app);
  hypersphere::add_embed(app);
  hypersphere::add_compare(app);
  hypersphere::add_search(app, exit_code);
  hypersphere::add_align(app);
  hypersphere::add_report(app);
  hypersphere::add_pack(app);
  hypersphere::add_export(app);
  hypersphere::add_import(app);
  hypersphere::add_synthesise(app);
  hypersphere::add_geometry(app);
  hypersphere::add_info(app);
  hypersphere::add_figure(app, exit_code);
  hypersphere::add_bench(app);
  try {
    hypersphere::cpu::apply_simd_environment();
    std::vector<std::string> arguments = hypersphere::expand_config({argv + 1, argv + argc});
    std::ranges::reverse(arguments);  // CLI11 takes them last first
    app.parse(arguments);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "hypersphere: {}\nTry 'hypersphere {}--help'.\n", error.what(),
               app.get_subcommands().empty() ? "" : app.get_subcommands()[0]->get_name() + " ");
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
