// hypersphere import

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/exchange/caffe.h"
#include "apps/exchange/nchw.h"
#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/subcommands.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct ImportCommand {
  fs::path file, out;
  std::string crop;
  bool rgb = false;
  OutputOptions output;
};

Model read_foreign(const ImportCommand& command) {
  const bool of_caffe = command.file.extension() == ".caffemodel";
  const SafeTensors content =
      of_caffe ? read_caffe_model(command.file, !command.rgb) : read_safetensors(command.file);
  try {
    return from_nchw(content);
  } catch (const Error& error) {
    fail("{}: {}", command.file.string(), error.what());
  }
}

void run_import(const ImportCommand& command) {
  Model model = read_foreign(command);
  if (!command.crop.empty()) {
    crop_option(command.crop);
    model.preprocessing.crop = command.crop == "none" ? "" : command.crop;
  }
  save_model(command.out, model);
  tell("{}: SphereFace-{}, {:.2f} M parameters, {}\n", command.out.string(), model.network->options().depth,
       static_cast<double>(model.network->parameter_count()) * 1e-6,
       model.head ? fmt::format("a head of {} classes", model.head->classes()) : "no head");
  command.output.write({{"model", command.out.string()},
                        {"depth", model.network->options().depth},
                        {"parameters", model.network->parameter_count()},
                        {"classes", model.head ? model.head->classes() : 0}});
}

}  // namespace

void add_import(CLI::App& app) {
  CLI::App* command = app.add_subcommand("import", "read a model of PyTorch's or of the authors' Caffe code");
  command->footer("Example: hypersphere import sphereface_model.caffemodel --out sphereface.safetensors");
  auto options = std::make_shared<ImportCommand>();
  command
      ->add_option("file", options->file,
                   "a .caffemodel, or a .safetensors file in the layout of export --safetensors-nchw")
      ->required();
  command->add_option("--out", options->out, "the model to write")->required();
  command->add_flag("--rgb", options->rgb,
                    "a .caffemodel that was trained on RGB; the authors' are on BGR, and are turned round");
  command->add_option("--crop", options->crop,
                      "left,top,right,bottom in pixels: what the model is to see of a photograph");
  options->output.add_to(*command);
  command->callback([options] { run_import(*options); });
}

}  // namespace hypersphere
