// The choice of backend. An operation's public function checks its arguments once and then calls the backend
// of the device that holds them; a backend function may assume checked arguments.
#pragma once

#include "kernels/profile.h"
#include "tensor/tensor.h"

namespace hypersphere {

#ifdef HYPERSPHERE_CUDA
inline constexpr bool cuda_in_this_build = true;
#else
inline constexpr bool cuda_in_this_build = false;
#endif

/// Throws Error unless every tensor lies on `device`; undefined tensors (absent optional arguments) pass.
template <class... Tensors>
void expect_device(const char* where, Device device, const Tensors&... tensors) {
  const auto one = [&](const Tensor& tensor) {
    expect(!tensor.defined() || tensor.device() == device, "{}: expected every tensor on {}, found {}", where,
           to_string(device), describe(tensor));
  };
  (one(tensors), ...);
}

/// Throws Error unless `tensor` is a matrix of f32.
inline void expect_rank_2(const char* where, const Tensor& tensor, const char* what) {
  expect(tensor.defined() && tensor.dtype() == DType::f32 && tensor.shape().rank() == 2,
         "{}: expected {} of f32 with two axes, found {}", where, what, describe(tensor));
}

/// Throws Error unless `tensor` is defined and of a type that its device computes in: f32, or bf16 on cuda.
inline void expect_float(const char* where, const char* what, const Tensor& tensor) {
  expect(tensor.defined() && (tensor.dtype() == DType::f32 ||
                              (tensor.dtype() == DType::bf16 && tensor.device() == Device::cuda)),
         "{}: expected {} of f32, or of bf16 on cuda, found {}", where, what, describe(tensor));
}

/// Calls body(Element()) with the C++ type of a dtype that arithmetic is done in: float or Bf16.
template <class Body>
void with_float_type(DType dtype, const Body& body) {
  if (dtype == DType::bf16)
    body(Bf16());
  else
    body(float());
}

[[noreturn]] inline void fail_without_cuda() {
  fail("this program was built without the CUDA toolkit; use --device cpu");
}

}  // namespace hypersphere

/// function(arguments...) of namespace cpu or cuda, as `device` says; profile.h counts the call. A macro, because the two
/// are different functions of one name, and because a build without CUDA has only the first.
#define HYPERSPHERE_DISPATCH(device, function, ...)                          \
  do {                                                                       \
    const ::hypersphere::profile::Scope dispatch_scope((device), #function); \
    if ((device) == Device::cpu)                                             \
      cpu::function(__VA_ARGS__);                                            \
    else if constexpr (cuda_in_this_build)                                   \
      cuda::function(__VA_ARGS__);                                           \
    else                                                                     \
      fail_without_cuda();                                                   \
  } while (false)
