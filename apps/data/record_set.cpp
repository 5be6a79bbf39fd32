#include "apps/data/record_set.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "apps/data/record_io.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// A photograph before its name is known to be the only one of it.
struct Place {
  std::string name;
  std::uint64_t offset;  // of the record
};

std::uint64_t record_bytes(const Record& record) {
  std::uint64_t bytes = 4 * (record.parts.size() - 1);  // magic numbers
  for (const Record::Part& part : record.parts) bytes += part.bytes;
  return bytes;
}

std::uint64_t whole_number(float label, const ByteFile& file, std::uint64_t offset) {
  expect(label >= 0 && label < 0x1p31f && label == std::floor(label),
         "{}: the record at byte {}: expected an identity's number for a label, found {}",
         file.path().string(), offset, label);
  return static_cast<std::uint64_t>(label);
}

std::string name_of(std::uint64_t label, std::uint64_t key) {
  return fmt::format("{:07}/{:07}.jpg", label, key);
}

class RecordSet : public Container {
 public:
  explicit RecordSet(const fs::path& path) : file_(path) {
    std::vector<Place> places;
    const fs::path index = fs::path(path).replace_extension(".idx");
    if (!fs::exists(index) || !read_identities(read_record_index(index), places)) scan(places);
    expect(!places.empty(), "{}: holds no photographs", path.string());
    std::ranges::sort(places, {}, &Place::name);
    for (Place& place : places) {
      expect(names_.empty() || names_.back() != place.name, "{}: two records of {}", path.string(),
             place.name);
      names_.push_back(std::move(place.name));
      offsets_.push_back(place.offset);
    }
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool aligned() const override { return true; }

  std::string read(std::size_t index) const override {
    const Record record = find_record(file_, offsets_.at(index));
    return read_record(file_, record).substr(read_image_record(file_, record).header_bytes);
  }

  std::uint64_t bytes(std::size_t index) const override {
    const Record record = find_record(file_, offsets_.at(index));
    return record_bytes(record) - read_image_record(file_, record).header_bytes;
  }

 private:
  // By the identities' own records: record 0 has the first and the last key of these for labels, each of them the first key of its photographs
  // and the one behind. False where the file is not made like that.
  bool read_identities(const std::vector<RecordIndexEntry>& index, std::vector<Place>& places) {
    std::map<std::uint64_t, std::uint64_t> offset_of;
    for (const RecordIndexEntry& entry : index) offset_of.emplace(entry.key, entry.offset);
    const auto labels_at = [&](std::uint64_t key) {
      const auto found = offset_of.find(key);
      expect(found != offset_of.end(), "{}: its index lacks the record {}", file_.path().string(), key);
      return read_image_record(file_, find_record(file_, found->second)).labels;
    };
    if (!offset_of.contains(0)) return false;
    const std::vector<float> range = labels_at(0);
    if (range.size() != 2 || !(range[0] >= 1 && range[1] > range[0])) return false;
    const std::uint64_t begin = whole_number(range[0], file_, 0), end = whole_number(range[1], file_, 0);
    if (!offset_of.contains(begin)) return false;
    // float holds whole numbers up to 2^24 alone: of larger sets every record is asked.
    if (end > (1u << 24)) return false;
    for (std::uint64_t key = begin; key < end; ++key) {
      const std::vector<float> own = labels_at(key);
      expect(own.size() == 2 && own[0] >= 1 && own[1] >= own[0] && own[1] <= range[0],
             "{}: the record {} should name the photographs of an identity by their first and last number",
             file_.path().string(), key);
      for (auto photograph = static_cast<std::uint64_t>(own[0]);
           photograph < static_cast<std::uint64_t>(own[1]); ++photograph) {
        const auto found = offset_of.find(photograph);
        expect(found != offset_of.end(), "{}: its index lacks the record {}", file_.path().string(),
               photograph);
        // Each is of one identity; of many that name the same ones, the list would be as long as both numbers multiplied.
        expect(places.size() < index.size(), "{}: the record {} names photographs of another identity",
               file_.path().string(), key);
        places.push_back({name_of(key - begin, photograph), found->second});
      }
    }
    return true;
  }

  void scan(std::vector<Place>& places) {
    std::uint64_t key = 0;
    for (std::uint64_t offset = 0; offset < file_.size(); ++key) {
      const Record record = find_record(file_, offset);
      const ImageRecord image = read_image_record(file_, record);
      if (record_bytes(record) > image.header_bytes)
        places.push_back({name_of(whole_number(image.labels[0], file_, offset), key), offset});
      offset = record.end;
    }
  }

  ByteFile file_;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> offsets_;
};

}  // namespace

std::shared_ptr<const Container> open_record_set(const fs::path& path) {
  return std::make_shared<RecordSet>(path);
}

}  // namespace hypersphere
