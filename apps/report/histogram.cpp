#include "apps/report/histogram.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "tensor/error.h"

namespace hypersphere {
namespace {

// From the first bin that is not empty to the last, down to 0 on both sides.
Series steps(const Histogram& histogram) {
  Series series{.name = histogram.name, .x = {}, .y = {}, .style = LineStyle::filled};
  const auto total = std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::int64_t{0});
  if (total == 0) return series;
  const auto filled = [](std::int64_t count) { return count > 0; };
  const auto first = std::find_if(histogram.counts.begin(), histogram.counts.end(), filled);
  const auto last = std::find_if(histogram.counts.rbegin(), histogram.counts.rend(), filled).base();
  const auto corner = [&](auto bin, double y) {
    series.x.push_back(histogram.low + histogram.width * static_cast<double>(bin - histogram.counts.begin()));
    series.y.push_back(y);
  };
  corner(first, 0);
  for (auto bin = first; bin != last; ++bin) {
    const double height = static_cast<double>(*bin) / (static_cast<double>(total) * histogram.width);
    corner(bin, height);
    corner(bin + 1, height);
  }
  corner(last, 0);
  return series;
}

}  // namespace

Panel histogram_panel(std::string title, std::string x_label, std::string y_label,
                      const std::vector<Histogram>& histograms) {
  Panel panel{
      .title = std::move(title), .x_label = std::move(x_label), .y_label = std::move(y_label), .series = {}};
  for (const Histogram& histogram : histograms) {
    expect(histogram.width > 0, "histogram: '{}' has bins of width {}", histogram.name, histogram.width);
    for (const std::int64_t count : histogram.counts)
      expect(count >= 0, "histogram: '{}' has a bin of {} values", histogram.name, count);
    panel.series.push_back(steps(histogram));
  }
  return panel;
}

}  // namespace hypersphere
