// A run's page.
#include "apps/report/run_page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace hypersphere::test {
namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

RunPage whole() {
  RunPage run{.name = "runs/one",
              .model = {},
              .log = {},
              .config = "seed=1\n",
              .repeat = "hypersphere train --config runs/one/config.toml --out again",
              .curves = "<svg>curves</svg>",
              .pairs = "\x89PNG pairs",
              .evaluation = {},
              .geometry = {},
              .angles = "<svg>angles</svg>",
              .outliers = "<svg>outliers</svg>"};
  run.model = {{"architecture", "sphereface-10"},
               {"head", "a-softmax"},
               {"margin", "4"},
               {"classes", "978"},
               {"crop", ""},
               {"identities", "[\"secret\"]"}};
  run.log = {{{"kind", "train"}, {"iteration", 1}, {"loss", 6.5}},
             {{"kind", "train"}, {"iteration", 2000}, {"epoch", 12.34}, {"loss", 0.4444}},
             {{"kind", "validation"},
              {"iteration", 2000},
              {"accuracy", 0.9},
              {"raw_pixels", 0.63417},
              {"auc", nullptr}}};
  nlohmann::json fold = {{"fold", 1}, {"accuracy", 0.915}, {"threshold", 0.31234}};
  nlohmann::json evaluation;
  evaluation["network"] = {{"accuracy", 0.9125}, {"eer", 0.08}, {"folds", nlohmann::json::array({fold})}};
  run.evaluation = evaluation;
  run.geometry = {
      {"within", {{"count", 10}, {"mean", 62.34}, {"deviation", 12.0}, {"min", 1.0}, {"max", 103.3}}},
      {"between", {{"count", 90}, {"mean", 89.7}, {"deviation", nullptr}, {"min", 44.8}, {"max", 120.0}}},
      {"criterion", {{"separated", 74}, {"identities", 356}}}};
  return run;
}

}  // namespace

TEST_CASE("run page: every part with its numbers") {
  const std::string html = render_run_page(whole());
  for (const char* part : {"<h1>runs/one</h1>",
                           "sphereface-10",
                           "a-softmax, m = 4, 978 classes",
                           ">2000<",
                           ">12.3<",
                           ">0.444<",
                           ">90.00 %<",
                           ">63.42 %<",
                           "<h2>Learning curves</h2>",
                           "<h2>Verification</h2>",
                           ">91.25 %<",
                           ">8.00 %<",
                           "0.3123",
                           "<h2>Angles between embeddings</h2>",
                           ">62.3<",
                           ">44.8<",
                           "74 of 356 identities",
                           "histograms of the angles",
                           "farthest from their identity",
                           "hypersphere train --config runs/one/config.toml --out again",
                           "seed=1"})
    CHECK_MESSAGE(contains(html, part), std::string(part));
  CHECK(!contains(html, "secret"));
  CHECK(!contains(html, "null"));
  CHECK(!contains(html, "nan"));
}

TEST_CASE("run page: what is not there is left out") {
  RunPage run = whole();
  run.evaluation.reset();
  run.geometry.reset();
  run.curves = run.pairs = run.config = run.repeat = "";
  run.model.clear();
  const std::string html = render_run_page(run);
  CHECK(contains(html, "<h2>Verification</h2>"));  // the log's
  for (const char* part : {"Learning curves", "Angles", "<img", "<details", "The same again"})
    CHECK_MESSAGE(!contains(html, part), std::string(part));
  run.log.clear();
  CHECK(!contains(render_run_page(run), "Verification"));
}

}  // namespace hypersphere::test
