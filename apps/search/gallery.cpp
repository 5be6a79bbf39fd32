#include "apps/search/gallery.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "nn/checksum.h"
#include "nn/safetensors.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

constexpr const char* format_name = "hypersphere gallery";
constexpr const char* format_version = "1";

Tensor to_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += word;
    text += '\0';
  }
  return Tensor::from(std::vector<std::uint8_t>(text.begin(), text.end()), {std::ssize(text)});
}

std::vector<std::string> to_words(const Tensor& text) {
  std::vector<std::string> words;
  const auto bytes = text.span<std::uint8_t>();
  for (auto begin = bytes.begin(); begin != bytes.end();) {
    const auto end = std::find(begin, bytes.end(), std::uint8_t{0});
    expect(end != bytes.end(), "a text does not end with a zero byte");
    words.emplace_back(begin, end);
    begin = end + 1;
  }
  return words;
}

template <class Number>
Number to_number(const std::string& word) {
  const std::optional<Number> value = number_in<Number>(word);
  expect(value.has_value(), "expected a number, found '{}'", word);
  return *value;
}

Gallery from_content(const SafeTensors& content) {
  const auto entry = [&](const char* key) {
    const auto found = content.metadata.find(key);
    expect(found != content.metadata.end(), "no gallery: its metadata has no '{}'", key);
    return found->second;
  };
  const std::string format = entry("format"), version = entry("format_version");
  expect(format == format_name, "no gallery, but '{}'; search --gallery-out writes one", format);
  expect(version == format_version, "a gallery of version {}, this build reads {}", version, format_version);
  Gallery gallery{
      entry("model"), entry("crop"), to_words(content.at("people")), {}, content.at("features"), {}};
  const std::vector<std::string> words = to_words(content.at("photographs"));
  const std::int64_t count = std::ssize(words) / 3;
  expect(std::ssize(words) == 3 * count, "its photographs should have path, bytes and time");
  expect(gallery.features.dtype() == DType::f32 && gallery.features.shape().rank() == 2 &&
             gallery.features.shape()[0] == count,
         "expected features of f32 [{}, numbers], found {}", count, describe(gallery.features));
  const Tensor& person = content.at("person");
  expect_tensor(person, {count}, DType::i32, "gallery", "person");
  for (std::int64_t i = 0; i < count; ++i) {
    const auto* word = &words[static_cast<std::size_t>(3 * i)];
    const std::int32_t index = person.data<std::int32_t>()[i];
    expect(index >= 0 && index < std::ssize(gallery.people), "'{}' shows person {} of {}", word[0], index,
           gallery.people.size());
    gallery.photographs.push_back(
        {word[0], index, to_number<std::uint64_t>(word[1]), to_number<std::int64_t>(word[2])});
  }
  const auto strangers = content.at("strangers").span<float>();
  gallery.strangers.assign(strangers.begin(), strangers.end());
  return gallery;
}

}  // namespace

std::string fingerprint(SphereFace& network) {
  Checksum checksum;
  const SphereFaceOptions& options = network.options();
  checksum.add(fmt::format("{} x {}\n", options.height, options.width));
  for (const NamedParameter& named : network.parameters()) {
    const Tensor values = named.parameter->variable.value().to(Device::cpu);
    checksum.add(fmt::format("{} {}\n", named.name, to_string(values.shape())));
    checksum.add({reinterpret_cast<const char*>(values.raw()), values.bytes()});
  }
  return checksum.digits();
}

void write_gallery(const std::filesystem::path& file, const Gallery& gallery) {
  std::vector<std::string> words;
  std::vector<std::int32_t> person;
  for (const GalleryPhotograph& photograph : gallery.photographs) {
    words.insert(words.end(),
                 {photograph.path, std::to_string(photograph.bytes), std::to_string(photograph.modified)});
    person.push_back(photograph.person);
  }
  SafeTensors content;
  content.metadata = {{"format", format_name},
                      {"format_version", format_version},
                      {"model", gallery.model},
                      {"crop", gallery.crop}};
  content.tensors = {{"features", gallery.features},
                     {"person", Tensor::from(person, {std::ssize(person)})},
                     {"strangers", Tensor::from(gallery.strangers, {std::ssize(gallery.strangers)})},
                     {"people", to_text(gallery.people)},
                     {"photographs", to_text(words)}};
  write_safetensors(file, content);
}

Gallery read_gallery(const std::filesystem::path& file) {
  const SafeTensors content = read_safetensors(file);
  try {
    return from_content(content);
  } catch (const Error& error) {
    fail("{}: {}", file.string(), error.what());
  }
}

void expect_made_by(const Gallery& gallery, const std::filesystem::path& file, const std::string& model,
                    const std::string& crop) {
  expect(gallery.model == model,
         "{}: this gallery was embedded by another model ({}, --model is {}); use that one, or embed the "
         "photographs "
         "again into a new file",
         file.string(), gallery.model, model);
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("none") : text; };
  expect(gallery.crop == crop,
         "{}: this gallery's photographs were embedded with --crop {}, asked for is {}; leave --crop as it "
         "was, or embed "
         "the photographs again into a new file",
         file.string(), shown(gallery.crop), shown(crop));
}

}  // namespace hypersphere
