#include "autograd/variable.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "kernels/elementwise/elementwise.h"

namespace hypersphere {

// A place in the history: a leaf that collects its gradient, or the output of a recorded function. It does
// not hold the value, so that a value that no backward function saved is freed in the forward pass already.
struct Variable::Node {
  Shape shape;  // of the value, and so of the gradient, as is the type
  DType dtype = DType::f32;
  Tensor gradient;
  std::function<void()> complete;  // of a leaf: on_gradient
  // History; empty for a leaf.
  const char* name = "leaf";
  std::vector<std::shared_ptr<Node>> inputs;  // null for an input that requires no gradient
  BackwardFunction backward;
  bool consumed = false;
  // Creation order: an output is always younger than its inputs, so descending order is a topological one.
  // 0 for a leaf.
  std::uint64_t order = 0;

  Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  // A long chain of nodes would be destroyed by recursion, one stack frame a node; unlink it in a loop.
  ~Node() {
    std::vector<std::shared_ptr<Node>> pending = std::move(inputs);
    while (!pending.empty()) {
      const std::shared_ptr<Node> node = std::move(pending.back());
      pending.pop_back();
      if (node == nullptr || node.use_count() > 1) continue;
      std::ranges::move(node->inputs, std::back_inserter(pending));
      node->inputs.clear();
    }
  }
};

struct Variable::Content {
  Tensor value;
  std::shared_ptr<Node> node;  // null where no gradient is required
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
  sum = std::move(total);
}

}  // namespace

Variable::Variable(Tensor value, bool requires_gradient) : content_(std::make_shared<Content>()) {
  expect(value.defined(), "variable: expected a value, found an undefined tensor");
  expect(!requires_gradient || value.dtype() == DType::f32,
         "variable: a gradient can be computed for f32, found {}", describe(value));
  if (requires_gradient) {
    content_->node = std::make_shared<Node>();
    content_->node->shape = value.shape();
  }
  content_->value = std::move(value);
}

const Tensor& Variable::value() const {
  expect(defined(), "variable: undefined");
  return content_->value;
}

Tensor& Variable::value() {
  expect(defined(), "variable: undefined");
  return content_->value;
}

const Tensor& Variable::gradient() const {
  static const Tensor none;
  expect(defined(), "variable: undefined");
  return content_->node ? content_->node->gradient : none;
}

void Variable::clear_gradient() {
  expect(defined(), "variable: undefined");
  if (content_->node) content_->node->gradient = Tensor();
}

void Variable::set_gradient(Tensor gradient) {
  expect(requires_gradient() && content_->node->order == 0,
         "set_gradient: expected a leaf that requires a gradient");
  expect_tensor(gradient, content_->node->shape, content_->node->dtype, "set_gradient", "gradient");
  content_->node->gradient = std::move(gradient);
}

bool Variable::sole_owner() const { return content_.use_count() == 1 && content_->value.sole_owner(); }
bool Variable::requires_gradient() const { return content_ && content_->node; }

Variable Variable::record(const char* name, Tensor value, std::vector<Variable> inputs,
                          BackwardFunction backward) {
  static std::atomic<std::uint64_t> counter{0};
  const bool recorded = is_recording && std::ranges::any_of(inputs, &Variable::requires_gradient);
  Variable output(std::move(value));
  if (!recorded) return output;
  output.content_->node = std::make_shared<Node>();
  Node& node = *output.content_->node;
  node.shape = output.value().shape();
  node.dtype = output.value().dtype();
  node.name = name;
  for (const Variable& input : inputs)
    node.inputs.push_back(input.defined() ? input.content_->node : nullptr);
  node.backward = std::move(backward);
  node.order = ++counter;
  return output;
}

void Variable::on_gradient(std::function<void()> called) {
  expect(requires_gradient() && content_->node->order == 0,
         "on_gradient: expected a leaf that requires a gradient");
  content_->node->complete = std::move(called);
}

void Variable::backward(float scale) {
  expect(requires_gradient(), "backward: this value does not depend on a variable that requires a gradient");
  expect(value().size() == 1 && value().dtype() == DType::f32, "backward: expected a scalar of f32, found {}",
         describe(value()));

  // How many functions of this history use each leaf that somebody waits for: after so many, its gradient is whole.
  std::map<Node*, std::int64_t> uses;
  {
    std::set<Node*> seen;
    std::vector<Node*> pending = {content_->node.get()};
    while (!pending.empty()) {
      Node* node = pending.back();
      pending.pop_back();
      for (const std::shared_ptr<Node>& input : node->inputs) {
        if (input == nullptr) continue;
        if (input->order == 0) {
          if (input->complete) ++uses[input.get()];
        } else if (seen.insert(input.get()).second) {
          pending.push_back(input.get());
        }
      }
    }
  }

  // The frontier holds nodes that still wait for parts of their gradient. The youngest one's is complete:
  // everything that used it is younger and has been taken out before.
  struct Pending {
    std::shared_ptr<Node> node;
    Tensor gradient;
  };
  std::map<std::uint64_t, Pending> frontier;
  const auto send = [&](const std::shared_ptr<Node>& node, const Tensor& gradient, const char* sender) {
    if (node == nullptr || !gradient.defined()) return;
    expect_tensor(gradient, node->shape, node->dtype, sender, "the gradient of an input");
    if (node->order == 0) {
      accumulate(node->gradient, gradient);
    } else {
      Pending& pending = frontier[node->order];
      pending.node = node;
      accumulate(pending.gradient, gradient);
    }
  };

  Tensor one = Tensor::empty(value().shape(), DType::f32, value().device());
  fill(scale, one);
  send(content_->node, one, "backward");
  if (content_->node->order == 0 && content_->node->complete) content_->node->complete();
  while (!frontier.empty()) {
    const Pending current = std::move(frontier.extract(std::prev(frontier.end())).mapped());
    Node& node = *current.node;
    expect(!node.consumed, "backward: the history of {} was consumed by an earlier backward()", node.name);
    node.consumed = true;
    const std::vector<std::shared_ptr<Node>> inputs = std::exchange(node.inputs, {});
    std::vector<Tensor> gradients;
    {
      const BackwardFunction run = std::exchange(node.backward, nullptr);
      gradients = run(current.gradient);
    }  // here what the forward pass saved is freed
    expect(gradients.size() == inputs.size(), "backward: {} returned {} gradients for {} inputs", node.name,
           gradients.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      send(inputs[i], gradients[i], node.name);
      const auto waiting = uses.find(inputs[i].get());
      if (waiting != uses.end() && --waiting->second == 0) waiting->first->complete();
    }
  }
}

NoGradient::NoGradient() : before_(is_recording) { is_recording = false; }
NoGradient::~NoGradient() { is_recording = before_; }
bool NoGradient::recording() { return is_recording; }

}  // namespace hypersphere
