#include "autograd/variable.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "kernels/elementwise/elementwise.h"

namespace hypersphere {

struct Variable::Node {
  Tensor value;
  Tensor gradient;
  bool requires_gradient = false;
  // History; empty for a leaf.
  const char* name = "leaf";
  std::vector<Variable> inputs;
  BackwardFunction backward;
  bool consumed = false;
  // Creation order: an output is always younger than its inputs, so descending order is a topological one.
  std::uint64_t order = 0;

  // A long chain of nodes would be destroyed by recursion, one stack frame a node; unlink it in a loop.
  ~Node() {
    std::vector<Variable> pending = std::move(inputs);
    while (!pending.empty()) {
      const Variable input = std::move(pending.back());
      pending.pop_back();
      if (input.node_ && input.node_.use_count() == 1)
        std::ranges::move(input.node_->inputs, std::back_inserter(pending)), input.node_->inputs.clear();
    }
  }
};

namespace {

thread_local bool is_recording = true;

// Adds `part` to `sum`. A tensor that stands in `sum` may be shared with whoever computed it (the gradient of
// a sum goes to both terms), so it is never changed in place.
void accumulate(Tensor& sum, const Tensor& part) {
  if (!sum.defined()) {
    sum = part;
    return;
  }
  Tensor total = Tensor::empty(sum.shape(), sum.dtype(), sum.device());
  add(sum, part, total);
  sum = total;
}

}  // namespace

Variable::Variable(Tensor value, bool requires_gradient) : node_(std::make_shared<Node>()) {
  node_->value = std::move(value);
  node_->requires_gradient = requires_gradient;
}

const Tensor& Variable::value() const {
  expect(defined(), "variable: undefined");
  return node_->value;
}

Tensor& Variable::value() {
  expect(defined(), "variable: undefined");
  return node_->value;
}

const Tensor& Variable::gradient() const {
  expect(defined(), "variable: undefined");
  return node_->gradient;
}

void Variable::clear_gradient() {
  expect(defined(), "variable: undefined");
  node_->gradient = Tensor();
}

bool Variable::requires_gradient() const { return node_ && node_->requires_gradient; }

Variable Variable::record(const char* name, Tensor value, std::vector<Variable> inputs,
                          BackwardFunction backward) {
  static std::atomic<std::uint64_t> counter{0};
  Variable output(std::move(value));
  if (!is_recording || std::ranges::none_of(inputs, &Variable::requires_gradient)) return output;
  Node& node = *output.node_;
  node.requires_gradient = true;
  node.name = name;
  node.inputs = std::move(inputs);
  node.backward = std::move(backward);
  node.order = ++counter;
  return output;
}

void Variable::backward() {
  expect(requires_gradient(), "backward: this value does not depend on a variable that requires a gradient");
  expect(value().size() == 1, "backward: expected a scalar, found {}", describe(value()));

  // The frontier holds nodes whose gradient is complete once they are the youngest: everything that used them
  // is younger and has been taken out before.
  struct Pending {
    Variable variable;
    Tensor gradient;
  };
  std::map<std::uint64_t, Pending> frontier;
  const auto send = [&](const Variable& variable, const Tensor& gradient) {
    if (!variable.requires_gradient() || !gradient.defined()) return;
    Node& node = *variable.node_;
    expect(gradient.shape() == node.value.shape(), "backward: {} got a gradient of {} for a value of {}",
           node.name, to_string(gradient.shape()), to_string(node.value.shape()));
    if (node.order == 0) {
      accumulate(node.gradient, gradient);
    } else {
      Pending& pending = frontier[node.order];
      pending.variable = variable;
      accumulate(pending.gradient, gradient);
    }
  };

  Tensor one = Tensor::full(value().shape(), 1.0f).to(value().device());
  send(*this, one);
  while (!frontier.empty()) {
    const Pending current = std::move(frontier.extract(std::prev(frontier.end())).mapped());
    Node& node = *current.variable.node_;
    expect(!node.consumed, "backward: the history of {} was consumed by an earlier backward()", node.name);
    node.consumed = true;
    const std::vector<Variable> inputs = std::move(node.inputs);
    node.inputs.clear();
    std::vector<Tensor> gradients;
    {
      const BackwardFunction run = std::move(node.backward);
      node.backward = nullptr;
      gradients = run(current.gradient);
    }
    expect(gradients.size() == inputs.size(), "backward: {} returned {} gradients for {} inputs", node.name,
           gradients.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) send(inputs[i], gradients[i]);
  }
}

NoGradient::NoGradient() : before_(is_recording) { is_recording = false; }
NoGradient::~NoGradient() { is_recording = before_; }
bool NoGradient::recording() { return is_recording; }

}  // namespace hypersphere
