#include "nn/module.h"

#include <algorithm>

namespace hypersphere {

std::vector<NamedParameter> Module::parameters() {
  std::vector<NamedParameter> all;
  collect("", all);
  return all;
}

std::int64_t Module::parameter_count() {
  std::int64_t count = 0;
  for (const NamedParameter& named : parameters()) count += named.parameter->variable.value().size();
  return count;
}

void Module::clear_gradients() {
  for (const NamedParameter& named : parameters()) named.parameter->variable.clear_gradient();
}

void Module::to(Device device) {
  for (const NamedParameter& named : parameters()) {
    Parameter& parameter = *named.parameter;
    parameter.variable.clear_gradient();
    parameter.variable.value() = parameter.variable.value().to(device);
    if (parameter.momentum.defined()) parameter.momentum = parameter.momentum.to(device);
  }
}

Device Module::device() const {
  if (!own_.empty()) return own_.front().second->variable.value().device();
  return modules_.empty() ? Device::cpu : modules_.front().second->device();
}

Parameter& Module::add_parameter(std::string name, Shape shape, float rate_multiplier,
                                 float decay_multiplier) {
  check_name(name);
  auto parameter = std::make_unique<Parameter>();
  parameter->variable = Variable(Tensor::zeros(shape), true);
  parameter->rate_multiplier = rate_multiplier;
  parameter->decay_multiplier = decay_multiplier;
  return *own_.emplace_back(std::move(name), std::move(parameter)).second;
}

void Module::add_module(std::string name, Module& module) {
  check_name(name);
  modules_.emplace_back(std::move(name), &module);
}

void Module::check_name(const std::string& name) const {
  expect(!name.empty() && name.find('.') == std::string::npos,
         "module: expected a name without dots, found '{}'", name);
  const auto taken = [&](const auto& entry) { return entry.first == name; };
  expect(std::ranges::none_of(own_, taken) && std::ranges::none_of(modules_, taken),
         "module: the name '{}' is taken", name);
}

void Module::collect(const std::string& prefix, std::vector<NamedParameter>& out) {
  for (auto& [name, parameter] : own_) out.push_back({prefix + name, parameter.get()});
  for (auto& [name, module] : modules_) module->collect(prefix + name + ".", out);
}

}  // namespace hypersphere
