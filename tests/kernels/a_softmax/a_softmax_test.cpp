#include "kernels/a_softmax/a_softmax.h"

#include "tests/kernels/a_softmax/cases.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("a_softmax: forward and both gradients agree with the oracle") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " on ", std::string(to_string(device)));
      const ASoftmax& head = c.head;
      const Input in = draw(head);
      const Shape batch = {head.batch}, grid = {head.batch, head.classes};
      const Tensor dlogits = random_tensor(grid);
      const Values x = to_double(in.x), v = to_double(in.v), w = reference::normalise_rows(v, head.size);
      const Values plain = plain_logits(head, x, w);
      const reference::Labels labels = to_vector(in.labels);
      const Values theta = head.angles(x, w, labels);
      Values cosines;
      for (const double angle : theta) cosines.push_back(std::cos(angle));

      const Tensor on_x = in.x.to(device), on_v = in.v.to(device), on_labels = in.labels.to(device);
      const auto run = [&](MarginGradient gradient) {
        Tensor unit = poisoned_on(device, in.v.shape()), v_length = poisoned_on(device, {head.classes});
        Tensor direction = poisoned_on(device, in.x.shape()), x_length = poisoned_on(device, batch);
        normalise_rows(on_v, unit, v_length);
        normalise_rows(on_x, direction, x_length);
        Tensor logits = from_double(plain, grid).to(device), cosine = poisoned_on(device, batch);
        a_softmax_forward(on_labels, x_length, options_of(head), logits, cosine);
        Tensor workspace = dlogits.to(device).clone();
        Tensor dx = poisoned_on(device, in.x.shape()), dw = poisoned_on(device, in.v.shape());
        a_softmax_backward(on_x, unit, on_labels, x_length, cosine, options_of(head, gradient), workspace, dx,
                           dw);
        Tensor dv = poisoned_on(device, in.v.shape());
        normalise_rows_backward(unit, v_length, dw, dv);
        return std::vector{unit, v_length, direction, x_length, logits, cosine, dx, dw, dv};
      };

      const auto wanted = head.backward(x, w, labels, to_double(dlogits));
      const auto wanted_theirs = head.sphereface_backward(x, w, labels, to_double(dlogits));
      const Values expected_of_exact[] = {w,
                                          reference::row_lengths(v, head.size),
                                          reference::normalise_rows(x, head.size),
                                          reference::row_lengths(x, head.size),
                                          head.logits(x, w, labels),
                                          cosines,
                                          wanted.dx,
                                          wanted.dw,
                                          reference::normalise_rows_backward(v, head.size, wanted.dw)};
      SameBits same, same_theirs;
      for_each_schedule(
          device,
          [&] {
            const std::vector<Tensor> exact = run(MarginGradient::exact);
            for (std::size_t i = 0; i < exact.size(); ++i) {
              CAPTURE(i);
              CHECK(error_of(exact[i], expected_of_exact[i]) < bound);
            }
            CHECK(same(exact));

            const std::vector<Tensor> theirs = run(MarginGradient::sphereface);
            CHECK(error_of(theirs[6], wanted_theirs.dx) < bound);
            CHECK(error_of(theirs[7], wanted_theirs.dw) < bound);
            CHECK(same_theirs(theirs));
          },
          work_of(head));

      if (device == Device::cpu) {
        check_thread_counts([&] { return run(MarginGradient::exact); });
        check_thread_counts([&] { return run(MarginGradient::sphereface); });
      }
    }
}

