// hypersphere completion, hypersphere manual

#include <fmt/core.h>

#include <memory>

#include "apps/completion.h"
#include "apps/subcommands.h"

namespace hypersphere {

void add_descriptions(CLI::App& app) {
  CLI::App* completion =
      app.add_subcommand("completion", "print a script that completes this command line in a shell");
  completion->footer(
      "Examples: source <(hypersphere completion bash)\n"
      "          hypersphere completion fish > ~/.config/fish/completions/hypersphere.fish");
  auto shell = std::make_shared<std::string>();
  completion->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, shell] { fmt::print("{}", completion_script(app, *shell)); });

  CLI::App* manual = app.add_subcommand("manual", "print the manual page hypersphere(1)");
  manual->footer("Example: hypersphere manual | man -l -");
  manual->callback([&app] { fmt::print("{}", manual_page(app)); });
}

}  // namespace hypersphere
