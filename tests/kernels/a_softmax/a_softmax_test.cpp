#include "kernels/a_softmax/a_softmax.h"

#include <cmath>
#include <numbers>

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/reference/heads.h"

using namespace hypersphere;
using namespace hypersphere::test;
using reference::ASoftmax;

namespace {

struct Case {
  std::string name;
  ASoftmax head;  // batch, size, classes, margin, lambda
};

const Case cases[] = {
    {"one row, one class", {1, 2, 1, 4, 0}},         {"m = 1", {6, 8, 5, 1, 0}},
    {"m = 1 with lambda", {6, 8, 5, 1, 5}},          {"m = 2", {6, 8, 5, 2, 0}},
    {"m = 2 with lambda", {6, 8, 5, 2, 5}},          {"m = 3", {6, 8, 5, 3, 0}},
    {"m = 3 with lambda", {6, 8, 5, 3, 7.5}},        {"m = 4", {8, 8, 5, 4, 0}},
    {"m = 4 with lambda", {8, 8, 5, 4, 5}},          {"m = 4, lambda of the start", {8, 8, 5, 4, 1000}},
    {"two dimensions, ragged", {13, 2, 3, 4, 0.5}},  {"more classes than rows", {3, 19, 67, 3, 1}},
    {"SphereFace's embedding", {20, 512, 37, 4, 5}},
};

struct Input {
  Tensor x, v, labels;  // v: class weights of any length
};

/// Rows of x at angles that lie in every piece of psi, and well inside: on a border the derivative jumps.
Input draw(const ASoftmax& head) {
  Input in{random_tensor({head.batch, head.size}), random_tensor({head.classes, head.size}, 0.3f),
           random_labels(head.batch, head.classes)};
  const Values unit = reference::normalise_rows(to_double(in.v), head.size);
  const Tensor places = random_labels(head.batch, 1000);
  float* x = in.x.data<float>();
  for (std::int64_t b = 0; b < head.batch; ++b) {
    const double* w = unit.data() + in.labels.data<std::int32_t>()[b] * head.size;
    const double place = 0.05 + 0.9 * places.data<std::int32_t>()[b] / 1000.0;
    const double theta =
        (static_cast<double>(b % head.margin) + place) * std::numbers::pi / static_cast<double>(head.margin);
    Values across(x + b * head.size, x + (b + 1) * head.size);  // the part of a random row across w
    double along = 0, length = 0;
    for (std::int64_t i = 0; i < head.size; ++i) along += reference::at(across, i) * w[i];
    for (std::int64_t i = 0; i < head.size; ++i) reference::at(across, i) -= along * w[i];
    for (const double value : across) length += value * value;
    for (std::int64_t i = 0; i < head.size; ++i)
      x[b * head.size + i] = static_cast<float>(
          3 * (std::cos(theta) * w[i] + std::sin(theta) * reference::at(across, i) / std::sqrt(length)));
  }
  return in;
}

reference::Labels to_vector(const Tensor& labels) {
  const auto span = labels.span<std::int32_t>();
  return {span.begin(), span.end()};
}

/// |x_b| cos(theta_j) for all rows and classes.
Values plain_logits(const ASoftmax& head, const Values& x, const Values& w) {
  Values logits;
  for (std::int64_t b = 0; b < head.batch; ++b)
    for (std::int64_t j = 0; j < head.classes; ++j)
      logits.push_back(reference::dot({x.begin() + b * head.size, x.begin() + (b + 1) * head.size},
                                      {w.begin() + j * head.size, w.begin() + (j + 1) * head.size}));
  return logits;
}

MarginOptions options_of(const ASoftmax& head, MarginGradient gradient = MarginGradient::exact) {
  return {head.margin, static_cast<float>(head.lambda), gradient};
}

}  // namespace

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

      const auto run = [&](MarginGradient gradient) {
        Tensor unit = poisoned(in.v.shape()).to(device), v_length = poisoned({head.classes}).to(device);
        Tensor direction = poisoned(in.x.shape()).to(device), x_length = poisoned(batch).to(device);
        normalise_rows(in.v.to(device), unit, v_length);
        normalise_rows(in.x.to(device), direction, x_length);
        Tensor logits = from_double(plain, grid).to(device), cosine = poisoned(batch).to(device);
        const Tensor on_labels = in.labels.to(device);
        a_softmax_forward(on_labels, x_length, options_of(head), logits, cosine);
        Tensor workspace = dlogits.to(device).clone();
        Tensor dx = poisoned(in.x.shape()).to(device), dw = poisoned(in.v.shape()).to(device);
        a_softmax_backward(in.x.to(device), unit, on_labels, x_length, cosine, options_of(head, gradient),
                           workspace, dx, dw);
        Tensor dv = poisoned(in.v.shape()).to(device);
        normalise_rows_backward(unit, v_length, dw, dv);
        return std::vector{unit, v_length, direction, x_length, logits, cosine, dx, dw, dv};
      };

      const std::vector<Tensor> exact = run(MarginGradient::exact);
      CHECK(error_of(exact[0], w) < bound);
      CHECK(error_of(exact[1], reference::row_lengths(v, head.size)) < bound);
      CHECK(error_of(exact[2], reference::normalise_rows(x, head.size)) < bound);
      CHECK(error_of(exact[3], reference::row_lengths(x, head.size)) < bound);
      CHECK(error_of(exact[4], head.logits(x, w, labels)) < bound);
      CHECK(error_of(exact[5], cosines) < bound);
      const auto wanted = head.backward(x, w, labels, to_double(dlogits));
      CHECK(error_of(exact[6], wanted.dx) < bound);
      CHECK(error_of(exact[7], wanted.dw) < bound);
      CHECK(error_of(exact[8], reference::normalise_rows_backward(v, head.size, wanted.dw)) < bound);

      const std::vector<Tensor> theirs = run(MarginGradient::sphereface);
      const auto wanted_theirs = head.sphereface_backward(x, w, labels, to_double(dlogits));
      CHECK(error_of(theirs[6], wanted_theirs.dx) < bound);
      CHECK(error_of(theirs[7], wanted_theirs.dw) < bound);

      check_thread_counts([&] { return run(MarginGradient::exact); });
      check_thread_counts([&] { return run(MarginGradient::sphereface); });
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
  for (int m = 1; m <= 4; ++m)
    for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface}) {
      INFO("m ", m);
      Tensor x = random_tensor({3, 5}), v = random_tensor({4, 5});
      x.slice(1, 1).set_zero();
      v.slice(2, 1).set_zero();
      const Tensor labels = Tensor::from<std::int32_t>(std::vector<std::int32_t>{2, 2, 0}, {3});
      Tensor unit = poisoned({4, 5}), v_length = poisoned({4}), direction = poisoned({3, 5}),
             x_length = poisoned({3});
      normalise_rows(v, unit, v_length);
      normalise_rows(x, direction, x_length);
      CHECK(v_length.data<float>()[2] == 0);
      CHECK(to_double(unit.slice(2, 1)) == Values(5, 0.0));
      const Values plain = plain_logits({3, 5, 4, m, 0}, to_double(x), to_double(unit));
      Tensor logits = from_double(plain, {3, 4}), cosine = poisoned({3});
      const MarginOptions options{m, 0.5f, gradient};
      a_softmax_forward(labels, x_length, options, logits, cosine);
      CHECK(logits.data<float>()[1 * 4 + 2] == 0);
      CHECK(cosine.data<float>()[1] == 0);
      CHECK(cosine.data<float>()[0] == 0);
      Tensor dlogits = random_tensor({3, 4}), dx = poisoned({3, 5}), dw = poisoned({4, 5}),
             dv = poisoned({4, 5});
      a_softmax_backward(x, unit, labels, x_length, cosine, options, dlogits, dx, dw);
      normalise_rows_backward(unit, v_length, dw, dv);
      for (const Tensor& tensor : {logits, dx, dw, dv})
        for (const double value : to_double(tensor)) CHECK(std::isfinite(value));
      CHECK(to_double(dv.slice(2, 1)) == Values(5, 0.0));
    }
}

