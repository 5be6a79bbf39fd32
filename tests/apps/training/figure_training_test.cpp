#include "apps/training/figure_training.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "kernels/cuda/runtime.h"
#include "tests/apps/data/scratch.h"
#include "tests/nn/support.h"
#include "tests/support.h"

using namespace hypersphere;

namespace {

bool never() { return false; }
bool at_once() { return true; }

// Three people with 7, 5 and 4 photographs of 20 x 20, each person a colour, and two with fewer.
void draw_people(const test::Scratch& scratch) {
  const int images[] = {5, 3, 7, 4, 2};
  const std::uint8_t colours[][3] = {
      {220, 40, 40}, {20, 20, 20}, {40, 200, 60}, {50, 60, 230}, {250, 250, 250}};
  for (int person = 0; person < 5; ++person)
    for (int i = 0; i < images[person]; ++i) {
      const auto& c = colours[person];
      const auto shade = static_cast<std::uint8_t>(3 * i);
      scratch.png(fmt::format("person{}/{}.png", person, i),
                  test::plain(20, 20, static_cast<std::uint8_t>(c[0] - shade), c[1],
                              static_cast<std::uint8_t>(c[2] + shade / 2)));
    }
}

FigureOptions small(const test::Scratch& scratch) {
  FigureOptions options;
  options.data = scratch.path();
  options.identities = 3;
  options.held_out = 0.4;
  options.loader.width = options.loader.height = 16;
  options.width = 2;
  options.heads = parse_figure_heads("softmax,a-softmax:3");
  options.budget.iterations = 6;
  options.batch = 4;
  return options;
}

Dataset people(const std::vector<int>& images) {
  Dataset dataset;
  for (std::size_t person = 0; person < images.size(); ++person) {
    dataset.identities.push_back("person" + std::to_string(person));
    for (int i = 0; i < images[person]; ++i)
      dataset.photographs.push_back(
          {fmt::format("{}/{}.jpg", dataset.identities.back(), i), static_cast<std::int32_t>(person)});
  }
  return dataset;
}

}  // namespace

TEST_CASE("figure heads: names and back") {
  const auto heads = parse_figure_heads("softmax,modified-softmax,a-softmax:1,a-softmax:4");
  REQUIRE(heads.size() == 4);
  CHECK(heads[0].kind == HeadKind::softmax);
  CHECK(heads[1].kind == HeadKind::modified_softmax);
  CHECK(heads[2].kind == HeadKind::a_softmax);
  CHECK(heads[2].margin == 1);
  CHECK(heads[3].margin == 4);
  CHECK(figure_head_name(heads[3]) == "a-softmax:4");
  CHECK(figure_head_name(heads[1]) == "modified-softmax");
  for (const char* text : {"", "softmax,", "a-softmax", "a-softmax:5", "a-softmax:0", "a-softmax:2x",
                           "softmax:2", "arcface", " softmax"}) {
    CAPTURE(text);
    if (std::string(text) == "softmax,") continue;  // a comma at the end adds nothing
    CHECK(test::holds(test::error_of([&] { parse_figure_heads(text); }), "heads: expected"));
  }
  CHECK(test::holds(test::error_of([] { parse_figure_heads("softmax,softmax"); }), "softmax is named twice"));
}

TEST_CASE("figure photographs: of the identities with most of them, the first by name where equal") {
  const FigurePhotographs chosen = choose_photographs(people({3, 9, 5, 5, 8, 5}), 3, 0, 1);
  CHECK(chosen.identities == std::vector<std::string>{"person1", "person2", "person4"});
  CHECK(chosen.photographs.size() == 22);
  CHECK(std::ranges::count(chosen.held_out, true) == 0);
  for (const Photograph& photograph : chosen.photographs)
    CHECK(photograph.path.starts_with(chosen.identities[static_cast<std::size_t>(photograph.label)] + "/"));
}

