#include "apps/report/event_file.h"

#include <unistd.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <chrono>
#include <cmath>

#include "apps/report/tensorboard.pb.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

tensorboard::Event event_at(std::int64_t step) {
  tensorboard::Event event;
  event.set_wall_time(now());
  event.set_step(step);
  return event;
}

// Numbers in files have their lowest byte first.
template <class Number>
std::string bytes_of(Number value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

// TensorBoard recognises its files by "tfevents" in their names and reads them in the order of these.
std::filesystem::path new_file(const std::filesystem::path& folder) {
  return folder / fmt::format("events.out.tfevents.{:010}.{}.hypersphere", static_cast<std::int64_t>(now()),
                              ::getpid());
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return (sum >> 15 | sum << 17) + 0xA282EAD8u;
}

EventFile::EventFile(const std::filesystem::path& folder, std::int64_t step)
    : path_(new_file(folder)), stream_(path_, std::ios::binary | std::ios::app) {
  expect(stream_.is_open(), "{}: cannot be written", path_.string());
  tensorboard::Event version = event_at(0);
  version.set_file_version("brain.Event:2");
  append(version.SerializeAsString());
  tensorboard::Event start = event_at(step);
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  append(start.SerializeAsString());
}

void EventFile::add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& scalars) {
  tensorboard::Event event = event_at(step);
  for (const auto& [tag, number] : scalars) {
    if (!std::isfinite(number)) continue;
    tensorboard::Summary::Value& value = *event.mutable_summary()->add_value();
    value.set_tag(tag);
    value.set_simple_value(static_cast<float>(number));
  }
  if (event.has_summary()) append(event.SerializeAsString());
}

void EventFile::add_histogram(std::int64_t step, const std::string& tag, std::span<const double> values,
                              double low, double high, int buckets) {
  expect(buckets >= 1 && low < high, "{}: expected buckets between two ends, found {} from {} to {}",
         path_.string(), buckets, low, high);
  if (values.empty()) return;
  const double width = (high - low) / buckets;
  std::vector<double> counts(static_cast<std::size_t>(buckets), 0.0);
  tensorboard::Event event = event_at(step);
  tensorboard::Summary::Value& summary = *event.mutable_summary()->add_value();
  summary.set_tag(tag);
  tensorboard::Histogram& histogram = *summary.mutable_histo();
  double sum = 0, squares = 0;
  for (const double value : values) {
    const double bucket =
        std::clamp(std::floor((value - low) / width), 0.0, static_cast<double>(buckets - 1));
    ++counts[static_cast<std::size_t>(bucket)];
    sum += value, squares += value * value;
  }
  const auto [least, most] = std::ranges::minmax(values);
  histogram.set_min(least);
  histogram.set_max(most);
  histogram.set_num(static_cast<double>(values.size()));
  histogram.set_sum(sum);
  histogram.set_sum_squares(squares);
  for (int i = 0; i < buckets; ++i) {
    histogram.add_bucket_limit(low + width * (i + 1));
    histogram.add_bucket(counts[static_cast<std::size_t>(i)]);
  }
  append(event.SerializeAsString());
}

void EventFile::add_image(std::int64_t step, const std::string& tag, int width, int height,
                          const std::string& encoded) {
  tensorboard::Event event = event_at(step);
  tensorboard::Summary::Value& value = *event.mutable_summary()->add_value();
  value.set_tag(tag);
  tensorboard::Image& image = *value.mutable_image();
  image.set_width(width);
  image.set_height(height);
  image.set_colorspace(3);
  image.set_encoded_image_string(encoded);
  append(event.SerializeAsString());
}

void EventFile::append(const std::string& event) {
  const std::string length = bytes_of(static_cast<std::uint64_t>(event.size()));
  stream_ << length << bytes_of(masked_crc32c(length)) << event << bytes_of(masked_crc32c(event))
          << std::flush;
  expect(stream_.good(), "{}: cannot be written", path_.string());
}

}  // namespace hypersphere
