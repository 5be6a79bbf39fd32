// The experiment behind figures 2 and 3 of SphereFace (Liu et al., arXiv 1704.08063): one small network a head,
// with features of two or three dimensions, all trained on the same photographs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/loader.h"
#include "apps/evaluation/compute.h"
#include "apps/training/schedule.h"
#include "nn/head.h"
#include "nn/solver.h"

namespace hypersphere {

/// "softmax", "modified-softmax" or "a-softmax:m". parse_figure_heads reads a list of them, separated by commas,
/// and throws Error for an empty list, another word, a margin outside of 1..4 or a head that is named twice.
std::string figure_head_name(const HeadOptions& head);
std::vector<HeadOptions> parse_figure_heads(const std::string& text);

/// Everything that decides what the experiment computes.
struct FigureOptions {
  std::filesystem::path data;        ///< one folder an identity
  std::filesystem::path among = {};  ///< names to choose the identities from, one a line; empty for all
  int identities = 6;                ///< those with most photographs
  double held_out = 0.3;             ///< share of each one's photographs that no network is trained on
  LoaderOptions loader;              ///< its batch and seed are replaced by those below
  Compute compute;

  std::int64_t dimension = 2;  ///< of the features
  std::int64_t width = 16;     ///< channels of SphereFace-4's first stage; the others: 2, 4, 8 times as many
  std::vector<HeadOptions> heads;
  Budget budget;  ///< iterations of each head, or minutes for all of them together
  std::int64_t batch = 32;
  double learning_rate = 0.02;
  double lambda_start = 1000, lambda_min = 0.2;  ///< of the A-Softmax's annealing, see figure_lambda()
  SolverOptions solver;
  std::uint64_t seed = 1;

  std::function<void(const std::string&)> say = {};  ///< told what is left out and what is trained
};

/// The annealing weight at a share of the budget: start^(1 - 2 share) min^(2 share), from the middle on min. The
/// authors' schedule counts iterations and ends at 5: a short run would have little of the margin for a short time.
double figure_lambda(const FigureOptions& options, double share);
/// The learning rate at a share of the budget: rises to options.learning_rate over the first twentieth, falls to a
/// tenth of it at 60 % and to a hundredth at 85 %.
double figure_rate(const FigureOptions& options, double share);

/// The photographs of the experiment.
struct FigurePhotographs {
  std::vector<std::string> identities;  ///< in the data set's order
  std::vector<Photograph> photographs;  ///< identity by identity
  std::vector<bool> held_out;           ///< one a photograph
};

/// The `identities` identities of `dataset` with most photographs (of those with equally many, the first ones by
/// name), and of each one's photographs a `share`, drawn from the seed, marked as held out: at least one where the
/// share is above 0, and never all. Throws Error where there are not so many identities, or one has a single
/// photograph and the share is above 0.
FigurePhotographs choose_photographs(Dataset dataset, int identities, double share, std::uint64_t seed);

/// What one head's network made of the photographs.
struct FigureHead {
  HeadOptions head;
  Tensor features;  ///< f32 [photographs, dimension]
  Tensor weight;    ///< f32 [identities, dimension]: the class weights
  Tensor bias;      ///< f32 [identities] of the plain softmax, else undefined
  double loss = 0;  ///< of the last batches, a running mean
};

/// The experiment's outcome: enough to draw it and to say how it came about.
struct FigureResult {
  FigurePhotographs photographs;
  std::vector<FigureHead> heads;                                     ///< in the order of the options
  std::int64_t dimension = 0, width = 0, batch = 0, iterations = 0;  ///< iterations of each head
  std::uint64_t seed = 0;
};

/// Told of what is done, as a share of the budget, of photographs a second over all heads, and of the losses.
using FigureProgress = std::function<void(double share, double images_per_second, const std::string& text)>;

/// Trains a network for each head and embeds all photographs with it. All start from the same weights (but for the
/// softmax's bias), and all do the same step before any does the next one, with the same batch: they differ by
/// their loss alone, also where the clock ends the training. Photographs that cannot be decoded are left out.
/// Returns nothing where interrupted() said so. Throws Error for unusable data or options, and for a loss or
/// gradient that is not finite, with head and iteration.
std::optional<FigureResult> train_figure(const FigureOptions& options, bool (*interrupted)(),
                                         const FigureProgress& progress = {});

}  // namespace hypersphere
