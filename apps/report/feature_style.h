// What the parts of a feature grid share: the style sheet and places.
#pragma once

#include <string_view>

namespace hypersphere {

/// A rectangle of the picture, in pixels.
struct Frame {
  double left = 0, top = 0, width = 0, height = 0;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

inline constexpr int feature_colours = 7;

/// Colours of Okabe and Ito, "Color Universal Design", 2008, without the yellow, which is lost on white; on a dark page
/// the two blues change places and the yellow stands in for black. `p`: points, `ray`: class weights, `h`: histograms.
inline constexpr std::string_view feature_style_sheet =
    R"(text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:15px;fill:#424a53}
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
.c0{fill:#0072b2}.c1{fill:#d55e00}.c2{fill:#009e73}.c3{fill:#e69f00}.c4{fill:#cc79a7}.c5{fill:#56b4e9}.c6{fill:#000}
.ray.c0,.hollow.c0{stroke:#0072b2}.ray.c1,.hollow.c1{stroke:#d55e00}.ray.c2,.hollow.c2{stroke:#009e73}.ray.c3,.hollow.c3{stroke:#e69f00}.ray.c4,.hollow.c4{stroke:#cc79a7}.ray.c5,.hollow.c5{stroke:#56b4e9}.ray.c6,.hollow.c6{stroke:#000}
.plain{fill:#424a53}.ray.plain,.hollow.plain{stroke:#424a53}
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
.c0{fill:#56b4e9}.c5{fill:#0072b2}.c6{fill:#f0e442}
.ray.c0,.hollow.c0{stroke:#56b4e9}.ray.c5,.hollow.c5{stroke:#0072b2}.ray.c6,.hollow.c6{stroke:#f0e442}
.plain{fill:#b6bec8}.ray.plain,.hollow.plain{stroke:#b6bec8}
.p.hollow{fill:#14181f}
.far{opacity:.45}
.within{fill:#eef1f5;stroke:#eef1f5}
.between{fill:#57606a;stroke:#9aa4b0}
}
)";

}  // namespace hypersphere
