// Lines of text files, as people write them.
#pragma once

#include <string_view>

namespace hypersphere {

/// What separates words: space, tab, carriage return and the like.
inline constexpr std::string_view blanks = " \t\r\n\v\f";

/// Without the characters of `ends` at both ends.
constexpr std::string_view trim(std::string_view text, std::string_view ends = blanks) {
  const auto first = text.find_first_not_of(ends);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(ends) - first + 1);
}

}  // namespace hypersphere
