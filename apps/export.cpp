// hypersphere export

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/exchange/nchw.h"
#include "apps/exchange/onnx.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/subcommands.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct ExportCommand {
  fs::path model, onnx, nchw;
  bool preprocessing = false;
  OutputOptions output;
};

void run_export(const ExportCommand& command) {
  Model model = load_model(command.model);
  nlohmann::json files;
  if (!command.onnx.empty()) {
    write_file_atomically(command.onnx, to_onnx(model, {.preprocessing = command.preprocessing}));
    files["onnx"] = command.onnx.string();
    const SphereFaceOptions& network = model.network->options();
    tell("{}: image [N, 3, {}, {}], RGB of {}, to embedding [N, {}]\n", command.onnx.string(), network.height,
         network.width, command.preprocessing ? "0 to 255" : "(value - 127.5) / 128", network.embedding);
  }
  if (!command.nchw.empty()) {
    const SafeTensors content = to_nchw(model);
    write_safetensors(command.nchw, content);
    files["safetensors_nchw"] = command.nchw.string();
    tell("{}: {} tensors\n", command.nchw.string(), content.tensors.size());
  }
  command.output.write(files);
}

}  // namespace

void add_export(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export", "write a model for other programs: ONNX, PyTorch");
  command->footer(
      "Example: hypersphere export --model run/model.safetensors --onnx faces.onnx --preprocessing");
  auto options = std::make_shared<ExportCommand>();
  command->add_option("--model", options->model, "safetensors file that train wrote")->required();
  CLI::Option* onnx =
      command->add_option("--onnx", options->onnx, "the ONNX file to write: the network without its head");
  command
      ->add_flag("--preprocessing", options->preprocessing, "with --onnx: the graph takes pixels of 0 to 255")
      ->needs(onnx);
  command->add_option(
      "--safetensors-nchw", options->nchw,
      "the safetensors file to write: PyTorch's shapes, the authors' names of layers, with the head");
  options->output.add_to(*command);
  command->callback([options] {
    if (options->onnx.empty() && options->nchw.empty())
      throw CLI::ValidationError("export: give --onnx or --safetensors-nchw, or both");
    run_export(*options);
  });
}

}  // namespace hypersphere
