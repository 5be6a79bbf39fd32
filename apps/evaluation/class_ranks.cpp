#include "apps/evaluation/class_ranks.h"

#include <algorithm>
#include <unordered_map>

#include "kernels/a_softmax/a_softmax.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"

namespace hypersphere {
namespace {

// The weights that the logits are made with: rows of length 1 but for the plain softmax, which has a bias.
Tensor logit_weight(const Tensor& weight, const Tensor& bias) {
  if (bias.defined()) return weight;
  Tensor unit = Tensor::empty(weight.shape(), DType::f32, weight.device());
  Tensor length = Tensor::empty({weight.shape()[0]}, DType::f32, weight.device());
  normalise_rows(weight, unit, length);
  return unit;
}

// Calls use(row, logits) with each row's logits on the cpu.
template <class Use>
void for_each_logits(const Tensor& head_weight, const Tensor& bias, const Tensor& features, Use&& use) {
  constexpr std::int64_t some = 1024;
  const Tensor weight = logit_weight(head_weight, bias);
  const std::int64_t rows = features.defined() ? features.shape()[0] : 0, classes = weight.shape()[0];
  expect_tensor(features, {rows, weight.shape()[1]}, DType::f32, "class_ranks", "features");
  for (std::int64_t first = 0; first < rows; first += some) {
    const std::int64_t count = std::min(some, rows - first);
    Tensor logits = Tensor::empty({count, classes}, DType::f32, weight.device());
    gemm(Transpose::no, Transpose::yes, features.slice(first, count).to(weight.device()), weight, 0, logits);
    if (bias.defined()) add_bias(bias, logits);
    const Tensor here = logits.to(Device::cpu);
    for (std::int64_t row = 0; row < count; ++row)
      use(first + row, here.span<float>().subspan(static_cast<std::size_t>(row * classes),
                                                  static_cast<std::size_t>(classes)));
  }
}

}  // namespace

std::vector<std::int32_t> classes_of(const std::vector<std::string>& people,
                                     const std::vector<std::string>& classes) {
  std::unordered_map<std::string, std::int32_t> index;
  for (const std::string& name : classes)
    expect(index.emplace(name, static_cast<std::int32_t>(index.size())).second,
           "classes: two classes of the model have the name '{}'", name);
  std::vector<std::int32_t> result;
  for (const std::string& name : people) {
    const auto found = index.find(name);
    result.push_back(found == index.end() ? -1 : found->second);
  }
  return result;
}

std::vector<std::int32_t> classes_of_photographs(const Dataset& dataset,
                                                 const std::vector<std::string>& classes) {
  const std::vector<std::int32_t> of_people = classes_of(dataset.identities, classes);
  std::vector<std::int32_t> result;
  for (const Photograph& photograph : dataset.photographs)
    result.push_back(of_people[static_cast<std::size_t>(photograph.label)]);
  return result;
}

std::vector<std::int64_t> class_ranks(const Head& head, const Tensor& features,
                                      const std::vector<std::int32_t>& labels) {
  expect(features.defined() && features.shape().rank() == 2 && std::ssize(labels) == features.shape()[0],
         "class_ranks: expected a label for each row, found {} labels for {}", labels.size(),
         describe(features));
  for (const std::int32_t label : labels)
    expect(label >= 0 && label < head.classes(), "class_ranks: expected labels in [0, {}), found {}",
           head.classes(), label);
  std::vector<std::int64_t> ranks(labels.size());
  for_each_logits(head.weight(), head.bias(), features, [&](std::int64_t row, std::span<const float> logits) {
    const auto at = static_cast<std::size_t>(row);
    const float own = logits[static_cast<std::size_t>(labels[at])];
    // "not below" rather than "above or equal": a NaN helps nobody. The class itself is counted once.
    ranks[at] = std::ranges::count_if(logits, [&](float logit) { return !(logit < own); });
  });
  return ranks;
}

std::vector<std::int32_t> best_classes(const Head& head, const Tensor& features) {
  return best_classes(head.weight(), head.bias(), features);
}

std::vector<std::int32_t> best_classes(const Tensor& weight, const Tensor& bias, const Tensor& features) {
  std::vector<std::int32_t> classes;
  for_each_logits(weight, bias, features, [&](std::int64_t, std::span<const float> logits) {
    classes.push_back(static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin()));
  });
  return classes;
}

ClassDecision verify_by_class(const std::vector<std::int32_t>& classes,
                              const std::vector<VerificationInput::Pair>& pairs) {
  double matched = 0, mismatched = 0, accepted_matched = 0, accepted_mismatched = 0;
  for (const VerificationInput::Pair& pair : pairs) {
    for (const int photograph : {pair.first, pair.second})
      expect(photograph >= 0 && photograph < std::ssize(classes),
             "verify_by_class: a pair refers to photograph {}, but there are {}", photograph, classes.size());
    const bool same_class =
        classes[static_cast<std::size_t>(pair.first)] == classes[static_cast<std::size_t>(pair.second)];
    (pair.same ? matched : mismatched) += 1;
    (pair.same ? accepted_matched : accepted_mismatched) += same_class;
  }
  expect(matched > 0 && mismatched > 0,
         "verify_by_class: expected matched and mismatched pairs, found {} and {}", matched, mismatched);
  return {.accuracy = (accepted_matched + mismatched - accepted_mismatched) / (matched + mismatched),
          .tpr = accepted_matched / matched,
          .fpr = accepted_mismatched / mismatched};
}

}  // namespace hypersphere
