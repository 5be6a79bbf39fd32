// hypersphere geometry

#include <fmt/core.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "apps/data/dataset.h"
#include "apps/embedding_progress.h"
#include "apps/evaluation/class_ranks.h"
#include "apps/evaluation/geometry_pictures.h"
#include "apps/evaluation/photograph_features.h"
#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/subcommands.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct GeometryCommand {
  fs::path model, data, identities, out;
  int min_images = 1, max_images = 0, outliers = 12;
  std::uint64_t seed = 0;
  FramingOptions framing;
  OutputOptions output;
  bool single = false;
  Machine machine;
};

Dataset choose_photographs(const GeometryCommand& command) {
  Dataset dataset = read_folder(command.data);
  if (!command.identities.empty()) keep_identities(dataset, read_identities(command.identities));
  keep_min_images(dataset, command.min_images);
  if (command.max_images > 0) keep_max_images(dataset, command.max_images, command.seed);
  return dataset;
}

// File names may be any bytes; JSON and SVG are UTF-8.
constexpr auto replace = nlohmann::json::error_handler_t::replace;

std::string as_utf8(const std::string& text) {
  return nlohmann::json::parse(nlohmann::json(text).dump(-1, ' ', false, replace)).get<std::string>();
}

GeometryNames names_of(const Dataset& dataset, const fs::path& data) {
  GeometryNames names;
  for (const Photograph& photograph : dataset.photographs)
    names.photographs.push_back(as_utf8(fs::path(photograph.path).lexically_relative(data).generic_string()));
  for (const std::string& name : dataset.identities) names.identities.push_back(as_utf8(name));
  return names;
}

Geometry measure(const Tensor& features, const Dataset& dataset) {
  Progress progress("angles", static_cast<double>(features.shape()[0]));
  Geometry geometry = measure_geometry(
      features, labels_of(dataset.photographs), static_cast<std::int32_t>(dataset.identities.size()),
      [&](std::int64_t done, std::int64_t) { progress.update(static_cast<double>(done), 0); });
  progress.finish();
  return geometry;
}

// The first numbers of each row: of an image joined with its mirror image, the image's own.
Tensor leading(const Tensor& features, std::int64_t numbers) {
  Tensor result = Tensor::empty({features.shape()[0], numbers});
  for (std::int64_t i = 0; i < features.shape()[0]; ++i)
    std::copy_n(features.data<float>() + i * features.shape()[1], numbers,
                result.data<float>() + i * numbers);
  return result;
}

// Where some of the photographs are of people that the model was trained on.
std::optional<WeightGeometry> measure_weights(const Model& model, const Tensor& features,
                                              const Dataset& dataset) {
  const std::vector<std::int32_t> classes = classes_of_photographs(dataset, model.identities);
  const bool any = std::ranges::any_of(classes, [](std::int32_t value) { return value >= 0; });
  if (!model.head || !any) return std::nullopt;
  return measure_weights(leading(features, model.network->options().embedding), classes,
                         model.head->weight().to(Device::cpu), model.head->options().margin);
}

void print(const char* name, const AngleDistribution& angles) {
  if (angles.count == 0) return tell("{:<28}{:>12}\n", name, 0);
  tell("{:<28}{:>12}{:>9.2f}{:>9.2f}{:>9.2f}{:>9.2f}\n", name, angles.count, angles.mean, angles.deviation(),
       angles.min, angles.max);
}

void print(const Geometry& geometry) {
  tell("{} photographs of {} identities\n", geometry.photographs.size(), geometry.identities.size());
  tell("{:<28}{:>12}{:>9}{:>9}{:>9}{:>9}\n", "angles in degrees", "count", "mean", "sd", "min", "max");
  print("within identities", geometry.within);
  print("between identities", geometry.between);
  if (!std::isnan(geometry.fisher()))
    tell("Fisher ratio {:.3f}, overlap of the two {:.2f} %\n", geometry.fisher(), 100 * geometry.shared());
  tell("largest angle within < smallest between: holds for {} of {} identities, {} for all at once\n",
       geometry.separated(), geometry.comparable(), geometry.holds() ? "and" : "not");
  tell("outliers: {} photographs are nearer to another identity's mean than to their own's\n",
       geometry.outliers());
}

