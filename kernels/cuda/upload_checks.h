// What both implementations of upload.h check, and how a batch lies in one block.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace hypersphere::cuda {

/// How far behind a tensor of that many bytes the next one begins.
constexpr std::size_t upload_offset(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

/// Bytes of the block. Throws Error for targets that are not on cuda.
inline std::size_t upload_bytes(const std::vector<Tensor>& targets) {
  std::size_t bytes = 0;
  for (const Tensor& target : targets) {
    expect(target.defined() && target.device() == Device::cuda, "upload: expected targets on cuda, found {}",
           describe(target));
    bytes += upload_offset(target.bytes());
  }
  return bytes;
}

/// Throws Error unless `values` can be sent to `targets` while `sent` of `slots` batches wait.
inline void expect_upload(const std::vector<Tensor>& targets, const std::vector<Tensor>& values, int sent,
                          int slots) {
  expect(sent < slots, "upload: {} batches wait already", sent);
  expect(values.size() == targets.size(), "upload: expected {} tensors, found {}", targets.size(),
         values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    expect_tensor(values[i], targets[i].shape(), targets[i].dtype(), "upload", "a batch");
    expect(values[i].device() == Device::cpu, "upload: expected a batch on the cpu, found {}",
           describe(values[i]));
  }
}

}  // namespace hypersphere::cuda
