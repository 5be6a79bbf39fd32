#include "apps/report/log.h"

#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "tensor/error.h"
#include "tensor/file.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

using nlohmann::json;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  expect(stream.is_open(), "log: could not open '{}' to read", path.string());
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  expect(!stream.bad(), "log: could not read '{}'", path.string());
  return text;
}

// Calls `row` for each line with its text and what it holds. A last line that no line end closes and that is
// not an object is what a killed process was writing; it is passed over.
void for_each_row(const std::filesystem::path& path, std::string_view text,
                  const std::function<void(std::string_view, json)>& row) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const bool closed = end != std::string_view::npos;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(closed ? end + 1 : text.size());
    if (trim(line).empty()) continue;
    json value = json::parse(line, nullptr, false);
    if (!value.is_object() && !closed) return;
    expect(value.is_object(), "log: line {} of '{}' is not a JSON object: {}", number, path.string(),
           line.substr(0, 60));
    row(line, std::move(value));
  }
}

// Replaces the log by its rows that `keep` wants; leaves the file alone where that changes nothing.
void rewrite(const std::filesystem::path& path, const std::function<bool(const json&)>& keep) {
  const std::string text = read_text(path);
  std::string kept;
  for_each_row(path, text, [&](std::string_view line, const json& row) {
    if (keep(row)) kept.append(line).append("\n");
  });
  if (kept != text) write_file_atomically(path, kept);
}

}  // namespace

JsonlLog::JsonlLog(std::filesystem::path path) : path_(std::move(path)) {
  if (std::filesystem::exists(path_)) rewrite(path_, [](const json&) { return true; });
  open();
}

void JsonlLog::open() {
  stream_.open(path_, std::ios::binary | std::ios::app);
  expect(stream_.is_open(), "log: could not open '{}' to append", path_.string());
}

void JsonlLog::append(const json& row) {
  expect(row.is_object(), "log: expected a JSON object as a row of '{}', found {}", path_.string(),
         row.type_name());
  // Text that is not UTF-8 (a file name in a message) must not end a training run.
  stream_ << row.dump(-1, ' ', false, json::error_handler_t::replace) << '\n' << std::flush;
  expect(stream_.good(), "log: could not write to '{}'; is the disk full?", path_.string());
}

void JsonlLog::truncate_after(std::int64_t iteration) {
  stream_.close();
  rewrite(path_, [iteration](const json& row) {
    const auto found = row.find("iteration");
    return found == row.end() || !found->is_number() ||
           found->get<double>() <= static_cast<double>(iteration);
  });
  open();
}

std::vector<json> read_log(const std::filesystem::path& path) {
  std::vector<json> rows;
  for_each_row(path, read_text(path), [&](std::string_view, json row) { rows.push_back(std::move(row)); });
  return rows;
}

}  // namespace hypersphere
