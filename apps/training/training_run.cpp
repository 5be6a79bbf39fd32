#include "apps/training/training_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/report/console.h"
#include "apps/report/curves.h"
#include "apps/report/event_file.h"
#include "apps/report/log.h"
#include "apps/report/progress.h"
#include "apps/report/stopwatch.h"
#include "apps/training/folder_lock.h"
#include "apps/training/loss_watch.h"
#include "apps/training/run_photographs.h"
#include "apps/training/trainer.h"
#include "apps/training/validation.h"
#include "nn/safetensors.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// Found now, and not when the first checkpoint is written.
void expect_utf8(const std::string& name) {
  try {
    (void)nlohmann::json(name).dump();
  } catch (const nlohmann::json::exception&) {
    fail("identity '{}': its name is not UTF-8, which model files need; rename the folder",
         nlohmann::json(name).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  }
}

class Run {
 public:
  Run(const TrainingOptions& options, bool (*interrupted)())
      : options_(options),
        interrupted_(interrupted),
        rates_(options.learning_rate, options.rate_gamma, options.rate_steps, options.warmup),
        lock_(options.out) {
    prepare_folder();
    auto [dataset, held_out_pairs] = prepare_photographs(options_);
    if (held_out_pairs || !options_.val_pairs.empty())
      validation_ = std::make_unique<Validation>(options_, held_out_pairs);
    build_model(dataset.identities);
    photographs_ = std::ssize(dataset.photographs);
    watch_ = std::make_unique<LossWatch>(model_.head->classes());
    if (options_.resume && !restore())
      say(fmt::format("{}: no checkpoint to resume from; starting at iteration 0", options_.out.string()));
    options_.loader.seed = options_.seed;
    options_.loader.on_skip = [this](const std::string& reason) { warn("left out: " + reason); };
    total_ = options_.budget.total_iterations(photographs_, options_.loader.batch);
    dataset_ = std::move(dataset);
    log_ = std::make_unique<JsonlLog>(options_.out / "log.jsonl");
    begin_here();
    write_file_atomically(options_.out / "config.toml", options_.config);
  }

  TrainingResult run() {
    announce();
    // A run bounded by time counts its earlier parts.
    const Stopwatch watch(state_.seconds);
    const double goal = total_ ? static_cast<double>(*total_) : *options_.budget.minutes;
    Progress progress(options_.title, goal, ProgressOutput::standard_error(), done());
    progress_ = &progress;
    while (!finished() && !interrupted_()) {
      bool last = false;
      try {
        step();
        state_.seconds = watch.seconds();
        progress.update(done(), speed_, status_);
        last = finished();
        if (!last && options_.val_every > 0 && state_.iteration % options_.val_every == 0) validate();
      } catch (const Divergence& divergence) {
        roll_back(divergence);
        continue;
      }
      if (!last && state_.iteration % options_.checkpoint_every == 0) checkpoint();
      if (since_drawn_.seconds() > 20) draw();
    }
    progress.finish();
    progress_ = nullptr;
    const bool complete = finished();
    if (complete) validate();
    checkpoint();
    draw();
    return result(complete);
  }

 private:
  void prepare_folder() {
    const bool used = fs::exists(options_.out / "log.jsonl") || !list_checkpoints(checkpoints()).empty();
    expect(options_.resume || !used,
           "{}: holds a run already; add --resume to go on with it or choose another --out",
           options_.out.string());
    std::error_code error;
    fs::create_directories(checkpoints(), error);
    expect(!error, "{}: cannot create the folder: {}", checkpoints().string(), error.message());
  }

  // What depends on where the run stands.
  void begin_here() {
    trainer_ = std::make_unique<Trainer>(model_, options_.solver, options_.compute);
    loader_.reset();  // its threads end before others begin
    loader_ = std::make_unique<Loader>(dataset_, options_.loader, state_.position);
    loaded_position_.reset();
    log_->truncate_after(state_.iteration);
    events_ = std::make_unique<EventFile>(options_.out, state_.iteration);
  }

  void build_model(const std::vector<std::string>& identities) {
    const std::int64_t classes = std::ssize(identities);
    for (const std::string& name : identities) expect_utf8(name);
    model_.identities = identities;
    model_.network = std::make_unique<SphereFace>(options_.network);
    model_.head = std::make_unique<Head>(options_.head, options_.network.embedding, classes);
    model_.preprocessing.crop = to_string(options_.loader.framing);
    initialise();
  }

  // The weights at iteration 0.
  void initialise() {
    model_.network->to(Device::cpu);
    model_.head->to(Device::cpu);
    model_.network->initialise(options_.seed);
    model_.head->initialise(options_.seed);
    for (Module* module :
         {static_cast<Module*>(model_.network.get()), static_cast<Module*>(model_.head.get())})
      for (const NamedParameter& named : module->parameters()) named.parameter->momentum = Tensor();
    state_ = {};
    state_.seed = options_.seed;
    if (options_.initial.empty()) return;
    const bool head = initialise_from(options_.initial, *model_.network, *model_.head);
    say(fmt::format("{}: loaded the network{}", options_.initial.string(),
                    head ? " and its class weights"
                         : fmt::format("; its class weights do not fit {} classes, so these start afresh",
                                       model_.head->classes())));
  }

  // Goes to the newest checkpoint that is whole. False where there is none.
  bool restore() {
    std::vector<fs::path> files = list_checkpoints(checkpoints());
    bool loaded = false;
    while (!loaded && !files.empty()) {
      try {
        state_ = load_checkpoint(files.back(), model_);
        loaded = true;
      } catch (const DamagedFile& error) {
        fs::path aside = files.back();
        aside += ".damaged";
        fs::rename(files.back(), aside);
        warn(fmt::format("{}; set aside as {}, going back to the checkpoint before", error.what(),
                         aside.filename().string()));
        files.pop_back();
      }
    }
    if (!loaded) return false;
    expect(state_.seed == options_.seed, "{}: written with --seed {}, this run has {}", files.back().string(),
           state_.seed, options_.seed);
    const std::string before = state_.more["photographs"], now = std::to_string(photographs_);
    expect(before == now,
           "{}: written while training on {} photographs, now there are {}; resume with the same data",
           files.back().string(), before, now);
    if (const auto seen = state_.more.find("loss_watch"); seen != state_.more.end())
      watch_->restore(seen->second);
    if (const auto count = state_.more.find("rollbacks"); count != state_.more.end())
      rollbacks_ = std::max(rollbacks_, std::stoi(count->second));
    say(fmt::format("{}: resumed after iteration {}", files.back().string(), state_.iteration));
    return true;
  }

  // Back to where all was well, and on with a lower rate.
  void roll_back(const Divergence& divergence) {
    if (rollbacks_ >= options_.rollbacks) throw divergence;
    ++rollbacks_;
    watch_ = std::make_unique<LossWatch>(model_.head->classes());
    if (!restore()) initialise();
    begin_here();
    const double share = rate_share();
    log_->append({{"kind", "rollback"},
                  {"iteration", state_.iteration},
                  {"rollback", rollbacks_},
                  {"learning_rate_share", share},
                  {"reason", divergence.what()}});
    mean_loss_ = 0;
    warn(fmt::format("{}\nrollback {} of {}: on from iteration {} with {} of the learning rate",
                     divergence.what(), rollbacks_, options_.rollbacks, state_.iteration, share));
  }

  double rate_share() const { return std::pow(options_.rollback_rate, rollbacks_); }

  void announce() const {
    note(
        "{} photographs of {} identities; {} with {:.2f} M parameters, {} of {} classes; on {}, writing to "
        "{}",
        photographs_, model_.head->classes(), fmt::format("sphereface-{}", options_.network.depth),
        static_cast<double>(model_.network->parameter_count()) * 1e-6, to_string(options_.head.kind),
        model_.head->classes(), to_string(options_.compute.device), options_.out.string());
    if (validation_)
      note("verification pairs: raw pixels reach {:.2f} %", 100 * validation_->raw_pixels().mean);
  }

  double done() const { return total_ ? static_cast<double>(state_.iteration) : state_.seconds / 60; }
  double share() const {
    return total_ ? static_cast<double>(state_.iteration) /
                        static_cast<double>(std::max<std::int64_t>(1, *total_))
                  : done() / *options_.budget.minutes;
  }
  bool finished() const {
    return total_ ? state_.iteration >= *total_ : state_.seconds >= *options_.budget.minutes * 60;
  }

  // Hands the next batch to the trainer.
  void load() {
    trainer_->load(loader_->next());
    loaded_position_ = loader_->position();
  }

  void step() {
    const Stopwatch watch;
    if (!loaded_position_) load();
    const std::int64_t position = *std::exchange(loaded_position_, {});
    const double lambda = options_.lambda.at(state_.iteration + 1);
    const double rate = rate_share() * rates_.at(state_.iteration, share());
    trainer_->begin(static_cast<float>(lambda), static_cast<float>(rate));
    // A GPU computes this step while the next batch is on its way.
    const bool last = total_ && state_.iteration + 1 >= *total_;
    if (options_.compute.device == Device::cuda && !last) load();
    const StepResult result = trainer_->finish();
    if (!result.finite()) stop_at_infinity(result);
    ++state_.iteration;
    state_.position = position;
    const double now = static_cast<double>(options_.loader.batch) / watch.seconds();
    speed_ = speed_ == 0 ? now : 0.9 * speed_ + 0.1 * now;
    mean_loss_ = mean_loss_ == 0 ? result.loss : 0.95 * mean_loss_ + 0.05 * result.loss;
    status_ = fmt::format("loss {:.3f}", mean_loss_);
    nlohmann::json row = {{"kind", "train"},
                          {"iteration", state_.iteration},
                          {"epoch", static_cast<double>(state_.position) / static_cast<double>(photographs_)},
                          {"loss", result.loss},
                          {"learning_rate", rate},
                          {"images_per_second", now},
                          {"accuracy", result.accuracy},
                          {"gradient_norm", result.gradient_norm}};
    if (options_.head.kind == HeadKind::a_softmax) row["lambda"] = lambda;
    log_->append(row);
    std::vector<std::pair<std::string, double>> scalars;
    for (const auto& [key, value] : row.items())
      if (value.is_number_float()) scalars.emplace_back("train/" + key, value.get<double>());
    events_->add_scalars(state_.iteration, scalars);
    judge(watch_->look(state_.iteration, result.loss));
  }

  void judge(LossWatch::Finding finding) {
    if (finding == LossWatch::Finding::rising)
      diverged(state_.iteration, fmt::format("the loss rises without end, to {:.2f}", watch_->mean()));
    if (finding == LossWatch::Finding::stuck)
      warn(fmt::format(
          "note: after {} iterations the loss is {:.2f}, that of a network that knows nothing is ln({}) = "
          "{:.2f}. {}",
          state_.iteration, watch_->mean(), model_.head->classes(), watch_->ignorance(), divergence_help));
  }

  [[noreturn]] void stop_at_infinity(const StepResult& result) {
    diverged(state_.iteration + 1, fmt::format("the {} is not finite; stopped before the weights changed",
                                               std::isfinite(result.loss) ? "gradient" : "loss"));
  }

  [[noreturn]] void diverged(std::int64_t iteration, const std::string& how) {
    const auto files = list_checkpoints(checkpoints());
    throw Divergence(fmt::format("iteration {}: {}. Last good checkpoint: {}. {}", iteration, how,
                                 files.empty() ? "none" : files.back().string(), divergence_help),
                     state_.iteration, state_.seconds);
  }

  void validate() {
    if (!validation_) return;
    try {
      validation_->measure(*model_.network);
    } catch (const Error& error) {  // the pairs themselves have been found good with the raw pixels
      throw Divergence(fmt::format("iteration {}: the network's features cannot be verified: {}",
                                   state_.iteration, error.what()),
                       state_.iteration, state_.seconds);
    }
    const Verification& result = validation_->last();
    log_->append(validation_->row(state_.iteration));
    say(fmt::format("iteration {}: verification {:.2f} %, raw pixels {:.2f} %", state_.iteration,
                    100 * result.mean, 100 * validation_->raw_pixels().mean));
    const Image sheet = validation_->sheet();
    const std::string png = encode_png(sheet);
    write_file_atomically(options_.out / "pairs.png", png);
    const std::int64_t at = state_.iteration;
    events_->add_scalars(at, {{"verification/accuracy", result.mean},
                              {"verification/best_threshold_accuracy", result.best_threshold_accuracy},
                              {"verification/auc", result.auc},
                              {"verification/tpr_at_fpr_1e2", result.tpr_at_fpr_1e2}});
    events_->add_histogram(at, "angles/one_person", validation_->angles(true), 0, 180);
    events_->add_histogram(at, "angles/two_people", validation_->angles(false), 0, 180);
    events_->add_image(at, "pairs", sheet.width, sheet.height, png);
  }

  void checkpoint() {
    state_.more["photographs"] = std::to_string(photographs_);
    state_.more["loss_watch"] = watch_->state();
    state_.more["rollbacks"] = std::to_string(rollbacks_);
    save_checkpoint(checkpoint_path(checkpoints(), state_.iteration), model_, state_);
    save_model(options_.out / "model.safetensors", model_);
    std::vector<fs::path> files = list_checkpoints(checkpoints());
    while (std::ssize(files) > options_.keep) {
      fs::remove(files.front());
      files.erase(files.begin());
    }
  }

  void draw() {
    const auto rows = read_log(log_->path());
    if (!rows.empty()) draw_curves(rows, options_.out / "curves.svg");
    since_drawn_ = Stopwatch();
  }

  TrainingResult result(bool complete) const {
    TrainingResult result{.complete = complete,
                          .iterations = state_.iteration,
                          .seconds = state_.seconds,
                          .loss = final_loss(read_log(log_->path()))};
    if (!validation_) return result;
    result.raw_pixels = validation_->raw_pixels().mean;
    if (complete) result.verification = validation_->last();
    return result;
  }

  void say(const std::string& line) {
    if (!quiet()) warn(line);
  }

  void warn(const std::string& line) {
    if (progress_)
      progress_->print(line);
    else
      fmt::print(stderr, "{}\n", line);
  }

  fs::path checkpoints() const { return options_.out / "checkpoints"; }

  TrainingOptions options_;
  bool (*interrupted_)();
  RateSchedule rates_;
  FolderLock lock_;
  std::optional<std::int64_t> total_;  // iterations; none for a run bounded by time
  std::int64_t photographs_ = 0;
  Model model_;
  TrainingState state_;
  std::unique_ptr<LossWatch> watch_;
  int rollbacks_ = 0;
  Dataset dataset_;
  std::unique_ptr<Validation> validation_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<JsonlLog> log_;
  std::unique_ptr<EventFile> events_;
  std::unique_ptr<Trainer> trainer_;
  std::optional<std::int64_t> loaded_position_;  // the stream's, behind a batch that waits for its step
  Progress* progress_ = nullptr;
  Stopwatch since_drawn_;
  double speed_ = 0, mean_loss_ = 0;
  std::string status_;
};

}  // namespace

TrainingResult run_training(const TrainingOptions& options, bool (*interrupted)()) {
  return Run(options, interrupted).run();
}

}  // namespace hypersphere
