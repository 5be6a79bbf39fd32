// What `hypersphere bench` measures, one function a subcommand. Each prints a table, line by line as it is measured, and
// returns the same as rows for --json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/data/framing.h"
#include "apps/evaluation/compute.h"
#include "cluster/communicator.h"

namespace hypersphere {

struct BenchOptions {
  Compute compute;
  std::string precision = "fp32", conv = "native";  ///< as on the command line, for the rows
  double peak = 0;  ///< the processor's measured floating-point operations a second; 0: not known, as on cuda
  int repeats = 5;  ///< timed runs, of which the median counts
  bool direct = false;  ///< on the cpu: no Winograd
  std::int64_t batch = 32, classes = 3973;
  int depth = 20;
  bool mirror = false;  ///< embed: each photograph and its mirror image
  std::string against;  ///< whose kernels to compare with: empty, cudnn, cublaslt or onednn

  // Of the search.
  std::int64_t rows = 100'000, dim = 1024;  ///< of the gallery
  std::int64_t queries = 1;                 ///< at a time
  std::int64_t top = 10;                    ///< matches wanted

  // Of several processes: step and allreduce.
  std::shared_ptr<Communicator> ranks = no_communicator();
  bool shard_classes = false;                        ///< step: shared out over them
  std::int64_t most_bytes = std::int64_t{64} << 20;  ///< of the longest message

  // Of the loader.
  std::filesystem::path data;
  Framing framing;
  std::int64_t photographs = 512;  ///< at most so many of the folder's
  int loader_threads = 1;          ///< at most so many decode
  double training_rate = 0;        ///< photographs a second that training consumes; 0: not known
};

/// Matrix products.
nlohmann::json bench_gemm(const BenchOptions& options);
/// The convolutions of SphereFace-20 in three directions.
nlohmann::json bench_layers(const BenchOptions& options);
/// A training step and, on the cpu, where its time goes; of several processes, one that they do together.
nlohmann::json bench_step(const BenchOptions& options);
/// Embeddings of photographs that are in memory.
nlohmann::json bench_embed(const BenchOptions& options);
/// The nearest rows of a gallery of random unit rows, by way of codes and by way of the matrix product.
nlohmann::json bench_search(const BenchOptions& options);
/// Sums, gathers and scattered sums over the processes of `ranks`, of messages of 4 KiB to most_bytes. The first process prints.
nlohmann::json bench_allreduce(const BenchOptions& options);
/// Batches of photographs from files.
nlohmann::json bench_loader(const BenchOptions& options);

// What bench_gemm and bench_layers do where `against` names a library: its kernels and this program's in turns. They throw
// Error where the library is not in this build or does not run on this device.
nlohmann::json bench_gemm_against_cuda(const BenchOptions& options);
nlohmann::json bench_layers_against_cuda(const BenchOptions& options);
nlohmann::json bench_gemm_against_onednn(const BenchOptions& options);
nlohmann::json bench_layers_against_onednn(const BenchOptions& options);

}  // namespace hypersphere
