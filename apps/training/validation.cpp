#include "apps/training/validation.h"

#include <algorithm>
#include <numeric>

#include "apps/evaluation/cosine.h"
#include "apps/evaluation/verification_json.h"
#include "apps/report/sheet.h"

namespace hypersphere {
namespace {

PairPhotographs load(const TrainingOptions& options, const std::optional<PairList>& held_out) {
  const std::filesystem::path& data = options.val_data.empty() ? options.data : options.val_data;
  const PairList list = held_out ? *held_out : read_pairs(options.val_pairs, data);
  return load_pair_photographs(list, held_out ? options.data : data, options.loader.framing,
                               options.network.width, options.network.height, options.loader.threads);
}

Image image_of(const Tensor& pixels, int index) {
  const Tensor row = pixels.slice(index, 1);
  const auto bytes = row.span<std::uint8_t>();
  return {
      static_cast<int>(pixels.shape()[2]), static_cast<int>(pixels.shape()[1]), {bytes.begin(), bytes.end()}};
}

}  // namespace

Validation::Validation(const TrainingOptions& options, const std::optional<PairList>& held_out)
    : activations_(options.compute.activations),
      photographs_(load(options, held_out)),
      raw_pixels_(verify_raw_pixels(photographs_)) {}

const Verification& Validation::measure(const SphereFace& network) {
  last_ = verify_network(network, photographs_, activations_);
  return last_;
}

nlohmann::json Validation::row(std::int64_t iteration) const {
  nlohmann::json row = to_json(last_);
  row["kind"] = "validation";
  row["iteration"] = iteration;
  row["raw_pixels"] = raw_pixels_.mean;
  return row;
}

Image Validation::sheet() const {
  const auto& pairs = photographs_.pairs;
  const auto decided_same = [&](std::size_t i) {
    return last_.similarities[i] > last_.folds[static_cast<std::size_t>(pairs[i].fold)].threshold;
  };
  std::vector<std::size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return last_.similarities[a] > last_.similarities[b]; });
  // For each of accepted-right, accepted-wrong, rejected-wrong, rejected-right, the most decided cases.
  constexpr std::size_t each = 6;
  std::vector<SheetPair> sheet;
  const auto take = [&](bool same, bool from_top) {
    std::size_t taken = 0;
    for (std::size_t k = 0; k < order.size() && taken < each; ++k) {
      const std::size_t i = from_top ? order[k] : order[order.size() - 1 - k];
      if (pairs[i].same != same || decided_same(i) != from_top) continue;
      sheet.push_back({image_of(photographs_.pixels, pairs[i].first),
                       image_of(photographs_.pixels, pairs[i].second), last_.similarities[i], same,
                       decided_same(i) == same});
      ++taken;
    }
  };
  take(true, true);
  take(false, false);
  take(true, false);
  take(false, true);
  return draw_pair_sheet(sheet, static_cast<int>(each));
}

std::vector<double> Validation::angles(bool same) const {
  std::vector<double> angles;
  for (std::size_t i = 0; i < photographs_.pairs.size(); ++i)
    if (photographs_.pairs[i].same == same)
      angles.push_back(degrees_of_cosine(last_.similarities[i]));
  return angles;
}

}  // namespace hypersphere
