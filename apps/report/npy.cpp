#include "apps/report/npy.h"

#include <array>
#include <bit>
#include <string>
#include <string_view>

#include "tensor/error.h"
#include "tensor/file.h"

namespace hypersphere {

void write_npy(const std::filesystem::path& path, std::span<const float> values, std::int64_t rows,
               std::int64_t columns) {
  static_assert(std::endian::native == std::endian::little, "the values are written as they lie in memory");
  expect(rows >= 0 && columns >= 0 &&
             static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns) == values.size(),
         "npy: expected {} x {} values for '{}', found {}", rows, columns, path.string(), values.size());
  std::string dictionary =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  // Magic, version and length take 10 bytes; the dictionary is filled up so that the values begin at a
  // multiple of 64.
  constexpr std::size_t before = 10, alignment = 64;
  const std::size_t end = (before + dictionary.size() + 1 + alignment - 1) / alignment * alignment;
  dictionary.resize(end - before - 1, ' ');
  dictionary += '\n';

  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(dictionary.size() & 0xFF);
  header += static_cast<char>(dictionary.size() >> 8);
  header += dictionary;
  const std::array<std::string_view, 2> pieces{
      header, std::string_view(reinterpret_cast<const char*>(values.data()), values.size_bytes())};
  write_file_atomically(path, pieces);
}

}  // namespace hypersphere
