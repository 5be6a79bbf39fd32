// What the program says: results on standard output, everything else on standard error.
#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <utility>

namespace hypersphere {

/// From now on no progress and no notes; results, warnings and errors stay. For --quiet.
void be_quiet();
bool quiet();
/// From now on standard output is a program's: tell() says nothing. For --json -.
void leave_standard_output();
bool standard_output_left();

/// A result, for people.
template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  if (!standard_output_left()) fmt::print(format, std::forward<Args>(args)...);
}

/// A line of what is going on, for people.
template <class... Args>
void note(fmt::format_string<Args...> format, Args&&... args) {
  if (!quiet()) fmt::print(stderr, "{}\n", fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hypersphere
