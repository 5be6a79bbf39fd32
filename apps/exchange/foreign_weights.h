// A model's weights as other programs have them: the layers' names in the authors' Caffe code, which PyTorch's ports of it
// kept, and channels in front of rows and columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/model_file.h"

namespace hypersphere {

/// One weight of a model and its foreign name and shape. Here the channels come last, elsewhere they come before the places
/// (a convolution's window, the last map under fc5); both are [outer, places, channels] with the last two exchanged.
struct ForeignWeight {
  /// "conv3_2.weight" for the second convolution of stage 3, "relu3_2.weight" for the slopes behind it, "fc5.weight",
  /// "fc6.weight" for the head's.
  std::string name;
  Shape shape;  ///< [out, in, kh, kw] for a convolution, [out, in] for fc5 and fc6, else [n]
  std::int64_t places = 1, channels = 1;
  Parameter* parameter = nullptr;  ///< of the model
};

/// All weights of `model` in the order of its modules, the head's last.
std::vector<ForeignWeight> foreign_weights(Model& model);

/// The weight's values in the foreign order and shape, on the cpu.
Tensor to_foreign(const ForeignWeight& weight);
/// Sets the weight from values in the foreign order. Throws Error that names the weight for another shape or
/// type and for a value that is not finite.
void from_foreign(const ForeignWeight& weight, const Tensor& values);

}  // namespace hypersphere
