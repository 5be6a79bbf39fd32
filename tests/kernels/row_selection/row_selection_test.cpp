#include "kernels/row_selection/row_selection.h"

#include <algorithm>

#include "tests/kernels/arithmetic.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  Shape all;
  std::vector<std::int32_t> rows;
};

const std::vector<Case> cases = {
    {"none", {5, 3}, {}},
    {"one number", {1, 1}, {0}},
    {"numbers alone, as of a bias", {7}, {6, 0, 3}},
    {"all, turned round", {4, 33}, {3, 2, 1, 0}},
    {"first and last of many", {900, 70}, {0, 899, 450}},
    {"two axes a row", {6, 2, 5}, {5, 1}},
};

}  // namespace

TEST_CASE("row_selection: rows are taken as they are, and put back where they were") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " on ", to_string(device));
      const Tensor all = random_tensor(c.all);
      const Tensor rows = Tensor::from<std::int32_t>(c.rows, {std::ssize(c.rows)});
      const std::int64_t size = all.size() / c.all[0];
      Values taken, put = to_double(all);
      for (const std::int32_t row : c.rows)
        for (std::int64_t i = 0; i < size; ++i)
          taken.push_back(reference::at(to_double(all), row * size + i));
      const Tensor more = random_tensor(c.all.with_first(std::ssize(c.rows)));
      for (std::size_t s = 0; s < c.rows.size(); ++s)
        for (std::int64_t i = 0; i < size; ++i)
          put[static_cast<std::size_t>(c.rows[s] * size + i)] =
              reference::at(to_double(more), static_cast<std::int64_t>(s) * size + i);
      const Tensor on_all = all.to(device), on_rows = rows.to(device), on_more = more.to(device);
      for_each_schedule(device, [&] {
        Tensor out = poisoned(more.shape()).to(device), target = on_all.clone();
        take_rows(on_all, on_rows, out);
        put_rows(on_more, on_rows, target);
        CHECK(error_of(out, taken) == 0);
        CHECK(error_of(target, put) == 0);
      });
    }
}

TEST_CASE("row_selection: unfit shapes are named, and rows that are not there") {
  Tensor all = random_tensor({4, 3}), two = poisoned({2, 3}), three = poisoned({3, 3});
  const Tensor rows = random_labels(2, 4);
  CHECK_FAILS(take_rows(all, random_tensor({2}), two), "take_rows: expected rows");
  CHECK_FAILS(take_rows(all, rows, three), "take_rows: expected the selected rows");
  CHECK_FAILS(put_rows(three, rows, all), "put_rows: expected the selected rows");
  CHECK_FAILS(take_rows(Tensor(), rows, two), "expected rows to select from");
  for (const std::int32_t bad : {-1, 4}) {
    const Tensor wrong = Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, bad}, {2});
    CHECK_FAILS(take_rows(all, wrong, two), "take_rows: expected rows in [0, 4)");
    CHECK_FAILS(put_rows(two, wrong, all), "put_rows: expected rows in [0, 4)");
  }
  for (const Device device : devices()) {
    if (device == Device::cpu) continue;
    const Tensor wrong = Tensor::from<std::int32_t>(std::vector<std::int32_t>{-1, 4}, {2}).to(device);
    const Tensor x = all.to(device);
    Tensor out = Tensor::zeros({2, 3}, DType::f32, device), target = x.clone();
    take_rows(x, wrong, out);
    for (const double value : to_double(out)) CHECK(std::isnan(value));
    put_rows(out, wrong, target);
    CHECK(same_bits(target, x));
  }
}
