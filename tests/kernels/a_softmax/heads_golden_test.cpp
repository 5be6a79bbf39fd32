// The chain of kernels that makes a head, against the recorded reference.
#include "kernels/a_softmax/a_softmax.h"
#include "kernels/gemm/gemm.h"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/golden.h"
#include "tests/kernels/types.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("heads: recorded reference") {
  for (const Device device : devices())
    for (const auto& entry : golden("heads.json")) {
      const auto head = entry["head"].get<std::string>();
      const MarginOptions options{entry["margin"].get<int>(), entry["lambda"].get<float>(),
                                  MarginGradient::exact};
      INFO(head, " m ", options.margin, " lambda ", options.lambda, " on ", to_string(device));
      const auto extents = [&](const char* key) { return entry[key].get<std::vector<std::int64_t>>(); };
      const Shape x_shape = channels_last(extents("x_shape")),
                  w_shape = channels_last(extents("weight_shape"));
      const Shape grid = {x_shape[0], w_shape[0]};
      const Tensor x = from_double(entry["x"].get<Values>(), x_shape).to(device);
      const Tensor v = from_double(entry["weight"].get<Values>(), w_shape).to(device);
      const Tensor labels =
          Tensor::from(entry["labels"].get<std::vector<std::int32_t>>(), {x_shape[0]}).to(device);
      const Tensor dloss = Tensor::full({}, 1.0f).to(device);
      const bool unit_rows = head != "softmax";

      Tensor w = v.clone(), v_length = poisoned_on(device, {w_shape[0]}),
             direction = poisoned_on(device, x_shape);
      Tensor x_length = poisoned_on(device, {x_shape[0]}), cosine = poisoned_on(device, {x_shape[0]});
      Tensor logits = poisoned_on(device, grid);
      if (unit_rows) normalise_rows(v, w, v_length);
      gemm(Transpose::no, Transpose::yes, x, w, 0, logits);
      const Tensor products = logits.clone();
      if (unit_rows) {
        normalise_rows(x, direction, x_length);
        a_softmax_forward(labels, x_length, options, logits, cosine);
      }
      Tensor loss = poisoned_on(device, {}), dlogits = poisoned_on(device, grid);
      Tensor dx = poisoned_on(device, x_shape), dw = poisoned_on(device, w_shape);
      const auto check = [&] {
        CHECK(error_of(loss, Values{entry["loss"].get<double>()}) < bound);
        CHECK(error_of(dx, entry["dx"].get<Values>()) < bound);
        CHECK(error_of(dw, entry["dweight"].get<Values>()) < bound);
      };
      softmax_cross_entropy_forward(logits, labels, logits, loss);
      softmax_cross_entropy_backward(logits, labels, dloss, dlogits);
      if (unit_rows) {
        a_softmax_backward(x, w, labels, x_length, cosine, options, dlogits, dx, dw);
        normalise_rows_backward(w, v_length, dw, dw);
      } else {
        gemm(Transpose::no, Transpose::no, dlogits, w, 0, dx);
        gemm(Transpose::yes, Transpose::no, dlogits, x, 0, dw);
      }
      check();
      if (!unit_rows) continue;

      Tensor p = products.clone(), correct = Tensor::zeros({}, DType::i32, device);
      loss = poisoned_on(device, {}), dx = poisoned_on(device, x_shape), dw = poisoned_on(device, w_shape);
      a_softmax_loss_forward(labels, x_length, options, p, cosine, loss, correct);
      a_softmax_loss_backward(x, w, labels, x_length, cosine, options, dloss, p, dx, dw);
      normalise_rows_backward(w, v_length, dw, dw);
      check();
    }
}
