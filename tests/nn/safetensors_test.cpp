// The file format: round trips, bytes as other programs expect them, and damaged files of every kind.
#include "nn/safetensors.h"

#include <sys/resource.h>
#include <xxhash.h>

#include <csignal>

#include "nn/safetensors_header.h"
#include "tests/nn/support.h"

namespace hypersphere {
namespace {

using test::read_bytes;
using test::write_bytes;

std::string with_length(const std::string& header, const std::string& data) {
  std::string bytes;
  for (unsigned i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes + header + data;
}

SafeTensors sample() {
  SafeTensors content;
  content.tensors.emplace_back("matrix", Tensor::from(std::vector<float>{1, -2.5f, 3, 1e-40f, 5, 6}, {2, 3}));
  content.tensors.emplace_back("pixels", Tensor::from(std::vector<std::uint8_t>{1, 2, 255}, {3}));
  content.tensors.emplace_back("labels", Tensor::from(std::vector<std::int32_t>{-7, 8}, {2, 1, 1}));
  content.tensors.emplace_back("scalar", Tensor::full({}, 0.1f));
  content.tensors.emplace_back("none", Tensor::zeros({0, 4}));
  content.tensors.emplace_back("half", Tensor::zeros({2, 1, 1, 3}, DType::bf16));
  content.metadata = {{"who", "Hypersphere \"quoted\" \xC3\xA9"}, {"empty", ""}};
  return content;
}

// The header `{"a": <entry>}` over `data_bytes` bytes.
void expect_refused(const std::string& header, const char* reason, std::size_t data_bytes = 8) {
  const test::TemporaryFolder folder;
  const auto file = folder / "damaged.safetensors";
  write_bytes(file, with_length(header, std::string(data_bytes, '\1')));
  const std::string shown = header.substr(0, 200);
  CAPTURE(shown);
  CHECK_THROWS_WITH_AS(read_safetensors(file), doctest::Contains(reason), Error);
  CHECK_THROWS_WITH_AS(read_safetensors_metadata(file), doctest::Contains("damaged.safetensors"), Error);
}

}  // namespace

TEST_CASE("what is written is read back, in order and bit for bit") {
  const test::TemporaryFolder folder;
  const auto file = folder / "sample.safetensors";
  const SafeTensors content = sample();
  write_safetensors(file, content);
  const SafeTensors back = read_safetensors(file);
  CHECK(back.metadata == content.metadata);
  CHECK(read_safetensors_metadata(file) == content.metadata);
  REQUIRE(back.tensors.size() == content.tensors.size());
  for (std::size_t i = 0; i < content.tensors.size(); ++i) {
    CAPTURE(content.tensors[i].first);
    CHECK(test::same_bits(back.at(content.tensors[i].first), content.tensors[i].second));
  }
  CHECK(back.tensors[0].first == "matrix");
  CHECK(back.contains("half"));
  CHECK_FALSE(back.contains("Half"));
  CHECK_THROWS_WITH_AS((void)back.at("Half"), doctest::Contains("'Half'"), Error);

  const SafeTensorsHeader header = read_safetensors_header(file);
  CHECK(header.entries.size() == content.tensors.size());
  CHECK(header.entries[0].shape == Shape{2, 3});
  CHECK(header.entries[0].end == 24);
}

TEST_CASE("an empty file of the format") {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "empty", {});
  CHECK(read_safetensors(folder / "empty").tensors.empty());
  CHECK(read_bytes(folder / "empty").find(R"({"__metadata__":{"checksum":"xxh3:)") == 8);
}

TEST_CASE("the bytes are those of the format") {
  const test::TemporaryFolder folder;
  SafeTensors content;
  content.tensors.emplace_back("a", Tensor::from(std::vector<float>{1, 2}, {2}));
  content.metadata["k"] = "v";
  write_safetensors(folder / "a", content);
  const std::string data("\0\0\x80\x3F\0\0\0\x40", 8);
  const auto header = [](const std::string& digits) {
    std::string text = R"({"__metadata__":{"checksum":"xxh3:)" + digits +
                       R"(","k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  };
  const std::string counted = header("0000000000000000") + data;
  const std::string digits = fmt::format("{:016x}", XXH3_64bits(counted.data(), counted.size()));
  CHECK(read_bytes(folder / "a") == with_length(header(digits), data));
}

TEST_CASE("a bit that flips anywhere is noticed, or changes nothing that is read") {
  const test::TemporaryFolder folder;
  const auto file = folder / "flipped";
  const SafeTensors content = sample();
  write_safetensors(file, content);
  const std::string whole = read_bytes(file);
  std::size_t refused = 0;
  for (std::size_t position = 0; position < whole.size(); ++position) {
    std::string damaged = whole;
    damaged[position] = static_cast<char>(damaged[position] ^ (1 << position % 8));
    write_bytes(file, damaged);
    CAPTURE(position);
    try {
      const SafeTensors back = read_safetensors(file);  // the word "checksum" itself may be hit
      for (const auto& [name, tensor] : content.tensors) CHECK(test::same_bits(back.at(name), tensor));
      for (const auto& [key, value] : content.metadata) CHECK(back.metadata.at(key) == value);
    } catch (const DamagedFile& error) {
      CHECK(std::string(error.what()).find("flipped") != std::string::npos);
      ++refused;
    }
  }
  CHECK(refused + 20 > whole.size());
}

TEST_CASE("a file that another program wrote anew with our metadata is read: its checksum is not ours") {
  const test::TemporaryFolder folder;
  const std::string header =
      R"({"__metadata__": {"checksum": "xxh3:0123456789abcdef"}, "a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})";
  write_bytes(folder / "foreign", with_length(header, "12345678"));
  CHECK(read_safetensors(folder / "foreign").tensors.size() == 1);
}

