// A grid of networks so small that all of it is trained in a moment, on plain pictures.
#pragma once

#include "apps/training/ablation.h"
#include "tests/apps/data/scratch.h"

namespace hypersphere::test {

/// Pictures of 16 x 16 of 12 people below `folder`/faces, five of each: a colour a person, a little lighter from one to the
/// next.
inline std::filesystem::path paint_people(const Scratch& folder) {
  for (int person = 0; person < 12; ++person)
    for (int i = 1; i <= 5; ++i) {
      const auto shade = [&](int step) {
        return static_cast<std::uint8_t>((step * (person + 1) + 4 * i) % 256);
      };
      folder.png(fmt::format("faces/p{0:02}/p{0:02}_{1:04}.png", person, i),
                 plain(16, 16, shade(19), shade(53), shade(101)));
    }
  return folder / "faces";
}

/// Softmax, and the A-Softmax with m = 1 and 4, of two iterations each.
inline AblationOptions small_grid(const Scratch& folder, const std::string& out) {
  AblationOptions options;
  options.depths = {4};
  options.heads = {HeadKind::softmax, HeadKind::a_softmax};
  options.margins = {1, 4};
  options.seeds = {1, 2};
  options.out = folder / out;
  TrainingOptions& training = options.training;
  training.data = folder / "faces";
  training.hold_out = 0.5;
  training.network = {.depth = 4, .widths = {8, 8, 8, 16}, .height = 16, .width = 16, .embedding = 8};
  training.loader.width = training.loader.height = 16;
  training.loader.batch = 4;
  training.learning_rate = 0.01;
  training.budget.iterations = 2;
  training.checkpoint_every = 1;
  options.settings = {{"lr", "0.01"}, {"iterations", "2"}};
  return options;
}

inline bool never() { return false; }

}  // namespace hypersphere::test
