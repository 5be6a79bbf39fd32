// What a model file says about its model, as the text pairs of a safetensors header.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "nn/model_file.h"

namespace hypersphere {

using Metadata = std::map<std::string, std::string>;

/// A model apart from its weights.
struct ModelDescription {
  SphereFaceOptions network;
  std::optional<HeadOptions> head;  ///< none in a file that holds the backbone alone
  std::int64_t classes = 0;         ///< of the head
  Preprocessing preprocessing;
  std::vector<std::string> identities =
      {};  ///< of the classes; those that a file without a head was trained with; empty where they have no names
};

/// Throws Error for a model without a network, and for identities that are not as many as the head's classes.
ModelDescription describe(const Model& model);
/// The model of a description, its weights not initialised yet. Throws Error where network or head refuse it.
Model build_model(const ModelDescription& description);
Metadata to_metadata(const ModelDescription& description);
/// Throws Error naming the entry for a missing one, an unfit value, or a format that this build does not
/// know.
ModelDescription parse_model_metadata(const Metadata& metadata);

/// The entries state.* of a checkpoint.
Metadata to_metadata(const TrainingState& state);
/// Throws Error naming the entry that is missing or unfit.
TrainingState parse_training_state(const Metadata& metadata);

}  // namespace hypersphere