TEST_CASE("a_softmax: on cuda, a label out of range makes NaN") {
  for (const Device device : devices()) {
    if (device == Device::cpu) continue;
    for (const std::int32_t bad : {-1, 4, 2147483647}) {
      INFO("label ", bad);
      const Tensor labels = Tensor::from<std::int32_t>(std::vector<std::int32_t>{1, bad}, {2}).to(device);
      const Tensor x_length = Tensor::full({2}, 2.0f).to(device), x = random_tensor({2, 3}).to(device);
      const Tensor w = random_tensor({4, 3}).to(device), products = random_tensor({2, 4}).to(device);
      for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface}) {
        const MarginOptions options{4, 5, gradient};
        Tensor p = products.clone(), cosine = poisoned_on(device, {2}),
               loss = Tensor::full({}, 1.0f).to(device);
        Tensor correct = Tensor::zeros({}, DType::i32, device);
        a_softmax_loss_forward(labels, x_length, options, p, cosine, loss, correct);
        CHECK(std::isnan(to_double(loss)[0]));
        CHECK(correct.to(Device::cpu).span<std::int32_t>()[0] <= 1);
        Tensor dx = Tensor::zeros({2, 3}, DType::f32, device), dw = Tensor::zeros({4, 3}, DType::f32, device);
        a_softmax_loss_backward(x, w, labels, x_length, cosine, options, Tensor::full({}, 1.0f).to(device), p,
                                dx, dw);
        const Values found = to_double(dx);
        for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::isnan(found[i]) == (i / 3 == 1));
        for (const double value : to_double(dw)) CHECK(std::isnan(value));

        Tensor logits = products.clone(), dlogits = products.clone();
        a_softmax_forward(labels, x_length, options, logits, cosine);
        CHECK_FALSE(std::isnan(to_double(cosine)[0]));
        CHECK(std::isnan(to_double(cosine)[1]));
        CHECK(same_bits(logits.slice(1, 1), products.slice(1, 1)));
        a_softmax_backward(x, w, labels, x_length, cosine, options, dlogits, dx, dw);
        CHECK(same_bits(dlogits.slice(1, 1), products.slice(1, 1)));
        CHECK(std::isnan(to_double(dx)[5]));
      }
    }
  }
}

TEST_CASE("a_softmax: the oracle's exact gradients are those of its logits") {
  int checked = 0;
  for (const Case& c : cases) {
    const ASoftmax& head = c.head;
    if (head.batch * head.size > 100 || head.classes * head.size > 100) continue;
    INFO(c.name);
    const Input in = draw(head);
    const Values x = to_double(in.x), v = to_double(in.v), w = reference::normalise_rows(v, head.size);
    const reference::Labels labels = to_vector(in.labels);
    const Values dlogits = to_double(random_tensor({head.batch, head.classes}));
    const auto gradients = head.backward(x, w, labels, dlogits);
    const auto of_x = [&](const Values& p) { return reference::dot(dlogits, head.logits(p, w, labels)); };
    const auto of_v = [&](const Values& p) {
      return reference::dot(dlogits, head.logits(x, reference::normalise_rows(p, head.size), labels));
    };
    CHECK(relative_error(gradients.dx, reference::central_difference(of_x, x)) < 1e-6);
    CHECK(relative_error(reference::normalise_rows_backward(v, head.size, gradients.dw),
                         reference::central_difference(of_v, v)) < 1e-6);
    ++checked;
  }
  CHECK(checked >= 8);
}

