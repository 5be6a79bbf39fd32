// Training, end to end, in small: the loss falls, the same seed gives the same bits, a run that is
// interrupted ends where one that is not ends.
#include "kernels/conv2d/algorithm_cpu.h"
#include "tests/nn/support.h"

namespace hypersphere {
namespace {

// Eight images of four identities, all noise: they can only be learned by heart.
struct Batch {
  Tensor images, labels;

  explicit Batch(std::uint64_t seed) {
    const SphereFaceOptions options = test::small_network();
    images = Tensor::empty({8, options.height, options.width, 3});
    Random random(seed, random_stream(RandomUse::test, 1));
    for (float& value : images.span<float>()) value = random.uniform(-1, 1);
    labels = Tensor::from(std::vector<std::int32_t>{0, 1, 2, 3, 0, 1, 2, 3}, {8});
  }
};

struct Run {
  Model model;
  std::int64_t iteration = 0;
  float loss = 0;
  std::int64_t correct = 0;

  Run(std::uint64_t seed, HeadOptions head) : model(test::small_model(seed, head)) {}

  void train(const Batch& batch, std::int64_t until) {
    const LambdaSchedule lambda{.base = 10, .gamma = 0.2, .power = 1, .minimum = 0};
    const MultiStep schedule{.base = 0.05, .gamma = 0.1, .steps = {80}};
    const std::vector<NamedParameter> parameters = model.parameters();
    while (iteration < until) {
      const Variable embeddings = model.network->forward(Variable(batch.images));
      auto [result, right] =
          model.head->forward(embeddings, batch.labels, static_cast<float>(lambda.at(iteration + 1)));
      result.backward();
      sgd_step(parameters, static_cast<float>(schedule.at(iteration)), {});
      loss = result.value().span<float>()[0];
      correct = right.span<std::int32_t>()[0];
      ++iteration;
    }
  }
};

bool same(Run& a, Run& b) {
  return test::same_parameters(*a.model.network, *b.model.network, true) &&
         test::same_parameters(*a.model.head, *b.model.head, true) && a.loss == b.loss;
}

}  // namespace

TEST_CASE("a small network learns eight images by heart, with every head") {
  const test::OneThread guard;
  const Batch batch(1);
  for (const HeadOptions& head :
       {HeadOptions{.kind = HeadKind::softmax}, HeadOptions{.kind = HeadKind::modified_softmax},
        HeadOptions{.margin = 2}, HeadOptions{.margin = 4},
        HeadOptions{.margin = 4, .gradient = MarginGradient::sphereface}}) {
    CAPTURE(to_string(head.kind));
    CAPTURE(head.margin);
    Run run(2, head);
    run.train(batch, 1);
    const float first = run.loss;
    run.train(batch, 100);
    CAPTURE(first);
    CHECK(run.loss < 0.1f * first);
    CHECK(run.correct == 8);
  }
}

TEST_CASE("the same seed gives the same bits, another seed others") {
  const Batch batch(1);
  Run one(2, {}), two(2, {}), other(3, {});
  for (Run* run : {&one, &two, &other}) run->train(batch, 2);
  CHECK(same(one, two));
  CHECK_FALSE(same(one, other));
}

TEST_CASE("a run that is interrupted ends in the same bits as one that is not") {
  const test::OneThread guard;
  const test::TemporaryFolder folder;
  const Batch batch(1);
  for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface}) {
    Run whole(2, {.gradient = gradient});
    whole.train(batch, 9);

    Run begun(2, {.gradient = gradient});
    begun.train(batch, 4);
    const auto file = checkpoint_path(folder.path(), begun.iteration);
    save_checkpoint(file, begun.model, {.iteration = begun.iteration});
    Run resumed(99, {.gradient = gradient});
    resumed.iteration = load_checkpoint(file, resumed.model).iteration;
    CHECK(resumed.iteration == 4);
    resumed.train(batch, 9);
    CHECK(same(whole, resumed));
  }
}

TEST_CASE("a trained model computes the same embeddings after saving and loading") {
  const test::TemporaryFolder folder;
  const Batch batch(1);
  Run run(2, {});
  run.train(batch, 3);
  save_model(folder / "model", run.model);
  const Model back = load_model(folder / "model");
  const NoGradient guard;
  CHECK(test::same_bits(run.model.network->forward(Variable(batch.images)).value(),
                        back.network->forward(Variable(batch.images)).value()));
}

TEST_CASE("a hundred training steps with Winograd follow those without it") {
  const test::OneThread guard;
  const SphereFaceOptions options{
      .depth = 20, .widths = {16, 16, 32, 32}, .height = 44, .width = 40, .embedding = 16};
  REQUIRE(
      cpu::conv2d_choice(cpu::ConvDirection::forward, {8, 22, 20, 16}, {16, 3, 3, 16}, {1, 1}).winograd());
  Tensor images = Tensor::empty({8, options.height, options.width, 3});
  Random random(1, random_stream(RandomUse::test, 1));
  for (float& value : images.span<float>()) value = random.uniform(-1, 1);
  const Tensor labels = Tensor::from(std::vector<std::int32_t>{0, 1, 2, 3, 0, 1, 2, 3}, {8});
  const auto losses = [&] {
    SphereFace network(options);
    Head head(HeadOptions{}, options.embedding, 4);
    network.initialise(5);
    head.initialise(5);
    std::vector<NamedParameter> parameters = network.parameters();
    for (const NamedParameter& named : head.parameters()) parameters.push_back(named);
    std::vector<double> result;
    for (int step = 0; step < 100; ++step) {
      auto [loss, correct] = head.forward(network.forward(Variable(images)), labels, 10);
      loss.backward();
      sgd_step(parameters, 0.01f, {});
      result.push_back(static_cast<double>(loss.value().span<float>()[0]));
    }
    return result;
  };
  const std::vector<double> with = losses();
  const std::vector<double> without = [&] {
    const cpu::WithoutWinograd direct;
    return losses();
  }();
  CHECK(with.back() < 0.9 * with.front());  // they do learn
  for (std::size_t step = 0; step < with.size(); ++step) {
    CAPTURE(step);
    CHECK(std::abs(with[step] - without[step]) < 1e-3 * without.front());
  }
}

}  // namespace hypersphere
