#include "apps/data/loader.h"

#include <doctest/doctest.h>

#ifdef __linux__
#include <sys/resource.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <set>

#include "scratch.h"

namespace hypersphere::test {
namespace {

constexpr int side = 4;

// Photographs of 4 x 4 pixels whose red value is their index and whose label is half of it.
Dataset photographs(const Scratch& scratch, int count, const std::set<int>& broken = {}) {
  Dataset dataset;
  for (int i = 0; i < count; ++i) {
    const std::string name = fmt::format("{:03}.png", i);
    const auto path = broken.contains(i)
                          ? scratch.file(name, "not a picture")
                          : scratch.png(name, plain(side, side, static_cast<std::uint8_t>(i), 7, 9));
    dataset.photographs.push_back({path.string(), i / 2});
  }
  for (int i = 0; i < (count + 1) / 2; ++i) dataset.identities.push_back(std::to_string(i));
  return dataset;
}

LoaderOptions small(std::int64_t batch) {
  LoaderOptions options;
  options.width = options.height = side;
  options.batch = batch;
  options.augmentation.shift = 2;
  options.seed = 11;
  return options;
}

// The indices of the photographs of a batch, checked for being whole.
std::vector<int> indices(const Batch& batch) {
  std::vector<int> result;
  const auto pixels = batch.pixels.span<std::uint8_t>();
  for (std::size_t i = 0; i < pixels.size(); i += 3 * side * side) {
    for (std::size_t k = 0; k < 3 * side * side; k += 3) {
      REQUIRE(pixels[i + k] == pixels[i]);
      REQUIRE(pixels[i + k + 1] == 7);
    }
    result.push_back(pixels[i]);
  }
  return result;
}

// Everything that a stretch of the stream holds, in one row.
std::vector<std::int64_t> record(Loader& loader, int batches) {
  std::vector<std::int64_t> all;
  for (int i = 0; i < batches; ++i) {
    const Batch batch = loader.next();
    for (const int index : indices(batch)) all.push_back(index);
    for (const auto label : batch.labels.span<std::int32_t>()) all.push_back(label);
    for (const float value : batch.augment.span<float>()) all.push_back(std::bit_cast<std::int32_t>(value));
    all.push_back(batch.epoch);
  }
  return all;
}

std::vector<int> stream(Loader& loader, int batches) {
  std::vector<int> all;
  for (int i = 0; i < batches; ++i)
    for (const int index : indices(loader.next())) all.push_back(index);
  return all;
}

}  // namespace

TEST_CASE("a batch: shapes, labels that belong to the pixels, position and epoch") {
  const Scratch scratch;
  Loader loader(photographs(scratch, 10), small(4));
  CHECK(loader.size() == 10);
  for (const std::int64_t epoch : {0, 0, 0, 1, 1, 2}) {
    const std::int64_t before = loader.position();
    const Batch batch = loader.next();
    CHECK(batch.pixels.shape() == Shape{4, side, side, 3});
    CHECK(batch.pixels.dtype() == DType::u8);
    CHECK(batch.labels.shape() == Shape{4});
    CHECK(batch.augment.shape() == Shape{4, ImageChange::numbers});
    const auto found = indices(batch);
    for (std::size_t i = 0; i < 4; ++i) CHECK(batch.labels.span<std::int32_t>()[i] == found[i] / 2);
    CHECK(batch.epoch == epoch);
    CHECK(loader.position() == before + 4);
  }
}

TEST_CASE("every photograph comes exactly once an epoch, in a new order each time") {
  const Scratch scratch;
  Loader loader(photographs(scratch, 12), small(5));  // batches run over the ends of epochs
  const auto all = stream(loader, 12);
  std::vector<std::vector<int>> epochs;
  for (std::size_t e = 0; e < 5; ++e) {
    epochs.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(12 * e),
                        all.begin() + static_cast<std::ptrdiff_t>(12 * (e + 1)));
    for (std::size_t before = 0; before < e; ++before) CHECK(epochs[before] != epochs[e]);
    CHECK(std::set<int>(epochs[e].begin(), epochs[e].end()).size() == 12);
  }
}

