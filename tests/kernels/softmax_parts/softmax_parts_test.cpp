#include "kernels/softmax_parts/softmax_parts.h"

#include <algorithm>
#include <cmath>

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"
#include "tests/reference/heads.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  std::int64_t batch, classes, part;
  float scale;  // of the logits
};

const Case cases[] = {
    {"one row, one class", 1, 1, 1, 1},
    {"a part a class", 4, 5, 1, 2},
    {"ragged parts", 7, 13, 5, 2},
    {"one part", 6, 9, 9, 3},
    {"large logits", 16, 10, 3, 1e4f},
    {"tiny logits", 5, 9, 4, 1e-4f},
    {"more rows than threads of a block", 300, 7, 3, 1},
    {"SphereFace's classes", 3, 10572, 4000, 4},
};

reference::Labels to_vector(const Tensor& labels) {
  const auto span = labels.span<std::int32_t>();
  return {span.begin(), span.end()};
}

/// Columns [first, first + count) of a matrix.
Tensor columns(const Tensor& matrix, std::int64_t first, std::int64_t count) {
  const Tensor from = matrix.to(Device::cpu);
  const std::int64_t rows = from.shape()[0], all = from.shape()[1];
  Tensor part = Tensor::empty({rows, count});
  for (std::int64_t b = 0; b < rows; ++b)
    std::copy_n(from.data<float>() + b * all + first, count, part.data<float>() + b * count);
  return part.to(matrix.device());
}

/// The label's entry of each row.
Values entries(const Values& logits, const reference::Labels& labels, std::int64_t classes) {
  Values result;
  for (std::size_t b = 0; b < labels.size(); ++b)
    result.push_back(logits[b * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[b])]);
  return result;
}

struct Results {
  Tensor log_sum, loss, correct;
  Values dlogits;
};

/// Forward and backward over the parts of `logits`, on their device.
Results run(const Tensor& logits, const Tensor& labels, const Tensor& plain, const Tensor& target,
            std::int64_t most) {
  const Device device = logits.device();
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1],
                     parts = (classes + most - 1) / most;
  Tensor largest = poisoned_on(device, {parts, batch}), sum = poisoned_on(device, {parts, batch}),
         won = Tensor::zeros({parts, batch}, DType::i32, device);
  for (std::int64_t k = 0; k < parts; ++k) {
    Tensor part = columns(logits, k * most, std::min(most, classes - k * most));
    Tensor l = largest.slice(k, 1).reshape({batch}), s = sum.slice(k, 1).reshape({batch}),
           w = won.slice(k, 1).reshape({batch});
    softmax_part_forward(labels, plain, target, k * most, part, l, s, w);
  }
  Results results{
      poisoned_on(device, {batch}), poisoned_on(device, {}), Tensor::zeros({}, DType::i32, device), {}};
  softmax_parts_join(classes, target, largest, sum, won, results.log_sum, results.loss, results.correct);
  const Tensor dloss = Tensor::full({}, 0.75f).to(device);
  results.dlogits.resize(static_cast<std::size_t>(batch * classes));
  for (std::int64_t k = 0; k < parts; ++k) {
    const std::int64_t first = k * most, count = std::min(most, classes - first);
    Tensor part = columns(logits, first, count);
    softmax_part_backward(labels, target, results.log_sum, dloss, first, part);
    const Values values = to_double(part.to(Device::cpu));
    for (std::int64_t b = 0; b < batch; ++b)
      for (std::int64_t j = 0; j < count; ++j)
        results.dlogits[static_cast<std::size_t>(b * classes + first + j)] =
            reference::at(values, b * count + j);
  }
  return results;
}

}  // namespace

