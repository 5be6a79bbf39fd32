#include "nn/head.h"

#include <algorithm>
#include <cmath>

#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"
#include "nn/initialise.h"
#include "tensor/share.h"

namespace hypersphere {
namespace {

// Apart from the network's streams, which count from 0.
constexpr std::uint64_t first_stream = std::uint64_t{1} << 32;

/// Logits that are held at once: more come in parts of this many.
constexpr std::int64_t most_logits = std::int64_t{1} << 24, part_logits = std::int64_t{1} << 23;

ClassRange range_of(std::int64_t classes, const std::shared_ptr<Communicator>& ranks) {
  if (!ranks) return {0, classes, classes};
  const Share share = share_of(classes, ranks->rank(), ranks->size());
  return {share.begin, share.count(), classes};
}

Tensor unit_rows(const Tensor& weight, Tensor unit) {
  Tensor length = Tensor::empty({weight.shape()[0]}, DType::f32, weight.device());
  normalise_rows(weight, unit, length);
  return unit;
}

}  // namespace

std::string_view to_string(HeadKind kind) {
  switch (kind) {
    case HeadKind::softmax:
      return "softmax";
    case HeadKind::modified_softmax:
      return "modified-softmax";
    case HeadKind::a_softmax:
      return "a-softmax";
  }
  return "?";
}

HeadKind parse_head(std::string_view word) {
  for (const HeadKind kind : {HeadKind::softmax, HeadKind::modified_softmax, HeadKind::a_softmax})
    if (word == to_string(kind)) return kind;
  fail("head: expected softmax, modified-softmax or a-softmax, found '{}'", word);
}

std::string_view to_string(MarginGradient gradient) {
  return gradient == MarginGradient::exact ? "exact" : "sphereface";
}

MarginGradient parse_margin_gradient(std::string_view word) {
  for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface})
    if (word == to_string(gradient)) return gradient;
  fail("head: expected a gradient of exact or sphereface, found '{}'", word);
}

double LambdaSchedule::at(std::int64_t iteration) const {
  return std::max(minimum, base * std::pow(1 + gamma * static_cast<double>(iteration), -power));
}

Head::Head(HeadOptions options, std::int64_t embedding, std::int64_t classes,
           std::shared_ptr<Communicator> ranks)
    : options_(options),
      classes_(classes),
      ranks_(std::move(ranks)),
      range_(range_of(classes, ranks_)),
      weight_(add_parameter("weight", {range_.count, embedding})) {
  expect(embedding >= 1 && classes >= 1, "head: expected an embedding and a class at least, found {} and {}",
         embedding, classes);
  expect(!ranks_ || classes >= ranks_->size(), "head: {} classes cannot be shared out over {} processes",
         classes, ranks_ ? ranks_->size() : 1);
  expect(options.kind != HeadKind::a_softmax || (options.margin >= 1 && options.margin <= 4),
         "head: expected a margin of 1, 2, 3 or 4, found {}", options.margin);
  expect(options.feature_scale >= 0 && std::isfinite(options.feature_scale),
         "head: expected a finite feature_scale of 0 or more, found {}", options.feature_scale);
  if (options.kind == HeadKind::softmax) bias_ = &add_parameter("bias", {range_.count}, 2, 0);
}

void Head::initialise(std::uint64_t seed) {
  Random random(seed, random_stream(RandomUse::initialise, first_stream));
  random.skip(static_cast<std::uint64_t>(range_.first * weight_.variable.value().shape()[1]));
  initialise_xavier(weight_.variable.value(), random);
  if (bias_) bias_->variable.value().set_zero();
}

std::optional<ClassParts> Head::parts(std::vector<std::int64_t> classes, std::int64_t rows,
                                      std::int64_t all_rows) const {
  if (!ranks_ && rows * classes[0] <= most_logits) return std::nullopt;
  const std::int64_t together = ranks_ ? all_rows : rows;
  ClassParts parts{.most = std::max<std::int64_t>(1, part_logits / std::max<std::int64_t>(1, together))};
  if (!ranks_) return parts;
  parts.ranks = ranks_;
  parts.classes = std::move(classes);
  parts.rows = shares_of(all_rows, ranks_->size());
  return parts;
}

Head::Result Head::forward(const Variable& embeddings, const Tensor& labels_of_this, float lambda,
                           std::int64_t all_rows, const ClassSample* sample) {
  const Variable features = options_.feature_scale > 0
                                ? normalise_rows(embeddings, static_cast<float>(options_.feature_scale))
                                : embeddings;
  const Tensor& labels = sample != nullptr ? sample->labels : labels_of_this;
  const std::optional<ClassParts> in_parts =
      parts(sample != nullptr ? sample->classes : shares_of(classes_, ranks_ ? ranks_->size() : 1),
            labels_of_this.size(), all_rows);
  const auto sampled = [&](const Variable& all) {
    return sample != nullptr ? take_rows(all, sample->rows) : all;
  };
  if (options_.kind == HeadKind::softmax) {
    const Variable weight = sampled(weight_.variable), bias = sampled(bias_->variable);
    if (in_parts) {
      Tensor correct;
      const Variable loss = softmax_loss_in_parts(features, weight, bias, labels, *in_parts, &correct);
      return {loss, correct};
    }
    const Variable logits = linear(features, weight, bias);
    Tensor correct = Tensor::empty({}, DType::i32, labels.device());
    count_correct(logits.value(), labels, correct);
    return {softmax_cross_entropy(logits, labels), correct};
  }

  MarginOptions margin{.margin = 1, .lambda = 0, .gradient = options_.gradient};
  if (options_.kind == HeadKind::a_softmax) {
    margin.margin = options_.margin;
    margin.lambda = lambda;
  }
  Variable all = weight_.variable;
  if (options_.gradient == MarginGradient::sphereface) {
    const Tensor& value = weight_.variable.value();
    if (NoGradient::recording())
      unit_rows(value, value);
    else
      all = Variable(unit_rows(value, Tensor::empty(value.shape(), DType::f32, value.device())));
  }
  const Variable weight = sampled(all);
  Tensor correct;
  const Variable loss = in_parts
                            ? a_softmax_loss_in_parts(features, weight, labels, margin, *in_parts, &correct)
                            : a_softmax_loss(features, weight, labels, margin, &correct);
  return {loss, correct};
}

}  // namespace hypersphere
