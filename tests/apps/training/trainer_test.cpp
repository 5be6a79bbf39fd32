// Steps of the trainer: on the CUDA kernels, recorded and replayed, as on the CPU; what is not finite changes nothing;
// checkpoints that move from one device to the other.
#include "apps/training/trainer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "apps/evaluation/features.h"
#include "cluster/nccl.h"
#include "tests/kernels/devices.h"
#include "tests/nn/support.h"
#include "tests/processes.h"

namespace hypersphere {
namespace {

constexpr std::int64_t classes = 4;

Model tiny_model(HeadOptions head, int depth = 4) {
  Model model;
  model.network = std::make_unique<SphereFace>(
      SphereFaceOptions{.depth = depth, .widths = {8, 8, 8, 16}, .height = 16, .width = 16, .embedding = 16});
  model.head = std::make_unique<Head>(head, 16, classes);
  model.network->initialise(3);
  model.head->initialise(3);
  return model;
}

Batch random_batch(std::int64_t size, std::uint64_t seed) {
  Batch batch;
  batch.pixels = Tensor::empty({size, 16, 16, 3}, DType::u8);
  batch.labels = Tensor::empty({size}, DType::i32);
  batch.augment = Tensor::empty({size, ImageChange::numbers});
  Random random(seed, random_stream(RandomUse::test, 7));
  for (auto& pixel : batch.pixels.span<std::uint8_t>()) pixel = static_cast<std::uint8_t>(random.below(256));
  for (auto& label : batch.labels.span<std::int32_t>())
    label = static_cast<std::int32_t>(random.below(classes));
  const auto number = [&] { return static_cast<float>(random.below(2)); };
  for (std::int64_t i = 0; i < size; ++i)
    ImageChange{.mirror = number(), .shift_x = number(), .shift_y = number()}.write(
        batch.augment.data<float>() + i * ImageChange::numbers);
  return batch;
}

// Weights and, where there are any, momenta, on the cpu.
std::vector<Tensor> snapshot(Model& model) {
  std::vector<Tensor> all;
  for (const NamedParameter& named : model.parameters()) {
    all.push_back(named.parameter->variable.value().to(Device::cpu).clone());
    if (named.parameter->momentum.defined()) all.push_back(named.parameter->momentum.to(Device::cpu).clone());
  }
  return all;
}

bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::ranges::equal(a, b, [](const Tensor& x, const Tensor& y) { return test::same_bits(x, y); });
}

double largest_error(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, test::relative_error(a[i].span<float>(), b[i].span<float>()));
  return worst;
}

const Compute cuda_f32{Device::cuda, DType::f32};

// The lambda and the rate of a run: they change at first and then stay.
float lambda_at(int step) { return step < 4 ? 10.0f / static_cast<float>(1 + step) : 2.5f; }
float rate_at(int step) { return step < 3 ? 0.02f : 0.01f; }

}  // namespace

TEST_CASE("trainer: steps on cuda, of which the later ones are replayed, agree with the cpu's") {
  const test::OneThread guard;
  if (!cuda::unavailable().empty()) return;
  for (const HeadOptions& head :
       {HeadOptions{}, HeadOptions{.kind = HeadKind::softmax},
        HeadOptions{.margin = 2, .gradient = MarginGradient::sphereface}, HeadOptions{.feature_scale = 8}}) {
    CAPTURE(to_string(head.kind));
    Model one = tiny_model(head), two = tiny_model(head);
    Trainer on_cpu(one, {}), on_cuda(two, {}, cuda_f32);
    CHECK(two.network->device() == Device::cuda);
    for (int step = 0; step < 7; ++step) {
      CAPTURE(step);
      const Batch batch =
          random_batch(step == 5 ? 3 : 4, static_cast<std::uint64_t>(step));  // one is smaller
      const StepResult a = on_cpu.step(batch, lambda_at(step), rate_at(step));
      const StepResult b = on_cuda.step(batch, lambda_at(step), rate_at(step));
      CHECK(b.loss == doctest::Approx(a.loss).epsilon(1e-4));
      CHECK(b.gradient_norm == doctest::Approx(a.gradient_norm).epsilon(1e-3));
      CHECK(b.accuracy == a.accuracy);
      CHECK(b.finite());
      CHECK(largest_error(snapshot(two), snapshot(one)) < 1e-3);
    }
  }
}

TEST_CASE("trainer: replayed steps leave the bits that steps done at once leave") {
  const test::OneThread guard;
  if (!cuda::unavailable().empty()) return;
  for (const DType activations : {DType::f32, DType::bf16}) {
    CAPTURE(to_string(activations));
    Model one = tiny_model({}, 10), two = tiny_model({}, 10);
    Trainer replaying(one, {}, {Device::cuda, activations});
    for (int step = 0; step < 5; ++step) {
      const Batch batch = random_batch(2, static_cast<std::uint64_t>(step));
      const StepResult a = replaying.step(batch, 3, 0.02f);
      StepResult b;
      {  // a trainer does its first steps at once
        Trainer at_once(two, {}, {Device::cuda, activations});
        b = at_once.step(batch, 3, 0.02f);
      }
      CHECK(a.loss == b.loss);
      CHECK(a.accuracy == b.accuracy);
      CHECK(a.gradient_norm == b.gradient_norm);
      CHECK(same_bits(snapshot(one), snapshot(two)));
    }
  }
}