TEST_CASE("softmax_parts: what parts give together is what the oracle gives of the whole") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " on ", to_string(device));
      const Shape shape = {c.batch, c.classes};
      Tensor logits = random_tensor(shape, c.scale);
      const Tensor labels = random_labels(c.batch, c.classes);
      const reference::Labels classes = to_vector(labels);
      const Values whole = to_double(logits), plain = entries(whole, classes, c.classes);
      // The target differs from the product's entry, as with a margin, which is what the sums are to be of.
      Values target = plain, changed = whole;
      for (std::size_t b = 0; b < target.size(); ++b) {
        target[b] = static_cast<double>(static_cast<float>(target[b] - 0.5 * c.scale));
        changed[b * static_cast<std::size_t>(c.classes) + static_cast<std::size_t>(classes[b])] = target[b];
      }
      const double expected_loss = reference::cross_entropy(changed, classes, c.classes);
      const Values expected_dlogits = reference::cross_entropy_backward(changed, classes, c.classes, 0.75);
      Values expected_log_sum;
      double in_exponent = 0;  // what the rounding of log_sum changes of each exp(logit - log_sum)
      std::int32_t expected_correct = 0;
      for (std::size_t b = 0; b < target.size(); ++b) {
        const auto row = changed.begin() + static_cast<std::int64_t>(b) * c.classes;
        const double most = *std::max_element(row, row + c.classes);
        double sum = 0;
        for (auto value = row; value != row + c.classes; ++value) sum += std::exp(*value - most);
        expected_log_sum.push_back(most + std::log(sum));
        in_exponent = std::max(in_exponent, std::abs(expected_log_sum.back()) / (1 << 24));
        const auto as_given = whole.begin() + static_cast<std::int64_t>(b) * c.classes;
        expected_correct += std::max_element(as_given, as_given + c.classes) - as_given == classes[b];
      }

      const Tensor on_logits = logits.to(device), on_labels = labels.to(device),
                   on_plain = from_double(plain, {c.batch}).to(device),
                   on_target = from_double(target, {c.batch}).to(device);
      SameBits same;
      for_each_schedule(
          device,
          [&] {
            const Results found = run(on_logits, on_labels, on_plain, on_target, c.part);
            CHECK(error_of(found.log_sum, expected_log_sum) < bound);
            CHECK(error_of(found.loss, Values{expected_loss}) < bound);
            CHECK(found.correct.to(Device::cpu).span<std::int32_t>()[0] == expected_correct);
            CHECK(relative_error(found.dlogits, expected_dlogits) < 3 * bound + in_exponent);
            CHECK(same({found.log_sum, found.loss, found.correct}));
          },
          work_of(shape));
      if (device == Device::cpu)
        check_thread_counts([&] {
          const Results found = run(logits, labels, on_plain, on_target, c.part);
          return std::vector{found.log_sum, found.loss, found.correct,
                             from_double(found.dlogits, {c.batch, c.classes})};
        });
    }
}

TEST_CASE("softmax_parts: of equal logits the first class wins, in whichever part it is") {
  for (const Device device : devices()) {
    const Tensor logits = Tensor::full({6, 6}, 2.0f).to(device), plain = Tensor::full({6}, 2.0f).to(device);
    const Tensor labels =
        Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, 1, 2, 3, 4, 5}, {6}).to(device);
    CHECK(run(logits, labels, plain, plain, 2).correct.to(Device::cpu).span<std::int32_t>()[0] == 1);
  }
}

TEST_CASE("softmax_parts: a part at minus infinity has no share; a NaN or an infinity shows in the loss") {
  const float infinity = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Tensor label = Tensor::zeros({1}, DType::i32, device), plain = Tensor::full({1}, 1.0f).to(device);
    Tensor logits = Tensor::from<float>(std::vector<float>{1, 1, -infinity, -infinity, 1, 1}, {1, 6});
    CHECK(error_of(run(logits.to(device), label, plain, plain, 2).loss, Values{std::log(4.0)}) < bound);
    for (const float bad : {nan, infinity})
      for (const std::int64_t place : {1, 2, 5}) {
        Tensor spoilt = logits.clone();
        spoilt.data<float>()[place] = bad;
        CHECK(std::isnan(to_double(run(spoilt.to(device), label, plain, plain, 2).loss)[0]));
      }
  }
}

TEST_CASE("label_products: against the oracle, with a bias and over unit rows") {
  for (const Device device : devices())
    for (const auto& [batch, size, classes] :
         {std::array<std::int64_t, 3>{1, 1, 1}, {5, 3, 4}, {19, 70, 11}, {3, 512, 900}}) {
      INFO(batch, " x ", size, " on ", to_string(device));
      const Tensor x = random_tensor({batch, size}), w = random_tensor({classes, size}),
                   bias = random_tensor({classes}), labels = random_labels(batch, classes);
      const auto expected_of = [&](const Values& rows, const Values& sums) {
        const Values features = to_double(x);
        Values result;
        for (std::int64_t b = 0; b < batch; ++b) {
          const std::int64_t label = labels.data<std::int32_t>()[b];
          double sum = sums.empty() ? 0 : reference::at(sums, label);
          for (std::int64_t i = 0; i < size; ++i)
            sum += reference::at(features, b * size + i) * reference::at(rows, label * size + i);
          result.push_back(sum);
        }
        return result;
      };
      const Values rows = to_double(w);
      const Values with_bias = expected_of(rows, to_double(bias)),
                   of_unit = expected_of(reference::normalise_rows(rows, size), {});
      const Tensor on_x = x.to(device), on_w = w.to(device), on_bias = bias.to(device),
                   on_labels = labels.to(device);
      SameBits same;
      for_each_schedule(device, [&] {
        Tensor first = poisoned_on(device, {batch}), second = poisoned_on(device, {batch});
        const ClassRange all = {0, classes, classes};
        label_products(on_x, on_w, on_bias, ClassRows::free, all, on_labels, first);
        label_products(on_x, on_w, Tensor(), ClassRows::unit, all, on_labels, second);
        CHECK(error_of(first, with_bias) < bound);
        CHECK(error_of(second, of_unit) < bound);
        CHECK(same({first, second}));
      });
    }
}

