// hypersphere bench: how fast the parts are on this machine.

#include "apps/bench/bench.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

#include "apps/bench/measure.h"
#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/subcommands.h"
#include "cluster/nccl.h"
#include "kernels/conv2d/algorithm_cpu.h"
#include "kernels/cpu/peak.h"

namespace hypersphere {
namespace {

struct BenchCommand {
  Machine machine;
  BenchOptions options;
  FramingOptions framing;
  OutputOptions output;
};

using Shared = std::shared_ptr<BenchCommand>;
using Bench = nlohmann::json (*)(const BenchOptions&);

void write_rows(const BenchCommand& command, const nlohmann::json& rows) { command.output.write(rows); }

void add_repeats(CLI::App& command, const Shared& shared, const char* default_text) {
  command
      .add_option("--repeats", shared->options.repeats,
                  "timed runs after one to warm up; their median counts")
      ->check(CLI::PositiveNumber)
      ->default_str(default_text);
  shared->output.add_to(command);
}

void add_batch(CLI::App& command, const Shared& shared) {
  command.add_option("--batch", shared->options.batch, "images")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_depth(CLI::App& command, const Shared& shared) {
  command.add_option("--depth", shared->options.depth, "4, 10, 20, 36 or 64")
      ->check(CLI::IsMember({4, 10, 20, 36, 64}))
      ->capture_default_str();
}

void add_direct(CLI::App& command, const Shared& shared) {
  command.add_flag("--direct", shared->options.direct,
                   "on the cpu: without Winograd's algorithm, to compare");
}

void add_against(CLI::App& command, const Shared& shared, const std::string& on_cuda) {
  command
      .add_option("--against", shared->options.against,
                  "another library to measure in turns: onednn on the cpu, " + on_cuda + " on cuda")
      ->check(CLI::IsMember({std::string("onednn"), on_cuda}));
}

// A bench that computes: it has a device and, on the cpu, a peak to compare with.
CLI::App& add_computing(CLI::App& bench, const Shared& shared, const char* name, const char* text,
                        Bench run) {
  CLI::App* command = bench.add_subcommand(name, text);
  shared->machine.add_to(*command);
  add_repeats(*command, shared, "5, or 9 with --against");
  command->callback([command, shared, run] {
    BenchOptions& options = shared->options;
    options.compute = shared->machine.apply();
    options.precision = shared->machine.precision;
    options.conv = shared->machine.conv;
    const bool on_cpu = options.compute.device == Device::cpu;
    if (options.direct && !on_cpu) throw CLI::ValidationError("--direct: needs --device cpu");
    // Both sides of a ratio are shaken by what else the machine does.
    if (command->count("--repeats") == 0 && !options.against.empty()) options.repeats = 9;
    std::optional<cpu::WithoutWinograd> direct;
    if (options.direct) direct.emplace();
    options.ranks = communicator_for(options.ranks, options.compute.device);
    options.peak = on_cpu ? cpu::measure_peak() : 0;
    print_machine(options);
    const nlohmann::json rows = run(options);
    if (options.ranks->rank() == 0) write_rows(*shared, rows);
  });
  return *command;
}

void add_loader(CLI::App& bench, const Shared& shared) {
  CLI::App* command = bench.add_subcommand("loader", "photographs from files to batches");
  BenchOptions& options = shared->options;
  command->footer(
      "Example: hypersphere bench loader --data photographs --training-rate 30\n"
      "  How many of --loader-threads a training run needs: more than 1.0 times what training consumes.");
  command->add_option("--data", options.data, "folder with one folder a person")->required();
  shared->framing.add_to(*command, false);
  command->add_option("--photographs", options.photographs, "at most so many of them")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--loader-threads", options.loader_threads,
                   "1, 2, ... so many decode; default: one a core")
      ->check(CLI::Range(1, 256));
  command->add_option("--training-rate", options.training_rate, "images/s that training consumes, to compare")
      ->check(CLI::PositiveNumber);
  add_batch(*command, shared);
  add_repeats(*command, shared, "3");
  command->callback([command, shared] {
    BenchOptions& chosen = shared->options;
    if (command->count("--repeats") == 0) chosen.repeats = 3;
    if (command->count("--loader-threads") == 0)
      chosen.loader_threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    chosen.framing = shared->framing.framing();
    write_rows(*shared, bench_loader(chosen));
  });
}

}  // namespace

void add_bench(CLI::App& app, const std::shared_ptr<Communicator>& ranks) {
  CLI::App* bench = app.add_subcommand("bench", "measure speed on this machine");
  bench->require_subcommand(1);
  bench->footer(
      "Speeds of machines that do other work meanwhile are no good; ratios of what is measured in turns are "
      "better.\n"
      "Example: hypersphere bench layers --against onednn --json layers.json");
  auto shared = std::make_shared<BenchCommand>();
  shared->options.ranks = ranks;

  CLI::App& gemm = add_computing(*bench, shared, "gemm", "matrix products", bench_gemm);
  add_against(gemm, shared, "cublaslt");
  gemm.footer("Example: hypersphere bench gemm --threads 1");

  CLI::App& layers = add_computing(*bench, shared, "layers",
                                   "each convolution of SphereFace-20 in three directions", bench_layers);
  add_batch(layers, shared);
  add_direct(layers, shared);
  add_against(layers, shared, "cudnn");
  layers.footer(
      "Winograd's algorithm multiplies less than the direct convolution that all are counted as, so that its "
      "share "
      "of the\npeak may be above 100 %; the limit of its 6x6 tiles is 506 %.\n"
      "Example: hypersphere bench layers --batch 32 --against onednn");

  CLI::App& step =
      add_computing(*bench, shared, "step", "a whole training step, and where its time goes", bench_step);
  add_batch(step, shared);
  add_depth(step, shared);
  add_direct(step, shared);
  step.add_option("--classes", shared->options.classes, "identities")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  step.add_flag("--shard-classes", shared->options.shard_classes,
                "started by mpirun or srun: share the identities out over the processes");
  step.footer(
      "The operations are timed in three more steps, on the cpu alone; on cuda a step is one graph.\n"
      "Example: hypersphere bench step --depth 20 --batch 32 --json step.json");

  CLI::App& embed =
      add_computing(*bench, shared, "embed", "embeddings of photographs that are in memory", bench_embed);
  add_batch(embed, shared);
  add_depth(embed, shared);
  add_direct(embed, shared);
  embed.add_flag("--mirror,!--single", shared->options.mirror,
                 "each image joined with its mirror image, as `embed` does it; --single, the default: alone");
  embed.footer("Example: hypersphere bench embed --batch 64 --mirror");

  CLI::App& search = add_computing(
      *bench, shared, "search", "the nearest rows of a gallery, through codes and through the matrix product",
      bench_search);
  const auto count = [&](const char* name, std::int64_t& value, const char* text) {
    search.add_option(name, value, text)->check(CLI::PositiveNumber)->capture_default_str();
  };
  count("--rows", shared->options.rows, "of the gallery");
  count("--dim", shared->options.dim, "numbers a row");
  count("--queries", shared->options.queries, "looked for at a time");
  count("--top", shared->options.top, "matches wanted");
  search.footer("Example: hypersphere bench search --rows 100000 --repeats 21");

  CLI::App& allreduce = add_computing(
      *bench, shared, "allreduce",
      "sums over processes, as gradients take them, from short messages to long ones", bench_allreduce);
  allreduce
      .add_option_function<double>(
          "--most-mib",
          [shared](double mib) { shared->options.most_bytes = static_cast<std::int64_t>(mib * 0x1p20); },
          "MiB of the longest message")
      ->check(CLI::Range(0.01, 4096.0))
      ->default_str("64");
  allreduce.footer("Example: mpirun -n 4 hypersphere bench allreduce");
  add_loader(*bench, shared);
  if (ranks->size() == 1) return;
  for (CLI::App* one : bench->get_subcommands({}))
    if (const std::string& name = one->get_name(); name != "allreduce" && name != "step")
      one->preparse_callback([name](std::size_t) {
        throw CLI::ValidationError(
            fmt::format("bench {}: is for one process alone; several can bench step and allreduce", name));
      });
}

}  // namespace hypersphere
