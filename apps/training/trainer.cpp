#include "apps/training/trainer.h"

#include <cmath>
#include <optional>
#include <utility>

#include "kernels/cuda/graph.h"
#include "kernels/cuda/upload.h"
#include "kernels/image/image.h"

namespace hypersphere {
namespace {

std::vector<NamedParameter> all_parameters(Model& model) {
  std::vector<NamedParameter> parameters = model.network->parameters();
  for (const NamedParameter& named : model.head->parameters()) parameters.push_back(named);
  return parameters;
}

}  // namespace

bool StepResult::finite() const { return std::isfinite(loss) && std::isfinite(gradient_norm); }

class Trainer::Engine {
 public:
  Engine(Model& model, SolverOptions solver, Compute compute)
      : model_(model), solver_(solver), compute_(compute), parameters_(all_parameters(model)) {}
  virtual ~Engine() = default;

  virtual void load(const Batch& batch) = 0;
  virtual void begin(float lambda, float rate) = 0;
  virtual StepResult finish() = 0;

 protected:
  Head::Result forward(const Tensor& pixels, const Tensor& augment, const Tensor& labels, float lambda) {
    const SphereFaceOptions& net = model_.network->options();
    Tensor input =
        Tensor::empty({pixels.shape()[0], net.height, net.width, 3}, compute_.activations, compute_.device);
    image_normalise(pixels, augment, input);
    return model_.head->forward(model_.network->forward(Variable(input)), labels, lambda);
  }

  Model& model_;
  const SolverOptions solver_;
  const Compute compute_;
  const std::vector<NamedParameter> parameters_;
};

class Trainer::OnCpu : public Engine {
 public:
  using Engine::Engine;

  void load(const Batch& batch) override {
    expect(!batch_, "trainer: a batch waits already");
    batch_ = batch;
  }

  void begin(float lambda, float rate) override {
    expect(batch_ && !result_, "trainer: a step needs a batch, and the one before must be finished");
    const Batch batch = *std::exchange(batch_, {});
    StepResult result;
    {
      Head::Result head = forward(batch.pixels, batch.augment, batch.labels, lambda);
      result.loss = head.loss.value().span<float>()[0];
      result.accuracy = static_cast<double>(head.correct.span<std::int32_t>()[0]) /
                        static_cast<double>(batch.labels.size());
      if (std::isfinite(result.loss)) head.loss.backward();
    }
    Tensor square = Tensor::empty({});
    squared_gradient_norm(parameters_, square);
    result.gradient_norm = std::sqrt(static_cast<double>(square.span<float>()[0]));
    if (result.finite()) {
      sgd_step(parameters_, rate, solver_);
    } else {
      model_.network->clear_gradients();
      model_.head->clear_gradients();
    }
    result_ = result;
  }

  StepResult finish() override {
    expect(result_.has_value(), "trainer: no step was begun");
    return *std::exchange(result_, {});
  }

 private:
  std::optional<Batch> batch_;
  std::optional<StepResult> result_;
};

class Trainer::OnCuda : public Engine {
 public:
  using Engine::Engine;

  void load(const Batch& batch) override {
    if (!pixels_.defined() || batch.pixels.shape() != pixels_.shape()) prepare_for(batch);
    uploader_->send({batch.pixels, batch.augment, batch.labels});
  }

  void begin(float lambda, float rate) override {
    expect(uploader_ && uploader_->waiting() > 0 && !running_,
           "trainer: a step needs a batch, and the one before must be finished");
    uploader_->receive();
    const auto work = [&] { compute(lambda, rate); };
    if (steps_ < steps_without_graph) {
      work();
    } else {
      Recorded now = recorded(lambda, rate);
      if (!graph_.captured() || now != recorded_) {
        graph_.capture(work);
        recorded_ = std::move(now);
      }
      graph_.replay();
    }
    ++steps_;
    running_ = true;
  }