TEST_CASE(
    "processes share every batch out: together they have the photographs and the changes of one alone") {
  const Scratch scratch;
  const Dataset dataset = photographs(scratch, 12);
  for (const int ranks : {1, 2, 3, 4, 5}) {
    CAPTURE(ranks);
    Loader alone(dataset, small(5));
    std::vector<std::unique_ptr<Loader>> shared;
    for (int rank = 0; rank < ranks; ++rank) {
      LoaderOptions options = small(5);
      options.rank = rank;
      options.ranks = ranks;
      shared.push_back(std::make_unique<Loader>(dataset, options));
    }
    for (int step = 0; step < 6; ++step) {
      const Batch whole = alone.next();
      CHECK(whole.all_rows == 5);
      std::int64_t row = 0;
      for (const auto& loader : shared) {
        const Batch part = loader->next();
        const std::int64_t count = part.labels.size();
        CHECK((part.all_rows == 5 && part.position == whole.position && part.epoch == whole.epoch));
        CHECK(std::ranges::equal(part.pixels.span<std::uint8_t>(),
                                 whole.pixels.slice(row, count).span<std::uint8_t>()));
        CHECK(std::ranges::equal(part.labels.span<std::int32_t>(),
                                 whole.labels.slice(row, count).span<std::int32_t>()));
        CHECK(std::ranges::equal(part.augment.span<float>(), whole.augment.slice(row, count).span<float>()));
        CHECK(loader->position() == alone.position());
        row += count;
      }
      CHECK(row == 5);
    }
  }
}

TEST_CASE("a batch larger than the dataset spans several epochs") {
  const Scratch scratch;
  Loader loader(photographs(scratch, 3), small(10));
  const auto all = stream(loader, 3);
  for (std::size_t e = 0; e < 10; ++e)
    CHECK(std::set<int>(all.begin() + static_cast<std::ptrdiff_t>(3 * e),
                        all.begin() + static_cast<std::ptrdiff_t>(3 * e + 3))
              .size() == 3);
}

TEST_CASE("without shuffling the dataset's order is kept") {
  const Scratch scratch;
  LoaderOptions options = small(3);
  options.shuffle = false;
  Loader loader(photographs(scratch, 4), options);
  CHECK(stream(loader, 3) == std::vector<int>{0, 1, 2, 3, 0, 1, 2, 3, 0});
}

TEST_CASE("the batches depend on the seed, not on the threads or the cache") {
  const Scratch scratch;
  const Dataset dataset = photographs(scratch, 30, {4, 5, 17});
  LoaderOptions options = small(7);
  Loader loader(dataset, options);
  const auto expected = record(loader, 15);
  CHECK(loader.skipped().size() == 3);
  for (const int threads : {1, 4})
    for (const std::size_t cache : {std::size_t{0}, std::size_t{5 * 48}, std::size_t{1} << 20}) {
      options.threads = threads;
      options.cache_bytes = cache;
      Loader other(dataset, options);
      CHECK(record(other, 15) == expected);
      CHECK(other.skipped() == loader.skipped());
    }
  options.seed = 12;
  Loader other(dataset, options);
  CHECK(record(other, 15) != expected);
}

TEST_CASE("a loader that starts at a position goes on where the first one was") {
  const Scratch scratch;
  const Dataset dataset = photographs(scratch, 11, {3});
  Loader first(dataset, small(4));
  record(first, 7);
  LoaderOptions options = small(4);
  options.threads = 3;
  Loader second(dataset, options, first.position());
  CHECK(second.position() == 28);
  CHECK(record(second, 9) == record(first, 9));
}

TEST_CASE("each photograph comes with the change drawn for its position") {
  const Scratch scratch;
  const Dataset dataset = photographs(scratch, 5);
  LoaderOptions options = small(6);
  options.augmentation.contrast = 0.5;
  options.augmentation.erase = 0.5;
  Loader loader(dataset, options, 100);
  std::int64_t position = 100;
  for (int i = 0; i < 3; ++i) {
    const Batch batch = loader.next();
    for (const float* row = batch.augment.data<float>();
         row < batch.augment.data<float>() + batch.augment.size(); row += ImageChange::numbers) {
      std::array<float, ImageChange::numbers> drawn{};
      draw_change(options.augmentation, side, side, options.seed, position++).write(drawn.data());
      CHECK(std::equal(drawn.begin(), drawn.end(), row));
    }
  }
}

