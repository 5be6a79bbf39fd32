// Heads: from embeddings and labels to the training loss. They are dropped when the network is used.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "autograd/functions.h"
#include "nn/class_sample.h"
#include "nn/module.h"

namespace hypersphere {

enum class HeadKind { softmax, modified_softmax, a_softmax };
/// "softmax", "modified-softmax", "a-softmax". parse_head throws Error for another word.
std::string_view to_string(HeadKind kind);
HeadKind parse_head(std::string_view word);

/// "exact", "sphereface". parse_margin_gradient throws Error for another word.
std::string_view to_string(MarginGradient gradient);
MarginGradient parse_margin_gradient(std::string_view word);

struct HeadOptions {
  HeadKind kind = HeadKind::a_softmax;
  int margin = 4;  ///< m of the A-Softmax, 1..4; the other heads have none
  MarginGradient gradient = MarginGradient::exact;
  /// The length that embeddings are brought to before they meet the class weights, so that the loss depends on angles
  /// alone; 0 leaves them their own. It must be well above 1 for a loss of many classes to come near 0 (Wang et al.,
  /// "NormFace", arXiv 1704.06369, proposition 2).
  double feature_scale = 0;
};

/// lambda of the annealing: max(minimum, base (1 + gamma iteration)^-power), iterations counted from 1
/// (the authors' Caffe layer; section "A-Softmax" of the README's recipe).
struct LambdaSchedule {
  double base = 1000, gamma = 0.12, power = 1, minimum = 5;
  double at(std::int64_t iteration) const;
};

/// Class weights, parameter "weight" [classes, embedding]; the plain softmax has a "bias" [classes] besides
/// (rate x2, no decay). Throws Error for a margin outside of 1..4, a feature_scale that is negative or not finite, or
/// without an embedding or a class, or with less than a class for each process.
class Head : public Module {
 public:
  /// With `ranks`, the processes share the classes out: this one has the parameters of share_of(classes, rank, ranks) of them.
  Head(HeadOptions options, std::int64_t embedding, std::int64_t classes,
       std::shared_ptr<Communicator> ranks = nullptr);
  void initialise(
      std::uint64_t seed);  ///< Xavier uniform; a class has the same weights in whatever process it is

  struct Result {
    Variable loss;   ///< scalar
    Tensor correct;  ///< i32 [] on the head's device: rows whose largest logit without margin is the label's
  };
  /// embeddings: f32 [B, embedding], labels: i32 [B]. Where B times classes is above 2^24 (64 MiB of logits), the classes
  /// come in parts and their logits are never held whole. lambda is the A-Softmax's; the other heads ignore it.
  /// With MarginGradient::sphereface the rows of "weight" are brought to length 1 in place first, except
  /// under NoGradient, where a copy is: measuring must not change what is trained.
  /// Where processes share the classes out, embeddings and labels are this one's share_of(all_rows, rank, ranks) and the result
  /// is of all rows, the same in every process. With `sample` (draw_classes, on the head's device) the other classes
  /// have no part in the result, and gradients of 0.
  /// Throws Error for unfit shapes and, on the cpu, for a label outside of [0, classes); on cuda the loss is NaN then.
  Result forward(const Variable& embeddings, const Tensor& labels, float lambda, std::int64_t all_rows = 0,
                 const ClassSample* sample = nullptr);

  const Tensor& weight() const { return weight_.variable.value(); }
  /// The softmax's; undefined for the other heads.
  Tensor bias() const { return bias_ ? bias_->variable.value() : Tensor(); }
  const HeadOptions& options() const { return options_; }
  std::int64_t classes() const { return classes_; }   ///< of all processes
  const ClassRange& range() const { return range_; }  ///< this process's of them
  bool is_shared() const { return ranks_ != nullptr; }

 private:
  /// How `classes` of each process come for so many rows; nothing where their logits are held whole.
  std::optional<ClassParts> parts(std::vector<std::int64_t> classes, std::int64_t rows,
                                  std::int64_t all_rows) const;

  HeadOptions options_;
  std::int64_t classes_;
  std::shared_ptr<Communicator> ranks_;  // null: all classes are here
  ClassRange range_;
  Parameter& weight_;
  Parameter* bias_ = nullptr;
};

}  // namespace hypersphere