void print(const WeightGeometry& weights, const HeadOptions& head) {
  tell("class weights, and the {} photographs of people trained on\n", weights.photographs);
  print("photograph to own weight", weights.own);
  print("to nearest other weight", weights.other);
  print("between weights", weights.between);
  const auto share = [&](std::int64_t count) {
    return 100 * static_cast<double>(count) / static_cast<double>(weights.photographs);
  };
  tell("nearest to their own weight: {:.2f} %", share(weights.correct));
  if (head.kind == HeadKind::a_softmax)
    tell(", by the margin m = {}: {:.2f} %", head.margin, share(weights.within_margin));
  tell("\n");
}

void draw_outliers(const GeometryCommand& command, const Model& model, const Framing& framing,
                   const Dataset& dataset, const Geometry& geometry, const GeometryNames& names) {
  const SphereFaceOptions& net = model.network->options();
  const auto rows =
      outlier_rows(geometry, names, static_cast<std::size_t>(command.outliers), [&](std::int64_t photograph) {
        return read_framed(dataset.photographs[static_cast<std::size_t>(photograph)].path, framing,
                           static_cast<int>(net.width), static_cast<int>(net.height));
      });
  if (rows.empty()) return tell("no identity has two photographs, so there is no outliers.svg\n");
  write_file_atomically(
      command.out / "outliers.svg",
      render_thumbnails("Farthest from their identity: angle to its others' mean, to the nearest other mean",
                        rows));
}

void geometry(const GeometryCommand& command) {
  const Compute compute = command.machine.apply();
  const Model model = load_model(command.model);
  model.network->to(compute.device);
  const Framing framing = command.framing.for_model(model);
  const Dataset dataset = choose_photographs(command);
  std::error_code error;
  fs::create_directories(command.out, error);
  expect(!error, "{}: cannot create the folder: {}", command.out.string(), error.message());
  const Tensor features = with_embedding_progress(
      "embedding", std::ssize(dataset.photographs), [&](const FeatureProgress& progress) {
        return embed_photographs(
            *model.network, paths_of(dataset.photographs), framing, 1,
            {.join_mirror = !command.single, .batch = 32, .activations = compute.activations}, progress);
      });
  const Geometry measured = measure(features, dataset);
  const std::optional<WeightGeometry> weights = measure_weights(model, features, dataset);
  const GeometryNames names = names_of(dataset, command.data);
  print(measured);
  if (weights) print(*weights, model.head->options());

  nlohmann::json json = to_json(measured, names);
  json["model"] = command.model.string();
  json["data"] = command.data.string();
  json["features"] = command.single ? "image" : "image and mirror image";
  if (weights) json["class_weights"] = to_json(*weights, model.identities);
  write_file_atomically(command.out / "geometry.json", json.dump(1, ' ', false, replace) + "\n");
  command.output.write(json);
  const std::vector<Panel> panels = geometry_panels(measured, weights);
  if (!panels.empty()) write_file_atomically(command.out / "angles.svg", render_svg(panels));
  draw_outliers(command, model, framing, dataset, measured, names);
}

}  // namespace

void add_geometry(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "geometry", "measure the angles within and between identities; name and show their outliers");
  command->footer(
      "Writes geometry.json, angles.svg and outliers.svg to --out.\n"
      "Example: hypersphere geometry --model run/model.safetensors --data photographs --out geometry");
  auto options = std::make_shared<GeometryCommand>();
  command->add_option("--model", options->model, "safetensors file that train wrote")->required();
  command->add_option("--data", options->data, "folder with one folder an identity")->required();
  command->add_option("--out", options->out, "folder for the results")->required();
  command->add_option("--identities", options->identities, "file with the names to measure, one a line");
  command->add_option("--min-images", options->min_images, "leave out identities with fewer photographs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--max-images", options->max_images,
                   "at most so many photographs of each, drawn from --seed")
      ->check(CLI::PositiveNumber);
  command->add_option("--seed", options->seed, "of --max-images")->capture_default_str();
  command->add_option("--outliers", options->outliers, "identities in outliers.svg")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--single", options->single,
                    "the image alone; default: the image joined with its mirror image");
  options->framing.add_to(*command, true);
  options->output.add_to(*command);
  options->machine.add_to(*command);
  command->callback([options] { geometry(*options); });
}

}  // namespace hypersphere
