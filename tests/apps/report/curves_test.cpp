#include "apps/report/curves.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/report/log.h"
#include "tensor/error.h"
#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

using doctest::Approx;
using nlohmann::json;

std::vector<json> example_rows() {
  std::vector<json> rows;
  for (int i = 1; i <= 300; ++i) {
    rows.push_back({{"kind", "train"},
                    {"iteration", i},
                    {"epoch", 0},
                    {"loss", i == 7 ? json() : json(8.0 / i)},
                    {"lambda", 1000.0 / i},
                    {"learning_rate", 0.1},
                    {"accuracy", i / 300.0},
                    {"images_per_second", 100},
                    {"gradient_norm", 1}});
    if (i % 100 == 0)
      rows.push_back({{"kind", "validation"},
                      {"iteration", i},
                      {"accuracy", 0.5 + i / 1000.0},
                      {"best_threshold_accuracy", 0.9},
                      {"raw_pixels", 0.666}});
  }
  return rows;
}

TEST_CASE("learning_curves: a panel for each question, on one scale of iterations") {
  const std::vector<Panel> panels = learning_curves(example_rows());
  REQUIRE(panels.size() == 4);
  for (const Panel& panel : panels) {
    REQUIRE(panel.x_range);
    CHECK(*panel.x_range == std::pair<double, double>{0, 300});
  }
  const Panel& loss = panels[0];
  REQUIRE(loss.series.size() == 2);
  CHECK(loss.series[0].style == LineStyle::faint);
  CHECK(loss.series[0].y[1] == 4);
  CHECK(std::isnan(loss.series[0].y[6]));
  CHECK(std::isnan(loss.series[1].y[6]));
  CHECK(std::isfinite(loss.series[1].y[7]));

  CHECK(panels[1].series[0].y[149] == 0.5);
  const Panel& validation = panels[2];
  REQUIRE(validation.series.size() == 3);
  CHECK(validation.series[0].x == std::vector<double>{100, 200, 300});
  CHECK(validation.series[0].y[2] == Approx(0.8));
  CHECK(validation.series[1].y[0] == 0.9);
  CHECK(validation.series[2].style == LineStyle::dashed);
  CHECK(validation.series[2].x == std::vector<double>{0, 300});
  CHECK(validation.series[2].y == std::vector<double>{0.666, 0.666});

  CHECK(panels[3].log_y);
  CHECK(panels[3].series[0].y[0] == 0.1);
  CHECK(panels[3].series[1].y[1] == 500);
}

TEST_CASE("draw_curves: from a log of a run that is still writing") {
  const test::TemporaryFolder folder;
  {
    JsonlLog log(folder / "log.jsonl");
    for (const json& row : example_rows()) log.append(row);
  }
  const std::string complete = test::read_bytes(folder / "log.jsonl");
  draw_curves(read_log(folder / "log.jsonl"), folder / "curves.svg");
  const std::string picture = test::read_bytes(folder / "curves.svg");
  CHECK(test::well_formed(picture) == "");
  CHECK(test::count(picture, "class=\"title\"") == 4);
  test::write_bytes(folder / "log.jsonl", complete + "{\"kind\":\"train\",\"iteration\":3");
  draw_curves(read_log(folder / "log.jsonl"), folder / "curves.svg");
  CHECK(test::read_bytes(folder / "curves.svg") == picture);
}

TEST_CASE("draw_curves: a run that has barely begun, and one without anything") {
  const test::TemporaryFolder folder;
  draw_curves({{{"kind", "train"}, {"iteration", 1}, {"loss", 8.3}}}, folder / "curves.svg");
  const std::string picture = test::read_bytes(folder / "curves.svg");
  CHECK(test::well_formed(picture) == "");
  CHECK(test::count(picture, "class=\"title\"") == 1);
  CHECK_THROWS_WITH_AS(draw_curves({{{"kind", "start"}}}, folder / "none.svg"), doctest::Contains("none.svg"),
                       Error);
  CHECK(folder.entries() == 1);
}

TEST_CASE("draw_roc: curves, chance, and what has no place on a logarithmic axis") {
  const Panel panel = roc_panel({{"net", {0, 0, 0.01, 1}, {0, 0.5, 0.9, 1}}});
  REQUIRE(panel.series.size() == 2);
  CHECK(panel.log_x);
  CHECK(panel.x_range->first == 0.005);
  CHECK(panel.series[0].x == std::vector<double>{0.005, 0.005, 0.01, 1});
  CHECK(panel.series[0].y == std::vector<double>{0, 0.5, 0.9, 1});
  const Series& chance = panel.series[1];
  CHECK(chance.style == LineStyle::dashed);
  CHECK(chance.x == chance.y);
  CHECK(chance.x.front() == Approx(0.005));
  CHECK(chance.x.back() == 1);
  CHECK(roc_panel({{"many", {0, 1e-7, 1}, {0, 0, 1}}}).x_range->first == 1e-4);

  const test::TemporaryFolder folder;
  draw_roc({{"net", {0, 0, 0.01, 1}, {0, 0.5, 0.9, 1}}}, folder / "roc.svg");
  CHECK(test::well_formed(test::read_bytes(folder / "roc.svg")) == "");
  CHECK_THROWS_AS(draw_roc({}, folder / "none.svg"), Error);
  CHECK_THROWS_WITH_AS(draw_roc({{"odd", {0, 1}, {0}}}, folder / "none.svg"), doctest::Contains("'odd'"),
                       Error);
}

TEST_CASE("smooth: both neighbours, halved each half-life; gaps are passed through and left out") {
  const double nan = std::nan("");
  CHECK(smooth({1, 5, 2}, 0) == std::vector<double>{1, 5, 2});
  CHECK(smooth({}, 3).empty());
  const auto three = smooth({4, 0, 8}, 1);
  CHECK(three[0] == Approx((4 + 0 + 8 / 4.0) / 1.75));
  CHECK(three[1] == Approx((4 / 2.0 + 0 + 8 / 2.0) / 2));
  CHECK(three[2] == Approx((4 / 4.0 + 0 + 8) / 1.75));
  const auto gap = smooth({3, nan, 3}, 2);
  CHECK(gap[0] == Approx(3));
  CHECK(std::isnan(gap[1]));
  CHECK(gap[2] == Approx(3));
}

}  // namespace
}  // namespace hypersphere
