// Endless batches of photographs, the same ones for the same seed whatever the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/augmentation.h"
#include "apps/data/dataset.h"
#include "apps/data/framing.h"
#include "tensor/tensor.h"

namespace hypersphere {

struct LoaderOptions {
  Framing framing;               ///< part of each photograph to use
  int width = 96, height = 112;  ///< pixels of the result
  std::int64_t batch = 256;      ///< photographs in a batch, of all processes together
  int rank = 0, ranks = 1;  ///< of the processes that share every batch out: share_of(batch, rank, ranks)
  AugmentationOptions augmentation;                ///< drawn anew for each place of the stream
  bool shuffle = true;                             ///< a new order every epoch; false keeps the dataset's
  std::uint64_t seed = 0;                          ///< of order and augmentation
  int threads = 1;                                 ///< that decode
  std::size_t cache_bytes = std::size_t{2} << 30;  ///< memory for decoded photographs
  bool strict = false;                             ///< an undecodable photograph is an Error
  std::function<void(const std::string&)> on_skip =
      {};  ///< told the path and reason of each one left out, once

  /// What batches hold around each picture: as much of the photographs outside of the framing as the augmentation can bring
  /// into it. None where all of a photograph is used: there is no more of it.
  Margin margin() const {
    return framing.has_surroundings() ? margin_of(augmentation, width, height) : Margin{};
  }
};

/// One step's worth of photographs, on the CPU.
struct Batch {
  Tensor pixels;              ///< u8 [B, height + 2 margin.y, width + 2 margin.x, 3], not augmented yet
  Tensor labels;              ///< i32 [B]
  Tensor augment;             ///< f32 [B, ImageChange::numbers]: kernels/image's changes
  std::int64_t epoch = 0;     ///< that of the first photograph
  std::int64_t position = 0;  ///< of the stream, where the batch of all processes begins
  std::int64_t all_rows = 0;  ///< photographs of all processes together; 0: B
};
/// What one of `ranks` processes has of a batch of all of them: a share of its rows.
Batch share_of(Batch all, int rank, int ranks);

/// The stream of photographs is numbered from 0 for ever. Position p belongs to epoch p / n (n photographs)
/// and holds photograph permutation(seed, epoch)[p % n] with the augmentation drawn for p, so that every
/// photograph comes once an epoch, batches run on over the ends of epochs, and a position is all that a
/// checkpoint needs. A photograph that cannot be decoded gives its place to the next one in the permutation
/// that can.
class Loader {
 public:
  /// Starts the decoding threads. Throws Error for an empty dataset or options out of range.
  Loader(Dataset dataset, LoaderOptions options, std::int64_t start_position = 0);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch, waiting for it if need be. Calls on_skip from this thread. Throws Error when no
  /// photograph can be decoded or, if strict, when one of the batch cannot; the position then stays and later
  /// calls throw again. To be called from one thread at a time.
  Batch next();
  /// Of the first photograph of the batch that next() returns.
  std::int64_t position() const;
  /// Path and reason of every photograph that the batches so far left out, in the order of on_skip.
  const std::vector<std::string>& skipped() const;
  /// Number of photographs in the dataset: the length of an epoch.
  std::int64_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// All these photographs as u8 [N, height, width, 3], for evaluation; `threads` decode. Throws Error naming
/// the first one that cannot be decoded.
Tensor load_images(const std::vector<std::filesystem::path>& paths, const Framing& framing, int width = 96,
                   int height = 112, int threads = 1);

/// Photographs, and what was wrong with those that cannot be decoded.
struct LoadedImages {
  Tensor pixels;                      ///< u8 [N, height, width, 3]; black where there was a problem
  std::vector<std::string> problems;  ///< one a photograph: empty, or a message that names the file
};
/// load_images that goes on behind a photograph which cannot be decoded.
LoadedImages load_readable_images(const std::vector<std::filesystem::path>& paths, const Framing& framing,
                                  int width = 96, int height = 112, int threads = 1);

}  // namespace hypersphere
