// Exported networks, run by OpenCV.
#include "apps/exchange/onnx.h"

#include <cmath>
#include <opencv2/dnn.hpp>
#include <vector>

#include "tests/nn/support.h"

namespace hypersphere {
namespace {

// What OpenCV makes of images [N, 3, H, W].
std::vector<float> run_opencv(const std::string& file, const std::vector<float>& images, std::int64_t count,
                              const SphereFaceOptions& net) {
  cv::dnn::Net network = cv::dnn::readNetFromONNX(file.data(), file.size());
  network.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  const int shape[] = {static_cast<int>(count), 3, static_cast<int>(net.height), static_cast<int>(net.width)};
  const cv::Mat blob(4, shape, CV_32F, const_cast<float*>(images.data()));
  network.setInput(blob, "image");
  const cv::Mat result = network.forward("embedding");
  return {result.ptr<float>(), result.ptr<float>() + result.total()};
}

Model random_model(SphereFaceOptions options) {
  Model model;
  model.network = std::make_unique<SphereFace>(options);
  model.network->initialise(11);
  for (const NamedParameter& named : model.network->parameters()) {  // nothing of it at its first value
    Tensor& value = named.parameter->variable.value();
    if (value.shape().rank() == 1) value = test::random_tensor(value.shape());
  }
  return model;
}

}  // namespace

TEST_CASE("onnx: OpenCV computes what the network does, for any number of images") {
  for (const auto& [depth, count, preprocessing] :
       {std::tuple{4, 1, false}, {10, 3, false}, {20, 2, true}, {36, 1, true}, {64, 1, false}}) {
    const SphereFaceOptions options = {
        .depth = depth, .widths = {4, 6, 8, 10}, .height = 48, .width = 32, .embedding = 7};
    Model model = random_model(options);
    model.head = std::make_unique<Head>(HeadOptions{}, 7, 3);
    const std::string file = to_onnx(model, {.preprocessing = preprocessing});

    // Pixels as bytes, once normalised in our order and once in theirs.
    const Tensor noise = test::random_tensor({count, options.height, options.width, 3});
    Tensor ours = Tensor::empty(noise.shape());
    std::vector<float> theirs(static_cast<std::size_t>(noise.size()));
    const std::size_t places = static_cast<std::size_t>(options.height * options.width);
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      const float value = std::round(255 * (0.5f + 0.5f * std::sin(20 * noise.span<float>()[i])));
      ours.span<float>()[i] = (value - 127.5f) / 128;
      const std::size_t image = i / (3 * places), place = i / 3 % places, colour = i % 3;
      theirs[(image * 3 + colour) * places + place] = preprocessing ? value : ours.span<float>()[i];
    }
    const NoGradient guard;
    const Tensor expected = model.network->forward(Variable(ours)).value();
    const std::vector<float> found = run_opencv(file, theirs, count, options);
    REQUIRE(std::ssize(found) == expected.size());
    float largest = 0, difference = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      largest = std::max(largest, std::abs(expected.span<float>()[i]));
      difference = std::max(difference, std::abs(expected.span<float>()[i] - found[i]));
    }
    CHECK(largest > 0.1f);
    CHECK(difference < 1e-4f * std::max(1.0f, largest));
  }
}

TEST_CASE("onnx: the file says what it is") {
  Model model = random_model({.depth = 4, .widths = {2, 2, 2, 2}, .height = 16, .width = 16, .embedding = 3});
  model.identities = {};
  const std::string plain = to_onnx(model), whole = to_onnx(model, {.preprocessing = true});
  CHECK(plain.find("(value - 127.5) / 128") != plain.npos);
  CHECK(whole.find("RGB, 0 to 255") != whole.npos);
  CHECK(plain.find("sphereface-4") != plain.npos);
  CHECK(plain.find("conv1_1.weight") != plain.npos);
}

}  // namespace hypersphere
