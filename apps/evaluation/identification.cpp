#include "apps/evaluation/identification.h"

#include <algorithm>
#include <functional>

#include "tensor/error.h"

namespace hypersphere {
namespace {

double share(std::int64_t part, std::size_t all) {
  return static_cast<double>(part) / static_cast<double>(all);
}

// Walks down the unknown probes' best similarities; between two of them FAR stands still.
std::vector<DetectionPoint> detection_curve(const std::vector<ProbeMatch>& known,
                                            const std::vector<ProbeMatch>& unknown) {
  std::vector<float> alarms, found;  // from the highest
  for (const ProbeMatch& match : unknown) alarms.push_back(match.other);
  for (const ProbeMatch& match : known)
    if (match.rank() == 1) found.push_back(match.own);
  std::ranges::sort(alarms, std::greater<>());
  std::ranges::sort(found, std::greater<>());
  std::vector<DetectionPoint> curve;
  std::size_t detected = 0;
  const auto add = [&](std::size_t alarmed, float threshold) {
    while (detected < found.size() && found[detected] > threshold) ++detected;
    curve.push_back({share(static_cast<std::int64_t>(alarmed), unknown.size()),
                     share(static_cast<std::int64_t>(detected), known.size()),
                     static_cast<double>(threshold)});
  };
  for (std::size_t i = 0; i < alarms.size(); ++i)
    if (i == 0 || alarms[i] < alarms[i - 1]) add(i, alarms[i]);
  add(alarms.size(), ProbeMatch::nobody);
  return curve;
}

double dir_at(const std::vector<DetectionPoint>& curve, double far) {
  double dir = 0;
  for (const DetectionPoint& point : curve)
    if (point.far <= far) dir = point.dir;
  return dir;
}

}  // namespace

std::vector<double> cumulative_matches(const std::vector<std::int64_t>& ranks, std::int64_t candidates) {
  expect(!ranks.empty() && candidates >= 1,
         "identification: expected a probe and a candidate, found {} and {}", ranks.size(), candidates);
  std::vector<std::int64_t> count(static_cast<std::size_t>(std::min<std::int64_t>(20, candidates)));
  for (const std::int64_t rank : ranks) {
    expect(rank >= 1, "identification: expected ranks of 1 or more, found {}", rank);
    if (rank <= std::ssize(count)) ++count[static_cast<std::size_t>(rank - 1)];
  }
  std::vector<double> cmc;
  std::int64_t sum = 0;
  for (const std::int64_t here : count) cmc.push_back(share(sum += here, ranks.size()));
  return cmc;
}

Identification identify(const std::vector<ProbeMatch>& known, const std::vector<ProbeMatch>& unknown,
                        std::int64_t candidates, std::int64_t distractors) {
  expect(!known.empty() && !unknown.empty(),
         "identification: expected probes of known and of unknown people, found {} and {}", known.size(),
         unknown.size());
  expect(0 <= distractors && distractors < candidates,
         "identification: expected more candidates than distractors, found {} and {}", candidates,
         distractors);
  Identification result;
  std::vector<std::int64_t> ranks;
  for (const ProbeMatch& match : known) ranks.push_back(match.rank());
  result.cmc = cumulative_matches(ranks, candidates);
  result.detection = detection_curve(known, unknown);
  result.dir_at_far_1e2 = dir_at(result.detection, 1e-2);
  result.dir_at_far_1e1 = dir_at(result.detection, 1e-1);
  std::vector<std::int64_t> sizes = {0};
  for (std::int64_t size = 10; size < distractors; size *= 10) sizes.push_back(size);
  if (distractors > 0) sizes.push_back(distractors);
  for (const std::int64_t size : sizes) {
    const auto first = std::ranges::count_if(known, [&](const ProbeMatch& match) {
      return match.people_before == 0 && (match.first_distractor < 0 || match.first_distractor >= size);
    });
    result.distractors.push_back({size, share(first, known.size())});
  }
  return result;
}

Identification identify_split(const IdentificationSplit& split, const Tensor& photographs, bool mean_free) {
  const std::int64_t gallery = std::ssize(split.gallery), known = std::ssize(split.probes),
                     unknown = std::ssize(split.unknown), distractors = std::ssize(split.distractors);
  expect(photographs.defined() && photographs.shape().rank() >= 2 &&
             photographs.shape()[0] == gallery + known + unknown + distractors,
         "identification: expected a row for each of {} photographs, found {}",
         gallery + known + unknown + distractors, describe(photographs));
  MatchInput input{.probes = photographs.slice(gallery, known + unknown),
                   .gallery = photographs.slice(0, gallery),
                   .distractors = photographs.slice(gallery + known + unknown, distractors),
                   .probe_people = labels_of(split.probes),
                   .gallery_people = labels_of(split.gallery)};
  input.probe_people.resize(split.probes.size() + split.unknown.size(), -1);
  if (mean_free) input.mean = mean_row(input.gallery);
  const std::vector<ProbeMatch> matches = match_probes(input);
  const auto known_end = matches.begin() + known;
  return identify({matches.begin(), known_end}, {known_end, matches.end()},
                  people_of(split.gallery) + distractors, distractors);
}

}  // namespace hypersphere
