// The instructions of kernels/cuda/ptx.cuh in plain C++, with the layout of fragments that the PTX ISA documents.
#pragma once

#include <cstring>

#include "emulator/device.h"
#include "tensor/bf16.h"

namespace hypersphere::emulator {

struct Fragments {
  std::uint32_t a[4], b[2];
  float sums[4];
};

// The hardware ignores the lower 13 bits.
inline float tf32_value(std::uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); }

inline float bf16_value(std::uint32_t pair, unsigned which) {
  return to_float(Bf16{static_cast<std::uint16_t>(pair >> (16 * which))});
}

// Lanes are numbered 4 group + member. `depth` is 16 for bf16, two to a register, and 8 for tf32.
template <int depth>
void multiply_fragments(std::uint32_t, const void* const* inputs, void* const* outputs, const Location&) {
  constexpr int each = depth / 8;  // elements a register
  float a[16][depth], b[depth][8];
  for (unsigned lane = 0; lane < 32; ++lane) {
    const auto& in = *static_cast<const Fragments*>(inputs[lane]);
    const unsigned group = lane / 4, member = lane % 4;
    for (unsigned i = 0; i < 4; ++i)
      for (unsigned e = 0; e < each; ++e) {
        const float value = each == 2 ? bf16_value(in.a[i], e) : tf32_value(in.a[i]);
        a[group + 8 * (i % 2)][member * each + e + depth / 2 * (i / 2)] = value;
      }
    for (unsigned i = 0; i < 2; ++i)
      for (unsigned e = 0; e < each; ++e)
        b[member * each + e + depth / 2 * i][group] =
            each == 2 ? bf16_value(in.b[i], e) : tf32_value(in.b[i]);
  }
  float sums[16][8];
  for (int row = 0; row < 16; ++row) {
    float line[8] = {};
    for (int k = 0; k < depth; ++k)
      for (int column = 0; column < 8; ++column) line[column] += a[row][k] * b[k][column];
    std::memcpy(sums[row], line, sizeof(line));
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    const auto& in = *static_cast<const Fragments*>(inputs[lane]);
    auto* out = static_cast<float*>(outputs[lane]);
    for (unsigned i = 0; i < 4; ++i) out[i] = in.sums[i] + sums[lane / 4 + 8 * (i / 2)][lane % 4 * 2 + i % 2];
  }
}

inline void multiply(const char* name, WarpFunction function, float (&sums)[4], const std::uint32_t (&a)[4],
                     std::uint32_t b0, std::uint32_t b1, Location where) {
  const Fragments in = {{a[0], a[1], a[2], a[3]}, {b0, b1}, {sums[0], sums[1], sums[2], sums[3]}};
  warp_collective(name, 0xffffffffu, &in, sums, function, where);
}

template <bool transposed>
void load_four_matrices(std::uint32_t, const void* const* inputs, void* const* outputs,
                        const Location& where) {
  for (unsigned matrix = 0; matrix < 4; ++matrix) {
    std::uint16_t elements[8][8];
    for (unsigned row = 0; row < 8; ++row) {
      const void* address = *static_cast<const void* const*>(inputs[8 * matrix + row]);
      if (reinterpret_cast<std::uintptr_t>(address) % 16 != 0)
        kernel_error("misaligned: ldmatrix of a row that does not start at a multiple of 16 bytes", where);
      std::memcpy(elements[row], address, 16);
    }
    for (unsigned lane = 0; lane < 32; ++lane) {
      const unsigned row = lane / 4, column = lane % 4 * 2;
      const std::uint32_t low = transposed ? elements[column][row] : elements[row][column];
      const std::uint32_t high = transposed ? elements[column + 1][row] : elements[row][column + 1];
      static_cast<std::uint32_t*>(outputs[lane])[matrix] = low | high << 16;
    }
  }
}

}  // namespace hypersphere::emulator

namespace hypersphere::cuda {

template <int bytes>
void copy_async(void* shared, const void* global, bool valid,
                emulator::Location where = emulator::Location::current()) {
  emulator::async_copy(shared, global, bytes, valid ? bytes : 0, where);
}
inline void copy_async_commit() { emulator::async_commit(); }
template <int left>
void copy_async_wait() {
  emulator::async_wait(left);
}

inline void load_matrices(std::uint32_t (&registers)[4], const void* row,
                          emulator::Location where = emulator::Location::current()) {
  emulator::warp_collective("ldmatrix", 0xffffffffu, &row, registers, emulator::load_four_matrices<false>,
                            where);
}
inline void load_matrices_transposed(std::uint32_t (&registers)[4], const void* row,
                                     emulator::Location where = emulator::Location::current()) {
  emulator::warp_collective("ldmatrix.trans", 0xffffffffu, &row, registers,
                            emulator::load_four_matrices<true>, where);
}

inline void multiply_bf16(float (&sums)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                          emulator::Location where = emulator::Location::current()) {
  emulator::multiply("mma.m16n8k16", emulator::multiply_fragments<16>, sums, a, b0, b1, where);
}
inline void multiply_tf32(float (&sums)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                          emulator::Location where = emulator::Location::current()) {
  emulator::multiply("mma.m16n8k8", emulator::multiply_fragments<8>, sums, a, b0, b1, where);
}

inline std::uint32_t round_to_tf32(std::uint32_t bits) {
  if ((bits & 0x7f800000u) == 0x7f800000u) return bits;  // infinity and NaN
  return (bits + 0x1000u) & 0xffffe000u;                 // to nearest, ties away from zero
}

inline std::uint32_t pack_bf16(float low, float high) {
  return to_bf16(low).bits | static_cast<std::uint32_t>(to_bf16(high).bits) << 16;
}

}  // namespace hypersphere::cuda
