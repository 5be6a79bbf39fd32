#include "apps/report/feature_grid.h"

#include <algorithm>
#include <cmath>

#include "apps/report/feature_histogram.h"
#include "apps/report/feature_legend.h"
#include "apps/report/feature_panels.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

// In pixels. Five columns make the full width, which suits a slide.
constexpr double full_width = 1600, left_margin = 96, right_margin = 24, gap = 20;
constexpr double histogram_height = 190, note_height = 22, title_height = 32;
constexpr double bold = 1.1;  // how much wider a bold text is

void check(const FeatureGrid& grid) {
  expect(grid.dimension == 2 || grid.dimension == 3, "feature grid: expected 2 or 3 dimensions, found {}",
         grid.dimension);
  expect(!grid.columns.empty() && !grid.labels.empty(),
         "feature grid: {} columns and {} photographs, nothing to draw", grid.columns.size(),
         grid.labels.size());
  const auto d = static_cast<std::size_t>(grid.dimension);
  for (const std::int32_t label : grid.labels)
    expect(label >= 0 && label < std::ssize(grid.identities),
           "feature grid: label {}, there are {} identities", label, grid.identities.size());
  expect(grid.held_out.size() == grid.labels.size(),
         "feature grid: {} labels and {} marks of held-out photographs", grid.labels.size(),
         grid.held_out.size());
  for (const FeatureColumn& column : grid.columns) {
    expect(column.features.size() == grid.labels.size() * d &&
               column.weights.size() == grid.identities.size() * d &&
               column.within.size() == grid.labels.size() && column.between.size() == grid.labels.size(),
           "feature grid: column '{}' does not fit {} photographs of {} identities in {} dimensions",
           column.title, grid.labels.size(), grid.identities.size(), d);
    for (const auto* values : {&column.features, &column.weights, &column.within, &column.between})
      for (const double value : *values)
        expect(std::isfinite(value), "feature grid: column '{}' has a value that is not finite",
               column.title);
  }
}

std::vector<Point3> points_of(const std::vector<double>& values, int dimension) {
  std::vector<Point3> points;
  for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(dimension))
    points.push_back({values[i], values[i + 1], dimension == 3 ? values[i + 2] : 0});
  return points;
}

Point3 unit(const Point3& p) {
  const double length = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
  return length > 0 ? Point3{p[0] / length, p[1] / length, p[2] / length} : p;
}

// A column's points and weights, in space seen from where its weights lie as those of the columns before.
FeatureScene scene_of(const FeatureGrid& grid, const FeatureColumn& column, std::vector<Point3>& places) {
  FeatureScene scene{.points = points_of(column.features, grid.dimension),
                     .labels = grid.labels,
                     .hollow = grid.held_out,
                     .weights = points_of(column.weights, grid.dimension),
                     .view = {}};
  for (Point3& weight : scene.weights) weight = unit(weight);
  if (grid.dimension == 2) return scene;
  scene.view = places.empty() ? choose_view(scene.weights) : choose_view_like(scene.weights, places);
  places.clear();
  for (const Point3& weight : scene.weights) places.push_back(scene.view.project(weight));
  return scene;
}

AngleSamples samples_of(const FeatureGrid& grid, const FeatureColumn& column) {
  AngleSamples samples;
  for (std::size_t i = 0; i < grid.labels.size(); ++i) {
    (grid.held_out[i] ? samples.within_held_out : samples.within).push_back(column.within[i]);
    (grid.held_out[i] ? samples.between_held_out : samples.between).push_back(column.between[i]);
  }
  return samples;
}

// The texts of the picture and where its parts lie.
class Drawing {
 public:
  explicit Drawing(const FeatureGrid& grid)
      : grid_(grid),
        columns_(static_cast<double>(grid.columns.size())),
        panel_(std::clamp((full_width - left_margin - right_margin - (columns_ - 1) * gap) / columns_, 200.0,
                          columns_ > 2 ? 300.0 : 420.0)),
        width_(left_margin + columns_ * panel_ + (columns_ - 1) * gap + right_margin),
        any_held_out_(std::ranges::count(grid.held_out, true) > 0),
        title_(wrapped(grid.title, width_ - left_margin - right_margin, 25 * bold)),
        caption_(wrapped(grid.caption, width_ - left_margin - right_margin, 14)),
        names_(name_items(), left_margin, width_ - right_margin,
               58 + title_height * static_cast<double>(title_.size() - 1), true, 17, "name"),
        key_(key_items(), left_margin, width_ - right_margin, names_.bottom() + 4, false, 15, "key"),
        features_top_(key_.bottom() + 48),
        unit_top_(features_top_ + panel_ + gap),
        histogram_top_(unit_top_ + panel_ + 48) {
    std::vector<Point3> places;
    for (const FeatureColumn& column : grid.columns) {
      scenes_.push_back(scene_of(grid, column, places));
      samples_.push_back(samples_of(grid, column));
    }
    scale_ = common_scale(samples_);
    notes_top_ = histogram_top_ + histogram_height + (scale_.below > 0 ? 36 : 18) + 22;
  }