TEST_CASE("trainer: batches loaded ahead give the same as step after step") {
  const test::OneThread guard;
  for (const Device device : test::devices()) {
    CAPTURE(to_string(device));
    Model one = tiny_model({}), two = tiny_model({});
    Trainer ahead(one, {}, {device, DType::f32}), plain(two, {}, {device, DType::f32});
    CHECK_THROWS_AS(ahead.begin(1, 0.01f), Error);
    CHECK_THROWS_AS(ahead.finish(), Error);
    ahead.load(random_batch(2, 0));
    for (std::uint64_t step = 0; step < 5; ++step) {
      ahead.begin(3, 0.02f);
      ahead.load(random_batch(2, step + 1));
      CHECK_THROWS_AS(ahead.begin(3, 0.02f), Error);
      const StepResult a = ahead.finish(), b = plain.step(random_batch(2, step), 3, 0.02f);
      CHECK(a.loss == b.loss);
    }
    CHECK(same_bits(snapshot(one), snapshot(two)));
    if (device == Device::cpu)
      CHECK_THROWS_WITH_AS(ahead.load(random_batch(2, 9)), doctest::Contains("waits"), Error);
    if (device == Device::cuda)
      CHECK_THROWS_WITH_AS(ahead.load(random_batch(3, 9)), doctest::Contains("another size"), Error);
  }
}

TEST_CASE("trainer: what surrounds the pictures counts where it is moved in, and only there") {
  const test::OneThread guard;
  for (const Device device : test::devices()) {
    CAPTURE(to_string(device));
    const auto loss_of = [&](Batch batch, float shift) {
      for (std::int64_t i = 0; i < 2; ++i)
        ImageChange{.mirror = 1, .shift_x = shift}.write(batch.augment.data<float>() +
                                                         i * ImageChange::numbers);
      Model model = tiny_model({});
      Trainer trainer(model, {}, {device, DType::f32});
      return trainer.step(batch, 3, 0.02f).loss;
    };
    const Batch plain = random_batch(2, 0);
    Batch surrounded = plain;
    surrounded.pixels = Tensor::zeros({2, 18, 20, 3}, DType::u8);  // black around the picture
    for (std::int64_t n = 0; n < 2; ++n)
      for (std::int64_t y = 0; y < 16; ++y)
        std::copy_n(plain.pixels.data<std::uint8_t>() + (n * 16 + y) * 48, 48,
                    surrounded.pixels.data<std::uint8_t>() + ((n * 18 + y + 1) * 20 + 2) * 3);
    CHECK(loss_of(plain, 0) == loss_of(surrounded, 0));
    CHECK(loss_of(plain, 2) != loss_of(surrounded, 2));
  }
}

TEST_CASE("trainer: a step that is not finite changes nothing and says so, and the next one is as ever") {
  const test::OneThread guard;
  for (const Device device : test::devices()) {
    CAPTURE(to_string(device));
    for (const int good_steps : {1, 4}) {  // on cuda: at once, and replayed
      CAPTURE(good_steps);
      Model model = tiny_model({.kind = HeadKind::softmax});
      Trainer trainer(model, {}, {device, DType::f32});
      for (int step = 0; step < good_steps; ++step)
        CHECK(trainer.step(random_batch(2, static_cast<std::uint64_t>(step)), 3, 0.02f).finite());
      Tensor& bias = model.head->parameters()[1].parameter->variable.value();
      const Tensor good = bias.clone();
      bias.copy_from(Tensor::full(bias.shape(), std::numeric_limits<float>::infinity()));
      const std::vector<Tensor> before = snapshot(model);
      CHECK_FALSE(trainer.step(random_batch(2, 8), 3, 0.02f).finite());
      CHECK(same_bits(snapshot(model), before));
      bias.copy_from(good);
      CHECK(trainer.step(random_batch(2, 9), 3, 0.02f).finite());
      CHECK_FALSE(same_bits(snapshot(model), before));
    }
  }
}

