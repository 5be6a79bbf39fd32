#include "apps/data/loader.h"

#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "apps/data/photo_cache.h"
#include "tensor/random.h"
#include "tensor/share.h"

namespace hypersphere {
namespace {

constexpr std::int64_t prefetch = 4;  // batches that wait ready, beyond the one each thread works on

using Order = std::vector<std::uint32_t>;

Order order_of_epoch(std::int64_t photographs, bool shuffle, std::uint64_t seed, std::int64_t epoch) {
  Order order(static_cast<std::size_t>(photographs));
  std::iota(order.begin(), order.end(), 0u);
  if (!shuffle) return order;
  Random random(seed, random_stream(RandomUse::shuffle, static_cast<std::uint64_t>(epoch)));
  for (auto i = static_cast<std::uint32_t>(order.size()); i > 1; --i)
    std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

// Lets the threads that compute go before this one. A step on the CPU shares its work out evenly among threads that have a
// core each: one that must share its core with decoding makes all of them wait. With this priority, a thread that wants to
// compute has nine tenths of a core that both want, and the tenth decodes more than a network on the same cores consumes.
// When no batch is left and the trainer waits, it computes nothing, so that decoding has the cores to itself; nobody has
// to raise the priority again, which Linux would refuse to an ordinary user anyway. The lowest priority, 19, would be too
// low: beside another program that keeps the cores busy, the trainer would wait for a thread that hardly runs (training
// at half its speed was measured). Elsewhere than on Linux, priorities belong to processes and nothing is done.
void yield_to_compute() {
#ifdef __linux__
  constexpr int low = 10;
  // Of this thread alone, in spite of the name. Where it is refused, or is low already, decoding works as well.
  const auto thread = static_cast<id_t>(gettid());
  if (getpriority(PRIO_PROCESS, thread) < low) (void)setpriority(PRIO_PROCESS, thread, low);
#endif
}

// A batch in the making or ready, and what there is to tell about it. Failures travel as text: an exception
// object shared between threads would be freed by whichever thread is last.
struct Slot {
  Batch batch;
  std::vector<std::pair<std::int64_t, std::string>> skipped;  // photograph and reason, perhaps several times
  std::string failure;
};

void check_options(const Dataset& dataset, const LoaderOptions& o, std::int64_t start) {
  expect(!dataset.photographs.empty(), "loader: the dataset has no photographs");
  expect(o.batch >= 1 && o.threads >= 1,
         "loader: expected a batch and threads of at least 1, found {} and {}", o.batch, o.threads);
  expect(o.width >= 1 && o.height >= 1, "loader: expected at least 1 x 1 pixels, found {} x {}", o.width,
         o.height);
  check_augmentation(o.augmentation, o.width, o.height);
  expect(o.rank >= 0 && o.rank < o.ranks && o.batch >= o.ranks,
         "loader: expected a batch of at least one photograph for each of {} processes, found {}", o.ranks,
         o.batch);
  expect(start >= 0, "loader: expected a start position of 0 or more, found {}", start);
}

}  // namespace

struct Loader::State {
  State(Dataset dataset, LoaderOptions o, std::int64_t start)
      : options(std::move(o)),
        photographs(std::move(dataset.photographs), options.framing, options.width, options.height,
                    options.margin(), options.cache_bytes),
        position(start),
        next_to_make(start) {
    for (int i = 0; i < options.threads; ++i)
      threads.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }

  ~State() {
    for (auto& thread : threads) thread.request_stop();
  }

  void work(const std::stop_token& stop) {
    // Beside other processes of a job, whoever waits for this one keeps a core busy while it does.
    if (options.ranks == 1) yield_to_compute();
    for (;;) {
      std::int64_t start = 0;
      {
        std::unique_lock lock(mutex);
        const std::int64_t ahead = (prefetch + options.threads) * options.batch;
        if (!room.wait(lock, stop, [&] { return next_to_make < position + ahead; })) return;
        start = next_to_make;
        next_to_make += options.batch;
      }
      Slot slot;
      try {
        make(start, slot, stop);
      } catch (const std::exception& error) {
        slot.failure = error.what();
      }
      if (stop.stop_requested()) return;
      {
        std::lock_guard lock(mutex);
        ready.emplace(start, std::move(slot));
      }
      arrived.notify_one();
    }
  }

  void make(std::int64_t start, Slot& slot, const std::stop_token& stop) {
    const Share share = share_of(options.batch, options.rank, options.ranks);
    const std::int64_t count = share.count(),
                       row = static_cast<std::int64_t>(photographs.bytes_per_photograph());
    Batch& batch = slot.batch;
    const Margin margin = options.margin();
    batch.pixels =
        Tensor::empty({count, options.height + 2 * margin.y, options.width + 2 * margin.x, 3}, DType::u8);
    batch.labels = Tensor::empty({count}, DType::i32);
    batch.augment = Tensor::empty({count, ImageChange::numbers});
    batch.all_rows = options.batch;
    batch.position = start;
    batch.epoch = start / photographs.size();
    auto* pixels = batch.pixels.data<std::uint8_t>();
    auto* labels = batch.labels.data<std::int32_t>();
    auto* augment = batch.augment.data<float>();
    for (std::int64_t i = 0; i < count && !stop.stop_requested(); ++i) {
      const std::int64_t place = start + share.begin + i;
      labels[i] = photographs.label(fill(place, pixels + i * row, slot));
      draw_change(options.augmentation, options.width, options.height, options.seed, place)
          .write(augment + i * ImageChange::numbers);
    }
  }

