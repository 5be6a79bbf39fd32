#include "nn/model_file.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "nn/model_metadata.h"
#include "nn/safetensors.h"

namespace hypersphere {
namespace {

constexpr std::string_view head_prefix = "head.", momentum_prefix = "momentum.";

// Puts the file's name in front of an Error. What reads and writes the file below does so itself.
template <class Body>
auto naming(const std::filesystem::path& file, const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    fail("{}: {}", file.string(), error.what());
  }
}

std::vector<NamedParameter> head_parameters(Head& head) {
  std::vector<NamedParameter> all = head.parameters();
  for (NamedParameter& named : all) named.name.insert(0, head_prefix);
  return all;
}

std::vector<NamedParameter> all_parameters(Model& model) {
  std::vector<NamedParameter> all = model.network->parameters();
  if (model.head) std::ranges::move(head_parameters(*model.head), std::back_inserter(all));
  return all;
}

std::string momentum_name(const NamedParameter& named) { return std::string(momentum_prefix) + named.name; }

// A tensor of the file and where it belongs. Loading first finds all places and then fills them, so that a
// file that does not fit changes nothing.
struct Assignment {
  Tensor* place;
  Tensor value;
};

Assignment assignment(const SafeTensors& content, const std::string& name, const Tensor& like,
                      Tensor& place) {
  const Tensor& value = content.at(name);
  expect(value.shape() == like.shape() && value.dtype() == like.dtype(),
         "tensor '{}': expected {} {}, found {} {}", name, to_string(like.dtype()), to_string(like.shape()),
         to_string(value.dtype()), to_string(value.shape()));
  expect_finite(name, value);
  return {&place, value.to(like.device())};
}

void assign_weights(const SafeTensors& content, const std::vector<NamedParameter>& parameters,
                    std::vector<Assignment>& out) {
  for (const NamedParameter& named : parameters) {
    Tensor& value = named.parameter->variable.value();
    out.push_back(assignment(content, named.name, value, value));
  }
}

void fill(const std::vector<Assignment>& assignments) {
  for (const Assignment& one : assignments) *one.place = one.value;
}

bool is_backbone(std::string_view name) {
  return !name.starts_with(head_prefix) && !name.starts_with(momentum_prefix);
}

// Throws for a weight of the file that none of `parameters` takes: the file is of another network then.
void expect_all_known(const SafeTensors& content, const std::vector<NamedParameter>& parameters) {
  std::set<std::string_view> known;
  for (const NamedParameter& named : parameters) known.insert(named.name);
  for (const auto& [name, tensor] : content.tensors)
    expect(name.starts_with(momentum_prefix) || known.contains(name),
           "tensor '{}' belongs to no part of the network", name);
}

SafeTensors weights_of(Model& model) {
  SafeTensors content;
  content.metadata = to_metadata(describe(model));
  for (const NamedParameter& named : all_parameters(model))
    content.tensors.emplace_back(named.name, named.parameter->variable.value());
  return content;
}

// A network is built only after the file proves to hold as many values as its description asks for: a
// damaged description must not ask for memory.
void expect_enough_data(const ModelDescription& description, const SafeTensors& content) {
  std::int64_t held = 0;
  for (const auto& [name, tensor] : content.tensors)
    if (is_backbone(name)) held += tensor.size();
  const std::int64_t wanted = sphereface_size(description.network).parameters;
  expect(held == wanted, "its metadata describes a network of {} values, it holds {}", wanted, held);
  if (!description.head) return;
  const Shape wanted_head = {description.classes, description.network.embedding};
  const Shape& head = content.at("head.weight").shape();
  expect(head == wanted_head, "tensor 'head.weight': expected {}, found {}", to_string(wanted_head),
         to_string(head));
}

}  // namespace

void save_model(const std::filesystem::path& file, Model& model) {
  write_safetensors(file, naming(file, [&] { return weights_of(model); }));
}

Model load_model(const std::filesystem::path& file) {
  const SafeTensors content = read_safetensors(file);
  return naming(file, [&] {
    const ModelDescription description = parse_model_metadata(content.metadata);
    expect_enough_data(description, content);
    Model model = build_model(description);
    const std::vector<NamedParameter> parameters = all_parameters(model);
    expect_all_known(content, parameters);
    std::vector<Assignment> assignments;
    assign_weights(content, parameters, assignments);
    fill(assignments);
    return model;
  });
}