TEST_CASE("a header that another program wrote: other order, white space, escapes") {
  const test::TemporaryFolder folder;
  const std::string header =
      "{ \"b\\u0041\": {\"shape\": [1], \"data_offsets\": [4, 8], \"dtype\": \"F32\"},\n"
      "\"a\": {\"dtype\": \"U8\", \"shape\": [2,2], \"data_offsets\": [0, 4]} }  ";
  write_bytes(folder / "foreign", with_length(header, std::string("\1\2\3\4\0\0\x80\x3F", 8)));
  const SafeTensors content = read_safetensors(folder / "foreign");
  CHECK(content.tensors[0].first == "a");  // by position
  CHECK(content.at("a").span<std::uint8_t>()[3] == 4);
  CHECK(content.at("bA").span<float>()[0] == 1);
}

TEST_CASE("a file cut short anywhere, or with a byte too many, is refused") {
  const test::TemporaryFolder folder;
  const auto file = folder / "cut";
  write_safetensors(file, sample());
  const std::string whole = read_bytes(file);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_bytes(file, whole.substr(0, length));
    CAPTURE(length);
    CHECK_THROWS_WITH_AS(read_safetensors(file), doctest::Contains("cut"), Error);
  }
  write_bytes(file, whole + '\0');
  CHECK_THROWS_AS(read_safetensors(file), Error);
}

TEST_CASE("a header with any one bit flipped never crashes the reader") {
  const std::string header = write_safetensors_header(sample());
  std::uint64_t data_bytes = 0;
  for (const auto& [name, tensor] : sample().tensors) data_bytes += tensor.bytes();
  CHECK(parse_safetensors_header(header, data_bytes).entries.size() == sample().tensors.size());
  std::size_t refused = 0;
  for (std::size_t position = 0; position < header.size(); ++position)
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = header;
      damaged[position] = static_cast<char>(damaged[position] ^ (1 << bit));
      try {
        (void)parse_safetensors_header(damaged, data_bytes);  // a letter of a name may change unnoticed
      } catch (const Error&) {
        ++refused;
      }
    }
  CHECK(refused > header.size() * 8 / 2);
}

TEST_CASE("headers that do not describe their data are refused") {
  const auto entry = [](const char* dtype, const char* shape, const char* offsets) {
    return fmt::format(R"({{"a":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", dtype, shape, offsets);
  };
  const auto two = [](const char* first, const char* second) {
    return fmt::format(R"({{"a":{{"dtype":"F32","shape":[1],"data_offsets":{}}},)"
                       R"("b":{{"dtype":"F32","shape":[1],"data_offsets":{}}}}})",
                       first, second);
  };
  expect_refused(entry("\"F64\"", "[1]", "[0,8]"), "found 'F64'");
  expect_refused(entry("\"F32\"", "[3]", "[0,8]"), "does not fill");
  expect_refused(entry("\"F32\"", "[2]", "[0,7]"), "does not fill");
  expect_refused(entry("\"F32\"", "[2]", "[8,0]"), "do not lie");
  expect_refused(entry("\"F32\"", "[3]", "[0,12]"), "do not lie");
  expect_refused(entry("\"F32\"", "[1]", "[4,8]"), "begins at byte 4");
  expect_refused(entry("\"F32\"", "[1]", "[0,4]"), "end at byte 4 of 8");
  expect_refused(two("[0,4]", "[0,4]"), "begins at byte 0, the one before it ends at 4");
  expect_refused(two("[0,4]", "[2,6]"), "begins at byte 2");
  expect_refused(two("[0,4]", "[8,12]"), "begins at byte 8", 12);
  // 2^62 floats are 2^64 bytes: a product that wraps round to 0 would fit an empty range.
  expect_refused(entry("\"F32\"", "[4611686018427387904]", "[0,0]"), "does not fill", 0);
  expect_refused(entry("\"F32\"", "[9223372036854775807]", "[0,8]"), "more than 2^62");
  expect_refused(entry("\"F32\"", "[18446744073709551615]", "[0,8]"), "an extent of");
  expect_refused(entry("\"F32\"", "[18446744073709551616]", "[0,8]"), "not whole");
  expect_refused(entry("\"F32\"", "[4294967296,4294967296,4294967296]", "[0,8]"), "more than 2^62");
  expect_refused(entry("\"F32\"", "[1,1,1,1,2]", "[0,8]"), "at most 4 extents");
  expect_refused(entry("\"F32\"", "[-2]", "[0,8]"), "negative");
  expect_refused(entry("\"F32\"", "[2.0]", "[0,8]"), "not whole");
  expect_refused(entry("\"F32\"", "[[2]]", "[0,8]"), "a list");
  expect_refused(entry("\"F32\"", "2", "[0,8]"), "a number");
  expect_refused(entry("\"F32\"", "[2]", "[0,4,8]"), "two data_offsets");
  expect_refused(entry("\"F32\"", "[2]", "[0,18446744073709551615]"), "do not lie");
  expect_refused(entry("[0]", "[2]", "[0,8]"), "a list");
  expect_refused(entry("null", "[2]", "[0,8]"), "null");
  expect_refused(entry("true", "[2]", "[0,8]"), "true or false");
  expect_refused(entry("{}", "[2]", "[0,8]"), "an object");
}

