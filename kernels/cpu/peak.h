// The arithmetic limit of this machine, to compare kernels with.
#pragma once

namespace hypersphere::cpu {

/// Floating-point operations a second (a fused multiply-add counts two) that thread_count() threads reach
/// with independent multiply-adds on registers alone. Takes about a tenth of a second.
double measure_peak();

}  // namespace hypersphere::cpu