TEST_CASE("a crop is decoded with as much around it as the augmentation can bring into it") {
  const Scratch scratch;
  const Image image = gradient(20, 16);
  Dataset dataset;
  dataset.photographs.push_back({scratch.png("a.png", image).string(), 0});
  dataset.identities = {"a"};
  LoaderOptions options;
  options.width = 6, options.height = 4, options.batch = 2;
  options.framing = CropBox{2, 8, 8, 12};
  CHECK(options.margin() == Margin{0, 0});
  const Tensor plain = Loader(dataset, options).next().pixels;
  CHECK(plain.shape() == Shape{2, 4, 6, 3});
  options.augmentation.shift = 3;
  CHECK(options.margin() == Margin{3, 3});
  const Tensor pixels = Loader(dataset, options).next().pixels;
  REQUIRE(pixels.shape() == Shape{2, 10, 12, 3});
  for (int n = 0; n < 2; ++n)
    for (int y = 0; y < 10; ++y)
      for (int x = 0; x < 12; ++x) {
        const int from_x = std::max(0, x - 3 + 2),
                  from_y = y - 3 + 8;  // the photograph ends two pixels left of the box
        const std::size_t at = static_cast<std::size_t>((n * 10 + y) * 12 + x) * 3,
                          from = static_cast<std::size_t>(from_y * 20 + from_x) * 3;
        REQUIRE(std::equal(image.pixels.data() + from, image.pixels.data() + from + 3,
                           pixels.span<std::uint8_t>().data() + at));
      }
  options.framing = {};  // all of a photograph has no surroundings
  CHECK(Loader(dataset, options).next().pixels.shape() == Shape{2, 4, 6, 3});
}

TEST_CASE("an undecodable photograph is reported once and replaced by the next in the order") {
  const Scratch scratch;
  LoaderOptions options = small(4);
  std::vector<std::string> told;
  options.on_skip = [&](const std::string& reason) { told.push_back(reason); };
  const auto whole = [&] {
    Loader loader(photographs(scratch, 9), small(4));
    return stream(loader, 9);
  }();
  Loader loader(photographs(scratch, 9, {2, 6}), options);
  const auto found = stream(loader, 9);
  for (std::size_t p = 0; p < found.size(); ++p) {
    std::size_t place = p;
    while (whole[place] == 2 || whole[place] == 6) place = place / 9 * 9 + (place + 1) % 9;
    CHECK(found[p] == whole[place]);
  }
  REQUIRE(told.size() == 2);
  CHECK(told == loader.skipped());
  std::ranges::sort(told);
  CHECK(holds(told[0], "002.png"));
  CHECK(holds(told[1], "006.png"));
}

TEST_CASE("strict: an undecodable photograph is an error, after the batches before it") {
  const Scratch scratch;
  LoaderOptions options = small(2);
  options.shuffle = false;
  options.strict = true;
  options.threads = 3;
  Loader loader(photographs(scratch, 9, {5}), options);
  CHECK(stream(loader, 2) == std::vector<int>{0, 1, 2, 3});
  for (int again = 0; again < 2; ++again) CHECK(holds(error_of([&] { loader.next(); }), "005.png"));
  CHECK(loader.position() == 4);
}

TEST_CASE("a dataset of which nothing can be decoded is an error") {
  const Scratch scratch;
  Loader loader(photographs(scratch, 3, {0, 1, 2}), small(2));
  CHECK(holds(error_of([&] { loader.next(); }), "none of the 3 photographs", ".png"));
}

TEST_CASE("a crop box that does not fit skips the photograph and says why") {
  const Scratch scratch;
  LoaderOptions options = small(2);
  options.framing = CropBox{0, 0, 9, 9};
  Loader loader(photographs(scratch, 2), options);
  CHECK(holds(error_of([&] { loader.next(); }), "0,0,9,9", "4 x 4", ".png"));
}

