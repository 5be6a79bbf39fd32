// What becomes of a convolution's sums on their way to memory. A convolution kernel is a template over one of these
// function objects, so that bias, PReLU and residual sum cost it a few instructions and no trip to memory of their own.
// Compiled once a SIMD target.
//
// Each is called as (sum, at, channel): the sums of a vector of channels from `channel` on (or of that channel alone), which
// belong at offset `at` of the output and of every tensor of the output's shape. The way back also adds to sums over pixels,
// in a register that the kernel keeps for the channel: epilogue_of_pixel() calls either. of_part(k) is the one for the k-th
// part of the work, where that matters.

#include <type_traits>

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

/// Whether a tensor of so many values is better written past the caches: most of it would leave them before it is read again,
/// and the processor need not read what is overwritten. All vectors of a cache line must be written one after the other, and
/// one tensor at a time: two interleaved are slower than none (measured on Zen 3).
inline bool larger_than_caches(std::int64_t values) { return values * 4 >= (std::int64_t{4} << 20); }

HWY_INLINE void put(Vector value, float* to, bool past_caches) {
  if (past_caches)
    hn::Stream(value, Floats(), to);
  else
    hn::StoreU(value, Floats(), to);
}

/// y = sum + bias[channel] + residual, where the latter two are not null. past_caches: y is aligned to vectors, too.
struct StoreSums {
  float* y;
  const float* bias = nullptr;
  const float* residual = nullptr;
  bool past_caches = false;

  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t channel) const {
    const Floats d;
    if (bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, bias + channel));
    if (residual != nullptr) sum = hn::Add(sum, hn::LoadU(d, residual + at));
    put(sum, y + at, past_caches);
  }
  HWY_INLINE void operator()(float sum, std::int64_t at, std::int64_t channel) const {
    if (bias != nullptr) sum += bias[channel];
    if (residual != nullptr) sum += residual[at];
    y[at] = sum;
  }
  const StoreSums& of_part(std::int64_t) const { return *this; }
};

/// before = sum + bias[channel]; y = PReLU(before) + residual. Null pointers stand for what is not wanted. `before` is not
/// read until the way back; before_past_caches: it is aligned to vectors, too.
struct StoreRectified {
  float* y;
  const float* slope;
  const float* bias = nullptr;
  const float* residual = nullptr;
  float* before = nullptr;
  bool before_past_caches = false;

  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t channel) const {
    const Floats d;
    if (bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, bias + channel));
    if (before != nullptr) put(sum, before + at, before_past_caches);
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
/// start at zero. past_caches: dbefore is aligned to vectors, too.
struct StoreGradientBeforeRectifier {
  float* dbefore;
  const float* before;
  const float* slope;
  float* partial_sums;
  std::int64_t channels;
  bool past_caches = false;

  /// dslope's share of some pixels stays in a register until add().
  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t channel, Vector& share) const {
    const Floats d;
    const Vector value = hn::LoadU(d, before + at);
    const auto positive = hn::Gt(value, hn::Zero(d));
    put(hn::IfThenElse(positive, sum, hn::Mul(sum, hn::LoadU(d, slope + channel))), dbefore + at,
        past_caches);
    share = hn::Add(share, hn::IfThenZeroElse(positive, hn::Mul(sum, value)));
  }
  HWY_INLINE void add(Vector share, std::int64_t channel) const {
    const Floats d;
    hn::StoreU(hn::Add(hn::LoadU(d, partial_sums + channel), share), d, partial_sums + channel);
  }
  StoreGradientBeforeRectifier of_part(std::int64_t part) const {
    return {dbefore, before, slope, partial_sums + part * channels, channels, past_caches};
  }
};

/// Whether an epilogue adds over the pixels of a channel.
template <class Epilogue>
inline constexpr bool adds_over_pixels =
    std::is_invocable_v<const Epilogue&, Vector, std::int64_t, std::int64_t, Vector&>;

/// Calls the epilogue for a vector of sums; `share` is what it adds over the pixels of a channel, if it does.
template <class Epilogue>
HWY_INLINE void epilogue_of_pixel(const Epilogue& epilogue, Vector sum, std::int64_t at, std::int64_t channel,
                                  Vector& share) {
  if constexpr (adds_over_pixels<Epilogue>)
    epilogue(sum, at, channel, share);
  else
    epilogue(sum, at, channel);
}
/// After the last pixel.
template <class Epilogue>
HWY_INLINE void epilogue_of_channel(const Epilogue& epilogue, Vector share, std::int64_t channel) {
  if constexpr (adds_over_pixels<Epilogue>) epilogue.add(share, channel);
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
