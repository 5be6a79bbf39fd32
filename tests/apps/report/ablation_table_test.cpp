#include "apps/report/ablation_table.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tensor/error.h"
#include "tests/apps/report/ablation_cells.h"

namespace hypersphere {
namespace {

TEST_CASE("spread_of: mean and sample standard deviation, by hand") {
  const Spread three = spread_of({1, 2, 6});  // squares 4 + 1 + 9 over 3 - 1
  CHECK(three.count == 3);
  CHECK(three.mean == 3);
  CHECK(three.deviation == doctest::Approx(std::sqrt(7.0)).epsilon(1e-14));
  const Spread one = spread_of({0.5});
  CHECK(one.count == 1);
  CHECK(one.mean == 0.5);
  CHECK(std::isnan(one.deviation));
  CHECK(std::isnan(spread_of({}).mean));
  CHECK(spread_of({2, 2}).deviation == 0);
}

TEST_CASE("rows_of: the seeds of a depth, head and margin stand together, in the order of their first") {
  const std::vector<AblationRow> rows = rows_of(test::some_cells());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].first() == test::softmax_1);
  CHECK(rows[1].first() == test::margin_1);
  CHECK(rows[2].first() == test::deep_1);
  for (const AblationRow& row : rows) CHECK(row.cells.size() == 2);
  CHECK(rows[1].cells[1].cell == test::margin_2);
  CHECK(rows[0].diverged() == 0);
  CHECK(rows[1].diverged() == 1);
  CHECK(rows[0].spread(&AblationResult::accuracy).mean == 0.78125);
  CHECK(rows[1].spread(&AblationResult::accuracy).count == 1);  // a diverged cell has no figures
  CHECK(rows[1].iterations().mean == 110);
}

TEST_CASE("names of a cell") {
  CHECK(folder_name(test::margin_2) == "sphereface-10-a-softmax-4-seed-2");
  CHECK(folder_name(test::softmax_1) == "sphereface-10-softmax-seed-1");
  CHECK(head_name(test::margin_1) == "a-softmax m=4");
  CHECK(head_name(test::softmax_1) == "softmax");
}

TEST_CASE("ablation_table: percent, spread, and what is not there yet") {
  const Table table = ablation_table(rows_of(test::some_cells()));
  REQUIRE(table.rows.size() == 3);
  // 0.75 and 0.8125: mean 0.78125, deviation 0.0625 / sqrt 2 = 0.04419.
  CHECK(table.rows[0] == std::vector<std::string>{"sphereface-10", "softmax", "", "2", "78.12 ± 4.42",
                                                  "75.00, 81.25", "79.12 ± 4.42", "80.12 ± 4.42",
                                                  "28.12 ± 4.42", "7.812", "100"});
  CHECK(table.rows[1] == std::vector<std::string>{"sphereface-10", "a-softmax", "4", "1 of 2, 1 diverged",
                                                  "87.50", "87.50, diverged", "88.50", "89.50", "37.50",
                                                  "8.750", "110"});
  CHECK(table.rows[2][3] == "1 of 2");
  CHECK(table.rows[2][5] == "-, 93.75");
  const Table nothing = ablation_table(rows_of({{test::deep_1, {}}}));
  CHECK(nothing.rows[0] ==
        std::vector<std::string>{"sphereface-20", "a-softmax", "4", "0 of 1", "", "-", "", "", "", "", ""});
}

TEST_CASE("ablation_csv: numbers that read back exactly, a column a seed") {
  const Table table = ablation_csv(rows_of(test::some_cells()));
  const auto cell = [&](std::size_t row, const std::string& column) {
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      if (table.columns[c] == column) return table.rows.at(row).at(c);
    return "no column " + column;
  };
  CHECK(cell(0, "net") == "sphereface-10");
  CHECK(cell(0, "margin") == "");
  CHECK(cell(0, "seeds") == "2");
  CHECK(cell(0, "finished") == "2");
  CHECK(std::stod(cell(0, "accuracy_deviation")) == std::sqrt(2 * 0.03125 * 0.03125));
  CHECK(cell(0, "accuracy_seed_1") == "0.75");
  CHECK(cell(0, "accuracy_seed_2") == "0.8125");
  CHECK(cell(1, "margin") == "4");
  CHECK(cell(1, "finished") == "1");
  CHECK(cell(1, "diverged") == "1");
  CHECK(cell(1, "accuracy_mean") == "0.875");
  CHECK(cell(1, "accuracy_deviation") == "");
  CHECK(cell(1, "accuracy_seed_2") == "diverged");
  CHECK(cell(1, "iterations_mean") == "110");
  CHECK(cell(2, "accuracy_seed_1") == "");
  CHECK(cell(2, "raw_pixels_mean") == "0.625");
  CHECK(cell(2, "loss_mean") == "9.375");
}

TEST_CASE("ablation_notes: the baseline, and a threshold that flatters") {
  std::vector<AblationOutcome> cells = test::some_cells();
  CHECK(ablation_notes(rows_of(cells)).find("Raw pixels reach 62.50 %") != std::string::npos);
  CHECK(ablation_notes(rows_of(cells)).find("flatters") == std::string::npos);
  cells[0].result->tuned_on_test = true;
  CHECK(ablation_notes(rows_of(cells)).find("flatters") != std::string::npos);
  CHECK(ablation_notes(rows_of({test::diverged(test::deep_1)})).find("Raw pixels") == std::string::npos);
}

TEST_CASE("results go through JSON unchanged; a key that is missing or of another type is named") {
  for (AblationOutcome cell : {test::finished(test::margin_1, 0.1 + 0.2), test::diverged(test::margin_1)}) {
    cell.result->seconds = 1.0 / 3;
    const std::string text = to_json(*cell.result).dump();
    CHECK(ablation_result(nlohmann::json::parse(text)) == *cell.result);
  }
  nlohmann::json json = to_json(*test::finished(test::margin_1, 0.5).result);
  json["accuracy"] = "high";
  CHECK_THROWS_WITH_AS(ablation_result(json), doctest::Contains("\"accuracy\", found \"high\""), Error);
  json.erase("accuracy");
  CHECK_THROWS_WITH_AS(ablation_result(json), doctest::Contains("\"accuracy\", found none"), Error);
  CHECK_THROWS_AS(ablation_result(nlohmann::json::array()), Error);
  CHECK(to_json(test::margin_2) ==
        nlohmann::json{{"net", "sphereface-10"}, {"head", "a-softmax"}, {"margin", 4}, {"seed", 2}});
  CHECK_FALSE(to_json(test::softmax_1).contains("margin"));
}

}  // namespace
}  // namespace hypersphere
