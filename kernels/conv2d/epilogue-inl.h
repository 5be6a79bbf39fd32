// What becomes of a convolution's sums on their way to memory. A convolution kernel is a template over one of these
// function objects, so that bias, PReLU and residual sum cost it a few instructions and no trip to memory of their own.
// Compiled once a SIMD target.
//
// Each is called as (sum, at, channel): the sums of a vector of channels from `channel` on (or of that channel alone), which
// belong at offset `at` of the output and of every tensor of the output's shape. of_part(k) is the one for the k-th part of
// the work, where that matters.

#include "kernels/gemm/micro_kernel-inl.h"
#include "tensor/tensor.h"

#if defined(HYPERSPHERE_EPILOGUE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HYPERSPHERE_EPILOGUE_INL_H_
#undef HYPERSPHERE_EPILOGUE_INL_H_
#else
#define HYPERSPHERE_EPILOGUE_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

inline const float* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.data<float>() : nullptr;
}

/// y = sum + bias[channel] + residual, where the latter two are not null.
struct StoreSums {
  float* y;
  const float* bias = nullptr;
  const float* residual = nullptr;

  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t channel) const {
    const Floats d;
    if (bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, bias + channel));
    if (residual != nullptr) sum = hn::Add(sum, hn::LoadU(d, residual + at));
    hn::StoreU(sum, d, y + at);
  }
  HWY_INLINE void operator()(float sum, std::int64_t at, std::int64_t channel) const {
    if (bias != nullptr) sum += bias[channel];
    if (residual != nullptr) sum += residual[at];
    y[at] = sum;
  }
  const StoreSums& of_part(std::int64_t) const { return *this; }
};

/// before = sum + bias[channel]; y = PReLU(before) + residual. Null pointers stand for what is not wanted.
struct StoreRectified {
  float* y;
  const float* slope;
  const float* bias = nullptr;
  const float* residual = nullptr;
  float* before = nullptr;

  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t channel) const {
    const Floats d;
    if (bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, bias + channel));
    if (before != nullptr) hn::StoreU(sum, d, before + at);
    Vector value = hn::IfThenElse(hn::Gt(sum, hn::Zero(d)), sum, hn::Mul(sum, hn::LoadU(d, slope + channel)));
    if (residual != nullptr) value = hn::Add(value, hn::LoadU(d, residual + at));
    hn::StoreU(value, d, y + at);
  }
  HWY_INLINE void operator()(float sum, std::int64_t at, std::int64_t channel) const {
    if (bias != nullptr) sum += bias[channel];
    if (before != nullptr) before[at] = sum;
    float value = sum > 0 ? sum : sum * slope[channel];
    if (residual != nullptr) value += residual[at];
    y[at] = value;
  }
  const StoreRectified& of_part(std::int64_t) const { return *this; }
};

/// The way back through a PReLU: dbefore = sum (before > 0 ? 1 : slope), and dslope's partial sums += sum before where
/// before <= 0 (kernels/prelu/prelu.h). Parts of the work have rows of their own in partial_sums [parts, channels], which
/// start at zero.
struct StoreGradientBeforeRectifier {
  float* dbefore;
  const float* before;
  const float* slope;
  float* partial_sums;
  std::int64_t channels;

  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t channel) const {
    const Floats d;
    const Vector value = hn::LoadU(d, before + at);
    const auto positive = hn::Gt(value, hn::Zero(d));
    hn::StoreU(hn::IfThenElse(positive, sum, hn::Mul(sum, hn::LoadU(d, slope + channel))), d, dbefore + at);
    const Vector share = hn::IfThenZeroElse(positive, hn::Mul(sum, value));
    hn::StoreU(hn::Add(hn::LoadU(d, partial_sums + channel), share), d, partial_sums + channel);
  }
  StoreGradientBeforeRectifier of_part(std::int64_t part) const {
    return {dbefore, before, slope, partial_sums + part * channels, channels};
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
