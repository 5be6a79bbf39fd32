#include "nn/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace hypersphere {
namespace {

constexpr const char* metadata_key = "__metadata__";
constexpr DType known_dtypes[] = {DType::f32, DType::bf16, DType::i32, DType::u8};

DType parse_dtype(const std::string& tensor, const std::string& word) {
  for (const DType dtype : known_dtypes)
    if (word == safetensors_name(dtype)) return dtype;
  fail("tensor '{}': expected a dtype of F32, BF16, I32 or U8, found '{}'", tensor, word);
}

// What is known of one tensor while its object is read.
struct Draft {
  std::string name;
  std::optional<std::string> dtype;
  std::optional<std::vector<std::uint64_t>> shape, offsets;

  SafeTensorsHeader::Entry finish(std::uint64_t data_bytes) const {
    expect(dtype && shape && offsets, "tensor '{}': expected dtype, shape and data_offsets", name);
    SafeTensorsHeader::Entry entry;
    entry.name = name;
    entry.dtype = parse_dtype(name, *dtype);
    expect(shape->size() <= Shape::max_rank, "tensor '{}': expected at most {} extents, found {}", name,
           Shape::max_rank, shape->size());
    std::int64_t extents[Shape::max_rank] = {};
    for (std::size_t axis = 0; axis < shape->size(); ++axis) {
      expect((*shape)[axis] <= std::numeric_limits<std::int64_t>::max(), "tensor '{}': an extent of {}", name,
             (*shape)[axis]);
      extents[axis] = static_cast<std::int64_t>((*shape)[axis]);
    }
    try {
      entry.shape = Shape::of(extents, static_cast<int>(shape->size()));
    } catch (const Error& error) {
      fail("tensor '{}': {}", name, error.what());
    }
    expect(offsets->size() == 2, "tensor '{}': expected two data_offsets, found {}", name, offsets->size());
    entry.begin = (*offsets)[0];
    entry.end = (*offsets)[1];
    expect(entry.begin <= entry.end && entry.end <= data_bytes,
           "tensor '{}': bytes [{}, {}) do not lie in the file's {} bytes of data", name, entry.begin,
           entry.end, data_bytes);
    const std::uint64_t length = entry.end - entry.begin,
                        size = static_cast<std::uint64_t>(entry.shape.size()), item = size_of(entry.dtype);
    // Divided, since size * item could overflow.
    expect(length % item == 0 && length / item == size, "tensor '{}': {} {} does not fill bytes [{}, {})",
           name, *dtype, to_string(entry.shape), entry.begin, entry.end);
    return entry;
  }
};

// Follows the parser through the one form that a header may have. There is no tree of JSON values in between,
// so depth and size cost nothing, and a name that comes twice is seen.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::uint64_t data_bytes) : data_bytes_(data_bytes) {}

  SafeTensorsHeader header;

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::root;
    } else if (place_ == Place::root && key_ == metadata_key) {
      place_ = Place::metadata;
    } else if (place_ == Place::root) {
      place_ = Place::tensor;
      draft_ = Draft{.name = key_, .dtype = {}, .shape = {}, .offsets = {}};
    } else {
      unexpected("an object");
    }
    return true;
  }
  bool end_object() override {
    if (place_ == Place::tensor) header.entries.push_back(draft_.finish(data_bytes_));
    place_ = place_ == Place::root ? Place::outside : Place::root;
    return true;
  }
  bool key(std::string& key) override {
    key_ = key;
    if (place_ == Place::root) {
      expect(names_.insert(key).second, "the name '{}' comes twice", key);
    } else if (place_ == Place::metadata) {
      expect(header.metadata.emplace(key, "").second, "the metadata '{}' comes twice", key);
    } else {
      const bool twice = key == "dtype"          ? draft_.dtype.has_value()
                         : key == "shape"        ? draft_.shape.has_value()
                         : key == "data_offsets" ? draft_.offsets.has_value()
                                                 : false;
      expect(!twice, "tensor '{}': {} comes twice", draft_.name, key);
      expect(key == "dtype" || key == "shape" || key == "data_offsets",
             "tensor '{}': expected dtype, shape and data_offsets, found '{}'", draft_.name, key);
    }
    return true;
  }
  bool string(std::string& value) override {
    if (place_ == Place::metadata)
      header.metadata[key_] = value;
    else if (place_ == Place::tensor && key_ == "dtype")
      draft_.dtype = value;
    else
      unexpected("a text");
    return true;
  }
  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") unexpected("a list");
    list_ = key_ == "shape" ? &draft_.shape.emplace() : &draft_.offsets.emplace();
    place_ = Place::list;
    return true;
  }
  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (place_ != Place::list) unexpected("a number");
    list_->push_back(value);
    return true;
  }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool number_integer(std::int64_t) override { unexpected("a negative number"); }
  bool number_float(double, const std::string&) override { unexpected("a number that is not whole"); }
  bool binary(nlohmann::json::binary_t&) override { unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail("the header is no JSON from byte {} on", position);
  }

 private:
  enum class Place { outside, root, metadata, tensor, list };

  [[noreturn]] void unexpected(const char* what) const {
    fail("the header holds {} where the format has none{}", what,
         key_.empty() ? "" : " (after '" + key_ + "')");
  }

  std::uint64_t data_bytes_;
  Place place_ = Place::outside;
  std::string key_;  // the last one read
  std::set<std::string> names_;
  Draft draft_;
  std::vector<std::uint64_t>* list_ = nullptr;
};

}  // namespace

std::string_view safetensors_name(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "F32";
    case DType::bf16:
      return "BF16";
    case DType::i32:
      return "I32";
    case DType::u8:
      return "U8";
  }
  return "?";
}

std::string write_safetensors_header(const SafeTensors& content) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!content.metadata.empty()) header[metadata_key] = content.metadata;
  std::set<std::string> names = {metadata_key};
  std::uint64_t position = 0;
  for (const auto& [name, tensor] : content.tensors) {
    expect(names.insert(name).second, "the name '{}' is taken", name);
    expect(tensor.defined(), "tensor '{}' is undefined", name);
    std::vector<std::int64_t> extents;
    for (int axis = 0; axis < tensor.shape().rank(); ++axis) extents.push_back(tensor.shape()[axis]);
    // emplace_back instead of [name]: an ordered object looks a key up by walking through all of them.
    header.get_ref<nlohmann::ordered_json::object_t&>().emplace_back(
        name, nlohmann::ordered_json{{"dtype", safetensors_name(tensor.dtype())},
                                     {"shape", extents},
                                     {"data_offsets", {position, position + tensor.bytes()}}});
    position += tensor.bytes();
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception& error) {
    fail("a name or a metadata text is not UTF-8: {}", error.what());
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

SafeTensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes) {
  // The format has the object begin at once; the parser would skip white space.
  expect(json.starts_with('{'), "the header does not begin with '{{'");
  HeaderReader reader(data_bytes);
  nlohmann::json::sax_parse(json, &reader);
  SafeTensorsHeader header = std::move(reader.header);
  std::ranges::sort(header.entries, {}, [](const auto& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t position = 0;
  for (const auto& entry : header.entries) {
    expect(entry.begin == position, "tensor '{}': begins at byte {}, the one before it ends at {}",
           entry.name, entry.begin, position);
    position = entry.end;
  }
  expect(position == data_bytes, "the tensors end at byte {} of {} bytes of data", position, data_bytes);
  return header;
}

}  // namespace hypersphere
