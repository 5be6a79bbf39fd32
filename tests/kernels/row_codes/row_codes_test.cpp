#include "kernels/row_codes/row_codes.h"

#include "kernels/a_softmax/a_softmax.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/simd_targets.h"
#include "tests/kernels/types.h"
#include "tests/reference/row_codes.h"

using namespace hypersphere;
using namespace hypersphere::test;
using reference::at;

namespace {

struct Coded {
  Tensor codes, scale, error;
};

Coded encoded(const Tensor& rows, Device device = Device::cpu) {
  const std::int64_t count = rows.shape()[0];
  Coded coded{poisoned_on(device, rows.shape(), DType::u8), poisoned_on(device, {count}),
              poisoned_on(device, {count})};
  encode_rows(rows.to(device), coded.codes, coded.scale, coded.error);
  return coded;
}

Values code_values(const Tensor& codes) {
  const Tensor host = codes.to(Device::cpu);
  Values values;
  for (const std::uint8_t byte : host.span<std::uint8_t>())
    values.push_back(static_cast<std::int8_t>(byte));
  return values;
}

/// Codes in [-127, 127], every value equally likely.
Tensor random_codes(Shape shape) {
  Tensor codes = Tensor::empty(shape, DType::u8);
  const Tensor drawn = random_labels(shape.size(), 255);
  for (std::int64_t i = 0; i < shape.size(); ++i)
    codes.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(drawn.data<std::int32_t>()[i] - 127);
  return codes;
}

Tensor random_unit_rows(Shape shape) {
  Tensor rows = random_tensor(shape), length = poisoned({shape[0]});
  normalise_rows(rows, rows, length);
  return rows;
}

struct EncodeCase {
  std::string name;
  std::int64_t rows, size;
  float scale = 1;
};

const EncodeCase encode_cases[] = {
    {"one value", 1, 1},
    {"ragged", 7, 13},
    {"more rows than a block of the device has warps", 21, 33},
    {"an embedding", 9, 512},
    {"an embedding and its mirror image's", 5, 1024},
    {"tiny values", 3, 40, 1e-40f},
    {"large values", 3, 40, 1e37f},
    {"no rows", 0, 8},
    {"rows of nothing", 3, 0},
};

struct ProductCase {
  std::string name;
  std::int64_t queries, rows, size;
};

const ProductCase product_cases[] = {
    {"one product", 1, 1, 1},
    {"one query, ragged", 1, 7, 19},
    {"a vector of bytes", 1, 6, 16},
    {"four queries at once and one alone", 5, 33, 100},
    {"an embedding", 2, 37, 512},
    {"an embedding and its mirror image's", 4, 19, 1024},
    {"more rows than a block of the cpu", 3, 2800, 48},
    {"more queries than rows", 9, 2, 64},
    {"no rows", 2, 0, 8},
    {"no queries", 0, 5, 8},
    {"empty sums", 2, 3, 0},
};

}  // namespace

TEST_CASE("encode_rows: scale, nearest codes and the error that is left") {
  for (const EncodeCase& c : encode_cases) {
    Tensor rows = random_tensor({c.rows, c.size}, c.scale);
    if (c.rows > 2)  // one row of zeros
      for (std::int64_t i = 0; i < c.size; ++i) rows.data<float>()[c.size + i] = 0;
    const Values x = to_double(rows);
    const Coded on_cpu = encoded(rows);
    for (const Device device : devices()) {
      INFO(c.name, ": ", c.rows, " x ", c.size, " on ", to_string(device));
      const auto check = [&] {
        const Coded coded = encoded(rows, device);
        const Values codes = code_values(coded.codes), scale = to_double(coded.scale),
                     error = to_double(coded.error);
        const Values left = reference::coding_errors(x, codes, scale, c.size);
        double worst = 0;  // steps between a value and its code
        for (std::int64_t r = 0; r < c.rows; ++r) {
          double largest = 0, largest_code = 0;
          for (std::int64_t i = r * c.size; i < (r + 1) * c.size; ++i) {
            largest = std::max(largest, std::abs(at(x, i)));
            largest_code = std::max(largest_code, std::abs(at(codes, i)));
            if (at(scale, r) > 0) worst = std::max(worst, std::abs(at(x, i) / at(scale, r) - at(codes, i)));
          }
          CHECK(std::abs(at(scale, r) - largest / 127) <= 1e-7 * largest + 1e-45);
          CHECK(largest_code == (at(scale, r) > 0 ? 127 : 0));
          CHECK(at(error, r) >= at(left, r));
          CHECK(at(error, r) <= at(left, r) * (1 + 1e-6) + 3e-45);
        }
        // At the ends of the range, rounding of the scale may leave a little more than half a step.
        CHECK(worst <= (c.scale < 1e-30f ? 0.6 : 0.50001));
        CHECK(same_bits(coded.codes, on_cpu.codes));
        CHECK(same_bits(coded.scale, on_cpu.scale));
      };
      if (device == Device::cpu)
        for_each_simd_target(check);
      else
        for_each_schedule(device, check, work_of(rows.shape()));
    }
    check_thread_counts([&] {
      const Coded coded = encoded(rows);
      return std::vector{coded.codes, coded.scale, coded.error};
    });
  }
}