  StepResult finish() override {
    expect(running_, "trainer: no step was begun");
    running_ = false;
    const Tensor report = report_.to(Device::cpu);  // waits for the step
    const Tensor correct = correct_.to(Device::cpu);
    const auto values = report.span<float>();
    return {.loss = values[0],
            .accuracy =
                static_cast<double>(correct.span<std::int32_t>()[0]) / static_cast<double>(labels_.size()),
            .gradient_norm = std::sqrt(static_cast<double>(values[1]))};
  }

 private:
  static constexpr int steps_without_graph = 2;

  // What a graph was recorded with and must not have changed when it is replayed.
  struct Recorded {
    float lambda, rate;
    std::vector<const std::byte*> places;
    bool operator==(const Recorded&) const = default;
  };

  Recorded recorded(float lambda, float rate) const {
    Recorded now{lambda, rate, {pixels_.raw()}};
    for (const NamedParameter& named : parameters_) {
      now.places.push_back(named.parameter->variable.value().raw());
      now.places.push_back(named.parameter->momentum.raw());
    }
    return now;
  }

  void prepare_for(const Batch& batch) {
    expect(!uploader_ || uploader_->waiting() == 0,
           "trainer: a batch of another size waits, load this one when its step has begun");
    uploader_.reset();
    pixels_ = Tensor::empty(batch.pixels.shape(), DType::u8, Device::cuda);
    augment_ = Tensor::empty(batch.augment.shape(), DType::f32, Device::cuda);
    labels_ = Tensor::empty(batch.labels.shape(), DType::i32, Device::cuda);
    uploader_ = std::make_unique<cuda::Uploader>(std::vector<Tensor>{pixels_, augment_, labels_});
  }

  // A whole step, which asks the host for nothing. report_ is the solver's guard: with a loss or a norm that is not
  // finite it changes nothing.
  void compute(float lambda, float rate) {
    Head::Result head = forward(pixels_, augment_, labels_, lambda);
    Tensor loss = report_.slice(0, 1), square = report_.slice(1, 1);
    loss.copy_from(head.loss.value().reshape({1}));
    correct_.copy_from(head.correct);
    head.loss.backward();
    squared_gradient_norm(parameters_, square);
    sgd_step(parameters_, rate, solver_, report_);
  }

  Tensor pixels_, augment_, labels_;                              // of the step in progress
  Tensor report_ = Tensor::empty({2}, DType::f32, Device::cuda);  // loss, squared gradient norm
  Tensor correct_ = Tensor::empty({}, DType::i32, Device::cuda);
  std::unique_ptr<cuda::Uploader> uploader_;
  cuda::Graph graph_;
  Recorded recorded_{};
  std::int64_t steps_ = 0;
  bool running_ = false;
};

Trainer::Trainer(Model& model, SolverOptions solver, Compute compute) {
  expect(model.network && model.head, "trainer: expected a model with a network and a head");
  expect(compute.activations == DType::f32 ||
             (compute.activations == DType::bf16 && compute.device == Device::cuda),
         "trainer: expected activations of f32, or of bf16 on cuda, found {} on {}",
         to_string(compute.activations), to_string(compute.device));
  model.network->to(compute.device);
  model.head->to(compute.device);
  if (compute.device == Device::cpu)
    engine_ = std::make_unique<OnCpu>(model, solver, compute);
  else
    engine_ = std::make_unique<OnCuda>(model, solver, compute);
}

Trainer::~Trainer() = default;

void Trainer::load(const Batch& batch) { engine_->load(batch); }
void Trainer::begin(float lambda, float learning_rate) { engine_->begin(lambda, learning_rate); }
StepResult Trainer::finish() { return engine_->finish(); }

StepResult Trainer::step(const Batch& batch, float lambda, float learning_rate) {
  load(batch);
  begin(lambda, learning_rate);
  return finish();
}

}  // namespace hypersphere
