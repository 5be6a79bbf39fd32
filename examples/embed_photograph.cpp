// Compares two photographs with a model that `hypersphere train` wrote: the embedding of each, and the angle between the two.
// usage: embed_photograph MODEL PHOTOGRAPH PHOTOGRAPH
#include <algorithm>
#include <cstdio>

#include "apps/data/framing.h"
#include "apps/evaluation/cosine.h"
#include "apps/evaluation/features.h"
#include "nn/model_file.h"

using namespace hypersphere;

int main(int count, char** words) try {
  expect(count == 4, "expected MODEL PHOTOGRAPH PHOTOGRAPH");
  const Model model = load_model(words[1]);
  const SphereFaceOptions& network = model.network->options();

  // Both photographs, cropped as those were that the model was trained on.
  Framing framing;
  const std::string& crop = model.preprocessing.crop;
  expect(crop != "landmarks", "{} wants photographs that are aligned by their landmarks", words[1]);
  if (!crop.empty()) framing.crop = parse_crop(crop);
  Tensor pixels = Tensor::empty({2, network.height, network.width, 3}, DType::u8);
  for (int i : {0, 1}) {
    const Image face = read_framed(words[2 + i], framing, static_cast<int>(network.width), static_cast<int>(network.height));
    std::ranges::copy(face.pixels, pixels.slice(i, 1).span<std::uint8_t>().begin());
  }

  // [2, 2 x 512]: of each photograph the embedding, joined with that of its mirror image.
  const Tensor features = extract_features(*model.network, pixels);
  const double similarity = cosine(features.slice(0, 1).span<float>(), features.slice(1, 1).span<float>());
  std::printf("cosine %.4f, angle %.1f degrees\n", similarity, degrees_of_cosine(similarity));
} catch (const std::exception& error) {
  std::fprintf(stderr, "embed_photograph: %s\n", error.what());
  return 1;
}
