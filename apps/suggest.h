// What somebody who mistyped may have meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hypersphere {

/// The one of `known` that is nearest to `word`, where at most a third of its letters must be inserted, left out, changed or exchanged with their
/// neighbour; the first of several. Nothing where none is near.
std::optional<std::string> nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace hypersphere