TEST_CASE("encode_rows: worked by hand") {
  // Three rows: 127 steps of 1; of 1/2; a half, which goes to the even code.
  const Tensor rows =
      Tensor::from<float>({127, -127, 1, 0, 63.5f, -1, 0.25f, 0, 127, 2.5f, 3.5f, -2.5f}, {3, 4});
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Coded coded = encoded(rows, device);
    CHECK(code_values(coded.codes) == Values{127, -127, 1, 0, 127, -2, 0, 0, 127, 2, 4, -2});
    CHECK(to_double(coded.scale) == Values{1, 0.5, 1});
    const Values error = to_double(coded.error);
    CHECK(error[0] == 0);
    CHECK(error[1] == doctest::Approx(0.25));
    CHECK(error[2] == doctest::Approx(std::sqrt(0.75)));
  }
}

TEST_CASE("encode_rows: a value that is not finite leaves an error that is not") {
  for (const Device device : devices())
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
      for (const std::int64_t place : {0, 19, 36}) {
        INFO("on ", to_string(device), " at ", place);
        Tensor rows = random_tensor({2, 37});
        rows.data<float>()[place] = bad;
        const Values error = to_double(encoded(rows, device).error);
        CHECK_FALSE(std::isfinite(error[0]));
        CHECK(std::isfinite(error[1]));
      }
}

TEST_CASE("code_cosines: agrees with the oracle, to the last bit where nothing is rounded") {
  for (const ProductCase& c : product_cases) {
    const Tensor query_codes = random_codes({c.queries, c.size}), codes = random_codes({c.rows, c.size});
    const Tensor query_scale = random_tensor({c.queries}), scale = random_tensor({c.rows});
    const Tensor ones = Tensor::full({c.rows}, 1), query_ones = Tensor::full({c.queries}, 1);
    const Values left = code_values(query_codes), right = code_values(codes);
    const Values expected =
        reference::code_cosines(left, to_double(query_scale), right, to_double(scale), c.size);
    const Values sums = reference::code_cosines(left, to_double(query_ones), right, to_double(ones), c.size);
    SameBits same;
    for (const Device device : devices()) {
      INFO(c.name, ": ", c.queries, " x ", c.rows, " x ", c.size, " on ", to_string(device));
      const auto check = [&] {
        Tensor cosines = poisoned_on(device, {c.queries, c.rows}),
               exact = poisoned_on(device, {c.queries, c.rows});
        code_cosines(query_codes.to(device), query_scale.to(device), codes.to(device), scale.to(device),
                     cosines);
        code_cosines(query_codes.to(device), query_ones.to(device), codes.to(device), ones.to(device), exact);
        CHECK(error_of(cosines, expected) < 2e-7);
        CHECK(to_double(exact) == sums);
        CHECK(same({cosines}));  // on both devices too
      };
      if (device == Device::cpu)
        for_each_simd_target(check);
      else
        for_each_schedule(device, check, 2 * work_of({c.queries, c.rows, c.size}) / 10);
    }
    check_thread_counts([&] {
      Tensor cosines = poisoned({c.queries, c.rows});
      code_cosines(query_codes, query_scale, codes, scale, cosines);
      return std::vector{cosines};
    });
  }
}

TEST_CASE("code_cosines: the longest rows and the largest codes do not overflow") {
  constexpr std::int64_t size = longest_coded_row;
  Tensor codes = Tensor::empty({2, size}, DType::u8);
  for (std::int64_t i = 0; i < size; ++i) {
    codes.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(127);
    codes.data<std::uint8_t>()[size + i] = static_cast<std::uint8_t>(-127);
  }
  const Tensor scale = Tensor::full({2}, 1);
  const auto largest = static_cast<float>(127.0 * 127 * size);
  for (const Device device : devices()) {
    Tensor cosines = poisoned_on(device, {2, 2});
    const auto check = [&] {
      code_cosines(codes.to(device), scale.to(device), codes.to(device), scale.to(device), cosines);
      CHECK(to_double(cosines) ==
            to_double(Tensor::from<float>({largest, -largest, -largest, largest}, {2, 2})));
    };
    if (device == Device::cpu)
      for_each_simd_target(check);
    else
      check();
  }
}

