#include "apps/evaluation/probe_matches.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "kernels/a_softmax/a_softmax.h"
#include "kernels/gemm/gemm.h"

namespace hypersphere {
namespace {

constexpr std::int64_t probes_at_once = 256, others_at_once = 512;

std::int64_t rows_of(const Tensor& photographs) { return photographs.defined() ? photographs.shape()[0] : 0; }

std::int64_t row_length(const Tensor& photographs) {
  return rows_of(photographs) == 0 ? 0 : photographs.size() / rows_of(photographs);
}

void check_rows(const Tensor& photographs, const char* what) {
  expect(photographs.defined() && photographs.shape().rank() >= 2 && photographs.device() == Device::cpu &&
             (photographs.dtype() == DType::f32 || photographs.dtype() == DType::u8),
         "match_probes: expected {} as f32 or u8 rows on the cpu, found {}", what, describe(photographs));
}

void check_length(const Tensor& photographs, const char* what, std::int64_t dim) {
  expect(rows_of(photographs) == 0 || row_length(photographs) == dim,
         "match_probes: expected {} with rows of {} as the gallery's, found {}", what, dim,
         describe(photographs));
}

// Rows [first, first + count), less the mean, each of length 1: f32 [count, dim].
Tensor unit_rows(const Tensor& photographs, std::int64_t first, std::int64_t count, const Tensor& mean,
                 const char* what) {
  const std::int64_t dim = row_length(photographs);
  const Tensor source = photographs.slice(first, count);
  Tensor rows = Tensor::empty({count, dim});
  float* values = rows.data<float>();
  const auto copy = [&](const auto* from) {
#pragma omp parallel for schedule(static)
    for (std::int64_t row = 0; row < count; ++row)
      for (std::int64_t i = row * dim; i < (row + 1) * dim; ++i) values[i] = static_cast<float>(from[i]);
  };
  if (source.dtype() == DType::u8)
    copy(source.data<std::uint8_t>());
  else
    copy(source.data<float>());
  if (mean.defined()) {
    const float* subtracted = mean.data<float>();
#pragma omp parallel for schedule(static)
    for (std::int64_t row = 0; row < count; ++row)
      for (std::int64_t i = 0; i < dim; ++i) values[row * dim + i] -= subtracted[i];
  }
  Tensor length = Tensor::empty({count});
  normalise_rows(rows, rows, length);
  for (std::int64_t row = 0; row < count; ++row)
    expect(std::isfinite(length.data<float>()[row]), "match_probes: row {} of {} is not finite", first + row,
           what);
  return rows;
}

// Calls use(first, scores) with the cosines of `probes` (unit rows) and each run of rows of `others`: f32 [probes, run].
template <class Use>
void for_each_score_block(const Tensor& probes, const Tensor& others, const Tensor& mean, const char* what,
                          Use&& use) {
  for (std::int64_t first = 0; first < rows_of(others); first += others_at_once) {
    const std::int64_t count = std::min(others_at_once, rows_of(others) - first);
    Tensor scores = Tensor::empty({probes.shape()[0], count});
    gemm(Transpose::no, Transpose::yes, probes, unit_rows(others, first, count, mean, what), 0, scores);
    use(first, scores);
  }
}

void check(const MatchInput& input) {
  check_rows(input.probes, "probes");
  check_rows(input.gallery, "a gallery");
  if (input.distractors.defined()) check_rows(input.distractors, "distractors");
  const std::int64_t dim = row_length(input.gallery);
  expect(rows_of(input.gallery) > 0, "match_probes: the gallery is empty");
  check_length(input.probes, "probes", dim);
  check_length(input.distractors, "distractors", dim);
  if (input.mean.defined()) expect_tensor(input.mean, {dim}, DType::f32, "match_probes", "mean");
  expect(
      std::ssize(input.probe_people) == rows_of(input.probes) &&
          std::ssize(input.gallery_people) == rows_of(input.gallery),
      "match_probes: expected a person for each of {} probes and {} photographs in the gallery, found {} and "
      "{}",
      rows_of(input.probes), rows_of(input.gallery), input.probe_people.size(), input.gallery_people.size());
}

// How many people there may be, from the largest label; `enrolled` says which of them are in the gallery.
std::vector<bool> people_enrolled(const MatchInput& input) {
  std::vector<bool> enrolled;
  for (const std::int32_t person : input.gallery_people) {
    expect(person >= 0, "match_probes: expected people of 0 or more in the gallery, found {}", person);
    const auto index = static_cast<std::size_t>(person);
    if (index >= enrolled.size()) enrolled.resize(index + 1);
    enrolled[index] = true;
  }
  for (std::size_t i = 0; i < input.probe_people.size(); ++i) {
    const std::int32_t person = input.probe_people[i];
    expect(person == -1 ||
               (person >= 0 && person < std::ssize(enrolled) && enrolled[static_cast<std::size_t>(person)]),
           "match_probes: probe {} shows person {}, who is not in the gallery", i, person);
  }
  return enrolled;
}

// Of `probes`, unit rows whose matches these are: similarities to the people in the gallery.
void match_gallery(const MatchInput& input, const std::vector<bool>& enrolled, const Tensor& probes,
                   std::span<const std::int32_t> own, std::span<ProbeMatch> matches) {
  const std::int64_t people = std::ssize(enrolled), count = std::ssize(matches);
  std::vector<float> similarities(static_cast<std::size_t>(count * people), ProbeMatch::nobody);
  float* similarity = similarities.data();
  for_each_score_block(probes, input.gallery, input.mean, "gallery",
                       [&](std::int64_t first, const Tensor& scores) {
                         const std::int64_t columns = scores.shape()[1];
                         const std::int32_t* person = input.gallery_people.data() + first;
                         const float* score = scores.data<float>();
#pragma omp parallel for schedule(static)
                         for (std::int64_t p = 0; p < count; ++p)
                           for (std::int64_t c = 0; c < columns; ++c) {
                             float& best = similarity[p * people + person[c]];
                             best = std::max(best, score[p * columns + c]);
                           }
                       });
  for (std::int64_t p = 0; p < count; ++p) {
    ProbeMatch& match = matches[static_cast<std::size_t>(p)];
    const std::int32_t self = own[static_cast<std::size_t>(p)];
    const float* row = similarity + p * people;
    if (self >= 0) match.own = row[self];
    for (std::int64_t person = 0; person < people; ++person) {
      if (person == self || !enrolled[static_cast<std::size_t>(person)]) continue;
      match.other = std::max(match.other, row[person]);
      match.people_before += row[person] >= match.own;
    }
  }
}

// The same probes among the distractors, once match_gallery knows how similar they are to their own.
void match_distractors(const MatchInput& input, const Tensor& probes, std::span<ProbeMatch> matches) {
  for_each_score_block(probes, input.distractors, input.mean, "distractors",
                       [&](std::int64_t first, const Tensor& scores) {
                         const std::int64_t columns = scores.shape()[1];
                         const float* score = scores.data<float>();
#pragma omp parallel for schedule(static)
                         for (std::int64_t p = 0; p < std::ssize(matches); ++p) {
                           ProbeMatch& match = matches[static_cast<std::size_t>(p)];
                           for (std::int64_t c = 0; c < columns; ++c) {
                             const float value = score[p * columns + c];
                             match.other = std::max(match.other, value);
                             if (value < match.own) continue;
                             ++match.distractors_before;
                             if (match.first_distractor < 0) match.first_distractor = first + c;
                           }
                         }
                       });
}

}  // namespace

std::vector<ProbeMatch> match_probes(const MatchInput& input) {
  check(input);
  const std::vector<bool> enrolled = people_enrolled(input);
  std::vector<ProbeMatch> matches(input.probe_people.size());
  for (std::int64_t begin = 0; begin < rows_of(input.probes); begin += probes_at_once) {
    const std::int64_t count = std::min(probes_at_once, rows_of(input.probes) - begin);
    const Tensor probes = unit_rows(input.probes, begin, count, input.mean, "probes");
    const auto from = static_cast<std::size_t>(begin), some = static_cast<std::size_t>(count);
    const std::span block = std::span(matches).subspan(from, some);
    match_gallery(input, enrolled, probes, std::span(input.probe_people).subspan(from, some), block);
    match_distractors(input, probes, block);
  }
  return matches;
}

Tensor mean_row(const Tensor& rows) {
  check_rows(rows, "rows");
  expect(rows_of(rows) > 0, "mean_row: there are no rows");
  const std::int64_t count = rows_of(rows), dim = row_length(rows);
  std::vector<double> sum(static_cast<std::size_t>(dim));
  const auto add = [&](const auto* values) {
    for (std::int64_t row = 0; row < count; ++row)
      for (std::int64_t i = 0; i < dim; ++i)
        sum[static_cast<std::size_t>(i)] += static_cast<double>(values[row * dim + i]);
  };
  if (rows.dtype() == DType::u8)
    add(rows.data<std::uint8_t>());
  else
    add(rows.data<float>());
  Tensor mean = Tensor::empty({dim});
  for (std::int64_t i = 0; i < dim; ++i)
    mean.data<float>()[i] = static_cast<float>(sum[static_cast<std::size_t>(i)] / static_cast<double>(count));
  return mean;
}

}  // namespace hypersphere
