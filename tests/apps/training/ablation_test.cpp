#include "apps/training/ablation.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "apps/report/log.h"
#include "tests/apps/training/ablation_grid.h"
#include "tests/nn/support.h"

namespace hypersphere {
namespace {

using test::never;

std::vector<std::string> names_of(const std::vector<AblationCell>& cells) {
  std::vector<std::string> names;
  for (const AblationCell& cell : cells) names.push_back(folder_name(cell));
  return names;
}

// Says at one question that it is interrupted. The grid asks before each cell, a run before each step.
int questions_left = 0;
bool when_asked_enough() { return --questions_left == 0; }

TEST_CASE("ablation: the grid, all of a seed first, margins for the A-Softmax alone") {
  AblationOptions options;
  options.depths = {20, 4};
  options.heads = {HeadKind::softmax, HeadKind::a_softmax};
  options.margins = {2, 3};
  options.seeds = {7, 1};
  CHECK(names_of(cells_of(options)) ==
        std::vector<std::string>{"sphereface-20-softmax-seed-7", "sphereface-20-a-softmax-2-seed-7",
                                 "sphereface-20-a-softmax-3-seed-7", "sphereface-4-softmax-seed-7",
                                 "sphereface-4-a-softmax-2-seed-7", "sphereface-4-a-softmax-3-seed-7",
                                 "sphereface-20-softmax-seed-1", "sphereface-20-a-softmax-2-seed-1",
                                 "sphereface-20-a-softmax-3-seed-1", "sphereface-4-softmax-seed-1",
                                 "sphereface-4-a-softmax-2-seed-1", "sphereface-4-a-softmax-3-seed-1"});
  CHECK(cells_of({}).size() == 3 * (2 + 4));

  options.margins = {};
  CHECK_THROWS_WITH_AS(cells_of(options), doctest::Contains("no margins"), Error);
  options.heads = {HeadKind::softmax};
  CHECK(cells_of(options).size() == 4);  // which has none
  options.seeds = {1, 2, 1};
  CHECK_THROWS_WITH_AS(cells_of(options), doctest::Contains("seeds hold a value twice"), Error);
}

TEST_CASE("ablation: how a cell is trained") {
  AblationOptions options;
  options.out = "out";
  options.training.learning_rate = 0.5;
  options.training.head.gradient = MarginGradient::sphereface;
  options.training.resume = true;
  options.training.config = "lr=0.5\n";
  const TrainingOptions margin = training_options(options, {36, "a-softmax", 2, 9});
  CHECK(margin.network.depth == 36);
  CHECK(margin.head.kind == HeadKind::a_softmax);
  CHECK(margin.head.margin == 2);
  CHECK(margin.head.gradient == MarginGradient::sphereface);
  CHECK(margin.seed == 9);
  CHECK(margin.learning_rate == 0.5);
  CHECK(margin.out == "out/sphereface-36-a-softmax-2-seed-9");
  CHECK_FALSE(margin.resume);
  CHECK(margin.config == "lr=0.5\nnet=\"sphereface-36\"\nhead=\"a-softmax\"\nmargin=2\nseed=9\n");
  CHECK(training_options(options, {10, "modified-softmax", 0, 1}).head.kind == HeadKind::modified_softmax);
}

TEST_CASE("ablation: what is left is judged by what is done") {
  AblationOptions options;
  // Left, done, diverged, left. SphereFace-4 and -20 have 0.164 and 1.750 G multiply-adds.
  std::vector<AblationOutcome> cells(4);
  cells[1].cell.depth = 4;
  cells[1].result = AblationResult{.seconds = 100};
  cells[2].cell.depth = 64;
  cells[2].result = AblationResult{.divergence = "no", .seconds = 5};
  options.training.budget.minutes = 2;
  CHECK(seconds_left(cells, options) == 240.0);
  options.training.budget = {.iterations = 5};
  CHECK(*seconds_left(cells, options) == doctest::Approx(2 * 100 * 1.750 / 0.164).epsilon(0.01));
  CHECK(seconds_left({cells[1], cells[2]}, options) == 0.0);
  CHECK_FALSE(seconds_left({cells[0], cells[2]}, options).has_value());
}

TEST_CASE("ablation: a grid is trained once; a second call finds it done, other options are refused") {
  const test::OneThread guard;
  const test::Scratch folder;
  test::paint_people(folder);
  AblationOptions options = test::small_grid(folder, "out");
  options.config = "seeds=\"1,2\"\n";
  const std::vector<AblationOutcome> first = run_ablation(options, never);
  REQUIRE(first.size() == 6);
  for (const AblationOutcome& each : first) {
    CAPTURE(folder_name(each.cell));
    REQUIRE(each.figures() != nullptr);
    CHECK(each.result->iterations == 2);
    CHECK(each.result->accuracy > 0);
    CHECK(each.result->seconds > 0);
    // The loss of the two iterations is their mean.
    const std::filesystem::path run = options.out / folder_name(each.cell);
    double sum = 0;
    for (const auto& row : read_log(run / "log.jsonl"))
      if (row["kind"] == "train") sum += row["loss"].get<double>();
    CHECK(each.result->loss == doctest::Approx(sum / 2).epsilon(1e-12));
    CHECK(std::filesystem::exists(run / "model.safetensors"));
    CHECK_FALSE(std::filesystem::exists(run / "checkpoints"));
  }
  CHECK(first[0].result->loss != first[1].result->loss);  // softmax, a-softmax m=1
  CHECK(first[0].result->loss != first[3].result->loss);  // seed 1, seed 2
  for (const char* file : {"ablation.md", "ablation.csv", "ablation.json", "accuracy_by_margin.svg",
                           "accuracy_by_depth.svg", "config.toml"})
    CHECK_MESSAGE(std::filesystem::file_size(options.out / file) > 0, file);
  const auto json = nlohmann::json::parse(test::bytes_of(options.out / "ablation.json"));
  CHECK(json["settings"]["lr"] == "0.01");
  CHECK(json["cells"].size() == 6);
  CHECK(json["cells"][1]["margin"] == 1);
  CHECK(json["cells"][1]["accuracy"] == first[1].result->accuracy);

  // Nothing can be trained any more without the photographs.
  std::filesystem::remove_all(folder / "faces");
  const std::vector<AblationOutcome> second = run_ablation(options, never);
  REQUIRE(second.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(*second[i].result == *first[i].result);
  // The grid may grow: it trains what is new, and names the cell that it cannot train.
  options.depths = {4, 10};
  CHECK_THROWS_WITH_AS(run_ablation(options, never), doctest::Contains("sphereface-10-softmax-seed-1: "),
                       Error);

  options.settings = {{"lr", "0.03"}, {"batch", "4"}, {"iterations", "2"}};
  CHECK_THROWS_WITH_AS(run_ablation(options, never),
                       doctest::Contains("--batch not given, now 4; --lr 0.01, now 0.03"), Error);
  // Without the whole's file, each cell still knows.
  std::filesystem::remove(options.out / "ablation.json");
  CHECK_THROWS_WITH_AS(run_ablation(options, never), doctest::Contains("result.json: trained with"), Error);
}

TEST_CASE("ablation: interrupted and gone on with, it comes to the same figures") {
  const test::OneThread guard;
  const test::Scratch folder;
  test::paint_people(folder);
  AblationOptions whole = test::small_grid(folder, "whole"), parts = test::small_grid(folder, "parts");
  whole.seeds = parts.seeds = {1};
  const std::vector<AblationOutcome> expected = run_ablation(whole, never);

  // Cell 1 and its two steps, cell 2, its first step, and here it ends.
  questions_left = 6;
  std::vector<AblationOutcome> outcomes = run_ablation(parts, when_asked_enough);
  CHECK(outcomes[0].result.has_value());
  CHECK_FALSE(outcomes[1].result.has_value());
  CHECK(std::filesystem::exists(parts.out / folder_name(outcomes[1].cell) /
                                "checkpoints/iteration-00000001.safetensors"));
  CHECK(test::holds(test::bytes_of(parts.out / "ablation.md"), "0 of 1"));
  // Cell 1, cell 2 and its second step, cell 3, its first step.
  questions_left = 6;
  outcomes = run_ablation(parts, when_asked_enough);
  CHECK(outcomes[1].result.has_value());
  CHECK_FALSE(outcomes[2].result.has_value());
  outcomes = run_ablation(parts, never);
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(outcomes[i].figures() != nullptr);
    CHECK(outcomes[i].result->accuracy == expected[i].result->accuracy);
    CHECK(outcomes[i].result->loss == expected[i].result->loss);
    CHECK(test::bytes_of(parts.out / folder_name(outcomes[i].cell) / "model.safetensors") ==
          test::bytes_of(whole.out / folder_name(expected[i].cell) / "model.safetensors"));
  }
  CHECK(test::bytes_of(parts.out / "ablation.csv") == test::bytes_of(whole.out / "ablation.csv"));
}

TEST_CASE("ablation: a cell that diverges is recorded, the others are trained, and it is not tried again") {
  const test::OneThread guard;
  const test::Scratch folder;
  test::paint_people(folder);
  AblationOptions options = test::small_grid(folder, "out");
  options.seeds = {1};
  options.training.learning_rate = 1e30;
  options.training.budget.iterations = 20;
  const std::vector<AblationOutcome> outcomes = run_ablation(options, never);
  REQUIRE(outcomes.size() == 3);
  for (const AblationOutcome& each : outcomes) {
    REQUIRE(each.result.has_value());
    CHECK(each.figures() == nullptr);
    CHECK(each.result->iterations < 20);
    CHECK(test::holds(each.result->divergence, "not finite", "--lr"));
  }
  CHECK(test::holds(test::bytes_of(options.out / "ablation.csv"), "sphereface-4,softmax,,1,0,1,",
                    ",diverged\n"));
  std::filesystem::remove_all(folder / "faces");
  CHECK(*run_ablation(options, never)[0].result == *outcomes[0].result);

  // The one step's loss is finite, what it leaves of the network is not.
  test::paint_people(folder);
  options.out = folder / "late";
  options.training.budget.iterations = 1;
  for (const AblationOutcome& each : run_ablation(options, never)) {
    CHECK(each.figures() == nullptr);
    CHECK(test::holds(each.result.value().divergence, "iteration 1: the network's features"));
  }
}

TEST_CASE("ablation: what cannot be") {
  const test::OneThread guard;
  const test::Scratch folder;
  AblationOptions options = test::small_grid(folder, "out");
  options.training.hold_out = 0;
  CHECK_THROWS_WITH_AS(run_ablation(options, never), doctest::Contains("--val-pairs or --hold-out"), Error);
  // A mistake before anything was trained does not bind the folder.
  options.training.hold_out = 0.5;
  CHECK_THROWS_AS(run_ablation(options, never), Error);  // there are no photographs
  test::paint_people(folder);
  options.settings["lr"] = "0.02";
  options.seeds = {1};
  CHECK(run_ablation(options, never)[0].result.has_value());
  // Two at once.
  const FolderLock lock(options.out);
  CHECK_THROWS_WITH_AS(run_ablation(options, never), doctest::Contains("another process"), Error);
}

}  // namespace
}  // namespace hypersphere
