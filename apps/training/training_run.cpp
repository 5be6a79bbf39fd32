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
#include "apps/training/alike_processes.h"
#include "apps/training/folder_lock.h"
#include "apps/training/loss_watch.h"
#include "apps/training/run_photographs.h"
#include "apps/training/trainer.h"
#include "apps/training/validation.h"
#include "nn/safetensors.h"
#include "tensor/file.h"
#include "tensor/text.h"

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
        ranks_(options.ranks) {
    if (leads()) {
      lock_.emplace(options.out);
      prepare_folder();
    }
    ranks_->barrier();
    auto [dataset, held_out_pairs] = prepare_photographs(options_, leads());
    expect_alike_processes(options_, dataset);
    if (leads() && (held_out_pairs || !options_.val_pairs.empty()))
      validation_ = std::make_unique<Validation>(options_, held_out_pairs);
    build_model(dataset.identities);
    photographs_ = std::ssize(dataset.photographs);
    watch_ = new_loss_watch();
    if (options_.resume && !restore())
      say(fmt::format("{}: no checkpoint to resume from; starting at iteration 0", options_.out.string()));
    options_.loader.seed = options_.seed;
    options_.loader.on_skip = [this](const std::string& reason) { warn("left out: " + reason); };
    options_.loader.rank = ranks_->rank();
    options_.loader.ranks = ranks_->size();
    total_ = options_.budget.total_iterations(photographs_, options_.loader.batch);
    dataset_ = std::move(dataset);
    if (leads()) log_ = std::make_unique<JsonlLog>(options_.out / "log.jsonl");
    begin_here();
    if (leads()) write_file_atomically(options_.out / "config.toml", options_.config);
  }

  TrainingResult run() {
    announce();
    // A run bounded by time counts its earlier parts.
    const Stopwatch watch(state_.seconds);
    const double goal = total_ ? static_cast<double>(*total_) : *options_.budget.minutes;
    std::optional<Progress> progress;
    if (leads()) progress.emplace(options_.title, goal, ProgressOutput::standard_error(), done());
    progress_ = progress ? &*progress : nullptr;
    std::int64_t seen = state_.iteration;  // what was due by then is done
    while (goes_on()) {
      try {
        if (seen != state_.iteration) {
          seen = state_.iteration;
          if (options_.val_every > 0 && seen % options_.val_every == 0) validate();
          if (seen % options_.checkpoint_every == 0) checkpoint();
        }
        step();
        if (leads()) state_.seconds = watch.seconds();
        if (progress) progress->update(done(), speed_, status_);
      } catch (const Divergence& divergence) {
        roll_back(divergence);
        seen = state_.iteration;
        continue;
      }
      if (leads() && since_drawn_.seconds() > 20) draw();
    }
    if (progress) progress->finish();
    progress_ = nullptr;
    const bool complete = finished();
    if (complete) validate();
    checkpoint();
    if (leads()) draw();
    return result(complete);
  }

 private:
  bool leads() const { return ranks_->rank() == 0; }

  // Whether another step is to be done: the first process knows the time and hears of Ctrl-C, and all do as it does.
  bool goes_on() {
    const bool mine = !finished() && !interrupted_();
    if (ranks_->size() == 1) return mine;
    Tensor word = Tensor::full({2}, mine ? 1.0f : 0.0f);
    word.span<float>()[1] =
        static_cast<float>(state_.seconds);  // of a run bounded by time, the rate follows from it
    ranks_->broadcast(word);
    state_.seconds = static_cast<double>(word.span<float>()[1]);
    return word.span<float>()[0] != 0;
  }

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
    trainer_ = std::make_unique<Trainer>(model_, options_.solver, options_.compute, ranks_,
                                         ClassSampling{options_.sample_classes, options_.seed});
    loader_.reset();  // its threads end before others begin
    loader_ = std::make_unique<Loader>(dataset_, options_.loader, state_.position);
    loaded_position_.reset();
    if (!leads()) return;
    log_->truncate_after(state_.iteration);
    events_ = std::make_unique<EventFile>(options_.out, state_.iteration);
  }

  void build_model(const std::vector<std::string>& identities) {
    const std::int64_t classes = std::ssize(identities);
    for (const std::string& name : identities) expect_utf8(name);
    model_.identities = identities;
    model_.network = std::make_unique<SphereFace>(options_.network);
    model_.head = std::make_unique<Head>(options_.head, options_.network.embedding, classes,
                                         options_.shard_classes && ranks_->size() > 1 ? ranks_ : nullptr);
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

  // Goes to the newest checkpoint that is whole, for every process. False where there is none.
  bool restore() {
    std::vector<fs::path> files = list_checkpoints(checkpoints());
    ranks_->barrier();  // all have listed what one of them may set aside
    bool loaded = false;
    while (!loaded && !files.empty()) {
      std::string damage;
      try {
        state_ = load_checkpoint(files.back(), model_);
      } catch (const DamagedFile& error) {
        damage = error.what();
      }
      const std::vector<std::string> damages = ranks_->gather_text(damage);
      const auto first = std::ranges::find_if(damages, [](const std::string& one) { return !one.empty(); });
      loaded = first == damages.end();
      if (loaded) break;
      fs::path aside = files.back();
      aside += ".damaged";
      if (leads()) {
        fs::rename(files.back(), aside);
        warn(fmt::format("{}; set aside as {}, going back to the checkpoint before", *first,
                         aside.filename().string()));
      }
      files.pop_back();
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
    if (const auto text = state_.more.find("rollbacks"); text != state_.more.end()) {
      const std::optional<int> count = number_in<int>(text->second);
      expect(count.has_value(), "{}: expected a number of rollbacks, found '{}'", files.back().string(),
             text->second);
      rollbacks_ = std::max(rollbacks_, *count);
    }
    say(fmt::format("{}: resumed after iteration {}", files.back().string(), state_.iteration));
    return true;
  }

  // Back to where all was well, and on with a lower rate.
  void roll_back(const Divergence& divergence) {
    if (rollbacks_ >= options_.rollbacks) throw divergence;
    ++rollbacks_;
    watch_ = new_loss_watch();
    if (!restore()) initialise();
    begin_here();
    const double share = rate_share();
    mean_loss_ = 0;
    if (!leads()) return;
    log_->append({{"kind", "rollback"},
                  {"iteration", state_.iteration},
                  {"rollback", rollbacks_},
                  {"learning_rate_share", share},
                  {"reason", divergence.what()}});
    warn(fmt::format("{}\nrollback {} of {}: on from iteration {} with {} of the learning rate",
                     divergence.what(), rollbacks_, options_.rollbacks, state_.iteration, share));
  }

  // With sampled classes, a network that knows nothing is as good as a guess among those.
  std::unique_ptr<LossWatch> new_loss_watch() const {
    return std::make_unique<LossWatch>(static_cast<std::int64_t>(
        std::ceil(options_.sample_classes * static_cast<double>(model_.head->classes()))));
  }

  double rate_share() const { return std::pow(options_.rollback_rate, rollbacks_); }

  void announce() const {
    if (!leads()) return;
    if (ranks_->size() > 1)
      note("{} processes by way of {}, {} photographs a step, {}", ranks_->size(), ranks_->engine(),
           options_.loader.batch,
           model_.head->is_shared() ? "the identities shared out" : "each with all identities");
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
    const double communicating = ranks_->seconds();
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
    const double seconds = watch.seconds(), now = static_cast<double>(options_.loader.batch) / seconds;
    speed_ = speed_ == 0 ? now : 0.9 * speed_ + 0.1 * now;
    mean_loss_ = mean_loss_ == 0 ? result.loss : 0.95 * mean_loss_ + 0.05 * result.loss;
    status_ = fmt::format("loss {:.3f}", mean_loss_);
    const double communication = (ranks_->seconds() - communicating) / seconds;
    if (communication > 0) {
      communication_ = communication_ == 0 ? communication : 0.9 * communication_ + 0.1 * communication;
      status_ += fmt::format("  {:.1f} a process, {:.0f} % communication", speed_ / ranks_->size(),
                             100 * communication_);
    }
    nlohmann::json row = {{"kind", "train"},
                          {"iteration", state_.iteration},
                          {"epoch", static_cast<double>(state_.position) / static_cast<double>(photographs_)},
                          {"loss", result.loss},
                          {"learning_rate", rate},
                          {"images_per_second", now},
                          {"accuracy", result.accuracy},
                          {"gradient_norm", result.gradient_norm}};
    if (options_.head.kind == HeadKind::a_softmax) row["lambda"] = lambda;
    if (ranks_->size() > 1) row["images_per_second_per_process"] = now / ranks_->size();
    if (communication > 0) row["communication_share"] = communication;
    if (leads()) record(row);
    judge(watch_->look(state_.iteration, result.loss));
  }

  void record(const nlohmann::json& row) {
    log_->append(row);
    std::vector<std::pair<std::string, double>> scalars;
    for (const auto& [key, value] : row.items())
      if (value.is_number_float()) scalars.emplace_back("train/" + key, value.get<double>());
    events_->add_scalars(state_.iteration, scalars);
  }

  void judge(LossWatch::Finding finding) {
    if (finding == LossWatch::Finding::rising)
      diverged(state_.iteration, fmt::format("the loss rises without end, to {:.2f}", watch_->mean()));
    if (finding == LossWatch::Finding::stuck && leads())
      warn(
          fmt::format("note: after {} iterations the loss is {:.2f}, that of a network that knows nothing is "
                      "ln({:.0f}) = "
                      "{:.2f}. {}",
                      state_.iteration, watch_->mean(), std::exp(watch_->ignorance()), watch_->ignorance(),
                      divergence_help));
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

  // The first process verifies; what it finds wrong with the network is wrong with everybody's.
  void validate() {
    std::string problem;
    if (validation_) try {
        validation_->measure(*model_.network);
      } catch (const Error& error) {  // the pairs themselves have been found good with the raw pixels
        problem = error.what();
      }
    problem = ranks_->gather_text(problem)[0];
    if (!problem.empty())
      throw Divergence(fmt::format("iteration {}: the network's features cannot be verified: {}",
                                   state_.iteration, problem),
                       state_.iteration, state_.seconds);
    if (validation_) report_validation();
  }

  void report_validation() {
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
    save_checkpoint(checkpoint_path(checkpoints(), state_.iteration), model_, state_, ranks_.get());
    if (!leads()) return;
    save_model(options_.out / "model.safetensors", model_);
    std::vector<fs::path> files = list_checkpoints(checkpoints());
    while (std::ssize(files) > options_.keep) {
      fs::remove(files.front());
      files.erase(files.begin());
    }
    remove_forsaken_class_files(checkpoints());
  }

  void draw() {
    const auto rows = read_log(log_->path());
    if (!rows.empty()) draw_curves(rows, options_.out / "curves.svg");
    since_drawn_ = Stopwatch();
  }

  TrainingResult result(bool complete) const {
    TrainingResult result{.complete = complete, .iterations = state_.iteration, .seconds = state_.seconds};
    if (!leads()) return result;
    result.loss = final_loss(read_log(log_->path()));
    if (!validation_) return result;
    result.raw_pixels = validation_->raw_pixels().mean;
    if (complete) result.verification = validation_->last();
    return result;
  }

  // What is the same in all processes is said by the first.
  void say(const std::string& line) {
    if (!quiet() && leads()) warn(line);
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
  std::shared_ptr<Communicator> ranks_;
  std::optional<FolderLock> lock_;     // of the first process, for all of them
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
  double speed_ = 0, mean_loss_ = 0, communication_ = 0;
  std::string status_;
};

}  // namespace

TrainingResult run_training(const TrainingOptions& options, bool (*interrupted)()) {
  return Run(options, interrupted).run();
}

}  // namespace hypersphere
