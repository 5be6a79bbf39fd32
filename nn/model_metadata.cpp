#include "nn/model_metadata.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "tensor/text.h"

namespace hypersphere {
namespace {

// 2 will be a format that this build cannot read.
constexpr std::int64_t format_version = 1;

// Entries with one possible value: they are there for other programs that read the file.
constexpr std::pair<const char*, const char*> constants[] = {
    {"format", "hypersphere"},
    {"layout", "NHWC"},
    {"channel_order", "RGB"},
    {"normalisation", "(value - 127.5) / 128"},
};

constexpr std::string_view architecture_prefix = "sphereface-";
constexpr std::string_view more_prefix = "state.more.";

const std::string& entry(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  expect(found != metadata.end(), "its metadata has no '{}'", key);
  return found->second;
}

template <class Number>
Number parse(const std::string& key, std::string_view text) {
  const std::optional<Number> value = number_in<Number>(text);
  expect(value.has_value(), "its metadata '{}' should be a number, found '{}'", key, text);
  return *value;
}

template <class Number>
Number number(const Metadata& metadata, const std::string& key) {
  return parse<Number>(key, entry(metadata, key));
}

std::array<std::int64_t, 4> parse_widths(std::string_view text) {
  std::array<std::int64_t, 4> widths{};
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::size_t comma = text.find(',');
    expect((comma == std::string_view::npos) == (i + 1 == widths.size()),
           "its metadata 'widths' should be {} numbers with commas between", widths.size());
    widths[i] = parse<std::int64_t>("widths", text.substr(0, comma));
    if (comma != std::string_view::npos) text.remove_prefix(comma + 1);
  }
  return widths;
}

void check_identities(const ModelDescription& description) {
  // Without a head, they are who the network was trained on, as many as those were.
  expect(description.identities.empty() || !description.head ||
             std::ssize(description.identities) == description.classes,
         "expected the name of each of {} classes, found {} identities", description.classes,
         description.identities.size());
}

// A name may hold any character, a line's end too: they are a list of JSON within JSON.
std::string to_text(const std::vector<std::string>& names) {
  return nlohmann::json(names).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> parse_names(const std::string& key, const std::string& text) {
  try {
    return nlohmann::json::parse(text).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    fail("its metadata '{}' should be a list of names", key);
  }
}

}  // namespace

ModelDescription describe(const Model& model) {
  expect(model.network != nullptr, "the model has no network");
  ModelDescription description{.network = model.network->options(),
                               .head = {},
                               .classes = 0,
                               .preprocessing = model.preprocessing,
                               .identities = model.identities};
  if (model.head) {
    description.head = model.head->options();
    description.classes = model.head->classes();
  }
  check_identities(description);
  return description;
}

Model build_model(const ModelDescription& description) {
  Model model;
  model.network = std::make_unique<SphereFace>(description.network);
  if (description.head)
    model.head =
        std::make_unique<Head>(*description.head, description.network.embedding, description.classes);
  model.preprocessing = description.preprocessing;
  model.identities = description.identities;
  return model;
}

Metadata to_metadata(const ModelDescription& description) {
  const auto& [network, head, classes, preprocessing, identities] = description;
  Metadata metadata(std::begin(constants), std::end(constants));
  metadata["format_version"] = std::to_string(format_version);
  metadata["architecture"] = fmt::format("{}{}", architecture_prefix, network.depth);
  metadata["widths"] =
      fmt::format("{},{},{},{}", network.widths[0], network.widths[1], network.widths[2], network.widths[3]);
  metadata["input_height"] = std::to_string(network.height);
  metadata["input_width"] = std::to_string(network.width);
  metadata["embedding"] = std::to_string(network.embedding);
  metadata["crop"] = preprocessing.crop;
  if (head) {
    metadata["head"] = to_string(head->kind);
    metadata["margin"] = std::to_string(head->margin);
    metadata["gradient"] = to_string(head->gradient);
    metadata["feature_scale"] = fmt::format("{}", head->feature_scale);  // as many digits as it takes
    metadata["classes"] = std::to_string(classes);
  }
  if (!identities.empty()) metadata["identities"] = to_text(identities);
  return metadata;
}

ModelDescription parse_model_metadata(const Metadata& metadata) {
  const auto format = metadata.find("format");
  expect(format != metadata.end() && format->second == "hypersphere",
         "its metadata does not say that Hypersphere wrote it");
  const auto version = number<std::int64_t>(metadata, "format_version");
  expect(version == format_version, "format version {}, this build reads {}", version, format_version);
  for (const auto& [key, value] : constants)
    expect(entry(metadata, key) == value, "its metadata '{}' should be '{}', found '{}'", key, value,
           entry(metadata, key));

  ModelDescription description;
  const std::string_view architecture = entry(metadata, "architecture");
  expect(architecture.starts_with(architecture_prefix),
         "expected an architecture of {}20 or the like, found '{}'", architecture_prefix, architecture);
  description.network.depth = parse<int>("architecture", architecture.substr(architecture_prefix.size()));
  description.network.widths = parse_widths(entry(metadata, "widths"));
  description.network.height = number<std::int64_t>(metadata, "input_height");
  description.network.width = number<std::int64_t>(metadata, "input_width");
  description.network.embedding = number<std::int64_t>(metadata, "embedding");
  description.preprocessing.crop = entry(metadata, "crop");
  if (metadata.contains("head")) {
    description.head = HeadOptions{.kind = parse_head(entry(metadata, "head")),
                                   .margin = number<int>(metadata, "margin"),
                                   .gradient = parse_margin_gradient(entry(metadata, "gradient"))};
    if (metadata.contains("feature_scale"))  // older versions did not know it
      description.head->feature_scale = number<double>(metadata, "feature_scale");
    description.classes = number<std::int64_t>(metadata, "classes");
  }
  if (const auto names = metadata.find("identities"); names != metadata.end())
    description.identities = parse_names(names->first, names->second);
  check_identities(description);
  return description;
}

Metadata to_metadata(const TrainingState& state) {
  Metadata metadata;
  metadata["state.iteration"] = std::to_string(state.iteration);
  metadata["state.position"] = std::to_string(state.position);
  metadata["state.seed"] = std::to_string(state.seed);
  metadata["state.seconds"] = fmt::format("{:.17g}", state.seconds);  // 17 digits give back the same double
  for (const auto& [key, value] : state.more) metadata[std::string(more_prefix) + key] = value;
  return metadata;
}

TrainingState parse_training_state(const Metadata& metadata) {
  TrainingState state;
  state.iteration = number<std::int64_t>(metadata, "state.iteration");
  state.position = number<std::int64_t>(metadata, "state.position");
  state.seed = number<std::uint64_t>(metadata, "state.seed");
  state.seconds = number<double>(metadata, "state.seconds");
  expect(state.iteration >= 0 && state.position >= 0,
         "expected an iteration and a position of 0 or more, found {} and {}", state.iteration,
         state.position);
  for (const auto& [key, value] : metadata)
    if (key.starts_with(more_prefix)) state.more[key.substr(more_prefix.size())] = value;
  return state;
}

}  // namespace hypersphere
