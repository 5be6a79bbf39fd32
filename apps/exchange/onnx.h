// Models as ONNX files, for the runtimes that people deploy to.
#pragma once

#include <string>

#include "nn/model_file.h"

namespace hypersphere {

/// How the exported network is asked.
struct OnnxOptions {
  /// Whether the graph begins with (value - 127.5) / 128, so that it takes values of 0..255; else it takes what that gives.
  bool preprocessing = false;
};

/// The bytes of an ONNX model (opset 13) of the network without its head. Input "image": float [N, 3, height, width], RGB;
/// output "embedding": float [N, embedding]; N is free. Nodes and weights are named like foreign_weights; the model's metadata, less
/// the identities, are the file's. Checked by ONNX's own checker. Throws Error where that finds fault.
std::string to_onnx(Model& model, OnnxOptions options = {});

}  // namespace hypersphere
