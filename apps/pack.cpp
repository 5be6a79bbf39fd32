// hypersphere pack

#include <fmt/core.h>

#include <memory>

#include "apps/data/dataset.h"
#include "apps/data/pack.h"
#include "apps/options.h"
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
  std::string crop;
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

void run_pack(PackCommand command) {
  command.how.crop = crop_option(command.crop);
  command.how.threads = cpu::thread_count();
  const std::vector<fs::path> photographs = choose_photographs(command);
  Progress progress("packing", 1);
  const Stopwatch watch;
  const std::vector<std::string> problems = pack_photographs(
      photographs, command.data, command.out, command.how, [&](std::int64_t done, std::int64_t total) {
        progress.update(static_cast<double>(done) / static_cast<double>(total),
                        static_cast<double>(done) / watch.seconds());
      });
  progress.finish();
  for (const std::string& problem : problems) fmt::print(stderr, "left out: {}\n", problem);
  fmt::print("{} photographs of {} x {} pixels: {}\n", photographs.size() - problems.size(),
             command.how.width, command.how.height, command.out.string());
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
  command
      ->add_option("--data", options->data,
                   "folder with one folder an identity, a .rec, .bin or .zip file, or the root of --list")
      ->required();
  command->add_option("--list", options->list, "file of 'path label' lines instead of the folder's own tree");
  command->add_option("--identities", options->identities, "file with the names to pack, one a line");
  command->add_option("--min-images", options->min_images, "leave out identities with fewer photographs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--crop", options->crop,
                      "left,top,right,bottom in pixels: the part of each photograph to use");
  command
      ->add_option("--jpeg", options->how.jpeg_quality,
                   "write JPEGs of this quality, 1 to 100; default: PNG, which keeps every pixel")
      ->check(CLI::Range(1, 100));
  command->add_option("--out", options->out, "the .zip file to write; or, under another name, the folder")
      ->required();
  command->callback([options] { run_pack(*options); });
}

}  // namespace hypersphere
