// Ctrl-C in the middle of long work.
#pragma once

#include <csignal>

namespace hypersphere {

/// From now on the first SIGINT or SIGTERM makes interrupted() true, so that the work can end in good order; a second one
/// kills the program.
void catch_interrupts();
bool interrupted();

inline constexpr int interrupted_exit_code = 128 + SIGINT;

}  // namespace hypersphere
