// Models as safetensors files in PyTorch's layout.
#pragma once

#include "nn/model_file.h"
#include "nn/safetensors.h"

namespace hypersphere {

/// The model's weights under foreign_weights' names and in their shapes, as `load_state_dict` takes them; what describes the
/// model as metadata, like save_model's but for "layout", which is "NCHW".
SafeTensors to_nchw(Model& model);

/// The model that to_nchw was given, bit for bit. Without its metadata, as when PyTorch wrote the file: the network follows
/// from the tensors' names and shapes (an input of 112 x 96 or 112 x 112), the head from fc6, where it is there: softmax where it has a bias,
/// else A-Softmax with m = 4. The residual convolutions may have biases that are all 0, as in the authors' files. Throws
/// Error for weights that this network does not have, that are missing, of another shape or not float32.
Model from_nchw(const SafeTensors& content);

}  // namespace hypersphere