TEST_CASE("a_softmax: a row of zeros in x or W gives finite numbers") {
  for (const Device device : devices())
    for (int m = 1; m <= 4; ++m)
      for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface}) {
        INFO("m ", m, " on ", to_string(device));
        Tensor x = random_tensor({3, 5}), v = random_tensor({4, 5});
        x.slice(1, 1).set_zero();
        v.slice(2, 1).set_zero();
        x = x.to(device);
        const Tensor labels = Tensor::from<std::int32_t>(std::vector<std::int32_t>{2, 2, 0}, {3}).to(device);
        Tensor unit = poisoned_on(device, {4, 5}), v_length = poisoned_on(device, {4});
        Tensor direction = poisoned_on(device, {3, 5}), x_length = poisoned_on(device, {3});
        normalise_rows(v.to(device), unit, v_length);
        normalise_rows(x, direction, x_length);
        CHECK(to_double(v_length)[2] == 0);
        CHECK(to_double(unit.slice(2, 1)) == Values(5, 0.0));
        const Values plain = plain_logits({3, 5, 4, m, 0}, to_double(x), to_double(unit));
        const Tensor products = from_double(plain, {3, 4}).to(device);
        Tensor logits = products.clone(), cosine = poisoned_on(device, {3});
        const MarginOptions options{m, 0.5f, gradient};
        a_softmax_forward(labels, x_length, options, logits, cosine);
        CHECK(to_double(logits)[1 * 4 + 2] == 0);
        CHECK(to_double(cosine)[1] == 0);
        CHECK(to_double(cosine)[0] == 0);
        Tensor dlogits = random_tensor({3, 4}).to(device), dx = poisoned_on(device, {3, 5}),
               dw = poisoned_on(device, {4, 5}), dv = poisoned_on(device, {4, 5});
        a_softmax_backward(x, unit, labels, x_length, cosine, options, dlogits, dx, dw);
        normalise_rows_backward(unit, v_length, dw, dv);
        for (const Tensor& tensor : {logits, dx, dw, dv})
          for (const double value : to_double(tensor)) CHECK(std::isfinite(value));
        CHECK(to_double(dv.slice(2, 1)) == Values(5, 0.0));

        Tensor p = products.clone(), loss = poisoned_on(device, {}),
               correct = Tensor::zeros({}, DType::i32, device);
        a_softmax_loss_forward(labels, x_length, options, p, cosine, loss, correct);
        a_softmax_loss_backward(x, unit, labels, x_length, cosine, options, Tensor::full({}, 1.0f).to(device),
                                p, dx, dw);
        for (const Tensor& tensor : {loss, dx, dw})
          for (const double value : to_double(tensor)) CHECK(std::isfinite(value));
      }
}

TEST_CASE("a_softmax: x along its class, or against it, at any length") {
  for (const Device device : devices())
    for (int m = 1; m <= 4; ++m)
      for (const float length : {1e-30f, 1e-3f, 1.0f, 3.3f, 1e6f, 1e30f})
        for (const float sign : {1.0f, -1.0f}) {
          INFO("m ", m, " |x| ", length, " sign ", sign, " on ", to_string(device));
          const Tensor x = Tensor::full({1, 3}, sign * length).to(device);
          Tensor unit = Tensor::full({1, 3}, 1.0f).to(device), one = poisoned_on(device, {1});
          Tensor x_length = poisoned_on(device, {1}), direction = poisoned_on(device, {1, 3});
          normalise_rows(unit, unit, one);
          normalise_rows(x, direction, x_length);
          const double norm = to_double(x_length)[0];
          CHECK(norm == doctest::Approx(std::sqrt(3.0) * length));
          // Rounding may carry the product beyond |x|.
          const float product = sign * static_cast<float>(norm) * 1.000001f;
          Tensor logits = Tensor::full({1, 1}, product).to(device), cosine = poisoned_on(device, {1});
          const Tensor labels = Tensor::zeros({1}, DType::i32, device);
          a_softmax_forward(labels, x_length, {m, 0, MarginGradient::exact}, logits, cosine);
          CHECK(to_double(cosine)[0] == sign);
          CHECK(to_double(logits)[0] / norm == doctest::Approx(sign > 0 ? 1 : 1 - 2 * m).epsilon(1e-5));
          logits = Tensor::full({1, 1}, product).to(device);
          a_softmax_forward(labels, x_length, {m, 1e38f, MarginGradient::exact}, logits, cosine);
          CHECK(to_double(logits)[0] == doctest::Approx(static_cast<double>(product)).epsilon(1e-5));
          // The authors' gradient has a direction alone, so the length must not carry it out of the range.
          Tensor dlogits = Tensor::full({1, 1}, 1.0f).to(device), dx = poisoned_on(device, {1, 3}),
                 dw = dx.clone();
          a_softmax_backward(x, unit, labels, x_length, cosine, {m, 0, MarginGradient::sphereface}, dlogits,
                             dx, dw);
          for (const double value : to_double(dx)) CHECK(std::isfinite(value));
        }
}

