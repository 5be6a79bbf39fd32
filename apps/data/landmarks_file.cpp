#include "apps/data/landmarks_file.h"

#include <fstream>
#include <vector>

#include "tensor/error.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// Cells of a table may be in quotation marks.
constexpr std::string_view cell_ends = " \t\r\"";

std::vector<std::string_view> split(std::string_view line) {
  const char between = line.find(',') != line.npos ? ',' : line.find('\t') != line.npos ? '\t' : ' ';
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = line.find(between);
    const std::string_view word = trim(line.substr(0, end), cell_ends);
    if (!word.empty() || between == ',') words.push_back(word);
    line = end == line.npos ? std::string_view{} : line.substr(end + 1);
  }
  return words;
}

std::optional<Landmarks> parse(const std::vector<std::string_view>& words, double origin) {
  constexpr std::size_t numbers = 10, with_box = 14, with_score = 15;
  if (words.size() < 1 + numbers) return std::nullopt;
  const std::size_t found = words.size() - 1;
  if (found != numbers && found != with_box && found != with_score) return std::nullopt;
  std::vector<double> values;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto value = number_in<double>(words[i]);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  Landmarks landmarks;
  for (std::size_t i = 0; i < landmarks.size(); ++i)
    landmarks[i] = {values[found - numbers + 2 * i] - origin, values[found - numbers + 2 * i + 1] - origin};
  return landmarks;
}

}  // namespace

LandmarksFile LandmarksFile::read(const fs::path& file, bool one_based) {
  std::ifstream stream(file);
  expect(stream.is_open(), "landmarks: cannot open {}", file.string());
  LandmarksFile result;
  std::string line;
  for (int row = 1; std::getline(stream, line); ++row) {
    const std::vector<std::string_view> words = split(trim(line, cell_ends));
    if (words.empty()) continue;
    const auto landmarks = parse(words, one_based ? 1 : 0);
    if (!landmarks && row == 1 && words.size() > 1 && !number_in<double>(words[1])) continue;  // a CSV's head
    expect(landmarks.has_value(), "{}:{}: expected a path and the numbers x1 y1 ... x5 y5, found '{}'",
           file.string(), row, line);
    const std::string path = fs::path(words[0]).lexically_normal().generic_string();
    expect(result.of_.emplace(path, *landmarks).second, "{}:{}: {} comes twice", file.string(), row, path);
  }
  expect(!stream.bad() && !result.of_.empty(),
         "landmarks: {} holds none; expected a path and ten numbers on each line", file.string());
  return result;
}

std::optional<Landmarks> LandmarksFile::find(const fs::path& path) const {
  const std::string whole = path.lexically_normal().generic_string();
  for (std::size_t start = 0; start != std::string::npos;) {
    if (const auto found = of_.find(whole.substr(start)); found != of_.end()) return found->second;
    const std::size_t slash = whole.find('/', start);
    start = slash == whole.npos ? slash : slash + 1;
  }
  return std::nullopt;
}

}  // namespace hypersphere