bool initialise_from(const std::filesystem::path& file, SphereFace& network, Head& head) {
  SafeTensors content = read_safetensors(file);
  return naming(file, [&] {
    parse_model_metadata(content.metadata);
    const std::vector<NamedParameter> of_network = network.parameters(), of_head = head_parameters(head);
    std::vector<Assignment> assignments;
    assign_weights(content, of_network, assignments);

    const std::string head_weight = std::string(head_prefix) + "weight";
    const bool with_head =
        content.contains(head_weight) &&
        content.at(head_weight).shape() == of_head.front().parameter->variable.value().shape();
    if (with_head)
      for (const NamedParameter& named : of_head)
        if (content.contains(named.name)) assign_weights(content, {named}, assignments);

    std::erase_if(content.tensors, [](const auto& entry) { return !is_backbone(entry.first); });
    expect_all_known(content, of_network);
    fill(assignments);
    for (const auto* parameters : {&of_network, &of_head})
      for (const NamedParameter& named : *parameters) named.parameter->momentum = Tensor();
    return with_head;
  });
}

void save_checkpoint(const std::filesystem::path& file, Model& model, const TrainingState& state) {
  const SafeTensors whole = naming(file, [&] {
    expect(model.head != nullptr, "a checkpoint needs a head, and the model has none");
    SafeTensors content = weights_of(model);
    content.metadata.merge(to_metadata(state));
    for (const NamedParameter& named : all_parameters(model)) {
      const Tensor& value = named.parameter->variable.value();
      Tensor momentum = named.parameter->momentum;
      if (!momentum.defined()) momentum = Tensor::zeros(value.shape(), value.dtype(), value.device());
      content.tensors.emplace_back(momentum_name(named), momentum);
    }
    return content;
  });
  write_safetensors(file, whole);
}

TrainingState load_checkpoint(const std::filesystem::path& file, Model& model) {
  const SafeTensors content = read_safetensors(file);
  return naming(file, [&] {
    TrainingState state = parse_training_state(content.metadata);
    Metadata held = content.metadata;
    held.try_emplace("feature_scale", "0");  // older versions did not know it
    for (const auto& [key, wanted] : to_metadata(describe(model))) {
      const auto found = held.find(key);
      if (key == "identities") {  // long, and older versions did not write them
        expect(found == held.end() || found->second == wanted,
               "this run trains on other identities than the checkpoint's");
        continue;
      }
      expect(found != held.end() && found->second == wanted, "{}: this run has '{}', the checkpoint {}", key,
             wanted, found == held.end() ? "none" : "'" + found->second + "'");
    }
    const std::vector<NamedParameter> parameters = all_parameters(model);
    expect_all_known(content, parameters);
    std::vector<Assignment> assignments;
    assign_weights(content, parameters, assignments);
    for (const NamedParameter& named : parameters)
      assignments.push_back(assignment(content, momentum_name(named), named.parameter->variable.value(),
                                       named.parameter->momentum));
    fill(assignments);
    return state;
  });
}

namespace {

constexpr std::string_view checkpoint_prefix = "iteration-", checkpoint_suffix = ".safetensors";

// The iteration in a checkpoint's file name; -1 for the name of another file.
std::int64_t iteration_in(const std::string& name) {
  std::string_view digits = name;
  if (!digits.starts_with(checkpoint_prefix) || !digits.ends_with(checkpoint_suffix) ||
      digits.size() <= checkpoint_prefix.size() + checkpoint_suffix.size())
    return -1;
  digits.remove_prefix(checkpoint_prefix.size());
  digits.remove_suffix(checkpoint_suffix.size());
  std::int64_t iteration = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), iteration);
  return error == std::errc() && end == digits.data() + digits.size() ? iteration : -1;
}

}  // namespace

std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code problem;
  if (!std::filesystem::exists(folder, problem) && !problem) return found;
  std::filesystem::directory_iterator files(folder, problem);
  expect(!problem, "{}: cannot be listed: {}", folder.string(), problem.message());
  for (const auto& entry : files)
    if (iteration_in(entry.path().filename().string()) >= 0) found.push_back(entry.path());
  std::ranges::sort(found, {}, [](const auto& path) { return iteration_in(path.filename().string()); });
  return found;
}

std::filesystem::path checkpoint_path(const std::filesystem::path& folder, std::int64_t iteration) {
  return folder / fmt::format("{}{:08}{}", checkpoint_prefix, iteration, checkpoint_suffix);
}

}  // namespace hypersphere
