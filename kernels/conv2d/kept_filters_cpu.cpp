#include "kernels/conv2d/kept_filters_cpu.h"

namespace hypersphere::cpu {
namespace {
thread_local KeptFilters* serving = nullptr;
}

KeptFilters::KeptFilters() : serves_(serving == nullptr) {
  if (serves_) serving = this;
}
KeptFilters::~KeptFilters() {
  if (serves_) serving = nullptr;
}

Tensor* KeptFilters::find(const Tensor& weights, WinogradTile tile) {
  if (serving == nullptr) return nullptr;
  return &serving->filters_[{weights.data<float>(), tile.y, tile.x}];
}

}  // namespace hypersphere::cpu