TEST_CASE("a loader may go away while its threads work or wait") {
  const Scratch scratch;
  const Dataset dataset = photographs(scratch, 20);
  LoaderOptions options = small(8);
  options.threads = 4;
  for (int i = 0; i < 20; ++i) {
    Loader loader(dataset, options);
    if (i % 2 == 1) loader.next();
  }
}

TEST_CASE("options out of range are refused") {
  const Scratch scratch;
  const Dataset dataset = photographs(scratch, 2);
  auto message = [&](auto change, std::int64_t start = 0) {
    LoaderOptions options = small(2);
    change(options);
    return error_of([&] { Loader(dataset, options, start); });
  };
  CHECK(message([](LoaderOptions&) {}).empty());
  CHECK(holds(message([](LoaderOptions& o) { o.batch = 0; }), "batch"));
  CHECK(holds(message([](LoaderOptions& o) { o.threads = 0; }), "threads"));
  CHECK(holds(message([](LoaderOptions& o) { o.width = 0; }), "0 x 4"));
  CHECK(holds(message([](LoaderOptions& o) { o.augmentation.shift = -1; }), "shift"));
  CHECK(holds(message([](LoaderOptions& o) { o.augmentation.shift = side; }), "shift"));
  CHECK(holds(message([](LoaderOptions&) {}, -1), "start"));
  CHECK(holds(message([](LoaderOptions& o) { o.ranks = 3; }), "for each of 3 processes"));
  CHECK(holds(message([](LoaderOptions& o) { o.rank = 1; }), "processes"));
  CHECK(holds(error_of([] { Loader({}, {}); }), "no photographs"));
}

TEST_CASE("loading photographs for evaluation keeps their order and names the first bad one") {
  const Scratch scratch;
  std::vector<std::filesystem::path> paths;
  for (const Photograph& p : photographs(scratch, 7).photographs) paths.emplace_back(p.path);
  for (const int threads : {1, 3, 9}) {
    const Tensor pixels = load_images(paths, std::nullopt, side, side, threads);
    CHECK(pixels.shape() == Shape{7, side, side, 3});
    for (std::size_t i = 0; i < 7; ++i) CHECK(pixels.span<std::uint8_t>()[i * 48] == i);
  }
  CHECK(load_images({}, std::nullopt).shape() == Shape{0, 112, 96, 3});
  photographs(scratch, 7, {2, 4});
  for (const int threads : {1, 3})
    CHECK(holds(error_of([&] { load_images(paths, std::nullopt, side, side, threads); }), "002.png"));
}

TEST_CASE("load_readable_images: names what cannot be decoded and goes on") {
  const Scratch scratch;
  photographs(scratch, 7, {2, 4});
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 7; ++i) paths.push_back(scratch / fmt::format("{:03}.png", i));
  for (const int threads : {1, 3}) {
    const LoadedImages loaded = load_readable_images(paths, std::nullopt, side, side, threads);
    CHECK(loaded.pixels.shape() == Shape{7, side, side, 3});
    REQUIRE(loaded.problems.size() == 7);
    for (std::size_t i = 0; i < 7; ++i) {
      const bool broken = i == 2 || i == 4;
      CHECK(loaded.problems[i].empty() == !broken);
      if (broken) CHECK(holds(loaded.problems[i], fmt::format("{:03}.png", i)));
      CHECK(loaded.pixels.span<std::uint8_t>()[i * 48] == (broken ? 0 : i));
    }
  }
}

#ifdef __linux__
TEST_CASE("decoding threads let those go first that compute; the caller's priority stays") {
  constexpr int low = 10;
  const int own = getpriority(PRIO_PROCESS, 0);
  if (own >= low) {
    MESSAGE("skipped: this process has a low priority itself");
    return;
  }
  const auto threads_of_low_priority = [] {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
      count += getpriority(PRIO_PROCESS, static_cast<id_t>(std::stoul(task.path().filename()))) == low;
    return count;
  };
  const Scratch scratch;
  {
    Loader loader(photographs(scratch, 4), small(4));
    (void)loader.next();
    CHECK(threads_of_low_priority() == 1);
    CHECK(getpriority(PRIO_PROCESS, 0) == own);
  }
  CHECK(threads_of_low_priority() == 0);
}
#endif

}  // namespace hypersphere::test
