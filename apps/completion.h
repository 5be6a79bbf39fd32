// The command line described for shells and for man, from the same options that parse it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace hypersphere {

/// A script that makes bash complete subcommands, options, the words that an option takes, and files. `zsh` and `fish` likewise. Throws Error for another shell.
std::string completion_script(const CLI::App& app, const std::string& shell);

/// The manual page hypersphere(1) as man(7) reads it: every command with its options by groups, its examples, files, environment and exit codes.
std::string manual_page(const CLI::App& app);

}  // namespace hypersphere
