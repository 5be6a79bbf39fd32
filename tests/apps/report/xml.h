// Just enough of an XML reader to find out whether a document is well-formed.
#pragma once

#include <fmt/format.h>

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace hypersphere::test {

/// "" where every element is closed in order, every attribute is quoted once, every & starts an entity that
/// XML knows and there is one root; else what is wrong. Knows elements, attributes and text, which is all
/// that is used.
inline std::string well_formed(std::string_view text) {
  const auto entities_ok = [](std::string_view part) {
    for (std::size_t at = part.find('&'); at != std::string_view::npos; at = part.find('&', at + 1)) {
      bool known = false;
      for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
        known |= part.substr(at).starts_with(entity);
      if (!known) return false;
    }
    return true;
  };
  std::vector<std::string> open;
  int roots = 0;
  while (!text.empty()) {
    const std::size_t tag = text.find('<');
    const std::string_view between = text.substr(0, tag);
    if (!entities_ok(between)) return fmt::format("a bare & in '{}'", between);
    if (open.empty() && between.find_first_not_of(" \n") != std::string_view::npos)
      return "text outside the root";
    if (tag == std::string_view::npos) break;
    const std::size_t end = text.find('>', tag);
    if (end == std::string_view::npos) return "an element without its end";
    std::string_view element = text.substr(tag + 1, end - tag - 1);
    text.remove_prefix(end + 1);
    if (element.starts_with('/')) {
      if (open.empty() || open.back() != element.substr(1))
        return fmt::format("</{}> closes nothing", element.substr(1));
      open.pop_back();
      continue;
    }
    const bool closed = element.ends_with('/');
    if (closed) element.remove_suffix(1);
    const std::string name(element.substr(0, element.find(' ')));
    element.remove_prefix(name.size());
    while (!element.empty()) {  // attributes: a space, a name, ="value"
      const std::size_t equals = element.find("=\"");
      const std::size_t quote = equals == std::string_view::npos ? equals : element.find('"', equals + 2);
      if (element[0] != ' ' || quote == std::string_view::npos)
        return fmt::format("attributes of {}: '{}'", name, element);
      for (const char c : element.substr(1, equals - 1))
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-')
          return fmt::format("attribute name in '{}'", element);
      const std::string_view value = element.substr(equals + 2, quote - equals - 2);
      if (value.find('<') != std::string_view::npos || !entities_ok(value))
        return fmt::format("value '{}'", value);
      element.remove_prefix(quote + 1);
    }
    if (open.empty()) ++roots;
    if (!closed) open.push_back(name);
  }
  if (!open.empty()) return fmt::format("<{}> is not closed", open.back());
  return roots == 1 ? "" : fmt::format("{} roots", roots);
}

}  // namespace hypersphere::test
