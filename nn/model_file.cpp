#include "nn/model_file.h"

#include <algorithm>
#include <set>

#include "nn/model_metadata.h"
#include "nn/safetensors.h"
#include "tensor/share.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

constexpr std::string_view head_prefix = "head.", momentum_prefix = "momentum.";
constexpr std::string_view class_mark = ".classes-";
constexpr const char *class_files_key = "class_files", *iteration_key = "state.iteration";

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

bool is_of_head(std::string_view name) {
  if (name.starts_with(momentum_prefix)) name.remove_prefix(momentum_prefix.size());
  return name.starts_with(head_prefix);
}

// Rows [range.first, range.first + range.count) of what the head's files hold, from as many of them as that takes.
std::map<std::string, Tensor> classes_from_files(const std::filesystem::path& checkpoint, int files,
                                                 const std::string& iteration, const ClassRange& range) {
  std::map<std::string, Tensor> found;
  for (int rank = 0; rank < files; ++rank) {
    const Share share = share_of(range.all, rank, files);
    const std::int64_t begin = std::max(share.begin, range.first),
                       end = std::min(share.end, range.first + range.count);
    if (begin >= end) continue;
    const std::filesystem::path file = class_file(checkpoint, rank, files);
    if (!std::filesystem::exists(file))
      throw DamagedFile(
          fmt::format("{}: belongs to {} and is not there", file.string(), checkpoint.filename().string()));
    const SafeTensors part = read_safetensors(file);
    const auto held = part.metadata.find(iteration_key);
    if (held == part.metadata.end() || held->second != iteration)
      throw DamagedFile(fmt::format("{}: belongs to another iteration than {}", file.string(),
                                    checkpoint.filename().string()));
    for (const auto& [name, value] : part.tensors) {
      expect(value.shape().rank() >= 1 && value.shape()[0] == share.count(),
             "{}: tensor '{}': expected {} classes, found {}", file.string(), name, share.count(),
             to_string(value.shape()));
      Tensor& all = found[name];
      if (!all.defined()) all = Tensor::zeros(value.shape().with_first(range.count), value.dtype());
      Tensor place = all.slice(begin - range.first, end - begin);
      place.copy_from(value.slice(begin - share.begin, end - begin));
    }
  }
  return found;
}

// Leaves of the head's tensors those rows that `model` has, wherever the checkpoint keeps them.
void take_my_classes(const std::filesystem::path& file, SafeTensors& content, const Model& model) {
  const ClassRange& range = model.head->range();
  const auto entry = content.metadata.find(class_files_key);
  if (entry != content.metadata.end()) {
    const int files = number_in<int>(entry->second).value_or(0);
    expect(files >= 1 && files <= range.all, "its metadata '{}' should be a number of files, found '{}'",
           class_files_key, entry->second);
    for (auto& [name, value] : classes_from_files(file, files, content.metadata[iteration_key], range))
      content.tensors.emplace_back(name, value);
    return;
  }
  if (!model.head->is_shared()) return;
  for (auto& [name, value] : content.tensors)
    if (is_of_head(name) && value.shape().rank() >= 1 && value.shape()[0] == range.all)
      value = value.slice(range.first, range.count);
}

// Throws for a weight of the file that none of `parameters` takes: the file is of another network then.
void expect_all_known(const SafeTensors& content, const std::vector<NamedParameter>& parameters) {
  std::set<std::string_view> known;
  for (const NamedParameter& named : parameters) known.insert(named.name);
  for (const auto& [name, tensor] : content.tensors)
    expect(name.starts_with(momentum_prefix) || known.contains(name),
           "tensor '{}' belongs to no part of the network", name);
}

SafeTensors weights_of(Model& model, bool with_head = true) {
  SafeTensors content;
  ModelDescription description = describe(model);
  if (!with_head) description.head.reset();
  content.metadata = to_metadata(description);
  for (const NamedParameter& named : with_head ? model.parameters() : model.network->parameters())
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

std::vector<NamedParameter> Model::parameters() {
  std::vector<NamedParameter> all = network->parameters();
  if (head) std::ranges::move(head_parameters(*head), std::back_inserter(all));
  return all;
}

void save_model(const std::filesystem::path& file, Model& model) {
  write_safetensors(file,
                    naming(file, [&] { return weights_of(model, model.head && !model.head->is_shared()); }));
}

Model load_model(const std::filesystem::path& file) {
  const SafeTensors content = read_safetensors(file);
  return naming(file, [&] {
    const ModelDescription description = parse_model_metadata(content.metadata);
    expect_enough_data(description, content);
    Model model = build_model(description);
    const std::vector<NamedParameter> parameters = model.parameters();
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

std::filesystem::path class_file(const std::filesystem::path& checkpoint, int rank, int ranks) {
  std::filesystem::path file = checkpoint;
  file.replace_extension(fmt::format("{}{}-of-{}.safetensors", class_mark, rank + 1, ranks));
  return file;
}

void save_checkpoint(const std::filesystem::path& file, Model& model, const TrainingState& state,
                     Communicator* ranks) {
  SafeTensors whole = naming(file, [&] {
    expect(model.head != nullptr, "a checkpoint needs a head, and the model has none");
    SafeTensors content = weights_of(model);
    content.metadata.merge(to_metadata(state));
    for (const NamedParameter& named : model.parameters()) {
      const Tensor& value = named.parameter->variable.value();
      Tensor momentum = named.parameter->momentum;
      if (!momentum.defined()) momentum = Tensor::zeros(value.shape(), value.dtype(), value.device());
      content.tensors.emplace_back(momentum_name(named), momentum);
    }
    return content;
  });
  if (!model.head->is_shared()) {
    if (ranks == nullptr || ranks->rank() == 0) write_safetensors(file, whole);
    return;
  }
  SafeTensors classes;
  classes.metadata = {{"format", "hypersphere classes"}, {iteration_key, whole.metadata.at(iteration_key)}};
  // Clang 14 does not compile std::ranges::stable_partition of GCC 12's library.
  const auto others = std::stable_partition(whole.tensors.begin(), whole.tensors.end(),
                                            [](const auto& entry) { return !is_of_head(entry.first); });
  std::move(others, whole.tensors.end(), std::back_inserter(classes.tensors));
  whole.tensors.erase(others, whole.tensors.end());
  write_safetensors(class_file(file, ranks->rank(), ranks->size()), classes);
  ranks->barrier();
  whole.metadata[class_files_key] = std::to_string(ranks->size());
  if (ranks->rank() == 0) write_safetensors(file, whole);
  ranks->barrier();
}

TrainingState load_checkpoint(const std::filesystem::path& file, Model& model) {
  SafeTensors content = read_safetensors(file);
  take_my_classes(file, content, model);
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
    const std::vector<NamedParameter> parameters = model.parameters();
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
  return number_in<std::int64_t>(digits).value_or(-1);
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

void remove_forsaken_class_files(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::size_t mark = name.find(class_mark);
    if (!name.starts_with(checkpoint_prefix) || mark == std::string::npos) continue;
    if (!std::filesystem::exists(folder / (name.substr(0, mark) + std::string(checkpoint_suffix))))
      std::filesystem::remove(entry.path());
  }
}

std::filesystem::path checkpoint_path(const std::filesystem::path& folder, std::int64_t iteration) {
  return folder / fmt::format("{}{:08}{}", checkpoint_prefix, iteration, checkpoint_suffix);
}

}  // namespace hypersphere