TEST_CASE("a_softmax: unfit shapes, margins, lambdas and labels are named") {
  const Tensor x = random_tensor({2, 3}), w = random_tensor({4, 3}), labels = random_labels(2, 4);
  const Tensor x_length = Tensor::full({2}, 1.0f), three = Tensor::full({3}, 1.0f);
  Tensor logits = random_tensor({2, 4}), cosine = poisoned({2}), wrong = poisoned({3, 4});
  Tensor dx = poisoned({2, 3}), dw = poisoned({4, 3}), length = poisoned({4});
  const MarginOptions good{4, 5, MarginGradient::exact};
  const auto forward = [&](MarginOptions options) {
    a_softmax_forward(labels, x_length, options, logits, cosine);
  };
  for (const int margin : {0, 5}) CHECK_FAILS(forward({margin, 0}), "a_softmax_forward: expected a margin");
  for (const float lambda :
       {-1.0f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    CHECK_FAILS(forward({4, lambda}), "a_softmax_forward: expected a finite lambda");
  for (const std::int32_t bad : {-1, 4}) {
    const Tensor out_of_range = Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, bad}, {2});
    CHECK_FAILS(a_softmax_forward(out_of_range, x_length, good, logits, cosine),
                "a_softmax_forward: expected labels");
    CHECK_FAILS(a_softmax_backward(x, w, out_of_range, x_length, x_length, good, logits, dx, dw),
                "a_softmax_backward: expected labels");
  }
  CHECK_FAILS(a_softmax_forward(labels, three, good, logits, cosine), "a_softmax_forward: expected x_length");
  CHECK_FAILS(a_softmax_forward(labels, x_length, good, wrong, cosine), "a_softmax_forward: expected labels");
  const auto backward = [&](const Tensor& a, const Tensor& b, Tensor& da, Tensor& db, MarginOptions options) {
    a_softmax_backward(a, b, labels, x_length, x_length, options, logits, da, db);
  };
  CHECK_FAILS(backward(x, wrong, dx, dw, good), "a_softmax_backward: expected w");
  CHECK_FAILS(backward(x, w, wrong, dw, good), "a_softmax_backward: expected dx");
  CHECK_FAILS(backward(x, w, dx, wrong, good), "a_softmax_backward: expected dw");
  CHECK_FAILS(backward(x, w, dx, dw, {5, 0}), "a_softmax_backward: expected a margin");
  Tensor loss = poisoned({}), correct = Tensor::zeros({}, DType::i32), none = poisoned({0, 4});
  const auto loss_forward = [&](const Tensor& l, MarginOptions options, Tensor& z, Tensor& total,
                                Tensor& count) {
    a_softmax_loss_forward(l, x_length, options, z, cosine, total, count);
  };
  CHECK_FAILS(loss_forward(labels, {5, 0}, logits, loss, correct),
              "a_softmax_loss_forward: expected a margin");
  CHECK_FAILS(loss_forward(labels, good, none, loss, correct), "a_softmax_loss_forward: expected logits");
  CHECK_FAILS(loss_forward(labels, good, wrong, loss, correct), "a_softmax_loss_forward: expected labels");
  CHECK_FAILS(loss_forward(labels, good, logits, wrong, correct), "a_softmax_loss_forward: expected loss");
  CHECK_FAILS(loss_forward(labels, good, logits, loss, loss), "a_softmax_loss_forward: expected correct");
  CHECK_FAILS(loss_forward(Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, 4}, {2}), good, logits,
                           loss, correct),
              "a_softmax_loss_forward: expected labels");
  CHECK_FAILS(a_softmax_loss_backward(x, w, labels, x_length, cosine, good, three, logits, dx, dw),
              "a_softmax_loss_backward: expected dloss");
  CHECK_FAILS(a_softmax_loss_backward(x, w, labels, x_length, cosine, good, loss, wrong, dx, dw),
              "a_softmax_loss_backward: expected probabilities");
  CHECK_FAILS(normalise_rows(w, wrong, length), "normalise_rows: expected unit");
  CHECK_FAILS(normalise_rows(w, dw, cosine), "normalise_rows: expected length");
  CHECK_FAILS(normalise_rows(three, dw, length), "normalise_rows: expected v");
  CHECK_FAILS(normalise_rows_backward(w, length, wrong, dw), "normalise_rows_backward: expected dunit");
}
