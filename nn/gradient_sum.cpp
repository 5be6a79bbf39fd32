#include "nn/gradient_sum.h"

#include "kernels/elementwise/elementwise.h"

namespace hypersphere {

// The gradients of some parameters one behind the other.
struct GradientSum::Bucket {
  std::vector<Parameter*> parameters;
  std::int64_t size = 0;    // numbers
  std::size_t missing = 0;  // gradients of this backward pass
  Tensor values;
  std::unique_ptr<PendingSum> sum;
};

GradientSum::GradientSum(std::vector<NamedParameter> parameters, std::shared_ptr<Communicator> communicator,
                         std::int64_t bucket_bytes)
    : communicator_(std::move(communicator)), parameters_(std::move(parameters)) {
  if (communicator_->size() == 1) return;
  for (std::size_t i = parameters_.size(); i-- > 0;) {
    Parameter& parameter = *parameters_[i].parameter;
    const std::int64_t size = parameter.variable.value().size();
    if (buckets_.empty() || (buckets_.back()->size + size) * 4 > bucket_bytes)
      buckets_.push_back(std::make_unique<Bucket>());
    Bucket& bucket = *buckets_.back();
    bucket.parameters.push_back(&parameter);
    bucket.size += size;
    ++bucket.missing;
    bytes_ += size * 4;
    parameter.variable.on_gradient([this, at = buckets_.size() - 1] { gradient_there(at); });
  }
}

GradientSum::~GradientSum() {
  if (buckets_.empty()) return;
  for (const NamedParameter& named : parameters_) named.parameter->variable.on_gradient({});
}

void GradientSum::gradient_there(std::size_t bucket) {
  --buckets_[bucket]->missing;
  start_ready();
  for (std::size_t k = 0; k < next_; ++k) buckets_[k]->sum->nudge();
}

void GradientSum::start_ready() {
  while (next_ < buckets_.size() && buckets_[next_]->missing == 0) {
    Bucket& bucket = *buckets_[next_++];
    const Device device = bucket.parameters[0]->variable.value().device();
    bucket.values = Tensor::empty({bucket.size}, DType::f32, device);
    std::int64_t first = 0;
    for (const Parameter* parameter : bucket.parameters) {
      const std::int64_t size = parameter->variable.value().size();
      Tensor place = bucket.values.slice(first, size);
      const Tensor& gradient = parameter->variable.gradient();
      if (gradient.defined())
        place.copy_from(gradient.reshape({size}));
      else
        place.set_zero();
      first += size;
    }
    bucket.sum = communicator_->start_sum(bucket.values);
  }
}

void GradientSum::finish() {
  for (const auto& bucket : buckets_) bucket->missing = 0;  // what has none by now will have none
  start_ready();
  for (const auto& bucket : buckets_) {
    bucket->sum->wait();
    bucket->sum.reset();
    std::int64_t first = 0;
    for (Parameter* parameter : bucket->parameters) {
      const Tensor& value = parameter->variable.value();
      parameter->variable.set_gradient(bucket->values.slice(first, value.size()).reshape(value.shape()));
      first += value.size();
    }
    bucket->values = Tensor();
    bucket->missing = bucket->parameters.size();
  }
  next_ = 0;
}

}  // namespace hypersphere
