#include "apps/search/gallery_folder.h"

#include <chrono>

#include "tests/apps/data/scratch.h"
#include "tests/support.h"

using namespace hypersphere;
using hypersphere::test::error_of;
using hypersphere::test::holds;
using hypersphere::test::Scratch;

namespace {

namespace fs = std::filesystem;

// Stands for a network: a feature of two numbers from the file's name, and a problem with names that say so.
class Embedder {
 public:
  std::vector<std::string> asked;  // file names, in order

  EmbeddedFiles operator()(const std::vector<fs::path>& files) {
    EmbeddedFiles embedded{Tensor::empty({std::ssize(files), 2}), {}};
    for (std::size_t i = 0; i < files.size(); ++i) {
      const std::string name = files[i].filename().string();
      asked.push_back(name);
      embedded.features.data<float>()[2 * i] = feature_of(name);
      embedded.features.data<float>()[2 * i + 1] = static_cast<float>(version);
      embedded.problems.push_back(name.starts_with("broken") ? name + ": cannot be decoded" : "");
    }
    return embedded;
  }

  static float feature_of(const std::string& name) {
    float sum = 0;
    for (const char c : name) sum = 3 * sum + static_cast<float>(c);
    return std::fmod(sum, 1000.0f);
  }

  int version = 1;
};

std::vector<std::string> paths_of(const Gallery& gallery) {
  std::vector<std::string> paths;
  for (const GalleryPhotograph& photograph : gallery.photographs) paths.push_back(photograph.path);
  return paths;
}

// Every feature is the one of its photograph's file.
bool features_fit(const Gallery& gallery) {
  for (std::size_t i = 0; i < gallery.photographs.size(); ++i)
    if (gallery.features.data<float>()[2 * i] !=
        Embedder::feature_of(fs::path(gallery.photographs[i].path).filename().string()))
      return false;
  return gallery.features.shape() == Shape({std::ssize(gallery.photographs), 2});
}

const std::vector<ListedPhotograph> three = {
    {"Ann/1.jpg", "Ann", 100, 1}, {"Ann/2.jpg", "Ann", 200, 2}, {"Bob.jpg", "Bob", 300, 3}};

}  // namespace

TEST_CASE("list_gallery: folders are people, photographs beside them are too") {
  const Scratch scratch;
  scratch.file("Bob/2.jpg", "xx");
  scratch.file("Bob/deep/er/1.PNG", "x");
  scratch.file("Bob/notes.txt", "x");
  scratch.file("Ann.jpg", "xxx");
  scratch.file("Bob.jpg", "x");  // of the Bob of that folder
  scratch.file(".hidden/1.jpg", "x");
  scratch.file("Nobody/notes.txt", "x");
  const auto time = std::chrono::sys_days{std::chrono::January / 2 / 2021} + std::chrono::milliseconds(1234);
  fs::last_write_time(scratch / "Ann.jpg", std::chrono::file_clock::from_sys(time));

  const std::vector<ListedPhotograph> listed = list_gallery(scratch.path());
  REQUIRE(listed.size() == 4);
  CHECK(listed[0] == ListedPhotograph{"Ann.jpg", "Ann", 3, 1'609'545'601'234'000'000});
  CHECK(listed[1].path == "Bob.jpg");
  CHECK(listed[2].path == "Bob/2.jpg");
  CHECK(listed[2].bytes == 2);
  CHECK(listed[3].path == "Bob/deep/er/1.PNG");
  for (std::size_t i = 1; i < 4; ++i) CHECK(listed[i].person == "Bob");

  CHECK(holds(error_of([&] { list_gallery(scratch / "none"); }), "none", "not a folder"));
  CHECK(holds(error_of([&] { list_gallery(scratch / "Nobody"); }), "Nobody", "no photograph"));
}

TEST_CASE("update_gallery: a new gallery embeds everything, in the list's order") {
  Gallery gallery{"model", "crop", {}, {}, {}, {}};
  CHECK(count_to_embed(gallery, three) == 3);
  Embedder embedder;
  const GalleryUpdate update = update_gallery(gallery, "folder", three, std::ref(embedder));
  CHECK(update.added == 3);
  CHECK(update.kept + update.changed + update.removed == 0);
  CHECK(update.left_out.empty());
  CHECK(embedder.asked == std::vector<std::string>{"1.jpg", "2.jpg", "Bob.jpg"});
  CHECK(gallery.people == std::vector<std::string>{"Ann", "Bob"});
  CHECK(gallery.photographs == std::vector<GalleryPhotograph>{{"Ann/1.jpg", 0, 100, 1},
                                                              {"Ann/2.jpg", 0, 200, 2},
                                                              {"Bob.jpg", 1, 300, 3}});
  CHECK(features_fit(gallery));
  CHECK(gallery.model == "model");
  CHECK(gallery.crop == "crop");
}

