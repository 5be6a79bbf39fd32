// How the pictures of a report look: colours, lines and letters.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace hypersphere {

enum class Page { light, dark };

inline constexpr int colour_count = 7;

/// Rules that give `property` ("fill", "stroke") the colours c0 to c6, classes of an element, where it is also one of
/// `selectors` (".dot"; "" for any element). Colours are those of Okabe and Ito, "Color Universal Design", 2008, without
/// the yellow, which is lost on white; on a dark page the two blues change places and the yellow stands in for black.
std::string colour_rules(std::initializer_list<std::string_view> selectors, std::string_view property,
                         Page page);

/// Rules for the classes that the pictures' elements have: page, title, grid, axis; line (with dashed, faint), dot
/// and area with one of the colours.
std::string style_sheet();

/// Pixels that a text of 12 pixels' height needs: fonts differ from reader to reader, and this is wide enough for the
/// usual sans serif ones.
double text_width(std::string_view text);

}  // namespace hypersphere
