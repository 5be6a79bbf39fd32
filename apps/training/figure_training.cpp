#include "apps/training/figure_training.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>

#include "apps/evaluation/features.h"
#include "apps/report/stopwatch.h"
#include "apps/training/trainer.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

// The names of the identities with most photographs.
std::vector<std::string> largest(const Dataset& dataset, int identities) {
  std::vector<std::size_t> count(dataset.identities.size()), order(dataset.identities.size());
  for (const Photograph& photograph : dataset.photographs)
    ++count[static_cast<std::size_t>(photograph.label)];
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return count[i]; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(identities); ++i)
    names.push_back(dataset.identities[order[i]]);
  return names;
}

// Marks `share` of the photographs [begin, end), drawn without replacement.
void mark(std::vector<bool>& marks, std::size_t begin, std::size_t end, double share, Random random) {
  std::vector<std::size_t> places;
  for (std::size_t i = begin; i < end; ++i) places.push_back(i);
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(places.size())));
  const std::size_t count = std::clamp<std::size_t>(wanted, 1, places.size() - 1);
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(places[i], places[i + random.below(static_cast<std::uint32_t>(places.size() - i))]);
    marks[places[i]] = true;
  }
}

// One head with its network and what trains them.
struct Contestant {
  Contestant(const HeadOptions& options, const SphereFaceOptions& network, std::int64_t classes,
             const FigureOptions& all)
      : name(figure_head_name(options)) {
    model.network = std::make_unique<SphereFace>(network);
    model.head = std::make_unique<Head>(options, network.embedding, classes);
    model.network->initialise(all.seed);
    model.head->initialise(all.seed);
    trainer = std::make_unique<Trainer>(model, all.solver, all.compute);
  }

  std::string name;
  Model model;
  std::unique_ptr<Trainer> trainer;
  double loss = 0;
};

class Experiment {
 public:
  Experiment(const FigureOptions& options, const FigureProgress& progress)
      : options_(options), progress_(progress) {
    expect(!options.heads.empty(), "figure: no head to train");
    expect(options.budget.iterations || options.budget.minutes,
           "figure: neither iterations nor minutes are given");
    read();
    options_.loader.batch = options.batch;
    options_.loader.seed = options.seed;
    loader_ = std::make_unique<Loader>(trained(), options_.loader);
    const SphereFaceOptions network{
        .depth = 4,
        .widths = {options.width, 2 * options.width, 4 * options.width, 8 * options.width},
        .height = options.loader.height,
        .width = options.loader.width,
        .embedding = options.dimension};
    for (const HeadOptions& head : options.heads)
      contestants_.push_back(
          std::make_unique<Contestant>(head, network, std::ssize(photographs_.identities), options));
    say("{} photographs of {} identities, {} of them to train on; {} networks of {:.2f} M parameters; on {}",
        photographs_.photographs.size(), photographs_.identities.size(), loader_->size(), contestants_.size(),
        static_cast<double>(sphereface_size(network).parameters) * 1e-6, to_string(options.compute.device));
  }

  // Whether the training came to its end.
  bool train(bool (*interrupted)()) {
    while (share() < 1) {
      const double now = share();
      const Batch batch = loader_->next();
      for (const auto& contestant : contestants_) {
        if (interrupted()) return false;
        step(*contestant, batch, now);
      }
      ++iterations_;
      report();
    }
    return true;
  }

  FigureResult result() {
    FigureResult result{.photographs = photographs_,
                        .heads = {},
                        .dimension = options_.dimension,
                        .width = options_.width,
                        .batch = options_.batch,
                        .iterations = iterations_,
                        .seed = options_.seed};
    for (const auto& contestant : contestants_) {
      const Head& head = *contestant->model.head;
      const Tensor bias = head.bias();
      result.heads.push_back(
          {.head = head.options(),
           .features = extract_features(*contestant->model.network, pixels_,
                                        {.join_mirror = false, .activations = options_.compute.activations}),
           .weight = head.weight().to(Device::cpu),
           .bias = bias.defined() ? bias.to(Device::cpu) : bias,
           .loss = contestant->loss});
    }
    return result;
  }

 private:
  // Decodes the photographs once for the embedding; the loader keeps its own for the training.
  void read() {
    Dataset dataset = read_folder(options_.data);
    if (!options_.among.empty()) keep_identities(dataset, read_identities(options_.among));
    FigurePhotographs chosen =
        choose_photographs(std::move(dataset), options_.identities, options_.held_out, options_.seed);
    const LoaderOptions& how = options_.loader;
    std::vector<Image> images;
    photographs_.identities = std::move(chosen.identities);
    for (std::size_t i = 0; i < chosen.photographs.size(); ++i) {
      try {
        images.push_back(read_framed(chosen.photographs[i].path, how.framing, how.width, how.height));
      } catch (const Error& error) {
        say("left out: {}", error.what());
        continue;
      }
      photographs_.photographs.push_back(std::move(chosen.photographs[i]));
      photographs_.held_out.push_back(chosen.held_out[i]);
    }
    pixels_ = Tensor::empty({std::ssize(images), how.height, how.width, 3}, DType::u8);
    auto place = pixels_.span<std::uint8_t>().begin();
    for (const Image& image : images) place = std::ranges::copy(image.pixels, place).out;
  }

  Dataset trained() const {
    Dataset dataset{.photographs = {}, .identities = photographs_.identities};
    std::vector<bool> there(dataset.identities.size());
    for (std::size_t i = 0; i < photographs_.photographs.size(); ++i) {
      if (photographs_.held_out[i]) continue;
      dataset.photographs.push_back(photographs_.photographs[i]);
      there[static_cast<std::size_t>(dataset.photographs.back().label)] = true;
    }
    for (std::size_t i = 0; i < there.size(); ++i)
      expect(there[i], "figure: no photograph of {} to train on can be decoded", dataset.identities[i]);
    return dataset;
  }

