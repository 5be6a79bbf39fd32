#include "apps/evaluation/features.h"

#include <algorithm>

#include "kernels/conv2d/kept_filters_cpu.h"
#include "kernels/image/image.h"

namespace hypersphere {
namespace {

// `pixels` lie where the network does; the result is on the cpu.
Tensor embed(const SphereFace& network, const Tensor& pixels, bool mirror, DType activations) {
  Tensor augment = Tensor::zeros({pixels.shape()[0], 3}, DType::i32);
  for (std::int64_t i = 0; i < pixels.shape()[0]; ++i) augment.data<std::int32_t>()[3 * i] = mirror;
  Tensor input = Tensor::empty(pixels.shape(), activations, pixels.device());
  image_normalise(pixels, augment.to(pixels.device()), input);
  return network.forward(Variable(input)).value().to(Device::cpu);
}

}  // namespace

Tensor extract_features(const SphereFace& network, const Tensor& pixels, FeatureOptions options,
                        const FeatureProgress& progress) {
  const SphereFaceOptions& net = network.options();
  const std::int64_t images = pixels.shape()[0];
  expect_tensor(pixels, {images, net.height, net.width, 3}, DType::u8, "extract_features", "pixels");
  const NoGradient no_gradient;
  const cpu::KeptFilters kept_filters;
  const std::int64_t width = net.embedding, parts = options.join_mirror ? 2 : 1;
  Tensor features = Tensor::empty({images, parts * width});
  for (std::int64_t first = 0; first < images; first += options.batch) {
    const std::int64_t count = std::min(options.batch, images - first);
    const Tensor some = pixels.slice(first, count).to(network.device());
    for (std::int64_t part = 0; part < parts; ++part) {
      const Tensor embedding = embed(network, some, part == 1, options.activations);
      for (std::int64_t i = 0; i < count; ++i)
        std::copy_n(embedding.data<float>() + i * width, width,
                    features.data<float>() + ((first + i) * parts + part) * width);
    }
    if (progress) progress(first + count, images);
  }
  return features;
}

Tensor without_mirror(const Tensor& joined) {
  expect(joined.defined() && joined.shape().rank() == 2 && joined.shape()[1] % 2 == 0,
         "without_mirror: expected rows of two halves, found {}", describe(joined));
  const std::int64_t rows = joined.shape()[0], width = joined.shape()[1] / 2;
  Tensor half = Tensor::empty({rows, width});
  for (std::int64_t row = 0; row < rows; ++row)
    std::copy_n(joined.data<float>() + 2 * row * width, width, half.data<float>() + row * width);
  return half;
}

}  // namespace hypersphere
