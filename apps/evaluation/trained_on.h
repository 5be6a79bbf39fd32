// Whom and what a model was trained on, and the refusal to test it where that would leak.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/dataset.h"

namespace hypersphere {

/// What is known of a model's training.
struct TrainedOn {
  std::string model;  ///< the model's file, for messages
  std::vector<std::string>
      identities;  ///< Model::identities: the names of its classes; empty where it does not say
  /// The photographs trained on, relative to the folder they lay in; none where no list is known.
  std::optional<std::vector<std::string>> photographs = {};
};

/// Reads photographs.txt of a run: one path a line, relative to the folder of photographs; blank lines are ignored.
/// Throws Error when the file cannot be read or holds no path.
std::vector<std::string> read_photographs_trained_on(const std::filesystem::path& file);

/// The open set: the people of `all` whom the model was not trained on, or those named in `wanted` where that is not empty.
/// A person was trained on where the model's identities hold the name or where a folder of a photograph trained on has
/// it. Throws Error, with the number and the first few names,
///  - when one of `wanted` was trained on, or has no photograph in `all`;
///  - when the model does not say whom it was trained on: its identities are empty, or they are numbers, as training
///    from a list of labels leaves them, and there is no list of photographs. With `trusted`, `wanted` is believed then;
///  - when nobody is left.
Dataset open_set(Dataset all, const TrainedOn& trained_on, const std::vector<std::string>& wanted,
                 bool trusted);

/// People whom a model was trained on: photographs of them that it was not trained on, and those that it was.
struct ClosedSet {
  Dataset test;     ///< at least one photograph
  Dataset trained;  ///< may be empty: the folder need not hold what the model was trained on
};

/// The closed set: of `all`, whose photographs lie below `data_dir`, the people whom the model was trained on. A photograph
/// was trained on where its path below `data_dir` is in the list or is the end of a longer path in it (so that it does not matter
/// which folder above the people's training was given). Copies under other names cannot be told. Throws Error
///  - when the model names no identities or no list of photographs is known;
///  - when nobody in `all` was trained on;
///  - when the list has no photograph of one of these people: it is another run's, and would let through what was
///    trained on;
///  - when every photograph of these people was trained on.
ClosedSet closed_set(const Dataset& all, const std::filesystem::path& data_dir, const TrainedOn& trained_on);

}  // namespace hypersphere
