#include "apps/report/svg.h"

#include <doctest/doctest.h>

#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

TEST_CASE("escape_xml") {
  CHECK(escape_xml("a < b & \"c\" > 'd'") == "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  CHECK(escape_xml("\u03bb\n\x01") == "\u03bb  ");
}

TEST_CASE("Svg: elements, numbers and nesting") {
  Svg svg(100, 50, ".a{fill:red}\n");
  svg.line(0, 1, 2.25, -0.01, "grid");
  svg.polyline({{1, 2}, {3.14159, 4}}, "line c0");
  svg.polyline({{1, 2}}, "alone");
  svg.polygon({{1, 2}, {3, 4}, {5, 6.04}}, "area");
  svg.polygon({{1, 2}, {3, 4}}, "alone");
  svg.image(1, 2, 3, 4, "data:image/png;base64,AA==");
  svg.begin_clip(1, 2, 3, 4);
  svg.circle(5, 6, 7, "dot");
  svg.end_clip();
  svg.text(8, 9, "R&D", Anchor::end, "label", true);
  const std::string document = svg.document();
  CHECK(test::well_formed(document) == "");
  CHECK(document.find("viewBox=\"0 0 100 50\"") != std::string::npos);
  CHECK(document.find("x1=\"0\" y1=\"1\" x2=\"2.2\" y2=\"0\"") != std::string::npos);
  CHECK(document.find("points=\"1,2 3.1,4\"") != std::string::npos);
  CHECK(document.find("<polygon class=\"area\" points=\"1,2 3,4 5,6\"/>") != std::string::npos);
  CHECK(document.find("width=\"3\" height=\"4\" href=\"data:image/png;base64,AA==\"/>") != std::string::npos);
  CHECK(document.find("alone") == std::string::npos);
  CHECK(document.find("text-anchor=\"end\" transform=\"rotate(-90 8 9)\">R&amp;D</text>") !=
        std::string::npos);
  CHECK(test::count(document, "<svg ") == 2);
}

}  // namespace
}  // namespace hypersphere
