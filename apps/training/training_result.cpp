#include "apps/training/training_result.h"

#include <fmt/core.h>

#include <limits>
#include <nlohmann/json.hpp>

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

void print_result(const TrainingResult& result, const std::filesystem::path& folder) {
  fmt::print("{} after {} iterations, {}\n", result.complete ? "finished" : "interrupted", result.iterations,
             format_duration(result.seconds));
  if (result.verification)
    fmt::print("verification on people never trained on: {:.2f} %   raw pixels: {:.2f} %\n",
               100 * result.verification->mean, 100 * result.raw_pixels);
  fmt::print("model   {0}/model.safetensors\nlog     {0}/log.jsonl\ncurves  {0}/curves.svg\n",
             folder.string());
  if (result.verification) fmt::print("pairs   {}/pairs.png\n", folder.string());
  if (result.complete)
    fmt::print("again   hypersphere train --config {}/config.toml --out NEW\n", folder.string());
  else
    fmt::print("go on with: hypersphere train --resume --out {}\n", folder.string());
}

}  // namespace hypersphere
