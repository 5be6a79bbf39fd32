#include "apps/evaluation/geometry_pictures.h"

#include <algorithm>
#include <cmath>

#include "apps/report/histogram.h"

namespace hypersphere {
namespace {

constexpr std::size_t photographs_in_a_row = 6;

struct Named {
  const char* name;
  AngleDistribution angles;
};

Histogram to_histogram(const Named& named) {
  const auto& counts = named.angles.histogram;
  const std::string mean =
      named.angles.count > 0 ? fmt::format(" (mean {:.1f})", named.angles.mean) : std::string(" (none)");
  return {.name = named.name + mean, .counts = {counts.begin(), counts.end()}};
}

// The angles that exist, of those that `angle` gives for the items.
template <class Items, class Angle>
AngleDistribution distribution(const Items& items, Angle angle) {
  std::vector<float> degrees;
  for (const auto& item : items)
    if (const double value = angle(item); !std::isnan(value)) degrees.push_back(static_cast<float>(value));
  AngleDistribution result;
  result.add(degrees);
  return result;
}

// How far a photograph is on the wrong side.
double excess(const PhotographGeometry& photograph) {
  return std::isnan(photograph.other) ? photograph.own : photograph.own - photograph.other;
}

using Members = std::vector<std::int64_t>;

// The photographs of an identity as a row shows them.
Members shown(const Geometry& geometry, Members members) {
  const auto at = [&](std::int64_t i) -> const PhotographGeometry& {
    return geometry.photographs[static_cast<std::size_t>(i)];
  };
  const auto typical = std::ranges::min_element(members, {}, [&](std::int64_t i) { return at(i).own; });
  std::rotate(members.begin(), typical, typical + 1);
  std::stable_sort(members.begin() + 1, members.end(),
                   [&](std::int64_t a, std::int64_t b) { return excess(at(a)) > excess(at(b)); });
  members.resize(std::min(members.size(), photographs_in_a_row));
  return members;
}

std::string note_of(const IdentityGeometry& identity, const Geometry& geometry, const GeometryNames& names) {
  std::string note = fmt::format("{} photographs; largest angle within {:.1f}°", identity.photographs,
                                 identity.largest_within.degrees);
  if (identity.smallest_between.second < 0) return note;
  const auto other = static_cast<std::size_t>(identity.smallest_between.second);
  return note + fmt::format(", smallest between {:.1f}° to {}", identity.smallest_between.degrees,
                            names.identities[static_cast<std::size_t>(geometry.photographs[other].identity)]);
}

}  // namespace

std::vector<Panel> geometry_panels(const Geometry& geometry, const std::optional<WeightGeometry>& weights) {
  const auto& identities = geometry.identities;
  const auto& photographs = geometry.photographs;
  const auto largest = [](const IdentityGeometry& identity) { return identity.largest_within.degrees; };
  const auto smallest = [](const IdentityGeometry& identity) {
    return identity.comparable() ? identity.smallest_between.degrees : std::nan("");
  };
  struct Plan {
    const char *title, *y_label;
    std::vector<Named> histograms;
  };
  std::vector<Plan> plans = {
      {"Angles between two photographs",
       "share of pairs / degree",
       {{"within identities", geometry.within}, {"between identities", geometry.between}}},
      {"Each identity: what the criterion compares",
       "share of identities / degree",
       {{"largest within", distribution(identities, largest)},
        {"smallest between", distribution(identities, smallest)}}},
      {"Each photograph: angle to the mean of",
       "share of photographs / degree",
       {{"its identity's others", distribution(photographs, std::mem_fn(&PhotographGeometry::own))},
        {"the nearest other", distribution(photographs, std::mem_fn(&PhotographGeometry::other))}}}};
  if (weights)
    plans.push_back({"Photographs of people trained on, and class weights",
                     "share / degree",
                     {{"photograph to own weight", weights->own},
                      {"to nearest other", weights->other},
                      {"between weights", weights->between}}});
  std::vector<Panel> panels;
  double low = 180, high = 0;
  for (const Plan& plan : plans) {
    std::vector<Histogram> histograms;
    std::int64_t count = 0;
    for (const Named& named : plan.histograms) {
      histograms.push_back(to_histogram(named));
      low = std::min(low, named.angles.min);
      high = std::max(high, named.angles.max);
      count += named.angles.count;
    }
    if (count > 0) panels.push_back(histogram_panel(plan.title, "degrees", plan.y_label, histograms));
  }
  low = std::clamp(10 * std::floor(low / 10), 0.0, 170.0);
  high = std::clamp(10 * std::floor(high / 10) + 10, low + 10, 180.0);
  for (Panel& panel : panels) panel.x_range = {low, high};
  return panels;
}

std::vector<ThumbnailRow> outlier_rows(const Geometry& geometry, const GeometryNames& names,
                                       std::size_t identities, const ReadPhotograph& read) {
  std::vector<Members> members(geometry.identities.size());
  for (std::size_t i = 0; i < geometry.photographs.size(); ++i)
    members[static_cast<std::size_t>(geometry.photographs[i].identity)].push_back(
        static_cast<std::int64_t>(i));
  std::vector<std::pair<double, std::size_t>> worst;  // how far on the wrong side, whose photograph
  for (std::size_t k = 0; k < members.size(); ++k) {
    if (members[k].size() < 2) continue;
    double most = -180;
    for (const std::int64_t i : members[k])
      most = std::max(most, excess(geometry.photographs[static_cast<std::size_t>(i)]));
    worst.emplace_back(-most, k);
  }
  std::ranges::sort(worst);
  if (worst.size() > identities) worst.resize(identities);

  std::vector<ThumbnailRow> rows;
  for (const auto& [distance, k] : worst) {
    ThumbnailRow row{names.identities[k], note_of(geometry.identities[k], geometry, names), {}};
    for (const std::int64_t i : shown(geometry, members[k])) {
      const PhotographGeometry& photograph = geometry.photographs[static_cast<std::size_t>(i)];
      std::vector<std::string> captions = {
          fmt::format("{:.1f}°{}", photograph.own, row.thumbnails.empty() ? " typical" : "")};
      if (photograph.nearest >= 0)
        captions.push_back(fmt::format("{:.1f}° {}", photograph.other,
                                       names.identities[static_cast<std::size_t>(photograph.nearest)]));
      row.thumbnails.push_back({read(i), std::move(captions), photograph.outlier()});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace hypersphere
