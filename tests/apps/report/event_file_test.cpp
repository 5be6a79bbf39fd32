// TensorBoard's event files, read back after the format's description.
#include "apps/report/event_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "apps/report/tensorboard.pb.h"
#include "temporary_folder.h"
#include "tensor/error.h"

namespace hypersphere::test {
namespace {

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Number>
Number number_at(const std::string& bytes, std::size_t offset) {
  Number value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::vector<tensorboard::Event> read_events(const std::filesystem::path& path) {
  const std::string bytes = read_bytes(path);
  std::vector<tensorboard::Event> events;
  for (std::size_t at = 0; at < bytes.size();) {
    REQUIRE(bytes.size() - at >= 16);
    const auto length = number_at<std::uint64_t>(bytes, at);
    CHECK(number_at<std::uint32_t>(bytes, at + 8) == masked_crc32c(bytes.substr(at, 8)));
    REQUIRE(bytes.size() - at >= 16 + length);
    const std::string data = bytes.substr(at + 12, length);
    CHECK(number_at<std::uint32_t>(bytes, at + 12 + length) == masked_crc32c(data));
    REQUIRE(events.emplace_back().ParseFromString(data));
    at += 16 + length;
  }
  return events;
}

}  // namespace

TEST_CASE("events: the checksum is CRC-32C (RFC 3720, appendix B.4), masked") {
  const auto unmasked = [](const std::string& bytes) {
    const std::uint32_t turned = masked_crc32c(bytes) - 0xA282EAD8u;
    return turned >> 17 | turned << 15;
  };
  CHECK(unmasked("123456789") == 0xE3069283u);
  CHECK(unmasked(std::string(32, '\0')) == 0x8A9136AAu);
  CHECK(unmasked(std::string(32, '\xFF')) == 0x62A8AB43u);
}

TEST_CASE("events: a file begins with its version and the session's start") {
  const TemporaryFolder folder;
  EventFile file(folder / "", 12);
  CHECK(file.path().filename().string().starts_with("events.out.tfevents."));
  const auto events = read_events(file.path());
  REQUIRE(events.size() == 2);
  CHECK(events[0].file_version() == "brain.Event:2");
  CHECK(events[0].wall_time() > 1.7e9);
  CHECK(events[1].session_log().status() == tensorboard::SessionLog::START);
  CHECK(events[1].step() == 12);
}

TEST_CASE("events: scalars, and no others than finite ones") {
  const TemporaryFolder folder;
  EventFile file(folder / "", 0);
  file.add_scalars(3, {{"train/loss", 1.5}, {"nan", std::nan("")}, {"train/accuracy", 0.25}});
  file.add_scalars(4, {{"infinite", std::numeric_limits<double>::infinity()}});
  const auto events = read_events(file.path());
  REQUIRE(events.size() == 3);
  CHECK(events[2].step() == 3);
  REQUIRE(events[2].summary().value_size() == 2);
  CHECK(events[2].summary().value(0).tag() == "train/loss");
  CHECK(events[2].summary().value(0).simple_value() == 1.5f);
  CHECK(events[2].summary().value(1).simple_value() == 0.25f);
}

TEST_CASE("events: a histogram, worked out by hand") {
  const TemporaryFolder folder;
  EventFile file(folder / "", 0);
  const std::vector<double> angles = {-5, 10, 59.9, 60, 100, 180, 200};
  file.add_histogram(7, "angles", angles, 0, 180, 3);
  file.add_histogram(8, "nothing", {}, 0, 180, 3);
  const auto events = read_events(file.path());
  REQUIRE(events.size() == 3);
  const tensorboard::Histogram& histogram = events[2].summary().value(0).histo();
  CHECK(histogram.min() == -5);
  CHECK(histogram.max() == 200);
  CHECK(histogram.num() == 7);
  CHECK(histogram.sum() == doctest::Approx(604.9));
  CHECK(histogram.sum_squares() == doctest::Approx(25 + 100 + 59.9 * 59.9 + 3600 + 10000 + 32400 + 40000));
  CHECK(std::vector<double>(histogram.bucket_limit().begin(), histogram.bucket_limit().end()) ==
        std::vector<double>{60, 120, 180});
  CHECK(std::vector<double>(histogram.bucket().begin(), histogram.bucket().end()) ==
        std::vector<double>{3, 2, 2});
  CHECK_THROWS_AS(file.add_histogram(9, "x", angles, 0, 0, 3), Error);
}

TEST_CASE("events: an image") {
  const TemporaryFolder folder;
  EventFile file(folder / "", 0);
  file.add_image(1, "pairs", 20, 10, "encoded");
  const auto events = read_events(file.path());
  const tensorboard::Image& image = events.back().summary().value(0).image();
  CHECK(image.width() == 20);
  CHECK(image.height() == 10);
  CHECK(image.colorspace() == 3);
  CHECK(image.encoded_image_string() == "encoded");
}

TEST_CASE("events: a folder that is not there is refused") {
  CHECK_THROWS_AS(EventFile("/nowhere/at/all", 0), Error);
}

}  // namespace hypersphere::test
