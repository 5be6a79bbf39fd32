#include "nn/safetensors.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "nn/safetensors_header.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // as the reference implementation has it

// A file that is open behind its header.
struct Opened {
  std::ifstream stream;
  SafeTensorsHeader header;
};

Opened open(const std::filesystem::path& file) {
  std::error_code problem;
  const std::uint64_t size = std::filesystem::file_size(file, problem);
  expect(!problem, "{}: cannot be read: {}", file.string(), problem.message());
  Opened opened{std::ifstream(file, std::ios::binary), {}};
  expect(opened.stream.good(), "{}: cannot be opened", file.string());

  std::array<unsigned char, length_bytes> prefix{};
  expect(size >= length_bytes, "{}: no safetensors file: {} bytes, too short for a header", file.string(),
         size);
  opened.stream.read(reinterpret_cast<char*>(prefix.data()), length_bytes);
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | prefix[i];
  expect(length <= std::min(size - length_bytes, longest_header),
         "{}: no safetensors file, or cut short: a header of {} bytes in a file of {}", file.string(), length,
         size);

  std::string json(length, '\0');
  opened.stream.read(json.data(), static_cast<std::streamsize>(length));
  expect(opened.stream.good(), "{}: could not read the header", file.string());
  try {
    opened.header = parse_safetensors_header(json, size - length_bytes - length);
  } catch (const Error& error) {
    fail("{}: no safetensors file, or damaged: {}", file.string(), error.what());
  }
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
  std::string head;
  try {
    const std::string json = write_safetensors_header(content);
    for (std::uint64_t i = 0; i < length_bytes; ++i)
      head += static_cast<char>(static_cast<std::uint64_t>(json.size()) >> (8 * i) & 0xFF);
    head += json;
  } catch (const Error& error) {
    fail("{}: cannot be written: {}", file.string(), error.what());
  }
  std::vector<Tensor> on_cpu;  // keeps copies alive where a tensor lies on another device
  std::vector<std::string_view> pieces = {head};
  for (const auto& [name, tensor] : content.tensors) {
    on_cpu.push_back(tensor.to(Device::cpu));
    pieces.emplace_back(reinterpret_cast<const char*>(on_cpu.back().raw()), tensor.bytes());
  }
  write_file_atomically(file, pieces);
}

SafeTensors read_safetensors(const std::filesystem::path& file) {
  Opened opened = open(file);
  SafeTensors content;
  content.metadata = std::move(opened.header.metadata);
  for (const SafeTensorsHeader::Entry& entry : opened.header.entries) {
    Tensor tensor = Tensor::empty(entry.shape, entry.dtype);
    opened.stream.read(reinterpret_cast<char*>(tensor.raw()), static_cast<std::streamsize>(tensor.bytes()));
    expect(opened.stream.good(), "{}: could not read tensor '{}'", file.string(), entry.name);
    content.tensors.emplace_back(entry.name, std::move(tensor));
  }
  return content;
}

SafeTensorsHeader read_safetensors_header(const std::filesystem::path& file) { return open(file).header; }

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& file) {
  return open(file).header.metadata;
}

}  // namespace hypersphere
