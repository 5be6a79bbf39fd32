#include "apps/data/record_io.h"

#include <cstring>
#include <fstream>

#include "tensor/error.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

constexpr std::uint32_t magic = 0xced7230a;
constexpr int length_bits = 29;  // of the second number; the three above say which part of a record it is
enum : std::uint32_t { whole = 0, first = 1, middle = 2, last = 3 };

constexpr std::uint64_t image_header = 24;  // flag, label, two ids
constexpr std::uint32_t most_labels = 1u << 20;

template <class Number>
Number parse_number(std::string_view text, const std::filesystem::path& path, int line) {
  const std::optional<Number> value = number_in<Number>(text);
  expect(value.has_value(), "{}:{}: expected 'key<TAB>offset', found '{}'", path.string(), line, text);
  return *value;
}

}  // namespace

Record find_record(const ByteFile& file, std::uint64_t offset) {
  Record record;
  for (record.end = offset;;) {
    const std::uint64_t at = record.end;
    expect(file.size() >= at + 8 && file.read_u32(at) == magic,
           "{}: no record at byte {}: damaged, or no RecordIO file", file.path().string(), at);
    const std::uint32_t word = file.read_u32(at + 4), kind = word >> length_bits;
    const std::uint64_t bytes = word & ((1u << length_bits) - 1);
    record.end = at + 8 + (bytes + 3) / 4 * 4;
    expect(record.end <= file.size(), "{}: cut short: the record at byte {} has {} bytes",
           file.path().string(), at, bytes);
    const bool begins = kind == whole || kind == first;
    expect(kind <= last && begins == record.parts.empty(), "{}: damaged: part {} of a record at byte {}",
           file.path().string(), kind, at);
    record.parts.push_back({at + 8, bytes});
    if (kind == whole || kind == last) return record;
  }
}

std::string read_record(const ByteFile& file, const Record& record) {
  std::string bytes;
  for (const Record::Part& part : record.parts) {
    if (&part != &record.parts.front()) bytes.append(reinterpret_cast<const char*>(&magic), sizeof magic);
    bytes += file.read(part.offset, part.bytes);
  }
  return bytes;
}

ImageRecord read_image_record(const ByteFile& file, const Record& record) {
  // The header of a record that was split within it is put together; all others cost no more than they have.
  const Record::Part& part = record.parts.front();
  const bool split = record.parts.size() > 1;
  const std::string start =
      split ? read_record(file, record) : file.read(part.offset, std::min(part.bytes, image_header));
  expect(start.size() >= image_header, "{}: the record at byte {} is too short for an image's header",
         file.path().string(), part.offset - 8);
  std::uint32_t count = 0;
  float label = 0;
  ImageRecord image;
  image.header_bytes = image_header;
  std::memcpy(&count, start.data(), sizeof count);
  std::memcpy(&label, start.data() + 4, sizeof label);
  std::memcpy(&image.id, start.data() + 8, sizeof image.id);
  if (count == 0) {
    image.labels = {label};
    return image;
  }
  const std::uint64_t bytes = std::uint64_t{4} * count;
  expect(count <= most_labels && (split ? start.size() : part.bytes) >= image_header + bytes,
         "{}: the record at byte {} is too short for its {} labels", file.path().string(), part.offset - 8,
         count);
  const std::string labels =
      split ? start.substr(image_header, bytes) : file.read(part.offset + image_header, bytes);
  image.labels.resize(count);
  std::memcpy(image.labels.data(), labels.data(), bytes);
  image.header_bytes += bytes;
  return image;
}

std::vector<RecordIndexEntry> read_record_index(const std::filesystem::path& path) {
  std::ifstream stream(path);
  expect(stream.is_open(), "{}: cannot be opened", path.string());
  std::vector<RecordIndexEntry> entries;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const std::string_view text = trim(line);
    if (text.empty()) continue;
    const std::size_t tab = text.find('\t');
    expect(tab != text.npos, "{}:{}: expected 'key<TAB>offset', found '{}'", path.string(), number, text);
    entries.push_back({parse_number<std::uint64_t>(text.substr(0, tab), path, number),
                       parse_number<std::uint64_t>(text.substr(tab + 1), path, number)});
  }
  expect(!stream.bad() && !entries.empty(), "{}: holds no index", path.string());
  return entries;
}

}  // namespace hypersphere