TEST_CASE("a_softmax: x along its class, or against it, at any length") {
  for (int m = 1; m <= 4; ++m)
    for (const float length : {1e-30f, 1e-3f, 1.0f, 3.3f, 1e6f, 1e30f})
      for (const float sign : {1.0f, -1.0f}) {
        INFO("m ", m, " |x| ", length, " sign ", sign);
        Tensor x = Tensor::full({1, 3}, sign * length), unit = Tensor::full({1, 3}, 1.0f);
        Tensor one = poisoned({1}), x_length = poisoned({1}), direction = poisoned({1, 3});
        normalise_rows(unit, unit, one);
        normalise_rows(x, direction, x_length);
        const float norm = *x_length.data<float>();
        CHECK(norm == doctest::Approx(std::sqrt(3.0) * length));
        // Rounding may carry the product beyond |x|.
        Tensor logits = Tensor::full({1, 1}, sign * norm * 1.000001f), cosine = poisoned({1});
        a_softmax_forward(Tensor::zeros({1}, DType::i32), x_length, {m, 0, MarginGradient::exact}, logits,
                          cosine);
        CHECK(*cosine.data<float>() == sign);
        CHECK(*logits.data<float>() / norm == doctest::Approx(sign > 0 ? 1 : 1 - 2 * m).epsilon(1e-5));
      }
}

TEST_CASE("normalise_rows: in place, backward in place, large and small rows") {
  const Tensor v = random_tensor({5, 17});
  Tensor scaled = v.clone();
  const float factors[] = {1, 1e30f, 1e-30f, 1e18f, 1e-18f};
  for (std::int64_t i = 0; i < scaled.size(); ++i) scaled.data<float>()[i] *= factors[i / 17];
  Tensor unit = poisoned({5, 17}), length = poisoned({5}), in_place = scaled.clone();
  normalise_rows(scaled, unit, length);
  CHECK(error_of(unit, reference::normalise_rows(to_double(v), 17)) < bound);
  normalise_rows(in_place, in_place, length);
  CHECK(same_bits(in_place, unit));

  normalise_rows(v, unit, length);
  Tensor dunit = random_tensor({5, 17}), dv = poisoned({5, 17});
  normalise_rows_backward(unit, length, dunit, dv);
  normalise_rows_backward(unit, length, dunit, dunit);
  CHECK(same_bits(dunit, dv));
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
  CHECK_FAILS(normalise_rows(w, wrong, length), "normalise_rows: expected unit");
  CHECK_FAILS(normalise_rows(w, dw, cosine), "normalise_rows: expected length");
  CHECK_FAILS(normalise_rows(three, dw, length), "normalise_rows: expected v");
  CHECK_FAILS(normalise_rows_backward(w, length, wrong, dw), "normalise_rows_backward: expected dunit");
}