TEST_CASE("update_gallery: embeds only what is new or changed") {
  Gallery gallery;
  Embedder embedder;
  update_gallery(gallery, "folder", three, std::ref(embedder));
  gallery.strangers = {0.5f};
  embedder.asked.clear();

  SUBCASE("nothing") {
    CHECK(count_to_embed(gallery, three) == 0);
    const GalleryUpdate update = update_gallery(gallery, "folder", three, std::ref(embedder));
    CHECK(update.kept == 3);
    CHECK(update.nothing_new());
    CHECK(embedder.asked.empty());
    CHECK(gallery.strangers == std::vector<float>{0.5f});
  }
  SUBCASE("a new one, one of another size, one of another time, one that is gone") {
    const std::vector<ListedPhotograph> now = {
        {"Aaron/0.jpg", "Aaron", 1, 1}, {"Ann/1.jpg", "Ann", 101, 1}, {"Bob.jpg", "Bob", 300, 4}};
    CHECK(count_to_embed(gallery, now) == 3);
    embedder.version = 2;
    const GalleryUpdate update = update_gallery(gallery, "folder", now, std::ref(embedder));
    CHECK(update.kept == 0);
    CHECK(update.added == 1);
    CHECK(update.changed == 2);
    CHECK(update.removed == 1);
    CHECK(embedder.asked == std::vector<std::string>{"0.jpg", "1.jpg", "Bob.jpg"});
    CHECK(gallery.people == std::vector<std::string>{"Aaron", "Ann", "Bob"});
    CHECK(features_fit(gallery));
    CHECK(gallery.strangers.empty());
  }
  SUBCASE("one that was there keeps its old features beside new ones") {
    std::vector<ListedPhotograph> now = three;
    now.insert(now.begin() + 1, {"Ann/11.jpg", "Ann", 1, 1});
    embedder.version = 2;
    const GalleryUpdate update = update_gallery(gallery, "folder", now, std::ref(embedder));
    CHECK(update.kept == 3);
    CHECK(update.added == 1);
    CHECK(embedder.asked == std::vector<std::string>{"11.jpg"});
    CHECK(features_fit(gallery));
    CHECK(paths_of(gallery) == std::vector<std::string>{"Ann/1.jpg", "Ann/11.jpg", "Ann/2.jpg", "Bob.jpg"});
    for (const std::int64_t row : {0, 1, 2, 3})
      CHECK(gallery.features.data<float>()[2 * row + 1] == (row == 1 ? 2 : 1));
  }
  SUBCASE("one that is gone, with all of a person") {
    const GalleryUpdate update = update_gallery(gallery, "folder", {three[2]}, std::ref(embedder));
    CHECK(update.kept == 1);
    CHECK(update.removed == 2);
    CHECK(gallery.people == std::vector<std::string>{"Bob"});
    CHECK(features_fit(gallery));
  }
}

TEST_CASE("update_gallery: what cannot be decoded is named and left out") {
  Gallery gallery;
  Embedder embedder;
  std::vector<ListedPhotograph> listed = three;
  listed.insert(listed.begin(), {"Aaron/broken.jpg", "Aaron", 1, 1});
  GalleryUpdate update = update_gallery(gallery, "folder", listed, std::ref(embedder));
  CHECK(update.added == 3);
  CHECK(update.left_out == std::vector<std::string>{"broken.jpg: cannot be decoded"});
  CHECK(gallery.people == std::vector<std::string>{"Ann", "Bob"});
  CHECK(features_fit(gallery));
  // It is tried again the next time, and that is nothing new.
  update = update_gallery(gallery, "folder", listed, std::ref(embedder));
  CHECK(update.left_out.size() == 1);
  CHECK(update.nothing_new());
  CHECK(embedder.asked.back() == "broken.jpg");

  const std::vector<ListedPhotograph> all_broken = {{"A/broken1.jpg", "A", 1, 1},
                                                    {"A/broken2.jpg", "A", 1, 1}};
  CHECK(holds(error_of([&] { update_gallery(gallery, "folder", all_broken, std::ref(embedder)); }),
              "none of the 2 photographs in folder", "broken1.jpg: cannot be decoded"));
}

TEST_CASE("update_gallery: between portions there is a gallery of what was embedded so far, to go on from") {
  std::vector<ListedPhotograph> many;
  for (int i = 0; i < 2500; ++i)
    many.push_back({fmt::format("P{:02}/{:04}.jpg", i / 100, i), fmt::format("P{:02}", i / 100), 1, i});
  Gallery gallery;
  Embedder embedder;
  std::vector<Gallery> parts;
  update_gallery(gallery, "folder", many, std::ref(embedder),
                 [&](const Gallery& part) { parts.push_back(part); });
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].photographs.size() == 1024);
  CHECK(parts[1].photographs.size() == 2048);
  CHECK(features_fit(parts[0]));
  CHECK(features_fit(parts[1]));
  CHECK(features_fit(gallery));
  CHECK(gallery.photographs.size() == 2500);
  CHECK(gallery.people.size() == 25);
  // Going on from a part gives the whole.
  embedder.asked.clear();
  const GalleryUpdate update = update_gallery(parts[0], "folder", many, std::ref(embedder));
  CHECK(update.kept == 1024);
  CHECK(update.added == 1476);
  CHECK(embedder.asked.size() == 1476);
  CHECK(parts[0].photographs == gallery.photographs);
  CHECK(test::same_bits(parts[0].features, gallery.features));
}
