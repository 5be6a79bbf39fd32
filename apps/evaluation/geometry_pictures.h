// A geometry to look at: its histograms, and the photographs that lie far from their identity.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "apps/evaluation/geometry.h"
#include "apps/evaluation/geometry_json.h"
#include "apps/evaluation/weight_geometry.h"
#include "apps/report/plot.h"
#include "apps/report/thumbnails.h"

namespace hypersphere {

/// Histograms, all over the same degrees: angles within and between identities; of each identity the largest within
/// and the smallest between (whose order is the criterion); of each photograph those to its own identity's and to
/// the nearest other mean; and with `weights` those to the class weights. A panel without any angle is left out.
std::vector<Panel> geometry_panels(const Geometry& geometry, const std::optional<WeightGeometry>& weights);

/// Reads a photograph, a row of the features.
using ReadPhotograph = std::function<Image(std::int64_t photograph)>;

/// A row for each of the `identities` whose worst photograph lies farthest on the wrong side: by own - other of
/// PhotographGeometry, largest first; by own where there is no other identity. First its most typical photograph,
/// the one of the smallest angle to the others, then up to five in the order of their distance, outliers marked. An
/// identity of one photograph has no row.
std::vector<ThumbnailRow> outlier_rows(const Geometry& geometry, const GeometryNames& names,
                                       std::size_t identities, const ReadPhotograph& read);

}  // namespace hypersphere
