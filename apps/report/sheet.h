// A sheet of sample pairs: what the network accepts and rejects, to look at.
#pragma once

#include <vector>

#include "apps/data/image_io.h"

namespace hypersphere {

/// A pair to show: its two photographs, its similarity, whether they show the same person, and whether the
/// decision was correct.
struct SheetPair {
  Image a, b;
  double similarity = 0;
  bool same = false, correct = false;
};

/// The pairs in rows of `columns`: both thumbnails side by side in a frame, blue with a tick where the
/// decision was correct, orange with a cross where it was wrong (told apart without red and green), below
/// them the similarity and SAME or DIFF, the truth. Thumbnails keep their size; cells are as large as the
/// largest. Throws Error for no pairs, columns below 1, or an image whose pixels do not match its size.
Image draw_pair_sheet(const std::vector<SheetPair>& pairs, int columns);

}  // namespace hypersphere