TEST_CASE("figure photographs: of each identity a share is held out, at least one, never all") {
  const FigurePhotographs chosen = choose_photographs(people({20, 10, 2}), 3, 0.3, 7);
  REQUIRE(chosen.held_out.size() == 32);
  std::vector<int> held(3);
  for (std::size_t i = 0; i < 32; ++i)
    held[static_cast<std::size_t>(chosen.photographs[i].label)] += chosen.held_out[i];
  CHECK(held == std::vector<int>{6, 3, 1});
  const FigurePhotographs most = choose_photographs(people({2, 3}), 2, 0.9, 7);
  CHECK(std::ranges::count(most.held_out, true) == 3);  // one of two, two of three
  // No file twice, so that nothing held out is trained on.
  std::set<std::string> paths;
  for (const Photograph& photograph : chosen.photographs) paths.insert(photograph.path);
  CHECK(paths.size() == 32);
  CHECK(choose_photographs(people({20, 10, 2}), 3, 0.3, 7).held_out == chosen.held_out);
  CHECK(choose_photographs(people({20, 10, 2}), 3, 0.3, 8).held_out != chosen.held_out);
}

TEST_CASE("figure photographs: what is refused") {
  CHECK(test::holds(test::error_of([] {
                      choose_photographs(people({3, 4}), 3, 0.3, 1);
                    }),
                    "3 identities wanted", "has 2"));
  CHECK(test::holds(test::error_of([] {
                      choose_photographs(people({3, 1}), 2, 0.3, 1);
                    }),
                    "person1 has one photograph"));
  CHECK(test::error_of([] { choose_photographs(people({3, 1}), 2, 0, 1); }).empty());
  CHECK(test::holds(test::error_of([] {
                      choose_photographs(people({3, 4}), 1, 0.3, 1);
                    }),
                    "two identities or more"));
  CHECK(test::holds(test::error_of([] { choose_photographs(people({3, 4}), 2, 1, 1); }), "share in [0, 1)"));
}

TEST_CASE("figure schedules: lambda falls by equal factors to its least, the rate rises and falls twice") {
  FigureOptions options;
  options.lambda_start = 1000;
  options.lambda_min = 0.1;
  CHECK(figure_lambda(options, 0) == doctest::Approx(1000));
  CHECK(figure_lambda(options, 0.125) == doctest::Approx(100));
  CHECK(figure_lambda(options, 0.25) == doctest::Approx(10));
  CHECK(figure_lambda(options, 0.4999) == doctest::Approx(0.1).epsilon(0.01));
  for (const double share : {0.5, 0.8, 1.0, 1.2}) CHECK(figure_lambda(options, share) == 0.1);
  options.lambda_min = 2000;
  CHECK(figure_lambda(options, 0.1) == 2000);

  options.learning_rate = 0.2;
  CHECK(figure_rate(options, 0) == doctest::Approx(0.01));
  CHECK(figure_rate(options, 0.02) == doctest::Approx(0.09));
  for (const double share : {0.05, 0.3, 0.59}) CHECK(figure_rate(options, share) == doctest::Approx(0.2));
  CHECK(figure_rate(options, 0.6) == doctest::Approx(0.02));
  CHECK(figure_rate(options, 0.85) == doctest::Approx(0.002));
}

TEST_CASE("figure training: the same seed gives the same bits, whichever other heads are trained beside") {
  const test::OneThread guard;
  const test::Scratch scratch;
  draw_people(scratch);
  const FigureOptions options = small(scratch);
  double last = 0;
  int calls = 0;
  const auto first = train_figure(options, never, [&](double share, double rate, const std::string& text) {
    CHECK(share > last);
    CHECK(rate > 0);
    CHECK(text.starts_with("loss "));
    last = share;
    ++calls;
  });
  REQUIRE(first);
  CHECK(last == 1);
  CHECK(calls == 6);
  CHECK(first->iterations == 6);
  CHECK(first->photographs.identities == std::vector<std::string>{"person0", "person2", "person3"});
  REQUIRE(first->heads.size() == 2);
  CHECK(first->heads[0].features.shape() == Shape{16, 2});
  CHECK(first->heads[0].weight.shape() == Shape{3, 2});
  CHECK(first->heads[0].bias.shape() == Shape{3});
  CHECK(!first->heads[1].bias.defined());

  FigureOptions alone = options;
  alone.heads = parse_figure_heads("a-softmax:3");
  const auto second = train_figure(alone, never);
  REQUIRE(second);
  CHECK(test::same_bits(second->heads[0].features, first->heads[1].features));
  CHECK(test::same_bits(second->heads[0].weight, first->heads[1].weight));
  alone.seed = 2;
  CHECK(!test::same_bits(train_figure(alone, never)->heads[0].features, first->heads[1].features));
}