TEST_CASE("code_cosines: rows of a view that begin anywhere") {
  for (const Device device : devices()) {
    const Tensor queries = random_codes({3, 48}), codes = random_codes({7 * 48 + 1});
    const Tensor ones = Tensor::full({7}, 1);
    const Tensor view = codes.to(device).slice(1, 7 * 48).reshape({7, 48});
    Tensor cosines = poisoned_on(device, {3, 7});
    code_cosines(queries.to(device), ones.slice(0, 3).to(device), view, ones.to(device), cosines);
    CHECK(to_double(cosines) ==
          reference::code_cosines(code_values(queries), {1, 1, 1}, code_values(view), to_double(ones), 48));
  }
}

TEST_CASE("code_slack: no cosine is further off, and where it can be, it nearly is") {
  for (const std::int64_t size : {1, 2, 3, 16, 129, 512, 1024}) {
    INFO("rows of ", size);
    constexpr std::int64_t rows = 60;
    Tensor x = random_unit_rows({rows, size});
    float* const values = x.data<float>();
    // Some rows are zero, have one large value, or are all alike.
    for (std::int64_t i = 0; i < size; ++i) {
      values[i] = 0;
      values[size + i] = i == size / 2 ? 1.0f : 0.0f;
      values[2 * size + i] = i == 0 ? 1.0f : 0.004f;
      values[3 * size + i] = 1;
    }
    // And some lie along what the codes of the row before them leave out.
    const Coded before = encoded(x);
    const Values codes = code_values(before.codes);
    for (std::int64_t r = 5; r < rows; r += 2)
      for (std::int64_t i = 0; i < size; ++i)
        values[r * size + i] =
            values[(r - 1) * size + i] -
            before.scale.data<float>()[r - 1] * static_cast<float>(at(codes, (r - 1) * size + i));
    Tensor length = poisoned({rows});
    normalise_rows(x, x, length);
    const Coded coded = encoded(x);
    Tensor cosines = poisoned({rows, rows});
    code_cosines(coded.codes, coded.scale, coded.codes, coded.scale, cosines);
    const Values exact = to_double(x), error = to_double(coded.error);
    double largest_share = 0;
    for (std::int64_t a = 0; a < rows; ++a)
      for (std::int64_t b = 0; b < rows; ++b) {
        double dot = 0;
        for (std::int64_t i = 0; i < size; ++i) dot += at(exact, a * size + i) * at(exact, b * size + i);
        const double off = std::abs(dot - static_cast<double>(cosines.data<float>()[a * rows + b]));
        const double slack = code_slack(at(error, a), at(error, b));
        CHECK(off <= slack);
        largest_share = std::max(largest_share, off / slack);
      }
    if (size >= 16) CHECK(largest_share > 0.4);  // no more than what such rows need
    if (size == 1024) {
      // What the search has to look at again: rows within twice this of the best.
      const Tensor plain = random_unit_rows({2, size});
      const Values of_plain = to_double(encoded(plain).error);
      CHECK(code_slack(of_plain[0], of_plain[1]) < 0.025);
    }
  }
}

TEST_CASE("row_codes: unfit tensors are named") {
  const Tensor rows = random_tensor({3, 8}), codes = random_codes({3, 8}), scale = random_tensor({3});
  Tensor good_codes = codes.clone(), good = scale.clone(), wrong = poisoned({4}), cosines = poisoned({3, 3});
  CHECK_FAILS(encode_rows(Tensor(), good_codes, good, good), "encode_rows: expected rows");
  CHECK_FAILS(encode_rows(codes, good_codes, good, good), "encode_rows: expected rows");
  CHECK_FAILS(encode_rows(rows, good, good, good), "encode_rows: expected codes");
  CHECK_FAILS(encode_rows(rows, good_codes, wrong, good), "encode_rows: expected scale");
  CHECK_FAILS(encode_rows(rows, good_codes, good, wrong), "encode_rows: expected error");
  CHECK_FAILS(code_cosines(rows, scale, codes, scale, cosines), "code_cosines: expected query_codes");
  CHECK_FAILS(code_cosines(codes, scale, random_codes({3, 9}), scale, cosines),
              "code_cosines: expected query_codes");
  CHECK_FAILS(code_cosines(codes, wrong, codes, scale, cosines), "code_cosines: expected query_scale");
  CHECK_FAILS(code_cosines(codes, scale, codes, wrong, cosines), "code_cosines: expected scale");
  CHECK_FAILS(code_cosines(codes, scale, codes, scale, wrong), "code_cosines: expected cosines");
  Tensor long_codes = Tensor::empty({1, longest_coded_row + 1}, DType::u8), one = poisoned({1});
  CHECK_FAILS(encode_rows(Tensor::zeros({1, longest_coded_row + 1}), long_codes, one, one),
              "at most 133144 numbers");
}
