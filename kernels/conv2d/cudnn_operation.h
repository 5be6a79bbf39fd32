// A convolution in the terms of cuDNN's graph interface (its "backend" C functions), which reaches all of its
// engines; the older functions with an enumeration of algorithms reach only some.
#pragma once

#include <cudnn.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <source_location>
#include <utility>
#include <vector>

#include "kernels/conv2d/conv2d.h"
#include "kernels/cuda/settings.h"

namespace hypersphere::cudnn {

/// Throws Error with cuDNN's own words unless `status` is success.
inline void check(cudnnStatus_t status, const char* call,
                  std::source_location where = std::source_location::current()) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char details[512] = {};
  cudnnGetLastErrorString(details, sizeof(details));
  fail("{}: {} {} at {}:{}", call, cudnnGetErrorString(status), details, where.file_name(), where.line());
}

constexpr cudnnBackendAttributeType_t attribute_type(std::int64_t) { return CUDNN_TYPE_INT64; }
constexpr cudnnBackendAttributeType_t attribute_type(float) { return CUDNN_TYPE_FLOAT; }
constexpr cudnnBackendAttributeType_t attribute_type(cudnnDataType_t) { return CUDNN_TYPE_DATA_TYPE; }
constexpr cudnnBackendAttributeType_t attribute_type(cudnnConvolutionMode_t) {
  return CUDNN_TYPE_CONVOLUTION_MODE;
}
constexpr cudnnBackendAttributeType_t attribute_type(cudnnBackendHeurMode_t) { return CUDNN_TYPE_HEUR_MODE; }
constexpr cudnnBackendAttributeType_t attribute_type(cudnnBackendNumericalNote_t) {
  return CUDNN_TYPE_NUMERICAL_NOTE;
}
constexpr cudnnBackendAttributeType_t attribute_type(cudnnHandle_t) { return CUDNN_TYPE_HANDLE; }

/// One of cuDNN's descriptors: an object of the given kind with attributes, of use once it is finalised.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t kind) {
    check(cudnnBackendCreateDescriptor(kind, &handle_), "cudnnBackendCreateDescriptor");
  }
  Descriptor(Descriptor&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Descriptor() {
    if (handle_ != nullptr) (void)cudnnBackendDestroyDescriptor(handle_);
  }

  cudnnBackendDescriptor_t get() const { return handle_; }

  template <class T>
  void set(cudnnBackendAttributeName_t name, T value) {
    set(name, attribute_type(value), 1, &value);
  }
  template <std::size_t count>
  void set(cudnnBackendAttributeName_t name, const std::array<std::int64_t, count>& values) {
    set(name, CUDNN_TYPE_INT64, count, values.data());
  }
  template <std::size_t count>
  void set(cudnnBackendAttributeName_t name, const std::array<void*, count>& pointers) {
    set(name, CUDNN_TYPE_VOID_PTR, count, pointers.data());
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& other) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.handle_);
  }

  /// The values of an attribute, at most `most`. Descriptors among them must be made beforehand: see
  /// configurations().
  template <class T>
  std::vector<T> get(cudnnBackendAttributeName_t name, std::int64_t most) const {
    std::vector<T> values(static_cast<std::size_t>(most));
    std::int64_t count = 0;
    check(cudnnBackendGetAttribute(handle_, name, attribute_type(T()), most, &count, values.data()),
          "cudnnBackendGetAttribute");
    values.resize(static_cast<std::size_t>(std::min(count, most)));
    return values;
  }

  bool try_finalise() { return cudnnBackendFinalize(handle_) == CUDNN_STATUS_SUCCESS; }
  void finalise() { check(cudnnBackendFinalize(handle_), "cudnnBackendFinalize"); }

 private:
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
           const void* values) {
    check(cudnnBackendSetAttribute(handle_, name, type, count, values), "cudnnBackendSetAttribute");
  }

  cudnnBackendDescriptor_t handle_ = nullptr;
};

enum class Direction { forward, backward_data, backward_weight };
inline const char* to_string(Direction direction) {
  constexpr const char* names[] = {"forward", "backward data", "backward weight"};
  return names[static_cast<int>(direction)];
}