TEST_CASE("trainer: a checkpoint goes from either device to the other, weights and momenta bit for bit") {
  const test::OneThread guard;
  if (!cuda::unavailable().empty()) return;
  const test::TemporaryFolder folder;
  for (const Device from : {Device::cuda, Device::cpu}) {
    const Device to = from == Device::cuda ? Device::cpu : Device::cuda;
    CAPTURE(to_string(from));
    Model model = tiny_model({});
    {
      Trainer trainer(model, {}, {from, DType::f32});
      for (std::uint64_t step = 0; step < 3; ++step) trainer.step(random_batch(2, step), 3, 0.02f);
    }
    save_checkpoint(folder / "checkpoint", model, {.iteration = 3});
    save_model(folder / "model", model);
    Model back = tiny_model({});
    back.network->to(to);
    back.head->to(to);
    CHECK(load_checkpoint(folder / "checkpoint", back).iteration == 3);
    CHECK(back.network->device() == to);
    CHECK(back.network->parameters()[0].parameter->momentum.device() == to);
    CHECK(same_bits(snapshot(back), snapshot(model)));
    save_checkpoint(folder / "again", back, {.iteration = 3});
    CHECK(test::read_bytes(folder / "again") == test::read_bytes(folder / "checkpoint"));
    // Training goes on from there.
    Trainer trainer(back, {}, {to, DType::f32});
    CHECK(trainer.step(random_batch(2, 5), 3, 0.02f).finite());

    const Model loaded = load_model(folder / "model");
    CHECK(loaded.network->device() == Device::cpu);
  }
}

TEST_CASE("features: both devices see the same in photographs, in bf16 nearly so") {
  const test::OneThread guard;
  if (!cuda::unavailable().empty()) return;
  Model model = tiny_model({}, 10);
  const Tensor pixels = random_batch(5, 1).pixels;
  const Tensor expected = extract_features(*model.network, pixels, {.batch = 2});
  model.network->to(Device::cuda);
  const Tensor f32 = extract_features(*model.network, pixels, {.batch = 2});
  CHECK(f32.device() == Device::cpu);
  CHECK(test::relative_error(f32.span<float>(), expected.span<float>()) < 1e-5);
  const Tensor bf16 = extract_features(*model.network, pixels, {.batch = 2, .activations = DType::bf16});
  CHECK(test::relative_error(bf16.span<float>(), expected.span<float>()) < 3e-2);
}

TEST_CASE("trainer: bf16 on the cpu, and a device that is not there") {
  Model model = tiny_model({});
  CHECK_THROWS_WITH_AS(Trainer(model, {}, {Device::cpu, DType::bf16}), doctest::Contains("bf16 on cpu"),
                       Error);
  if (cuda::unavailable().empty()) return;
  CHECK_THROWS_WITH_AS(Trainer(model, {}, cuda_f32), doctest::Contains("--device cpu"), Error);
}

TEST_CASE(
    "processes: trainer: several processes follow one, with all classes each or shared out, all of them or "
    "sampled") {
  const test::OneThread guard;
  const std::shared_ptr<Communicator> host = test::processes();
  for (const Device device : test::devices())
    for (const bool share_out : {false, true})
      for (const double sampled : {1.0, 0.5})
        for (const HeadOptions& head : {HeadOptions{}, HeadOptions{.kind = HeadKind::softmax}}) {
          CAPTURE(to_string(device));
          CAPTURE(share_out);
          CAPTURE(sampled);
          CAPTURE(to_string(head.kind));
          // Sampled classes that are shared out are other ones than of one process: each takes its share of its own.
          if (share_out && sampled < 1 && host->size() > 1) continue;
          const std::shared_ptr<Communicator> ranks = communicator_for(host, device);
          Model one = tiny_model(head), many = tiny_model(head);
          if (share_out && host->size() > 1 && host->size() <= classes) {
            many.head = std::make_unique<Head>(head, 16, classes, ranks);
            many.head->initialise(3);
          }
          Trainer alone(one, {}, {device, DType::f32}, no_communicator(), {sampled, 8}),
              together(many, {}, {device, DType::f32}, ranks, {sampled, 8});
          for (int step = 0; step < 7; ++step) {
            CAPTURE(step);
            Batch batch = random_batch(step == 5 ? 7 : 9, static_cast<std::uint64_t>(step));
            batch.position = 9 * step;
            const Batch mine = share_of(batch, host->rank(), host->size());
            const StepResult a = alone.step(batch, lambda_at(step), rate_at(step)),
                             b = together.step(mine, lambda_at(step), rate_at(step));
            CHECK(b.loss == doctest::Approx(a.loss).epsilon(1e-5));
            CHECK(b.accuracy == doctest::Approx(a.accuracy));
            CHECK(b.gradient_norm == doctest::Approx(a.gradient_norm).epsilon(1e-4));
          }
          // All have the same network, bit for bit.
          std::string bytes;
          for (const NamedParameter& named : many.network->parameters()) {
            const Tensor value = named.parameter->variable.value().to(Device::cpu);
            bytes.append(reinterpret_cast<const char*>(value.raw()), value.bytes());
          }
          for (const std::string& other : host->gather_text(bytes)) CHECK(other == bytes);
        }
}

}  // namespace hypersphere
