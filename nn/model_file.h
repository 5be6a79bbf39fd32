// Models and checkpoints as safetensors files that describe themselves.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nn/head.h"
#include "nn/sphereface.h"

namespace hypersphere {

/// How photographs become the network's input, kept with the model so that its users need no flags.
struct Preprocessing {
  /// "left,top,right,bottom" of the training photographs, "landmarks" where each was aligned by its own, or empty for all of them.
  std::string crop;
};

/// A network with its head and what is needed to use or to go on training it.
struct Model {
  std::unique_ptr<SphereFace> network;
  std::unique_ptr<Head> head;  ///< null in a file that holds the backbone alone
  Preprocessing preprocessing;
  /// Names of the head's classes, with the head or without: whom the model was trained on. Empty where nobody said so, as in files of older versions.
  std::vector<std::string> identities = {};

  /// The network's, then the head's where there is one: "head.weight" and so on, as files have them.
  std::vector<NamedParameter> parameters();
};

// A file does not know of devices: whatever the model lies on, it holds the same bytes, and it is loaded to where
// the model lies, or to the cpu where it makes one.

/// Writes weights under their names ("head.weight" for the head) and architecture, head, margin,
/// preprocessing and identities as metadata. Of a head whose classes processes share out, this one has not all: it is left out. Whole or not at all. Throws Error.
void save_model(const std::filesystem::path& file, Model& model);

/// Builds the network (and the head, where the file has one) that the metadata describes and loads the
/// weights. A checkpoint serves too; its momentum and state are left out. Throws Error naming the file for a
/// file that is no model, misses a tensor, or has one of another shape, that the network does not know, or with a number that
/// is not finite (as the other functions that load do).
Model load_model(const std::filesystem::path& file);

/// Copies the weights of `file` into `network`, and into `head` where the file's head has as many classes and
/// as long an embedding, of whatever kind: going on from softmax with a margin is a use of this. (A bias that
/// only one of the two heads has stays as it is.) The momentum starts from zero. Returns whether the head was
/// loaded. Throws Error, and changes nothing, when a backbone tensor is missing, has another shape, or is one
/// that `network` does not know.
bool initialise_from(const std::filesystem::path& file, SphereFace& network, Head& head);

/// Where a training run stands, beside weights and momentum.
struct TrainingState {
  std::int64_t iteration = 0;  ///< steps done; lambda's counter and the schedule's are the same
  std::int64_t position = 0;   ///< photographs consumed: epoch and place in it follow from it
  std::uint64_t seed = 0;      ///< with the position, the whole random state: numbers are counter-based
  double seconds = 0;          ///< training time so far
  std::map<std::string, std::string> more =
      {};  ///< further facts to keep (such as the number of photographs)
};

/// One file with weights, momentum ("momentum." and the weight's name) and state. Whole or not at all. Throws
/// Error, also for a model without a head. Where `ranks` processes share the head's classes out, all of them call this: each
/// writes its classes to a file of its own beside (class_file), and the first one `file` with the rest, once all of those are
/// whole: a checkpoint is there when `file` is.
void save_checkpoint(const std::filesystem::path& file, Model& model, const TrainingState& state,
                     Communicator* ranks = nullptr);
/// "iteration-00001200.classes-2-of-4.safetensors": the classes of the second of four processes, of that checkpoint.
std::filesystem::path class_file(const std::filesystem::path& checkpoint, int rank, int ranks);
/// Removes the class files in `folder` whose checkpoint is not there: of one that was removed, or not written to its end.
void remove_forsaken_class_files(const std::filesystem::path& folder);
/// Loads into an existing model of the same architecture, head, classes (by number and name) and preprocessing. Throws
/// Error naming the file and the difference; the model is unchanged then. A model whose head shares its classes out takes its
/// own, whatever number of processes wrote the checkpoint; a class file that is not there is DamagedFile, as one that is not whole.
TrainingState load_checkpoint(const std::filesystem::path& file, Model& model);

/// The checkpoints "iteration-00001200.safetensors" in a folder, by iteration, the last one last; none where
/// there is no folder. Throws Error when the folder cannot be read.
std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& folder);
/// Where the checkpoint after `iteration` steps belongs.
std::filesystem::path checkpoint_path(const std::filesystem::path& folder, std::int64_t iteration);

}  // namespace hypersphere