TEST_CASE("headers of another form are refused") {
  const std::string good = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  expect_refused("", "does not begin");
  expect_refused(" {" + good + "}", "does not begin");
  expect_refused("[]", "does not begin");
  expect_refused("{" + good, "no JSON");
  expect_refused("{" + good + "}}", "no JSON");
  expect_refused("{" + good + "} {}", "no JSON");
  expect_refused("{" + good + "," + good + "}", "'a' comes twice");
  expect_refused("{" + good + R"(,"b":1})", "a number");
  expect_refused("{" + good + R"(,"b":"text"})", "a text");
  expect_refused("{" + good + R"(,"b":[]})", "a list");
  expect_refused("{" + good + R"(,"b":{}})", "expected dtype, shape and data_offsets");
  expect_refused("{" + good + R"(,"__metadata__":{"k":1}})", "a number");
  expect_refused("{" + good + R"(,"__metadata__":{"k":{}}})", "an object");
  expect_refused("{" + good + R"(,"__metadata__":{"k":"1","k":"2"}})", "'k' comes twice");
  expect_refused("{" + good + R"(,"__metadata__":{},"__metadata__":{}})", "comes twice");
  expect_refused("{" + good + ",\"\xFF\":{}}", "no JSON");
  expect_refused(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                 "dtype comes twice");
  expect_refused(R"({"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}})",
                 "shape comes twice");
  expect_refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", "found 'more'");
  expect_refused(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", "expected dtype");
  // Deep nesting must not end in a stack overflow.
  expect_refused(R"({"a":{"shape":)" + std::string(1000000, '[') + "}", "a list");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += R"({"a":)";
  expect_refused(objects, "found 'a'");
}

TEST_CASE("lengths that no file can have are refused before memory is asked for") {
  const test::TemporaryFolder folder;
  for (const std::uint64_t length :
       {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 40, std::uint64_t{3}}) {
    std::string bytes;
    for (unsigned i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
    write_bytes(folder / "long", bytes + "{}");
    CHECK_THROWS_WITH_AS(read_safetensors(folder / "long"), doctest::Contains("cut short"), Error);
  }
}

TEST_CASE("files that are not there, or are folders") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(read_safetensors(folder / "absent"), doctest::Contains("absent"), Error);
  CHECK_THROWS_WITH_AS(read_safetensors(folder.path()), doctest::Contains("hypersphere-test"), Error);
  CHECK_THROWS_WITH_AS(write_safetensors(folder / "no/such/file", sample()), doctest::Contains("no/such"),
                       Error);
}

TEST_CASE("what a header cannot hold is not written, and the old file stays") {
  const test::TemporaryFolder folder;
  const auto file = folder / "kept";
  write_safetensors(file, sample());
  const std::string before = read_bytes(file);
  const Tensor value = Tensor::zeros({1});
  const auto refused = [&](const SafeTensors& content) {
    CHECK_THROWS_WITH_AS(write_safetensors(file, content), doctest::Contains("kept"), Error);
    CHECK(read_bytes(file) == before);
  };
  refused({.tensors = {{"a", value}, {"a", value}}, .metadata = {}});
  refused({.tensors = {{"__metadata__", value}}, .metadata = {}});
  refused({.tensors = {{"a\xFF", value}}, .metadata = {}});
  refused({.tensors = {}, .metadata = {{"k", "\xC3"}}});
  refused({.tensors = {{"a", Tensor()}}, .metadata = {}});
}

TEST_CASE("a write that fails half-way leaves the old file and no other") {
  const test::TemporaryFolder folder;
  const auto file = folder / "kept";
  write_safetensors(file, sample());
  const std::string before = read_bytes(file);
  SafeTensors large;
  large.tensors.emplace_back("large", Tensor::zeros({1 << 20}));

  // The system refuses files beyond 64 KiB for the moment, as a full disk would.
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{65536, old.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  try {
    write_safetensors(file, large);
  } catch (const Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);

  CHECK(message.find("kept") != std::string::npos);
  CHECK(read_bytes(file) == before);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) files += entry.exists();
  CHECK(files == 1);
  write_safetensors(file, large);
  CHECK(read_safetensors(file).tensors.size() == 1);
}

}  // namespace hypersphere
