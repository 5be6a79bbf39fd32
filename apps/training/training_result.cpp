#include "apps/training/training_result.h"

#include <fmt/core.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "apps/evaluation/verification_json.h"
#include "apps/report/console.h"
#include "apps/report/progress.h"

namespace hypersphere {

double final_loss(const std::vector<nlohmann::json>& rows) {
  double sum = 0;
  int count = 0;
  for (auto row = rows.rbegin(); row != rows.rend() && count < 100; ++row)
    if (row->value("kind", "") == "train") {
      sum += row->at("loss").get<double>();
      ++count;
    }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

nlohmann::json to_json(const TrainingResult& result, const std::filesystem::path& folder) {
  nlohmann::json json = {{"complete", result.complete},
                         {"iterations", result.iterations},
                         {"seconds", result.seconds},
                         {"loss", result.loss},
                         {"model", (folder / "model.safetensors").string()},
                         {"log", (folder / "log.jsonl").string()}};
  if (!result.verification) return json;
  json["verification"] = to_json(*result.verification);
  json["raw_pixels"] = result.raw_pixels;
  return json;
}

void print_result(const TrainingResult& result, const std::filesystem::path& folder) {
  tell("{} after {} iterations, {}\n", result.complete ? "finished" : "interrupted", result.iterations,
       format_duration(result.seconds));
  if (result.verification)
    tell("verification on people never trained on: {:.2f} %   raw pixels: {:.2f} %\n",
         100 * result.verification->mean, 100 * result.raw_pixels);
  tell("model   {0}/model.safetensors\nlog     {0}/log.jsonl\ncurves  {0}/curves.svg\n", folder.string());
  if (result.verification) tell("pairs   {}/pairs.png\n", folder.string());
  if (result.complete)
    tell("again   hypersphere train --config {}/config.toml --out NEW\n", folder.string());
  else
    tell("go on with: hypersphere train --resume --out {}\n", folder.string());
}

}  // namespace hypersphere
