#include "apps/report/feature_style.h"

#include "apps/report/style.h"

namespace hypersphere {

std::string feature_style_sheet() {
  return R"(text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:15px;fill:#424a53}
.title{font-size:25px;font-weight:600;fill:#1f2328}
.head{font-size:20px;font-weight:600;fill:#1f2328}
.row{font-size:17px;fill:#1f2328}
.name{font-size:17px;fill:#1f2328}
.mark,.axis-title{font-size:14px}
.value{font-size:16px;font-weight:600;fill:#1f2328;stroke:#fff;stroke-width:3;paint-order:stroke}
.page{fill:#fff}
.panel{fill:#f5f7f9}
.ring{fill:none;stroke:#d0d7de;stroke-width:1}
.axis{stroke:#8c959f;stroke-width:1}
.globe{fill:none;stroke:#afb8c1;stroke-width:1.2}
.rim{fill:none;stroke:#6e7781;stroke-width:1.5}
.ray{stroke-width:2.5;stroke-linecap:round}
.p{stroke:#fff;stroke-width:.6}
)" + colour_rules({""}, "fill", Page::light) +
         colour_rules({".ray", ".hollow"}, "stroke", Page::light) +
         R"(.plain{fill:#424a53}.ray.plain,.hollow.plain{stroke:#424a53}
.p.hollow{fill:#fff;stroke-width:1.3}
.far{opacity:.38}
.within{fill:#1f2328;stroke:#1f2328}
.between{fill:#afb8c1;stroke:#6e7781}
.h{stroke-width:1.3}
.h.hollow{fill:none}
.mean{stroke-width:2}
@media (prefers-color-scheme:dark){
text{fill:#b6bec8}
.title,.head,.row,.name,.value{fill:#eef1f5}
.value{stroke:#14181f}
.page{fill:#14181f}
.panel{fill:#1b2029}
.ring{stroke:#343c47}
.axis{stroke:#67717e}
.globe{stroke:#4b5562}
.rim{stroke:#8b95a1}
.p{stroke:#14181f}
)" + colour_rules({""}, "fill", Page::dark) +
         colour_rules({".ray", ".hollow"}, "stroke", Page::dark) +
         R"(.plain{fill:#b6bec8}.ray.plain,.hollow.plain{stroke:#b6bec8}
.p.hollow{fill:#14181f}
.far{opacity:.45}
.within{fill:#eef1f5;stroke:#eef1f5}
.between{fill:#57606a;stroke:#9aa4b0}
}
)";
}

}  // namespace hypersphere
