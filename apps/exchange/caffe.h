// Weights from the authors' Caffe files.
#pragma once

#include <filesystem>

#include "nn/safetensors.h"

namespace hypersphere {

/// The weights in a .caffemodel, as from_nchw takes them: the layers conv1_1, relu1_1, ..., fc5 and fc6, whatever else there is left out.
/// With `bgr` the first convolution expects its colours in Caffe's order, blue first, and is turned round. Throws Error that
/// names the file when it cannot be read, is no Caffe model, or has none of these layers.
SafeTensors read_caffe_model(const std::filesystem::path& file, bool bgr = true);

}  // namespace hypersphere
