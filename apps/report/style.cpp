#include "apps/report/style.h"

#include <algorithm>

namespace hypersphere {

std::string_view style_sheet() {
  return R"(text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:12px;fill:#57606a}
.title{font-size:15px;font-weight:600;fill:#1f2328}
.page{fill:#fff}
.grid{stroke:#e4e7eb;stroke-width:1}
.axis{stroke:#8c959f;stroke-width:1}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.dashed{stroke-dasharray:6 5;stroke-linecap:butt}
.faint{stroke-width:1;stroke-opacity:.35}
.bar{stroke-width:1.5}
.c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#e69f00}.c4{stroke:#cc79a7}.c5{stroke:#56b4e9}.c6{stroke:#000}
.dot,.area{stroke:none}
.area{fill-opacity:.28}
.dot.c0,.area.c0{fill:#0072b2}.dot.c1,.area.c1{fill:#d55e00}.dot.c2,.area.c2{fill:#009e73}.dot.c3,.area.c3{fill:#e69f00}.dot.c4,.area.c4{fill:#cc79a7}.dot.c5,.area.c5{fill:#56b4e9}.dot.c6,.area.c6{fill:#000}
@media (prefers-color-scheme:dark){
text{fill:#a4adb8}
.title{fill:#eef1f5}
.page{fill:#14181f}
.grid{stroke:#2b323c}
.axis{stroke:#67717e}
.c0{stroke:#56b4e9}.c5{stroke:#0072b2}.c6{stroke:#f0e442}
.dot,.area{stroke:none}
.dot.c0,.area.c0{fill:#56b4e9}.dot.c5,.area.c5{fill:#0072b2}.dot.c6,.area.c6{fill:#f0e442}
}
)";
}

double text_width(std::string_view text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return 6.9 * static_cast<double>(letters);
}

}  // namespace hypersphere
