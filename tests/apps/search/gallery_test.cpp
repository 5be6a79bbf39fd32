#include "apps/search/gallery.h"

#include "nn/safetensors.h"
#include "tests/apps/data/scratch.h"
#include "tests/apps/search/galleries.h"
#include "tests/kernels/checks.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

// `error_of` of scratch.h and of checks.h: a message here.
template <class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

Gallery example() {
  return {.model = "0123456789abcdef",
          .crop = "1,2,30,40",
          .people = {"Ann", "Zoë with a\nnew line", "latin-1: \xe9"},
          .photographs = {{"Ann/1.jpg", 0, 12345, 1'700'000'000'123'456'789},
                          {"Zoë with a\nnew line/a b.png", 1, 0, -5},
                          {"\xe9.bmp", 2, ~std::uint64_t{0}, 0}},
          .features = random_unit_rows(3, 10),
          .strangers = {0.5f, 0.25f}};
}

SphereFaceOptions small(int depth = 4) {
  return {.depth = depth, .widths = {4, 4, 4, 4}, .height = 16, .width = 16, .embedding = 6};
}

}  // namespace

TEST_CASE("gallery: a file gives back what was written") {
  const Scratch scratch;
  const Gallery before = example();
  write_gallery(scratch / "a.gallery", before);
  const Gallery after = read_gallery(scratch / "a.gallery");
  CHECK(after.model == before.model);
  CHECK(after.crop == before.crop);
  CHECK(after.people == before.people);
  CHECK(after.photographs == before.photographs);
  CHECK(same_bits(after.features, before.features));
  CHECK(after.strangers == before.strangers);
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) ==
        1);  // nothing left beside it
}

TEST_CASE("gallery: what is no gallery, or damaged, is refused and named") {
  const Scratch scratch;
  const auto file = scratch / "a.gallery";
  const auto refused = [&](const auto& damage, const char* why) {
    write_gallery(file, example());
    SafeTensors content = read_safetensors(file);
    damage(content);
    write_safetensors(file, content);
    const std::string message = message_of([&] { read_gallery(file); });
    INFO(message);
    CHECK(message.find(file.string() + ": ") == 0);
    CHECK(message.find(why) != std::string::npos);
  };
  const auto replace = [](SafeTensors& content, const std::string& name, const Tensor& tensor) {
    for (auto& [key, value] : content.tensors)
      if (key == name) value = tensor;
  };
  refused([](SafeTensors& c) { c.metadata["format"] = "hypersphere"; }, "no gallery, but 'hypersphere'");
  refused([](SafeTensors& c) { c.metadata.clear(); }, "no gallery");
  refused([](SafeTensors& c) { c.metadata["format_version"] = "2"; }, "version 2");
  refused([](SafeTensors& c) { c.metadata.erase("crop"); }, "'crop'");
  refused(
      [&](SafeTensors& c) {
        replace(c, "person", Tensor::from<std::int32_t>({0, 1, 3}, {3}));
      },
      "person 3 of 3");
  refused(
      [&](SafeTensors& c) {
        replace(c, "person", Tensor::from<std::int32_t>({0, 1, -1}, {3}));
      },
      "person -1 of 3");
  refused(
      [&](SafeTensors& c) {
        replace(c, "person", Tensor::from<std::int32_t>({0, 1}, {2}));
      },
      "expected person");
  refused([&](SafeTensors& c) { replace(c, "features", random_unit_rows(4, 10)); }, "expected features");
  refused(
      [&](SafeTensors& c) {
        replace(c, "people", Tensor::from<std::uint8_t>({65, 0, 66}, {3}));
      },
      "zero byte");
  refused(
      [&](SafeTensors& c) {
        replace(c, "photographs", Tensor::from<std::uint8_t>({65, 0, 66, 0}, {4}));
      },
      "path, bytes and time");
  refused(
      [&](SafeTensors& c) {
        replace(c, "photographs", Tensor::from<std::uint8_t>({65, 0, 66, 0, 49, 0}, {6}));
      },
      "expected");
  refused([](SafeTensors& c) { c.tensors.pop_back(); }, "no tensor 'photographs'");
  CHECK_FAILS(read_gallery(scratch / "none"), "none");
}

TEST_CASE("gallery: another model or crop is refused") {
  const Gallery gallery = example();
  CHECK_NOTHROW(expect_made_by(gallery, "people.gallery", "0123456789abcdef", "1,2,30,40"));
  CHECK_FAILS(expect_made_by(gallery, "people.gallery", "1123456789abcdef", "1,2,30,40"),
              "people.gallery: this gallery was embedded by another model");
  CHECK_FAILS(expect_made_by(gallery, "people.gallery", "0123456789abcdef", ""),
              "--crop 1,2,30,40, asked for is none");
}

TEST_CASE("fingerprint: tells networks apart by any weight, and only by what embeds") {
  SphereFace network(small()), same(small());
  network.initialise(1), same.initialise(1);
  const std::string print = fingerprint(network);
  CHECK(print.size() == 16);
  CHECK(print.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(fingerprint(same) == print);
  SphereFace other(small()), deeper(small(10));
  other.initialise(2), deeper.initialise(1);
  CHECK(fingerprint(other) != print);
  CHECK(fingerprint(deeper) != print);
  for (const NamedParameter& named : same.parameters()) {  // one bit of any parameter, the first and the last
    auto values = named.parameter->variable.value().span<float>();
    for (float* value : {&values.front(), &values.back()}) {
      INFO(named.name);
      const float before = *value;
      *value = std::nextafter(before, 10.0f);
      CHECK(fingerprint(same) != print);
      *value = before;
    }
  }
  CHECK(fingerprint(same) == print);
}
