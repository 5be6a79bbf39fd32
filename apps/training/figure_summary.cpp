#include "apps/training/figure_summary.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/evaluation/class_ranks.h"

namespace hypersphere {
namespace {

using nlohmann::json;

double mean_of(const std::vector<double>& values, const std::vector<bool>& marks, bool wanted) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (marks[i] == wanted) sum += values[i], ++count;
  return sum / count;
}

// null for what is not finite.
json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json to_json(const FigureNumbers& numbers) {
  return {{"accuracy", number(numbers.accuracy)},
          {"within", number(numbers.within)},
          {"between", number(numbers.between)}};
}

json rows_of(const Tensor& tensor) {
  json rows = json::array();
  const auto values = tensor.span<float>();
  const auto columns = static_cast<std::size_t>(tensor.shape()[1]);
  for (std::size_t begin = 0; begin < values.size(); begin += columns)
    rows.push_back(std::vector<float>(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                      values.begin() + static_cast<std::ptrdiff_t>(begin + columns)));
  return rows;
}

Tensor rows_from(const json& rows, std::int64_t count, std::int64_t columns) {
  std::vector<float> values;
  for (const json& row : rows)
    for (const json& value : row) values.push_back(value.get<float>());
  return Tensor::from(values, {count, columns});
}

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "-";
}
std::string degrees(double angle) { return std::isfinite(angle) ? fmt::format("{:.1f}", angle) : "-"; }

}  // namespace

FigureSummary summarise(const FigureResult& result, const FigureHead& head) {
  const FigurePhotographs& photographs = result.photographs;
  const std::int64_t count = std::ssize(photographs.photographs),
                     identities = std::ssize(photographs.identities);
  expect_tensor(head.features, {count, result.dimension}, DType::f32, "figure", "features");
  expect_tensor(head.weight, {identities, result.dimension}, DType::f32, "figure", "weights");
  const std::vector<std::int32_t> labels = labels_of(photographs.photographs);
  std::vector<bool> trained = photographs.held_out;
  trained.flip();
  FigureSummary summary;
  summary.angles = measure_angles({.features = head.features.span<float>(),
                                   .dimension = result.dimension,
                                   .labels = labels,
                                   .identities = identities,
                                   .decides_mean = trained});
  const std::vector<std::int32_t> decisions = best_classes(head.weight, head.bias, head.features);
  std::vector<double> correct;
  for (std::size_t i = 0; i < labels.size(); ++i) correct.push_back(decisions[i] == labels[i]);
  for (const bool held : {false, true})
    (held ? summary.held_out : summary.trained) = {
        mean_of(correct, photographs.held_out, held),
        mean_of(summary.angles.within, photographs.held_out, held),
        mean_of(summary.angles.between, photographs.held_out, held)};
  summary.weight_angle = smallest_angle(head.weight.span<float>(), result.dimension);
  return summary;
}

std::string figure_table(const FigureResult& result) {
  std::string table =
      "                    trained on                      held out                        smallest angle\n"
      "head                accuracy   within   to next     accuracy   within   to next     of two weights\n";
  for (const FigureHead& head : result.heads) {
    const FigureSummary summary = summarise(result, head);
    table += fmt::format("{:<18}", figure_head_name(head.head));
    for (const FigureNumbers& numbers : {summary.trained, summary.held_out})
      table += fmt::format("  {:>8}   {:>6}   {:>7}   ", percent(numbers.accuracy), degrees(numbers.within),
                           degrees(numbers.between));
    table += fmt::format("  {:>14}\n", degrees(summary.weight_angle));
  }
  return table;
}

json figure_json(const FigureResult& result) {
  json photographs = json::array(), heads = json::array();
  for (std::size_t i = 0; i < result.photographs.photographs.size(); ++i) {
    const Photograph& photograph = result.photographs.photographs[i];
    photographs.push_back({{"path", photograph.path},
                           {"identity", photograph.label},
                           {"held_out", static_cast<bool>(result.photographs.held_out[i])}});
  }
  for (const FigureHead& head : result.heads) {
    const FigureSummary summary = summarise(result, head);
    heads.push_back({{"head", figure_head_name(head.head)},
                     {"loss", head.loss},
                     {"trained", to_json(summary.trained)},
                     {"held_out", to_json(summary.held_out)},
                     {"weight_angle", summary.weight_angle},
                     {"weights", rows_of(head.weight)},
                     {"features", rows_of(head.features)}});
    if (head.bias.defined())
      heads.back()["bias"] =
          std::vector<float>(head.bias.span<float>().begin(), head.bias.span<float>().end());
  }
  return {{"dimension", result.dimension}, {"width", result.width},
          {"batch", result.batch},         {"iterations", result.iterations},
          {"seed", result.seed},           {"identities", result.photographs.identities},
          {"photographs", photographs},    {"heads", heads}};
}

FigureResult figure_from_json(const json& json) try {
  FigureResult result;
  result.dimension = json.at("dimension").get<std::int64_t>();
  result.width = json.at("width").get<std::int64_t>();
  result.batch = json.at("batch").get<std::int64_t>();
  result.iterations = json.at("iterations").get<std::int64_t>();
  result.seed = json.at("seed").get<std::uint64_t>();
  result.photographs.identities = json.at("identities").get<std::vector<std::string>>();
  for (const auto& row : json.at("photographs")) {
    result.photographs.photographs.push_back(
        {row.at("path").get<std::string>(), row.at("identity").get<std::int32_t>()});
    result.photographs.held_out.push_back(row.at("held_out").get<bool>());
  }
  const std::int64_t count = std::ssize(result.photographs.photographs);
  const std::int64_t identities = std::ssize(result.photographs.identities);
  for (const auto& row : json.at("heads")) {
    FigureHead head;
    head.head = parse_figure_heads(row.at("head").get<std::string>()).at(0);
    head.loss = row.at("loss").get<double>();
    head.features = rows_from(row.at("features"), count, result.dimension);
    head.weight = rows_from(row.at("weights"), identities, result.dimension);
    if (row.contains("bias"))
      head.bias = Tensor::from(row.at("bias").get<std::vector<float>>(), {identities});
    result.heads.push_back(std::move(head));
  }
  return result;
} catch (const nlohmann::json::exception& error) {
  fail("figure: not what this program wrote: {}", error.what());
}

}  // namespace hypersphere
