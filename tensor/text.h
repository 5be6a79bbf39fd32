// Words and numbers of text files, names and options, as people write them.
#pragma once

#include <charconv>
#include <optional>
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

/// The decimal number that all of `text` is, whatever the locale; nothing where it is none or does not fit into a Number.
template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace hypersphere
