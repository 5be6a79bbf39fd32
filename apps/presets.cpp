#include "apps/presets.h"

#include <algorithm>

namespace hypersphere {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {"paper",
       "the authors' for CASIA-WebFace, as in their Caffe code",
       {{"net", "sphereface-20"},
        {"head", "a-softmax"},
        {"margin", "4"},
        {"gradient", "sphereface"},
        {"lambda-base", "1000"},
        {"lambda-gamma", "0.12"},
        {"lambda-power", "1"},
        {"lambda-min", "5"},
        {"batch", "256"},
        {"lr", "0.1"},
        {"lr-steps", "16000,24000"},
        {"lr-gamma", "0.1"},
        {"momentum", "0.9"},
        {"weight-decay", "0.0005"},
        {"iterations", "28000"},
        {"mirror", "on"}}},
      {"small",
       "for some thousand photographs, each changed at random whenever it comes",
       {{"net", "sphereface-10"},
        {"min-images", "2"},
        {"batch", "32"},
        {"lr", "0.03"},
        {"warmup", "100"},
        {"lr-steps", "70%,90%"},
        {"minutes", "40"},
        {"on-divergence", "rollback"},
        {"shift", "4"},
        {"scale", "0.1"},
        {"rotate", "8"},
        {"contrast", "0.3"},
        {"brightness", "0.2"},
        {"saturation", "0.5"},
        {"grey", "0.1"}}},
  };
  return all;
}

const Preset* find_preset(const std::string& name) {
  const auto found = std::ranges::find(presets(), name, &Preset::name);
  return found == presets().end() ? nullptr : &*found;
}

}  // namespace hypersphere
