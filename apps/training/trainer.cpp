#include "apps/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "kernels/conv2d/algorithm_cpu.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/upload.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/image/image.h"
#include "nn/gradient_sum.h"
#include "tensor/share.h"

namespace hypersphere {

bool StepResult::finite() const { return std::isfinite(loss) && std::isfinite(gradient_norm); }

class Trainer::Engine {
 public:
  Engine(Model& model, SolverOptions solver, Compute compute, std::shared_ptr<Communicator> ranks,
         ClassSampling sampling)
      : model_(model),
        solver_(solver),
        compute_(compute),
        ranks_(std::move(ranks)),
        sampling_(sampling),
        parameters_(model.parameters()),
        gradients_(model.head->is_shared() ? model.network->parameters() : parameters_, ranks_) {}
  virtual ~Engine() = default;

  virtual void load(const Batch& batch) = 0;
  virtual void begin(float lambda, float rate) = 0;
  virtual StepResult finish() = 0;

 protected:
  /// A batch as a step needs it.
  struct Inputs {
    Tensor pixels, augment, labels;
    std::int64_t all_rows = 0;
    std::optional<ClassSample> sample;

    std::int64_t rows() const { return pixels.shape()[0]; }
  };

  /// The batch with its sample of classes, where they are sampled. Of a head whose classes are shared out, every process draws
  /// from the labels of all of them; of one that each has all of, every process draws the same classes, for the same
  /// reason: their gradients are summed.
  Inputs inputs_of(const Batch& batch) {
    Inputs inputs{batch.pixels,
                  batch.augment,
                  batch.labels,
                  batch.all_rows > 0 ? batch.all_rows : batch.labels.size(),
                  {}};
    if (sampling_.share >= 1) return inputs;
    const std::vector<std::int64_t> rows = shares_of(inputs.all_rows, ranks_->size());
    Tensor labels = Tensor::empty({inputs.all_rows}, DType::i32);
    ranks_->gather_rows(batch.labels, rows, labels);
    const bool shared = model_.head->is_shared();
    inputs.sample =
        draw_classes(labels.span<std::int32_t>(), model_.head->classes(), shared ? ranks_->rank() : 0,
                     shared ? ranks_->size() : 1, sampling_.share, sampling_.seed, batch.position);
    if (!shared) {
      const Share mine = share_of(inputs.all_rows, ranks_->rank(), ranks_->size());
      inputs.sample->labels = inputs.sample->labels.slice(mine.begin, mine.count());
    }
    return inputs;
  }

  /// What a head that shares its classes out says of all rows, another of this process's.
  Head::Result forward(const Inputs& inputs, float lambda) {
    const SphereFaceOptions& net = model_.network->options();
    Tensor input =
        Tensor::empty({inputs.rows(), net.height, net.width, 3}, compute_.activations, compute_.device);
    image_normalise(inputs.pixels, inputs.augment, input);
    return model_.head->forward(model_.network->forward(Variable(input)), inputs.labels, lambda,
                                inputs.all_rows, inputs.sample ? &*inputs.sample : nullptr);
  }

  /// Whether each process's head says something of its own rows alone.
  bool sums_losses() const { return ranks_->size() > 1 && !model_.head->is_shared(); }
  /// By which this process's mean loss, and its gradients, enter those of all rows.
  float loss_share(const Inputs& inputs) const {
    return sums_losses() ? static_cast<float>(inputs.rows()) / static_cast<float>(inputs.all_rows) : 1.0f;
  }

  /// The squared norm of the gradient of all parameters, wherever they are.
  void squared_norm(Tensor& square) {
    if (!model_.head->is_shared()) {
      squared_gradient_norm(parameters_, square);
      return;
    }
    Tensor of_head = Tensor::empty({1}, DType::f32, compute_.device),
           of_network = Tensor::empty({1}, DType::f32, compute_.device);
    squared_gradient_norm(model_.head->parameters(), of_head);
    ranks_->sum(of_head);
    squared_gradient_norm(model_.network->parameters(), of_network);
    add(of_network, of_head, square);
  }

  Model& model_;
  const SolverOptions solver_;
  const Compute compute_;
  const std::shared_ptr<Communicator> ranks_;
  const ClassSampling sampling_;
  const std::vector<NamedParameter> parameters_;
  GradientSum gradients_;
};

class Trainer::OnCpu : public Engine {
 public:
  using Engine::Engine;

  void load(const Batch& batch) override {
    expect(!inputs_, "trainer: a batch waits already");
    inputs_ = inputs_of(batch);
  }