  std::string render() const {
    std::size_t notes = 0;
    for (const FeatureColumn& column : grid_.columns) notes = std::max(notes, column.notes.size());
    const double caption = notes_top_ + note_height * static_cast<double>(notes + 1) + 14;
    const double height = caption + 20 * static_cast<double>(caption_.size());
    Svg svg(width_, height, feature_style_sheet());
    svg.rect(0, 0, width_, height, "page");
    for (std::size_t line = 0; line < title_.size(); ++line)
      svg.text(left_margin, 40 + title_height * static_cast<double>(line), title_[line], Anchor::start,
               "title");
    names_.draw(svg);
    key_.draw(svg);
    for (std::size_t i = 0; i < grid_.columns.size(); ++i) draw_column(svg, i);
    const auto row = [&](double middle, std::string_view text) {
      svg.text(28, middle, text, Anchor::middle, "row", true);
    };
    row(features_top_ + panel_ / 2, "features");
    row(unit_top_ + panel_ / 2, grid_.dimension == 3 ? "on the unit sphere" : "on the unit circle");
    if (grid_.dimension == 2 && any_held_out_)
      svg.text(50, unit_top_ + panel_ / 2, "(held out: inner circle)", Anchor::middle, "mark", true);
    row(histogram_top_ + histogram_height / 2, "share of photographs");
    for (std::size_t line = 0; line < caption_.size(); ++line)
      svg.text(left_margin, caption + 20 * static_cast<double>(line), caption_[line], Anchor::start, "mark");
    return svg.document();
  }

 private:
  std::vector<LegendItem> name_items() const {
    std::vector<LegendItem> items;
    for (const std::string& name : grid_.identities)
      items.push_back({Swatch::marker, static_cast<int>(items.size()), "", shown_name(name)});
    return items;
  }

  std::vector<LegendItem> key_items() const {
    std::vector<LegendItem> items = {{Swatch::marker, 0, " plain", "trained on"}};
    if (any_held_out_) items.push_back({Swatch::marker, 0, " hollow plain", "held out"});
    items.push_back({Swatch::line, 0, "ray plain", "class weight"});
    items.push_back({Swatch::box, 0, "h within", "angle to own mean direction"});
    items.push_back({Swatch::box, 0, "h between", "angle to nearest other"});
    items.push_back({Swatch::upright, 0, "mean within", "mean"});
    return items;
  }

  void draw_column(Svg& svg, std::size_t index) const {
    const FeatureColumn& column = grid_.columns[index];
    const double left = left_margin + static_cast<double>(index) * (panel_ + gap), middle = left + panel_ / 2;
    const Frame features{left, features_top_, panel_, panel_}, unit_ball{left, unit_top_, panel_, panel_};
    const FeatureScene& scene = scenes_[index];
    svg.text(middle, features_top_ - 12, column.title, Anchor::middle, "head");
    for (const Frame& frame : {features, unit_ball})
      svg.rect(frame.left, frame.top, frame.width, frame.height, "panel");
    draw_feature_panel(svg, features, scene);
    draw_unit_panel(svg, unit_ball, scene, grid_.dimension == 3);
    draw_histogram(svg, {left, histogram_top_, panel_, histogram_height}, samples_[index], scale_,
                   index == 0);
    svg.text(middle, notes_top_, "angle to a mean direction", Anchor::middle, "axis-title");
    for (std::size_t line = 0; line < column.notes.size(); ++line)
      svg.text(middle, notes_top_ + note_height * static_cast<double>(line + 1) + 4, column.notes[line],
               Anchor::middle, "note");
  }

  const FeatureGrid& grid_;
  const double columns_, panel_, width_;
  const bool any_held_out_;
  const std::vector<std::string> title_, caption_;
  const Legend names_, key_;
  const double features_top_, unit_top_, histogram_top_;
  std::vector<FeatureScene> scenes_;
  std::vector<AngleSamples> samples_;
  AngleScale scale_;
  double notes_top_ = 0;
};

}  // namespace

std::string render_feature_grid(const FeatureGrid& grid) {
  check(grid);
  return Drawing(grid).render();
}

}  // namespace hypersphere