TEST_CASE("label_products: of classes that several ranges share out, the sum over the ranges is the whole") {
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Tensor x = random_tensor({9, 20}).to(device), w = random_tensor({7, 20}).to(device),
                 bias = random_tensor({7}).to(device), labels = random_labels(9, 7).to(device);
    for (const ClassRows rows : {ClassRows::free, ClassRows::unit}) {
      const auto products = [&](ClassRange range) {
        Tensor out = poisoned({9}).to(device);
        label_products(x, w.slice(range.first, range.count), bias.slice(range.first, range.count), rows,
                       range, labels, out);
        return to_double(out);
      };
      const Values whole = products({0, 7, 7});
      Values sum(9, 0.0);
      for (const ClassRange& range : {ClassRange{0, 3, 7}, {3, 1, 7}, {4, 3, 7}}) {
        const Values part = products(range);
        for (std::size_t b = 0; b < 9; ++b) sum[b] += part[b];
      }
      CHECK(sum == whole);  // each row is in one of them, and 0 in the others
    }
    Tensor out = poisoned({9}).to(device);
    CHECK_FAILS(label_products(x, w, Tensor(), ClassRows::free, {1, 7, 7}, labels, out),
                "expected a range of 7 classes");
  }
}

TEST_CASE("softmax_parts: on cuda, a label out of range makes the loss and its row of the gradient NaN") {
  for (const Device device : devices()) {
    if (device == Device::cpu) continue;
    for (const std::int32_t bad : {-1, 6, 2147483647, -2147483647}) {
      INFO("label ", bad);
      const Tensor labels = Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, bad, 3}, {3}).to(device);
      const Tensor x = random_tensor({3, 4}).to(device), w = random_tensor({6, 4}).to(device);
      Tensor plain = poisoned_on(device, {3});
      label_products(x, w, Tensor(), ClassRows::free, {0, 6, 6}, labels, plain);
      const Values products = to_double(plain);
      for (std::size_t b = 0; b < 3; ++b) CHECK(std::isnan(products[b]) == (b == 1));
      const Results found = run(random_tensor({3, 6}).to(device), labels, plain, plain, 4);
      CHECK(std::isnan(to_double(found.loss)[0]));
      for (std::size_t i = 0; i < found.dlogits.size(); ++i)
        CHECK(std::isnan(found.dlogits[i]) == (i / 6 == 1));
    }
  }
}

TEST_CASE("softmax_parts: unfit shapes and labels are named") {
  const Tensor x = random_tensor({2, 3}), w = random_tensor({4, 3}), labels = random_labels(2, 4),
               rows = random_tensor({2}), three = random_tensor({3}), dloss = Tensor::full({}, 1.0f);
  Tensor logits = random_tensor({2, 4}), largest = poisoned({2}), sum = poisoned({2}), wrong = poisoned({3});
  Tensor won = Tensor::zeros({2}, DType::i32), loss = poisoned({}), correct = Tensor::zeros({}, DType::i32);
  CHECK_FAILS(label_products(x, three, Tensor(), ClassRows::free, {0, 4, 4}, labels, sum),
              "label_products: expected w");
  CHECK_FAILS(label_products(x, w, three, ClassRows::free, {0, 4, 4}, labels, sum),
              "label_products: expected bias");
  CHECK_FAILS(label_products(x, w, Tensor(), ClassRows::free, {0, 4, 4}, rows, sum),
              "label_products: expected labels");
  CHECK_FAILS(label_products(x, w, Tensor(), ClassRows::free, {0, 4, 4}, labels, wrong),
              "label_products: expected products");
  for (const std::int32_t bad : {-1, 4})
    CHECK_FAILS(label_products(x, w, Tensor(), ClassRows::free, {0, 4, 4},
                               Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, bad}, {2}), sum),
                "label_products: expected labels");
  CHECK_FAILS(softmax_part_forward(labels, rows, rows, -1, logits, largest, sum, won),
              "expected a first class");
  CHECK_FAILS(softmax_part_forward(labels, three, rows, 0, logits, largest, sum, won), "expected plain");
  CHECK_FAILS(softmax_part_forward(labels, rows, rows, 0, logits, largest, wrong, won), "expected sum");
  CHECK_FAILS(softmax_part_backward(labels, rows, three, dloss, 0, logits), "expected log_sum");
  CHECK_FAILS(softmax_part_backward(labels, rows, rows, rows, 0, logits), "expected dloss");
  Tensor table = random_tensor({1, 2}), counts = Tensor::zeros({1, 2}, DType::i32), none = poisoned({0, 2}),
         log_sum = poisoned({2});
  CHECK_FAILS(softmax_parts_join(4, rows, none, none, counts, log_sum, loss, correct), "at least one part");
  CHECK_FAILS(softmax_parts_join(4, three, table, table, counts, log_sum, loss, correct), "expected target");
  CHECK_FAILS(softmax_parts_join(4, rows, table, table, counts, log_sum, loss, loss), "expected correct");
}
