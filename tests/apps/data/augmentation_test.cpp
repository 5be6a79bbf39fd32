#include "apps/data/augmentation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "scratch.h"

namespace hypersphere::test {
namespace {

constexpr int width = 96, height = 112;

const AugmentationOptions all{.mirror = true,
                              .shift = 4,
                              .scale = 0.25,
                              .rotate = 8,
                              .contrast = 0.3,
                              .brightness = 0.2,
                              .saturation = 0.5,
                              .grey = 0.1,
                              .erase = 0.4};

std::vector<ImageChange> draw(const AugmentationOptions& options, int count = 4000, std::uint64_t seed = 7) {
  std::vector<ImageChange> changes;
  for (int i = 0; i < count; ++i) changes.push_back(draw_change(options, width, height, seed, i));
  return changes;
}

// The numbers of a row.
std::array<float, ImageChange::numbers> row(const ImageChange& change) {
  std::array<float, ImageChange::numbers> numbers{};
  change.write(numbers.data());
  return numbers;
}

double enlarged(const ImageChange& change) {
  return 1 / std::hypot(static_cast<double>(change.step_x), static_cast<double>(change.step_y));
}

double degrees(const ImageChange& change) {
  return std::atan2(-static_cast<double>(change.step_y), static_cast<double>(change.step_x)) * 180 /
         std::numbers::pi;
}

// Uniform in [low, high): the range is kept and nearly reached, and each quarter of it has its share of the values.
void check_uniform(const std::vector<ImageChange>& changes, double low, double high,
                   const std::function<double(const ImageChange&)>& value) {
  std::array<double, 4> quarters{};
  for (const ImageChange& change : changes) {
    const double place = (value(change) - low) / (high - low);
    REQUIRE(place > -1e-6);
    REQUIRE(place < 1 + 1e-6);
    quarters[static_cast<std::size_t>(std::clamp(4 * place, 0.0, 3.999))] += 1;
  }
  for (const double share : quarters)
    CHECK(share / static_cast<double>(changes.size()) == doctest::Approx(0.25).epsilon(0.15));
}

double share_of(const std::vector<ImageChange>& changes, const std::function<bool(const ImageChange&)>& is) {
  return static_cast<double>(std::ranges::count_if(changes, is)) / static_cast<double>(changes.size());
}

}  // namespace

TEST_CASE("augmentation: mirror and shift as they have always been drawn") {
  struct Drawn {
    AugmentationOptions options;
    std::uint64_t seed;
    std::int64_t first;
    std::vector<std::array<float, 3>> expected;  // recorded with the loader that knew nothing else
  };
  for (const Drawn& drawn :
       {Drawn{{.shift = 2},
              11,
              0,
              {{1, 0, 2}, {0, 2, 2}, {0, -1, -1}, {0, 2, 2}, {0, 1, 2}, {0, 1, 2}, {1, 0, -2}}},
        Drawn{{.shift = 5},
              1234567890123,
              1000000,
              {{0, 2, 0},
               {0, 2, 1},
               {0, 4, -5},
               {0, -3, 2},
               {0, -2, 2},
               {0, 0, -4},
               {0, 2, -1},
               {0, -5, 2},
               {1, 3, 0}}}})
    for (std::size_t i = 0; i < drawn.expected.size(); ++i) {
      const std::int64_t position = drawn.first + static_cast<std::int64_t>(i);
      const ImageChange change = draw_change(drawn.options, width, height, drawn.seed, position);
      const auto& [mirror, shift_x, shift_y] = drawn.expected[i];
      CHECK(row(change) == row({.mirror = mirror, .shift_x = shift_x, .shift_y = shift_y}));
      CHECK(change.moves_whole_pixels());
      CHECK(change.keeps_colours());
    }
}

TEST_CASE("augmentation: what is off changes nothing") {
  for (const ImageChange& change : draw({.mirror = false}, 50)) CHECK(row(change) == row({}));
}

TEST_CASE("augmentation: every option fills its range") {
  const std::vector<ImageChange> changes = draw(all);
  CHECK(share_of(changes, [](const ImageChange& c) { return c.mirror == 1; }) ==
        doctest::Approx(0.5).epsilon(0.1));
  for (int shift = -4; shift <= 4; ++shift) {
    CAPTURE(shift);
    const auto wanted = static_cast<float>(shift);
    CHECK(share_of(changes, [&](const ImageChange& c) { return c.shift_x == wanted; }) ==
          doctest::Approx(1.0 / 9).epsilon(0.3));
    CHECK(share_of(changes, [&](const ImageChange& c) { return c.shift_y == wanted; }) ==
          doctest::Approx(1.0 / 9).epsilon(0.3));
  }
  check_uniform(changes, -std::log(1.25), std::log(1.25),
                [](const ImageChange& c) { return std::log(enlarged(c)); });
  check_uniform(changes, -8, 8, degrees);
  check_uniform(changes, 0.7, 1.3, [](const ImageChange& c) { return static_cast<double>(c.contrast); });
  check_uniform(changes, -0.2, 0.2, [](const ImageChange& c) { return static_cast<double>(c.brightness); });
  std::vector<ImageChange> coloured = changes;
  std::erase_if(coloured, [](const ImageChange& c) { return c.saturation == 0; });
  CHECK(coloured.size() == doctest::Approx(0.9 * static_cast<double>(changes.size())).epsilon(0.03));
  check_uniform(coloured, 0.5, 1.5, [](const ImageChange& c) { return static_cast<double>(c.saturation); });
}

TEST_CASE(
    "augmentation: erased rectangles of whole pixels lie in the picture and have the shares that were asked "
    "for") {
  AugmentationOptions options = all;
  options.erase_least = 0.05, options.erase_most = 0.3;
  std::vector<ImageChange> changes = draw(options);
  CHECK(share_of(changes, [](const ImageChange& c) { return c.erase_right > c.erase_left; }) ==
        doctest::Approx(0.4).epsilon(0.1));
  std::erase_if(changes, [](const ImageChange& c) { return c.erase_right == c.erase_left; });
  double widest = 0, highest = 0;
  for (const ImageChange& c : changes) {
    for (const float edge : {c.erase_left, c.erase_top, c.erase_right, c.erase_bottom})
      REQUIRE(edge == std::round(edge));
    REQUIRE(c.erase_left >= 0);
    REQUIRE(c.erase_top >= 0);
    REQUIRE(c.erase_right <= width);
    REQUIRE(c.erase_bottom <= height);
    const double columns = static_cast<double>(c.erase_right - c.erase_left),
                 lines = static_cast<double>(c.erase_bottom - c.erase_top);
    widest = std::max(widest, columns / lines), highest = std::max(highest, lines / columns);
    const double share = columns * lines / (width * height);
    REQUIRE(share > 0.045);
    REQUIRE(share < 0.31);
  }
  CHECK(widest == doctest::Approx(10.0 / 3).epsilon(0.2));
  CHECK(highest == doctest::Approx(10.0 / 3).epsilon(0.2));
  // Whatever the area, of a picture so small, a pixel at least and no more than there are.
  for (const double most : {0.0, 1.0})
    for (int i = 0; i < 50; ++i) {
      const ImageChange c = draw_change({.erase = 1, .erase_least = most, .erase_most = most}, 3, 2, 1, i);
      CHECK(c.erase_right - c.erase_left >= 1);
      CHECK(c.erase_right <= 3);
      CHECK(c.erase_bottom <= 2);
    }
}

TEST_CASE("augmentation: a change follows from seed and position, and no option moves what another draws") {
  CHECK(row(draw(all, 20)[19]) == row(draw_change(all, width, height, 7, 19)));
  CHECK(row(draw_change(all, width, height, 8, 19)) != row(draw_change(all, width, height, 7, 19)));
  CHECK(row(draw_change(all, width, height, 7, 20)) != row(draw_change(all, width, height, 7, 19)));
  AugmentationOptions some = all;
  some.mirror = false, some.shift = 0, some.scale = 0, some.contrast = 0, some.saturation = 0, some.grey = 0;
  for (int i = 0; i < 20; ++i) {
    const ImageChange whole = draw_change(all, width, height, 7, i),
                      part = draw_change(some, width, height, 7, i);
    CHECK(part.brightness == whole.brightness);
    CHECK(degrees(part) == doctest::Approx(degrees(whole)).epsilon(1e-5));
    CHECK(part.erase_left == whole.erase_left);
    CHECK(part.erase_bottom == whole.erase_bottom);
    CHECK(part.contrast == 1);
    CHECK(part.saturation == 1);
  }
}

TEST_CASE("augmentation: the margin holds just what changes bring into the picture") {
  CHECK(margin_of({}, width, height) == Margin{0, 0});
  CHECK(margin_of({.contrast = 1, .erase = 1}, width, height) == Margin{0, 0});
  CHECK(margin_of({.shift = 3}, width, height) == Margin{3, 3});
  CHECK(margin_of({.scale = 0.2}, 11, 21) == Margin{1, 2});      // 5 and 10 pixels from the middle
  CHECK(margin_of({.rotate = 45}, 101, 101) == Margin{21, 21});  // 50 sqrt(2) - 50
  // The corners of all pictures drawn lie in the margin, and some of them nearly reach its end.
  AugmentationOptions options = all;
  for (const double rotate : {0.0, 8.0, 45.0}) {
    options.rotate = rotate;
    const Margin margin = margin_of(options, width, height);
    const double most_x = 47.5 + margin.x, most_y = 55.5 + margin.y;
    double far_x = 0, far_y = 0;
    for (const ImageChange& c : draw(options, 20000))
      for (const double x : {-47.5, 47.5})
        for (const double y : {-55.5, 55.5}) {
          const double u = x - static_cast<double>(c.shift_x), v = y - static_cast<double>(c.shift_y);
          const auto step_x = static_cast<double>(c.step_x), step_y = static_cast<double>(c.step_y);
          far_x = std::max(far_x, std::abs(step_x * u - step_y * v));
          far_y = std::max(far_y, std::abs(step_y * u + step_x * v));
        }
    CHECK(far_x <= most_x);
    CHECK(far_y <= most_y);
    CHECK(far_x > most_x - 4);
    CHECK(far_y > most_y - 4);
  }
}

TEST_CASE("augmentation: options out of range are refused by name") {
  const auto message = [](AugmentationOptions options) {
    return error_of([&] { check_augmentation(options, width, height); });
  };
  CHECK(message(all).empty());
  CHECK(holds(message({.shift = -1}), "shift", "96 x 112"));
  CHECK(holds(message({.shift = 96}), "shift"));
  CHECK(holds(message({.scale = 1.5}), "scale from 0 to 1", "1.5"));
  CHECK(holds(message({.rotate = 46}), "rotate"));
  CHECK(holds(message({.contrast = -0.1}), "contrast"));
  CHECK(holds(message({.brightness = 2}), "brightness"));
  CHECK(holds(message({.saturation = 2}), "saturation"));
  CHECK(holds(message({.grey = 2}), "grey"));
  CHECK(holds(message({.erase = std::nan("")}), "erase"));
  CHECK(holds(message({.erase_least = 0.3}), "erase_least"));
  CHECK(holds(message({.erase_most = 1.1}), "erase_most"));
}

}  // namespace hypersphere::test
