// Features of two or three dimensions under several losses, side by side: the picture of figures 2 and 3 of SphereFace
// (Liu et al., arXiv 1704.08063).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hypersphere {

/// One loss.
struct FeatureColumn {
  std::string title;
  std::vector<double> features;  ///< row-major [photographs, dimension]
  std::vector<double> weights;   ///< of the classes, row-major [identities, dimension]
  std::vector<double> within,
      between;  ///< degrees, one a photograph: to the own identity and to the nearest other one
  std::vector<std::string> notes;  ///< lines below the column
};

/// What the columns have in common.
struct FeatureGrid {
  std::string title, caption;
  int dimension = 2;                    ///< 2 or 3
  std::vector<std::string> identities;  ///< their names; underscores are shown as spaces
  std::vector<std::int32_t> labels;     ///< of the photographs, each in [0, identities)
  std::vector<bool> held_out;           ///< of the photographs: drawn hollow
  std::vector<FeatureColumn> columns;
};

/// A column of three panels for each loss, as one SVG document, legible on light and dark pages and to the
/// colour-blind (colours of Okabe and Ito, 2008, and a shape for each identity):
///   1. the features as points, the class weights as rays to the panel's border; a scale of its own for each panel,
///      with rings around the origin (in space: spheres) at equal, named distances;
///   2. the same, each feature and weight divided by its length: on the unit circle (photographs held out on a smaller
///      one inside), or on the unit sphere, its far side faint, seen from where the first column's weights lie apart
///      and in the other columns so that the same identities lie in the same places;
///   3. how many of the photographs have which angle to their own identity and to the nearest other one, with the
///      means; all panels on one scale. Upwards: those trained on; downwards: those held out.
/// Throws Error where sizes do not agree, a value is not finite, or there is no column or photograph.
std::string render_feature_grid(const FeatureGrid& grid);

}  // namespace hypersphere
