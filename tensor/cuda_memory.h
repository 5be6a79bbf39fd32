// Memory of the CUDA device, as far as tensors need it. Only declared here: a program links one implementation of
// these functions: kernels/cuda/ has the real one and the one of a build without CUDA, tests/emulator/ has one that
// lives in the memory of the host.
#pragma once

#include <cstddef>
#include <string>

#include "tensor/dtype.h"

namespace hypersphere::cuda {

/// Empty where a CUDA device can be used; else one line that says why not. Asked of the driver once.
const std::string& unavailable();

/// A block on the device, aligned to 256 bytes, or null when its memory runs out. Throws Error where unavailable().
std::byte* allocate_block(std::size_t bytes);
void release_block(std::byte* block) noexcept;

/// Copies in the order of the compute stream. Returns when `from` may be changed, and, where `to` lies on the host,
/// when it has been written.
void copy_bytes(std::byte* to, Device to_device, const std::byte* from, Device from_device,
                std::size_t bytes);
/// Sets bytes on the device to zero, in the order of the compute stream.
void zero_bytes(std::byte* block, std::size_t bytes);

/// Waits until the device has done all that was asked of it. Throws Error when any of it failed.
void synchronise();

}  // namespace hypersphere::cuda