TEST_CASE("figure training: it learns, in three dimensions too, and a budget of time ends") {
  const test::OneThread guard;
  const test::Scratch scratch;
  draw_people(scratch);
  FigureOptions options = small(scratch);
  options.dimension = 3;
  options.width = 4;
  options.heads = parse_figure_heads("softmax");
  options.budget.iterations = 80;
  options.batch = 8;
  const auto result = train_figure(options, never);
  REQUIRE(result);
  CHECK(result->heads[0].features.shape() == Shape{16, 3});
  CHECK(result->heads[0].loss < 0.5);  // from ln 3 = 1.1
  options.budget = {.iterations = {}, .epochs = {}, .minutes = 0.2 / 60};
  const auto timed = train_figure(options, never);
  REQUIRE(timed);
  CHECK(timed->iterations >= 1);
}

TEST_CASE("figure training: on cuda as on the cpu") {
  const test::OneThread guard;
  if (!cuda::unavailable().empty()) return;
  const test::Scratch scratch;
  draw_people(scratch);
  FigureOptions options = small(scratch);
  options.budget.iterations = 3;
  const auto expected = train_figure(options, never);
  options.compute.device = Device::cuda;
  const auto found = train_figure(options, never);
  REQUIRE(expected);
  REQUIRE(found);
  for (std::size_t i = 0; i < 2; ++i) {
    const FigureHead &a = found->heads[i], &b = expected->heads[i];
    CHECK(test::relative_error(a.features.span<float>(), b.features.span<float>()) < 1e-4);
    CHECK(test::relative_error(a.weight.span<float>(), b.weight.span<float>()) < 1e-4);
    CHECK(a.loss == doctest::Approx(b.loss).epsilon(1e-4));
  }
  CHECK(found->heads[0].bias.device() == Device::cpu);
}

TEST_CASE("figure training: interrupted, it returns nothing") {
  const test::OneThread guard;
  const test::Scratch scratch;
  draw_people(scratch);
  CHECK(!train_figure(small(scratch), at_once));
}

TEST_CASE("figure training: what cannot be decoded is named and left out") {
  const test::OneThread guard;
  const test::Scratch scratch;
  draw_people(scratch);
  scratch.file("person2/3.png", "not an image");
  FigureOptions options = small(scratch);
  options.heads.pop_back();
  std::vector<std::string> said;
  options.say = [&](const std::string& line) { said.push_back(line); };
  const auto result = train_figure(options, never);
  REQUIRE(result);
  CHECK(result->photographs.photographs.size() == 15);
  CHECK(result->photographs.held_out.size() == 15);
  CHECK(result->heads[0].features.shape() == Shape{15, 2});
  REQUIRE(said.size() == 2);
  CHECK(test::holds(said[0], "left out", "person2/3.png"));
  CHECK(test::holds(said[1], "15 photographs of 3 identities"));
}

TEST_CASE("figure training: failures say what is wrong") {
  const test::OneThread guard;
  const test::Scratch scratch;
  draw_people(scratch);
  FigureOptions options = small(scratch);
  options.learning_rate = 1e12;
  options.budget.iterations = 20;
  CHECK(test::holds(test::error_of([&] { train_figure(options, never); }), "softmax, iteration", "not finite",
                    "--lr"));
  options = small(scratch);
  options.heads.clear();
  CHECK(test::holds(test::error_of([&] { train_figure(options, never); }), "no head"));
  options = small(scratch);
  options.budget = {};
  CHECK(test::holds(test::error_of([&] { train_figure(options, never); }), "neither iterations nor minutes"));
  for (int i = 0; i < 5; ++i) scratch.file(fmt::format("person0/{}.png", i), "not an image");
  CHECK(
      test::holds(test::error_of([&] { train_figure(small(scratch), never); }), "person0", "can be decoded"));
}