  // Writes the photograph at `p` of the stream, or its replacement, and returns its index.
  std::int64_t fill(std::int64_t p, std::uint8_t* target, Slot& slot) {
    const std::int64_t n = photographs.size(), place = p % n;
    const std::shared_ptr<const Order> order = order_at(p / n);
    for (std::int64_t step = 0; step < n; ++step) {
      const auto index = (*order)[static_cast<std::size_t>((place + step) % n)];
      std::optional<std::string> reason = photographs.fetch(index, target);
      if (!reason) return index;
      expect(!options.strict, "loader: {}", *reason);
      slot.skipped.emplace_back(index, std::move(*reason));
    }
    fail("loader: none of the {} photographs can be decoded; the last: {}", n, slot.skipped.back().second);
  }

  std::shared_ptr<const Order> order_at(std::int64_t epoch) {
    std::lock_guard lock(order_mutex);
    auto& order = orders[epoch];
    if (order == nullptr)
      order = std::make_shared<const Order>(
          order_of_epoch(photographs.size(), options.shuffle, options.seed, epoch));
    return order;
  }

  const LoaderOptions options;
  PhotoCache photographs;

  std::mutex order_mutex;
  std::map<std::int64_t, std::shared_ptr<const Order>> orders;  // of the epochs in use

  std::mutex mutex;
  std::condition_variable_any room;  // workers wait here until a batch is taken
  std::condition_variable arrived;   // next() waits here
  std::int64_t position;             // of the next batch to hand out
  std::int64_t next_to_make;         // of the next batch that no thread works on
  std::map<std::int64_t, Slot> ready;

  // Touched by the caller's thread alone, so that the order of reports does not depend on who decodes first.
  std::set<std::int64_t> reported;
  std::vector<std::string> skipped;

  std::vector<std::jthread> threads;  // last: they use all of the above, and are joined first
};

Batch share_of(Batch all, int rank, int ranks) {
  all.all_rows = all.labels.size();
  const Share share = share_of(all.all_rows, rank, ranks);
  for (Tensor* tensor : {&all.pixels, &all.labels, &all.augment})
    *tensor = tensor->slice(share.begin, share.count());
  return all;
}

Loader::Loader(Dataset dataset, LoaderOptions options, std::int64_t start_position) {
  check_options(dataset, options, start_position);
  state_ = std::make_unique<State>(std::move(dataset), std::move(options), start_position);
}

Loader::~Loader() = default;

Batch Loader::next() {
  State& s = *state_;
  std::vector<std::pair<std::int64_t, std::string>> skipped;
  std::string failure;
  Batch batch;
  {
    std::unique_lock lock(s.mutex);
    s.arrived.wait(lock, [&] { return s.ready.contains(s.position); });
    Slot& slot = s.ready.at(s.position);
    skipped = std::exchange(slot.skipped, {});
    failure = slot.failure;
    if (failure.empty()) {
      batch = std::move(slot.batch);
      s.ready.erase(s.position);
      s.position += s.options.batch;
    }
  }
  s.room.notify_one();
  for (const auto& [index, reason] : skipped) {
    if (!s.reported.insert(index).second) continue;
    s.skipped.push_back(reason);
    if (s.options.on_skip) s.options.on_skip(reason);
  }
  if (!failure.empty()) throw Error(failure);
  {
    std::lock_guard lock(s.order_mutex);
    s.orders.erase(s.orders.begin(), s.orders.lower_bound(s.position / s.photographs.size()));
  }
  return batch;
}

std::int64_t Loader::position() const {
  std::lock_guard lock(state_->mutex);
  return state_->position;
}

const std::vector<std::string>& Loader::skipped() const { return state_->skipped; }

std::int64_t Loader::size() const { return state_->photographs.size(); }

namespace {

// Decodes all of them; with `stop`, a thread that meets one which it cannot decode does no more.
LoadedImages decode(const std::vector<std::filesystem::path>& paths, const Framing& framing, int width,
                    int height, int threads, bool stop) {
  expect(threads >= 1, "load_images: expected at least one thread, found {}", threads);
  expect(width >= 1 && height >= 1, "load_images: expected at least 1 x 1 pixels, found {} x {}", width,
         height);
  LoadedImages loaded{Tensor::empty({std::ssize(paths), height, width, 3}, DType::u8),
                      std::vector<std::string>(paths.size())};
  const std::size_t bytes = 3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::uint8_t* const pixels = loaded.pixels.data<std::uint8_t>();
  auto work = [&](std::size_t first) {
    for (std::size_t i = first; i < paths.size(); i += static_cast<std::size_t>(threads)) try {
        std::ranges::copy(read_framed(paths[i], framing, width, height).pixels, pixels + i * bytes);
      } catch (const std::exception& error) {
        loaded.problems[i] = error.what();
        if (stop) return;
        std::fill_n(pixels + i * bytes, bytes, std::uint8_t{0});
      }
  };
  {
    std::vector<std::jthread> helpers;
    for (int i = 1; i < threads; ++i) helpers.emplace_back(work, static_cast<std::size_t>(i));
    work(0);
  }
  return loaded;
}

}  // namespace

Tensor load_images(const std::vector<std::filesystem::path>& paths, const Framing& framing, int width,
                   int height, int threads) {
  const LoadedImages loaded = decode(paths, framing, width, height, threads, true);
  for (const std::string& problem : loaded.problems)
    if (!problem.empty()) throw Error(problem);
  return loaded.pixels;
}

LoadedImages load_readable_images(const std::vector<std::filesystem::path>& paths, const Framing& framing,
                                  int width, int height, int threads) {
  return decode(paths, framing, width, height, threads, false);
}

}  // namespace hypersphere
