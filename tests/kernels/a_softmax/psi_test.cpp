#include <cmath>
#include <numbers>

#include "kernels/a_softmax/a_softmax.h"
#include "tests/kernels/checks.h"
#include "tests/reference/heads.h"
#ifdef HYPERSPHERE_EMULATOR
#include "kernels/a_softmax/psi.cuh"
#endif

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("psi: the polynomial agrees with the definition by the angle") {
  for (int m = 1; m <= 4; ++m)
    for (int i = 1; i < 10000; ++i) {
      const double theta = std::numbers::pi * i / 10000;
      const Psi psi = a_softmax_psi(m, std::cos(theta));
      INFO("m ", m, " theta ", theta);
      CHECK(std::abs(psi.value - reference::psi(m, theta)) < 1e-12);
      if (10000 / m * m == 10000 && i % (10000 / m) == 0) continue;  // a border: two derivatives
      CHECK(std::abs(psi.derivative - reference::psi_derivative(m, theta)) < 1e-8);
    }
}

TEST_CASE("psi: continuous, strictly decreasing from 1 to 1 - 2m") {
  for (int m = 1; m <= 4; ++m) {
    INFO("m ", m);
    CHECK(a_softmax_psi(m, 1).value == 1);
    CHECK(a_softmax_psi(m, -1).value == 1 - 2 * m);
    double before = 1;
    for (int i = 1; i <= 10000; ++i) {
      const double value = a_softmax_psi(m, std::cos(std::numbers::pi * i / 10000)).value;
      INFO("step ", i);
      CHECK(value < before);
      CHECK(before - value < 1.3e-3);  // pi/10000 m: |d psi / d theta| <= m
      before = value;
    }
  }
}

TEST_CASE("psi: borders belong to the piece of the larger cosine") {
  struct Border {
    int margin;
    double c, value, derivative;
  };
  const double r = std::sqrt(0.5);
  for (const Border& border : {Border{2, 0, -1, 0}, Border{3, 0.5, -1, 0}, Border{3, -0.5, -3, 0},
                               Border{4, r, -1, 0}, Border{4, 0, -3, 0}, Border{4, -r, -5, 0}}) {
    INFO("m ", border.margin, " c ", border.c);
    const Psi at = a_softmax_psi(border.margin, border.c);
    CHECK(at.value == doctest::Approx(border.value).epsilon(1e-12));
    CHECK(std::abs(at.derivative - border.derivative) < 1e-12);
    const Psi below = a_softmax_psi(border.margin, std::nextafter(border.c, -2));
    CHECK(below.value == doctest::Approx(border.value).epsilon(1e-12));
  }
}

TEST_CASE("psi: cosines beyond 1 are clamped, NaN stays, other margins throw") {
  for (int m = 1; m <= 4; ++m) {
    CHECK(a_softmax_psi(m, 1.0001).value == 1);
    CHECK(a_softmax_psi(m, 1.0001).derivative == m * m);
    CHECK(a_softmax_psi(m, -1.0001).value == 1 - 2 * m);
    CHECK(a_softmax_psi(m, -1.0001).derivative == m * m);
    CHECK(std::isnan(a_softmax_psi(m, std::numeric_limits<double>::quiet_NaN()).value));
  }
  for (const int m : {-1, 0, 5}) CHECK_FAILS(a_softmax_psi(m, 0.5), "a_softmax_psi: expected a margin");
}

#ifdef HYPERSPHERE_EMULATOR
TEST_CASE("psi: the device's float function agrees with the host's, also around the borders") {
  const double r = std::sqrt(0.5);
  std::vector<float> cosines;
  for (int i = -20001; i <= 20001; ++i) cosines.push_back(static_cast<float>(i) / 20000.0f);
  for (const double border : {-1.0, -r, -0.5, 0.0, 0.5, r, 1.0}) {
    const float at = static_cast<float>(border);
    for (const float c : {at, std::nextafter(at, -2.0f), std::nextafter(at, 2.0f)}) cosines.push_back(c);
  }
  for (int m = 1; m <= 4; ++m)
    for (const float c : cosines) {
      const Psi expected = a_softmax_psi(m, static_cast<double>(c));
      const cuda::FloatPsi found = cuda::a_softmax_psi(m, c);
      INFO("m ", m, " c ", c);
      // Values up to 7, slopes up to 16: some units in the last place of these.
      CHECK(std::abs(static_cast<double>(found.value) - expected.value) < 2e-6);
      CHECK(std::abs(static_cast<double>(found.derivative) - expected.derivative) < 8e-6);
    }
  for (int m = 1; m <= 4; ++m) {
    CHECK(cuda::a_softmax_psi(m, 1.0001f).value == 1);
    CHECK(cuda::a_softmax_psi(m, -1.0001f).value == static_cast<float>(1 - 2 * m));
    CHECK(std::isnan(cuda::a_softmax_psi(m, std::numeric_limits<float>::quiet_NaN()).value));
  }
}
#endif
