// hypersphere pack, hypersphere align

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/data/dataset.h"
#include "apps/data/pack.h"
#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/report/progress.h"
#include "apps/report/stopwatch.h"
#include "apps/subcommands.h"
#include "kernels/cpu/parallel.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct PackCommand {
  fs::path data, list, identities, out;
  int min_images = 1;
  FramingOptions framing;
  OutputOptions output;
  bool again = false;
  PackOptions how;
};

std::vector<fs::path> choose_photographs(const PackCommand& command) {
  if (command.list.empty() && command.identities.empty() && command.min_images == 1)
    return photographs_in({command.data});
  Dataset dataset = command.list.empty() ? read_folder(command.data) : read_list(command.list, command.data);
  if (!command.identities.empty()) keep_identities(dataset, read_identities(command.identities));
  keep_min_images(dataset, command.min_images);
  return paths_of(dataset.photographs);
}

// Faces that were aligned twice are turned and scaled by what the landmarks are wrong: a model then sees less, and nothing says why.
void refuse_aligned(const PackCommand& command, const std::vector<fs::path>& photographs) {
  constexpr std::size_t looked_at = 100;
  std::size_t seen = 0, aligned = 0;
  for (const fs::path& photograph : photographs) {
    const std::optional<Landmarks> landmarks = command.how.framing.landmarks->find(photograph);
    if (!landmarks) continue;
    if (seen == looked_at) break;
    try {
      const Image image = read_photograph(photograph);
      aligned += looks_aligned(image.width, image.height, *landmarks);
      ++seen;
    } catch (const Error&) {  // named when its turn comes
    }
  }
  expect(command.again || 2 * aligned <= seen,
         "{} looks aligned already: {} of {} photographs have the template's size and their landmarks on it; "
         "--again aligns them "
         "all the same",
         command.data.string(), aligned, seen);
}

void run_pack(PackCommand command) {
  command.how.framing = command.framing.framing();
  command.how.framing.align_again = command.again;
  command.how.threads = cpu::thread_count();
  const std::vector<fs::path> photographs = choose_photographs(command);
  if (command.how.framing.landmarks) refuse_aligned(command, photographs);
  Progress progress("packing", 1);
  const Stopwatch watch;
  const std::vector<std::string> problems = pack_photographs(
      photographs, command.data, command.out, command.how, [&](std::int64_t done, std::int64_t total) {
        progress.update(static_cast<double>(done) / static_cast<double>(total),
                        static_cast<double>(done) / watch.seconds());
      });
  progress.finish();
  for (const std::string& problem : problems) fmt::print(stderr, "left out: {}\n", problem);
  tell("{} photographs of {} x {} pixels: {}\n", photographs.size() - problems.size(), command.how.width,
       command.how.height, command.out.string());
  command.output.write({{"file", command.out.string()},
                        {"photographs", photographs.size() - problems.size()},
                        {"width", command.how.width},
                        {"height", command.how.height},
                        {"left_out", problems}});
}

void add_source_options(CLI::App& command, PackCommand& options) {
  command
      .add_option("--data", options.data,
                  "folder with one folder an identity, a .rec, .bin or .zip file, or the root of --list")
      ->required();
  command.add_option("--list", options.list, "file of 'path label' lines instead of the folder's own tree");
  command.add_option("--identities", options.identities, "file with the names to take, one a line");
  command.add_option("--min-images", options.min_images, "leave out identities with fewer photographs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_result_options(CLI::App& command, PackCommand& options) {
  command.add_flag("--again", options.again,
                   "with --landmarks: also where the photographs look aligned already");
  command
      .add_option("--jpeg", options.how.jpeg_quality,
                  "write JPEGs of this quality, 1 to 100; default: PNG, which keeps every pixel")
      ->check(CLI::Range(1, 100));
  command.add_option("--out", options.out, "the .zip file to write; or, under another name, the folder")
      ->required();
  options.output.add_to(command);
}

}  // namespace

void add_pack(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("pack", "crop the photographs of a set once, into one file or a folder");
  command->footer(
      "Examples: hypersphere pack --data lfw --crop 71,53,179,179 --out lfw.zip\n"
      "          hypersphere pack --data faces_webface/train.rec --out webface.zip --jpeg 95\n"
      "          hypersphere pack --data lfw.zip --out folder");
  auto options = std::make_shared<PackCommand>();
  add_source_options(*command, *options);
  options->framing.add_to(*command, false);
  add_result_options(*command, *options);
  command->callback([options] { run_pack(*options); });
}

void add_align(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "align", "bring eyes, nose and mouth of each photograph to the places where the network wants them");
  command->footer(
      "Example: hypersphere align --data photographs --landmarks landmarks.csv --out aligned.zip");
  auto options = std::make_shared<PackCommand>();
  add_source_options(*command, *options);
  options->framing.add_to(*command, false);
  command->remove_option(command->get_option("--crop"));
  command->get_option("--landmarks")->required();
  command
      ->add_option("--width", options->how.width, "96, or 112 for InsightFace's template; the height is 112")
      ->check(CLI::IsMember({96, 112}))
      ->capture_default_str();
  add_result_options(*command, *options);
  command->callback([options] { run_pack(*options); });
}

}  // namespace hypersphere
