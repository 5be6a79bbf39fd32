// Pages.
#include "apps/report/html_page.h"

#include <doctest/doctest.h>

#include <string>

#include "apps/report/base64.h"
#include "tensor/error.h"

namespace hypersphere::test {
namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("page: parts in their order, text escaped, nothing fetched") {
  HtmlPage page("A & B");
  page.heading("Curves <1>");
  page.paragraph("x < y");
  page.table({{"name", "count", "share"}, {{"ann", "12", "-3 %"}, {"<bob>", "", "4 %"}}});
  page.picture("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "a \"curve\"");
  page.picture("\x89PNG and so on", "pairs");
  page.folded("config.toml", "a = \"<b>\"\n");
  const std::string html = page.document();
  CHECK(html.starts_with("<!DOCTYPE html>"));
  CHECK(contains(html, "<title>A &amp; B</title>"));
  CHECK(contains(html, "<h2>Curves &lt;1&gt;</h2>\n<p>x &lt; y</p>\n"));
  CHECK(
      contains(html, "<tr><th>name</th><th class=\"number\">count</th><th class=\"number\">share</th></tr>"));
  CHECK(
      contains(html, "<tr><td>&lt;bob&gt;</td><td class=\"number\"></td><td class=\"number\">4 %</td></tr>"));
  CHECK(contains(html, "alt=\"a &quot;curve&quot;\" src=\"data:image/svg+xml;base64," +
                           base64("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")));
  CHECK(contains(html, "alt=\"pairs\" src=\"data:image/png;base64,"));
  CHECK(contains(html,
                 "<details><summary>config.toml</summary><pre>a = &quot;&lt;b&gt;&quot;\n</pre></details>"));
  CHECK(html.find("a &quot;curve") < html.find("pairs"));
  CHECK(!contains(html, "<script"));
  for (const char* fetched : {"src=\"http", "href=", "url(", "@import"}) CHECK(!contains(html, fetched));
  CHECK(contains(html, "width=device-width"));
}

TEST_CASE("page: a table without names of columns has no head") {
  HtmlPage page("x");
  page.table({{"", ""}, {{"iterations", "12"}}});
  CHECK(!contains(page.document(), "<th"));
  CHECK_THROWS_AS(page.table({{"a"}, {{"1", "2"}}}), Error);
}

TEST_CASE("page: what is no picture is refused") {
  HtmlPage page("x");
  CHECK_THROWS_WITH_AS(page.picture("GIF89a", "moving"), "page: 'moving': expected an SVG or a PNG", Error);
}

}  // namespace hypersphere::test
