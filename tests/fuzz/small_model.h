// The smallest model there is, for the harnesses of files that belong to one.
#pragma once

#include "nn/model_file.h"
#include "nn/safetensors.h"

namespace hypersphere::test {

/// SphereFace-4 of one channel a stage, for 16 x 16 pixels, with an A-Softmax over three people.
inline Model small_model() {
  Model model;
  model.network = std::make_unique<SphereFace>(
      SphereFaceOptions{.depth = 4, .widths = {1, 1, 1, 1}, .height = 16, .width = 16, .embedding = 2});
  model.head = std::make_unique<Head>(HeadOptions{}, 2, 3);
  model.identities = {"a", "b", "c"};
  model.network->initialise(1);
  model.head->initialise(1);
  return model;
}

/// A checkpoint whose classes lie in a file of their own, as where several processes share them.
struct PartedCheckpoint {
  SafeTensors rest;     ///< what the first process writes last
  SafeTensors classes;  ///< all classes, in one file
};

/// What two files would hold in place of the one that this checkpoint is.
inline PartedCheckpoint part_classes(const std::filesystem::path& checkpoint) {
  const SafeTensors whole = read_safetensors(checkpoint);
  PartedCheckpoint parted{
      .rest = {.tensors = {}, .metadata = whole.metadata},
      .classes = {.tensors = {}, .metadata = {{"state.iteration", whole.metadata.at("state.iteration")}}}};
  for (const auto& named : whole.tensors) {
    const bool of_head = named.first.find("head.") != std::string::npos;
    (of_head ? parted.classes : parted.rest).tensors.push_back(named);
  }
  parted.rest.metadata["class_files"] = "1";
  return parted;
}

}  // namespace hypersphere::test
