#include "apps/report/style.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace hypersphere {

std::string colour_rules(std::initializer_list<std::string_view> selectors, std::string_view property,
                         Page page) {
  constexpr std::array<std::string_view, colour_count> light = {"#0072b2", "#d55e00", "#009e73", "#e69f00",
                                                                "#cc79a7", "#56b4e9", "#000"},
                                                       dark = {"#56b4e9", "#d55e00", "#009e73", "#e69f00",
                                                               "#cc79a7", "#0072b2", "#f0e442"};
  std::string rules;
  for (std::size_t i = 0; i < light.size(); ++i) {
    std::string elements;
    for (const std::string_view selector : selectors)
      elements += fmt::format("{}{}.c{}", elements.empty() ? "" : ",", selector, i);
    rules += fmt::format("{}{{{}:{}}}", elements, property, (page == Page::dark ? dark : light)[i]);
  }
  return rules + '\n';
}

std::string style_sheet() {
  return R"(text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:12px;fill:#57606a}
.title{font-size:15px;font-weight:600;fill:#1f2328}
.page{fill:#fff}
.grid{stroke:#e4e7eb;stroke-width:1}
.axis{stroke:#8c959f;stroke-width:1}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.dashed{stroke-dasharray:6 5;stroke-linecap:butt}
.faint{stroke-width:1;stroke-opacity:.35}
.bar{stroke-width:1.5}
)" + colour_rules({""}, "stroke", Page::light) +
         R"(.dot,.area{stroke:none}
.area{fill-opacity:.28}
)" + colour_rules({".dot", ".area"}, "fill", Page::light) +
         R"(@media (prefers-color-scheme:dark){
text{fill:#a4adb8}
.title{fill:#eef1f5}
.page{fill:#14181f}
.grid{stroke:#2b323c}
.axis{stroke:#67717e}
)" + colour_rules({""}, "stroke", Page::dark) +
         R"(.dot,.area{stroke:none}
)" + colour_rules({".dot", ".area"}, "fill", Page::dark) +
         R"(}
)";
}

double text_width(std::string_view text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return 6.9 * static_cast<double>(letters);
}

}  // namespace hypersphere