  double share() const {
    return options_.budget.iterations
               ? static_cast<double>(iterations_) / static_cast<double>(*options_.budget.iterations)
               : watch_.seconds() / (60 * *options_.budget.minutes);
  }

  void step(Contestant& contestant, const Batch& batch, double now) {
    const StepResult step = contestant.trainer->step(batch, static_cast<float>(figure_lambda(options_, now)),
                                                     static_cast<float>(figure_rate(options_, now)));
    expect(
        step.finite(),
        "{}, iteration {}: the {} is not finite. What helps: a lower --lr, a higher --lambda-min, a larger "
        "--batch, another --seed",
        contestant.name, iterations_ + 1, std::isfinite(step.loss) ? "gradient" : "loss");
    contestant.loss = iterations_ == 0 ? step.loss : 0.95 * contestant.loss + 0.05 * step.loss;
  }

  void report() const {
    if (!progress_) return;
    std::string losses = "loss";
    for (const auto& contestant : contestants_) losses += fmt::format(" {:.2f}", contestant->loss);
    const auto images = static_cast<double>(iterations_ * options_.batch * std::ssize(contestants_));
    progress_(std::min(1.0, share()), images / watch_.seconds(), losses);
  }

  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) const {
    if (options_.say) options_.say(fmt::format(format, std::forward<Args>(args)...));
  }

  FigureOptions options_;
  const FigureProgress& progress_;
  const Stopwatch watch_;
  FigurePhotographs photographs_;
  Tensor pixels_;  // u8 [photographs, H, W, 3]
  std::unique_ptr<Loader> loader_;
  std::vector<std::unique_ptr<Contestant>> contestants_;
  std::int64_t iterations_ = 0;
};

}  // namespace

double figure_lambda(const FigureOptions& options, double share) {
  const double start = options.lambda_start, least = options.lambda_min;
  return start > least && share < 0.5 ? start * std::pow(least / start, 2 * share) : least;
}

double figure_rate(const FigureOptions& options, double share) {
  constexpr double warmup = 0.05;
  const double fallen = share >= 0.85 ? 0.01 : share >= 0.6 ? 0.1 : 1;
  return options.learning_rate * fallen * std::min(1.0, warmup + share / warmup);
}

std::string figure_head_name(const HeadOptions& head) {
  const std::string kind(to_string(head.kind));
  return head.kind == HeadKind::a_softmax ? fmt::format("{}:{}", kind, head.margin) : kind;
}

std::vector<HeadOptions> parse_figure_heads(const std::string& text) {
  std::vector<HeadOptions> all;
  for (const HeadKind kind : {HeadKind::softmax, HeadKind::modified_softmax})
    all.push_back({.kind = kind, .margin = 1});
  for (int margin = 1; margin <= 4; ++margin) all.push_back({.kind = HeadKind::a_softmax, .margin = margin});
  std::vector<HeadOptions> heads;
  std::vector<std::string> names;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    const auto known = std::ranges::find(all, word, figure_head_name);
    expect(known != all.end(),
           "heads: expected softmax, modified-softmax or a-softmax:1 to a-softmax:4, separated by commas, "
           "found '{}'",
           word);
    expect(std::ranges::find(names, word) == names.end(), "heads: {} is named twice", word);
    names.push_back(word);
    heads.push_back(*known);
  }
  expect(!heads.empty(), "heads: expected names such as softmax,a-softmax:4, found none");
  return heads;
}

FigurePhotographs choose_photographs(Dataset dataset, int identities, double share, std::uint64_t seed) {
  expect(identities >= 2 && share >= 0 && share < 1,
         "figure: expected two identities or more and a share in [0, 1), found {} and {}", identities, share);
  expect(std::ssize(dataset.identities) >= identities, "figure: {} identities wanted, the data set has {}",
         identities, dataset.identities.size());
  keep_identities(dataset, largest(dataset, identities));
  FigurePhotographs chosen{.identities = dataset.identities, .photographs = {}, .held_out = {}};
  std::ranges::stable_sort(dataset.photographs, {}, &Photograph::label);
  chosen.photographs = std::move(dataset.photographs);
  chosen.held_out.resize(chosen.photographs.size());
  for (std::size_t begin = 0, end = 0; begin < chosen.photographs.size(); begin = end) {
    const std::int32_t label = chosen.photographs[begin].label;
    while (end < chosen.photographs.size() && chosen.photographs[end].label == label) ++end;
    if (share == 0) continue;
    expect(end - begin >= 2,
           "figure: {} has one photograph, which cannot be trained on and held out; hold none out",
           chosen.identities[static_cast<std::size_t>(label)]);
    // Of the seed's streams for shuffling, epochs use the first ones; identities held out and pairs those from
    // 2^47.
    constexpr std::uint64_t first_stream = std::uint64_t{1} << 46;
    const auto stream = first_stream + static_cast<std::uint64_t>(label);
    mark(chosen.held_out, begin, end, share, Random(seed, random_stream(RandomUse::shuffle, stream)));
  }
  return chosen;
}

std::optional<FigureResult> train_figure(const FigureOptions& options, bool (*interrupted)(),
                                         const FigureProgress& progress) {
  Experiment experiment(options, progress);
  if (!experiment.train(interrupted)) return std::nullopt;
  return experiment.result();
}

}  // namespace hypersphere
