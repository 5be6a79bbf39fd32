#include "apps/evaluation/geometry_pictures.h"

#include <doctest/doctest.h>

#include "tests/apps/evaluation/plane.h"
#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

using Labels = std::vector<std::int32_t>;

Geometry in_plane(const std::vector<double>& directions, const Labels& labels, std::int32_t identities) {
  return measure_geometry(test::plane(directions), labels, identities);
}

// Photograph i is a picture of i + 1 pixels across.
Image numbered(std::int64_t photograph) {
  const int width = static_cast<int>(photograph) + 1;
  return {width, 1, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width), 7)};
}

std::vector<int> widths(const ThumbnailRow& row) {
  std::vector<int> result;
  for (const Thumbnail& thumbnail : row.thumbnails) result.push_back(thumbnail.image.width);
  return result;
}

TEST_CASE("outlier_rows: the worst identities first, typical photograph first, outliers marked") {
  // b keeps together; a has one photograph at 61 that lies near b; c has one photograph.
  const Geometry geometry = in_plane({0, 6, 61, 70, 73, 140, 4}, {0, 0, 0, 1, 1, 2, 0}, 3);
  const GeometryNames names{{"0", "1", "2", "3", "4", "5", "6"}, {"a", "b", "c"}};
  const auto rows = outlier_rows(geometry, names, 5, numbered);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].name == "a");
  CHECK(rows[1].name == "b");
  // Means of the others: for 4 of 0, 6, 61 it is nearest; 61 is 57.7 from the rest and 10.5 from b's mean.
  REQUIRE(widths(rows[0]).size() == 4);
  CHECK(widths(rows[0])[1] == 3);
  CHECK(rows[0].thumbnails[1].marked);
  CHECK(rows[0].thumbnails[1].captions == std::vector<std::string>{"57.7°", "10.5° b"});
  CHECK_FALSE(rows[0].thumbnails[0].marked);
  CHECK(rows[0].thumbnails[0].captions[0].ends_with("° typical"));
  CHECK(rows[0].note == "4 photographs; largest angle within 61.0°, smallest between 9.0° to b");
  CHECK(outlier_rows(geometry, names, 1, numbered).size() == 1);
}

TEST_CASE("outlier_rows: six photographs at most, without another identity, without any of two photographs") {
  const Geometry one = in_plane({0, 1, 2, 3, 4, 5, 6, 50}, Labels(8, 0), 1);
  const auto rows = outlier_rows(one, {std::vector<std::string>(8, "p"), {"only"}}, 3, numbered);
  REQUIRE(rows.size() == 1);
  REQUIRE(rows[0].thumbnails.size() == 6);
  CHECK(widths(rows[0])[1] == 8);
  CHECK(rows[0].thumbnails[1].captions.size() == 1);
  CHECK_FALSE(rows[0].thumbnails[1].marked);
  CHECK(rows[0].note == "8 photographs; largest angle within 50.0°");
  CHECK(outlier_rows(in_plane({0, 50}, {0, 1}, 2), {{"p", "q"}, {"a", "b"}}, 3, numbered).empty());
}

TEST_CASE("geometry_panels: over the same degrees, without panels that have nothing to show") {
  const Geometry geometry = in_plane({3, 16, 61, 70, 74, 140}, {0, 0, 0, 1, 1, 2}, 3);
  WeightGeometry weights;
  weights.own.add(std::vector<float>{30, 151});
  const auto panels = geometry_panels(geometry, weights);
  REQUIRE(panels.size() == 4);
  for (const Panel& panel : panels) CHECK(*panel.x_range == std::pair<double, double>(0, 160));
  CHECK(panels[0].series.size() == 2);
  CHECK(panels[0].series[0].name == "within identities (mean 30.0)");  // 13, 58, 45 and 4
  CHECK(panels[3].series[1].name == "to nearest other (none)");
  const std::string svg = render_svg(panels);
  CHECK(test::well_formed(svg) == "");
  CHECK(test::count(svg, "<polygon") == 7);  // 2 + 2 + 2 + own

  CHECK(geometry_panels(geometry, std::nullopt).size() == 3);
  CHECK(geometry_panels(in_plane({0}, {0}, 1), std::nullopt).empty());
  CHECK(geometry_panels(in_plane({0, 40}, {0, 1}, 2), std::nullopt).size() == 2);
}

}  // namespace
}  // namespace hypersphere
