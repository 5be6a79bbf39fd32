#include "nn/safetensors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "nn/checksum.h"
#include "nn/safetensors_header.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // as the reference implementation has it

// In a header as this program writes it; in one that another program wrote anew, the checksum says nothing any more.
constexpr const char* checksum_key = "checksum";
constexpr std::string_view checksum_start = R"("checksum":"xxh3:)", no_digits = "0000000000000000";

template <class... Args>
[[noreturn]] void damaged(fmt::format_string<Args...> format, Args&&... args) {
  throw DamagedFile(fmt::format(format, std::forward<Args>(args)...));
}

// Where the digits stand in a header; npos where there are none.
std::size_t find_digits(std::string_view json) {
  const std::size_t start = json.find(checksum_start);
  if (start == json.npos || json.size() - start < checksum_start.size() + no_digits.size()) return json.npos;
  return start + checksum_start.size();
}

std::string_view bytes_of(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.raw()), tensor.bytes()};
}

// A file that is open behind its header.
struct Opened {
  std::ifstream stream;
  SafeTensorsHeader header;
  std::string json;
};

Opened open(const std::filesystem::path& file) {
  std::error_code problem;
  const std::uint64_t size = std::filesystem::file_size(file, problem);
  expect(!problem, "{}: cannot be read: {}", file.string(), problem.message());
  Opened opened{std::ifstream(file, std::ios::binary), {}, {}};
  expect(opened.stream.good(), "{}: cannot be opened", file.string());

  std::array<unsigned char, length_bytes> prefix{};
  if (size < length_bytes)
    damaged("{}: no safetensors file, or cut short: {} bytes are too few for a header", file.string(), size);
  opened.stream.read(reinterpret_cast<char*>(prefix.data()), length_bytes);
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | prefix[i];
  if (length > std::min(size - length_bytes, longest_header))
    damaged("{}: no safetensors file, or cut short: a header of {} bytes in a file of {}", file.string(),
            length, size);

  opened.json.resize(length);
  opened.stream.read(opened.json.data(), static_cast<std::streamsize>(length));
  if (!opened.stream.good()) damaged("{}: could not read the header", file.string());
  try {
    opened.header = parse_safetensors_header(opened.json, size - length_bytes - length);
  } catch (const Error& error) {
    damaged("{}: no safetensors file, or damaged: {}", file.string(), error.what());
  }
  if (find_digits(opened.json) != std::string::npos) opened.header.metadata.erase(checksum_key);
  return opened;
}

}  // namespace

const Tensor& SafeTensors::at(const std::string& name) const {
  const auto found = std::ranges::find(tensors, name, &std::pair<std::string, Tensor>::first);
  expect(found != tensors.end(), "no tensor '{}'", name);
  return found->second;
}

bool SafeTensors::contains(const std::string& name) const {
  return std::ranges::find(tensors, name, &std::pair<std::string, Tensor>::first) != tensors.end();
}

void write_safetensors(const std::filesystem::path& file, const SafeTensors& content) {
  SafeTensors whole = content;
  whole.metadata[checksum_key] = fmt::format("xxh3:{}", no_digits);
  for (auto& [name, tensor] : whole.tensors)
    if (tensor.defined()) tensor = tensor.to(Device::cpu);
  std::string head;
  try {
    std::string json = write_safetensors_header(whole);
    Checksum checksum;
    checksum.add(json);
    for (const auto& [name, tensor] : whole.tensors) checksum.add(bytes_of(tensor));
    json.replace(find_digits(json), no_digits.size(), checksum.digits());
    for (std::uint64_t i = 0; i < length_bytes; ++i)
      head += static_cast<char>(static_cast<std::uint64_t>(json.size()) >> (8 * i) & 0xFF);
    head += json;
  } catch (const Error& error) {
    fail("{}: cannot be written: {}", file.string(), error.what());
  }
  std::vector<std::string_view> pieces = {head};
  for (const auto& [name, tensor] : whole.tensors) pieces.push_back(bytes_of(tensor));
  write_file_atomically(file, pieces);
}

SafeTensors read_safetensors(const std::filesystem::path& file) {
  Opened opened = open(file);
  const std::size_t place = find_digits(opened.json);
  std::string digits;
  if (place != std::string::npos) {
    digits = opened.json.substr(place, no_digits.size());
    opened.json.replace(place, no_digits.size(), no_digits);
  }
  Checksum checksum;
  checksum.add(opened.json);

  SafeTensors content;
  content.metadata = std::move(opened.header.metadata);
  for (const SafeTensorsHeader::Entry& entry : opened.header.entries) {
    Tensor tensor = Tensor::empty(entry.shape, entry.dtype);
    opened.stream.read(reinterpret_cast<char*>(tensor.raw()), static_cast<std::streamsize>(tensor.bytes()));
    if (!opened.stream.good()) damaged("{}: could not read tensor '{}'", file.string(), entry.name);
    checksum.add(bytes_of(tensor));
    content.tensors.emplace_back(entry.name, std::move(tensor));
  }
  if (!digits.empty() && digits != checksum.digits())
    damaged("{}: damaged: its checksum is {}, that of its bytes {}", file.string(), digits,
            checksum.digits());
  return content;
}

SafeTensorsHeader read_safetensors_header(const std::filesystem::path& file) { return open(file).header; }

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& file) {
  return open(file).header.metadata;
}

void expect_finite(const std::string& name, const Tensor& weights) {
  const auto numbers = weights.span<float>();
  const auto bad = std::ranges::find_if_not(numbers, [](float number) { return std::isfinite(number); });
  if (bad != numbers.end())
    fail("tensor '{}': value {} is not finite ({}): its training went wrong; use an earlier checkpoint", name,
         bad - numbers.begin(), *bad);
}

}  // namespace hypersphere