/// What is asked of cuDNN. x, w and y are those of the forward pass or their gradients.
struct Problem {
  Direction direction;
  Shape x, w, y;
  Conv2dOptions options;
  DType dtype;  // of all three
  cuda::MatrixPrecision precision;
  std::int64_t alignment;  // bytes that all addresses are multiples of
};

/// The names by which an operation knows its tensors; values are ours.
inline constexpr std::int64_t x_id = 1, w_id = 2, y_id = 3;

inline cudnnDataType_t data_type(DType dtype) {
  return dtype == DType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

/// cuDNN names extents in the order N C H W, whatever the order in memory, which the strides give.
inline Descriptor tensor(std::int64_t id, const Shape& shape, DType dtype, std::int64_t alignment) {
  const std::int64_t n = shape[0], height = shape[1], width = shape[2], channels = shape[3];
  Descriptor result(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  result.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  result.set(CUDNN_ATTR_TENSOR_DATA_TYPE, data_type(dtype));
  result.set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::array{n, channels, height, width});
  result.set(CUDNN_ATTR_TENSOR_STRIDES,
             std::array{height * width * channels, std::int64_t{1}, width * channels, channels});
  result.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment);
  result.finalise();
  return result;
}

inline Descriptor convolution(Conv2dOptions options) {
  Descriptor result(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  result.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  result.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  result.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  result.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, std::array<std::int64_t, 2>{1, 1});
  result.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, std::array{options.stride, options.stride});
  result.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, std::array{options.pad, options.pad});
  result.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, std::array{options.pad, options.pad});
  result.finalise();
  return result;
}

struct OperationNames {
  cudnnBackendDescriptorType_t kind;
  cudnnBackendAttributeName_t convolution, alpha, beta, x, w, y;
};
inline OperationNames operation_names(Direction direction) {
  switch (direction) {
    case Direction::forward:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y};
    case Direction::backward_data:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY};
    case Direction::backward_weight:
      break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY};
}

/// The convolution as cuDNN sees it, with everything that its descriptors refer to.
struct Operation {
  Descriptor x, w, y, convolution, operation, graph;

  Operation(cudnnHandle_t handle, const Problem& p)
      : x(tensor(x_id, p.x, p.dtype, p.alignment)),
        w(tensor(w_id, p.w, p.dtype, p.alignment)),
        y(tensor(y_id, p.y, p.dtype, p.alignment)),
        convolution(cudnn::convolution(p.options)),
        operation(operation_names(p.direction).kind),
        graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR) {
    const OperationNames names = operation_names(p.direction);
    operation.set(names.convolution, convolution);
    operation.set(names.alpha, 1.0f);
    operation.set(names.beta, 0.0f);
    operation.set(names.x, x);
    operation.set(names.w, w);
    operation.set(names.y, y);
    operation.finalise();
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
    graph.finalise();
  }
};

/// Engines with their settings, in the order in which cuDNN would choose them.
inline std::vector<Descriptor> configurations(const Descriptor& graph, cudnnBackendHeurMode_t mode) {
  std::vector<Descriptor> result;
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (!heuristics.try_finalise()) return result;
  std::int64_t count = 0;
  check(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr),
        "cudnnBackendGetAttribute");
  // The results are written into descriptors that the caller made.
  std::vector<cudnnBackendDescriptor_t> handles;
  for (std::int64_t i = 0; i < count; ++i) {
    result.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    handles.push_back(result.back().get());
  }
  check(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, count, &count, handles.data()),
        "cudnnBackendGetAttribute");
  while (std::cmp_less(count, result.size())) result.pop_back();
  return result;
}

/// Whether the engine computes what this program would: see conv2d_cudnn.h.
inline bool is_accurate(const Descriptor& configuration, const Problem& p) {
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t handle = engine.get();
  std::int64_t count = 0;
  check(cudnnBackendGetAttribute(configuration.get(), CUDNN_ATTR_ENGINECFG_ENGINE,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &handle),
        "cudnnBackendGetAttribute");
  const bool strict = p.dtype == DType::f32 && p.precision == cuda::MatrixPrecision::fp32;
  for (const auto note : engine.get<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                                 CUDNN_NUMERICAL_NOTE_TYPE_COUNT))
    if (note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS ||
        note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION ||
        note == CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13 ||
        (strict && note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE))
      return false;
  return true;
}

}  // namespace hypersphere::cudnn