  void begin(float lambda, float rate) override {
    expect(inputs_ && !result_, "trainer: a step needs a batch, and the one before must be finished");
    const Inputs inputs = *std::exchange(inputs_, {});
    StepResult result;
    {
      const cpu::ChooseForImages as_one(inputs.all_rows);
      Head::Result head = forward(inputs, lambda);
      const float share = loss_share(inputs);
      result.loss = head.loss.value().span<float>()[0];
      double correct = head.correct.span<std::int32_t>()[0];
      if (sums_losses()) {
        Tensor sums = Tensor::from(
            std::vector<float>{share * static_cast<float>(result.loss), static_cast<float>(correct)}, {2});
        ranks_->sum(sums);
        result.loss = sums.span<float>()[0];
        correct = sums.span<float>()[1];
      }
      result.accuracy = correct / static_cast<double>(inputs.all_rows);
      if (std::isfinite(result.loss)) {
        head.loss.backward(share);
        gradients_.finish();
      }
    }
    Tensor square = Tensor::empty({1});
    squared_norm(square);
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
  std::optional<Inputs> inputs_;
  std::optional<StepResult> result_;
};

class Trainer::OnCuda : public Engine {
 public:
  using Engine::Engine;

  void load(const Batch& batch) override {
    const Inputs inputs = inputs_of(batch);
    if (!uploader_ || !fits(inputs)) prepare_for(inputs);
    uploader_->send(tensors_of(inputs));
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
                static_cast<double>(correct.span<std::int32_t>()[0]) / static_cast<double>(inputs_.all_rows),
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
    Recorded now{lambda, rate, {inputs_.pixels.raw()}};
    for (const NamedParameter& named : parameters_) {
      now.places.push_back(named.parameter->variable.value().raw());
      now.places.push_back(named.parameter->momentum.raw());
    }
    return now;
  }

  /// What travels to the device of a batch.
  static std::vector<Tensor> tensors_of(const Inputs& inputs) {
    if (!inputs.sample) return {inputs.pixels, inputs.augment, inputs.labels};
    return {inputs.pixels, inputs.augment, inputs.labels, inputs.sample->labels, inputs.sample->rows};
  }

  /// Whether it has the shapes of those before, in all processes. A sample has more classes than its share where the labels alone are more.
  bool fits(const Inputs& inputs) const {
    return inputs.all_rows == inputs_.all_rows &&
           std::ranges::equal(tensors_of(inputs), tensors_of(inputs_), {}, &Tensor::shape, &Tensor::shape) &&
           (!inputs.sample || inputs.sample->classes == inputs_.sample->classes);
  }

  void prepare_for(const Inputs& inputs) {
    expect(!uploader_ || uploader_->waiting() == 0,
           "trainer: a batch of another size waits, load this one when its step has begun");
    uploader_.reset();
    const auto place_of = [](const Tensor& tensor) {
      return Tensor::empty(tensor.shape(), tensor.dtype(), Device::cuda);
    };
    inputs_ = {
        place_of(inputs.pixels), place_of(inputs.augment), place_of(inputs.labels), inputs.all_rows, {}};
    if (inputs.sample)
      inputs_.sample =
          ClassSample{place_of(inputs.sample->rows), place_of(inputs.sample->labels), inputs.sample->classes};
    uploader_ = std::make_unique<cuda::Uploader>(tensors_of(inputs_));
  }

  // A whole step, which asks the host for nothing. report_ is the solver's guard: with a loss or a norm that is not
  // finite it changes nothing.
  void compute(float lambda, float rate) {
    Head::Result head = forward(inputs_, lambda);
    Tensor loss = report_.slice(0, 1), square = report_.slice(1, 1);
    loss.copy_from(head.loss.value().reshape({1}));
    correct_.copy_from(head.correct);
    const float share = loss_share(inputs_);
    head.loss.backward(share);
    gradients_.finish();
    if (sums_losses()) {
      scale(share, loss);
      ranks_->sum(loss);
      ranks_->sum(correct_);
    }
    squared_norm(square);
    sgd_step(parameters_, rate, solver_, report_);
  }

  Inputs inputs_;                                                 // of the step in progress
  Tensor report_ = Tensor::empty({2}, DType::f32, Device::cuda);  // loss, squared gradient norm
  Tensor correct_ = Tensor::empty({}, DType::i32, Device::cuda);
  std::unique_ptr<cuda::Uploader> uploader_;
  cuda::Graph graph_;
  Recorded recorded_{};
  std::int64_t steps_ = 0;
  bool running_ = false;
};

Trainer::Trainer(Model& model, SolverOptions solver, Compute compute, std::shared_ptr<Communicator> ranks,
                 ClassSampling sampling) {
  expect(model.network && model.head, "trainer: expected a model with a network and a head");
  expect(compute.activations == DType::f32 ||
             (compute.activations == DType::bf16 && compute.device == Device::cuda),
         "trainer: expected activations of f32, or of bf16 on cuda, found {} on {}",
         to_string(compute.activations), to_string(compute.device));
  model.network->to(compute.device);
  model.head->to(compute.device);
  if (compute.device == Device::cpu)
    engine_ = std::make_unique<OnCpu>(model, solver, compute, std::move(ranks), sampling);
  else
    engine_ = std::make_unique<OnCuda>(model, solver, compute, std::move(ranks), sampling);
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
