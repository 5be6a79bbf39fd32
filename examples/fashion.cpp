// Trains a small convolutional network on Fashion-MNIST: 70,000 pictures of clothes, 28 x 28, in ten classes (Xiao, Rasul and
// Vollgraf, arXiv 1708.07747). Debian has them: apt install dataset-fashion-mnist.
// usage: fashion [EPOCHS [FOLDER]]
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "nn/initialise.h"
#include "nn/layers.h"
#include "nn/solver.h"

using namespace hypersphere;

// The bytes behind the header of a gzipped IDX file, as values of T: v * scale + shift.
template <class T>
Tensor read_idx(const std::string& path, std::size_t header, Shape shape, T scale = 1, T shift = 0) {
  std::vector<unsigned char> bytes(header + shape.size());
  gzFile file = gzopen(path.c_str(), "rb");
  expect(file && gzread(file, bytes.data(), bytes.size()) == static_cast<int>(bytes.size()),
         "{}: expected {} bytes of Fashion-MNIST; apt install dataset-fashion-mnist", path, bytes.size());
  gzclose(file);
  std::vector<T> values(shape.size());
  std::transform(bytes.begin() + header, bytes.end(), values.begin(), [=](auto v) { return v * scale + shift; });
  return Tensor::from(values, shape);
}

struct Classifier : Module {
  Conv2d conv1{1, 32, 3, {.stride = 2, .pad = 1}, true}, conv2{32, 64, 3, {.stride = 2, .pad = 1}, true};
  PRelu prelu1{32}, prelu2{64};
  ResidualUnit unit{64};
  Linear out{7 * 7 * 64, 10};

  Classifier() {
    add_module("conv1", conv1), add_module("prelu1", prelu1), add_module("conv2", conv2);
    add_module("prelu2", prelu2), add_module("unit", unit), add_module("out", out);
    std::uint64_t stream = 0;
    for (auto& [name, parameter] : parameters())
      if (name.ends_with("weight")) initialise_xavier(parameter->variable.value(), Random(1, stream++));
  }
  Variable forward(const Variable& images) const {  // [N, 28, 28, 1] to logits, [N, 10]
    return out.forward(unit.forward(conv2.forward(conv1.forward(images, prelu1), prelu2)));
  }
};

int main(int count, char** words) try {
  const int epochs = count > 1 ? std::stoi(words[1]) : 3, batch = 100;
  const std::string folder = count > 2 ? words[2] : "/usr/share/datasets/fashion-mnist";
  const Tensor images = read_idx<float>(folder + "/train-images-idx3-ubyte.gz", 16, {60000, 28, 28, 1}, 1 / 128.f, -1);
  const Tensor labels = read_idx<std::int32_t>(folder + "/train-labels-idx1-ubyte.gz", 8, {60000});
  const Tensor test_images = read_idx<float>(folder + "/t10k-images-idx3-ubyte.gz", 16, {10000, 28, 28, 1}, 1 / 128.f, -1);
  const Tensor test_labels = read_idx<std::int32_t>(folder + "/t10k-labels-idx1-ubyte.gz", 8, {10000});

  Classifier network;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    double loss_sum = 0;
    for (int begin = 0; begin < 60000; begin += batch) {  // the files are shuffled already
      Variable loss = softmax_cross_entropy(network.forward(Variable(images.slice(begin, batch))), labels.slice(begin, batch));
      loss.backward();
      sgd_step(network.parameters(), epoch + 1 < epochs ? 0.05f : 0.01f, {});
      loss_sum += loss.value().span<float>()[0];
    }
    const NoGradient no_gradient;
    int right = 0;
    for (int begin = 0; begin < 10000; begin += batch) {
      const Tensor logits = network.forward(Variable(test_images.slice(begin, batch))).value();
      for (int i = 0; i < batch; ++i) {
        const float* row = logits.data<float>() + 10 * i;
        right += std::max_element(row, row + 10) - row == test_labels.data<std::int32_t>()[begin + i];
      }
    }
    std::printf("epoch %d: loss %.3f, %.2f %% of the test right\n", epoch + 1, loss_sum / (60000 / batch), right / 100.0);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "fashion: %s\n", error.what());
  return 1;
}
