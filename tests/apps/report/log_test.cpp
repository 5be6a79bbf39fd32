#include "apps/report/log.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tensor/error.h"
#include "tests/apps/report/temporary_folder.h"

namespace hypersphere {
namespace {

using nlohmann::json;
using test::read_bytes;
using test::TemporaryFolder;
using test::write_bytes;

TEST_CASE("JsonlLog: each row is a line, on the disk when append returns") {
  const TemporaryFolder folder;
  JsonlLog log(folder / "log.jsonl");
  log.append({{"iteration", 1}, {"loss", 0.5}});
  CHECK(read_bytes(log.path()) == "{\"iteration\":1,\"loss\":0.5}\n");
  log.append({{"iteration", 2}, {"loss", std::nan("")}, {"name", "a\nb\xff"}});
  const auto rows = read_log(log.path());
  REQUIRE(rows.size() == 2);
  CHECK(rows[1]["iteration"] == 2);
  CHECK(rows[1]["loss"].is_null());
  CHECK_THROWS_WITH_AS(log.append(json::array({1})), doctest::Contains("array"), Error);
}

TEST_CASE("JsonlLog: opening again appends") {
  const TemporaryFolder folder;
  JsonlLog(folder / "log.jsonl").append({{"iteration", 1}});
  JsonlLog(folder / "log.jsonl").append({{"iteration", 2}});
  CHECK(read_bytes(folder / "log.jsonl") == "{\"iteration\":1}\n{\"iteration\":2}\n");
}

TEST_CASE("JsonlLog: truncate_after keeps each iteration once over a resumed run") {
  const TemporaryFolder folder;
  JsonlLog log(folder / "log.jsonl");
  log.append({{"kind", "start"}});
  for (const int i : {1, 2, 3, 4}) log.append({{"iteration", i}, {"run", 1}});
  log.append({{"kind", "validation"}, {"iteration", 4}});
  log.truncate_after(2);
  CHECK(read_log(log.path()).size() == 3);
  for (const int i : {3, 4}) log.append({{"iteration", i}, {"run", 2}});
  const auto rows = read_log(log.path());
  REQUIRE(rows.size() == 5);
  CHECK(rows[0]["kind"] == "start");
  for (std::size_t i = 1; i <= 4; ++i) {
    CHECK(rows[i]["iteration"] == i);
    CHECK(rows[i]["run"] == (i <= 2 ? 1 : 2));
  }
  CHECK(folder.entries() == 1);
  log.truncate_after(0);
  CHECK(read_bytes(log.path()) == "{\"kind\":\"start\"}\n");
}

TEST_CASE("log: a half-written last line is left out by readers and cut off before appending") {
  const TemporaryFolder folder;
  const std::string whole = "{\"iteration\":1}\n{\"iteration\":2}\n";
  for (const char* tail : {"{\"iteration\":3", "{", "{\"iteration\":3,\"loss\":1.", "3"}) {
    CAPTURE(tail);
    write_bytes(folder / "log.jsonl", whole + tail);
    CHECK(read_log(folder / "log.jsonl").size() == 2);
    JsonlLog log(folder / "log.jsonl");
    log.append({{"iteration", 3}});
    CHECK(read_bytes(log.path()) == whole + "{\"iteration\":3}\n");
  }
  // Only the line end was lost: the row is complete.
  write_bytes(folder / "log.jsonl", whole + "{\"iteration\":3}");
  CHECK(read_log(folder / "log.jsonl").size() == 3);
  JsonlLog(folder / "log.jsonl").append({{"iteration", 4}});
  CHECK(read_bytes(folder / "log.jsonl") == whole + "{\"iteration\":3}\n{\"iteration\":4}\n");
}

TEST_CASE("log: a broken line elsewhere is an error with its number, and the file stays as it is") {
  const TemporaryFolder folder;
  const std::string broken = "{\"iteration\":1}\n\n{\"itera\n{\"iteration\":2}\n";
  write_bytes(folder / "log.jsonl", broken);
  CHECK_THROWS_WITH_AS(read_log(folder / "log.jsonl"), doctest::Contains("line 3 of"), Error);
  CHECK_THROWS_AS(JsonlLog(folder / "log.jsonl"), Error);
  CHECK(read_bytes(folder / "log.jsonl") == broken);
  write_bytes(folder / "log.jsonl", "{\"iteration\":1}\n[2]\n");
  CHECK_THROWS_WITH_AS(read_log(folder / "log.jsonl"), doctest::Contains("line 2 of"), Error);
}

TEST_CASE("log: files that cannot be opened are named") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(read_log(folder / "missing.jsonl"), doctest::Contains("missing.jsonl"), Error);
  CHECK_THROWS_WITH_AS(JsonlLog(folder / "none/log.jsonl"), doctest::Contains("none/log.jsonl"), Error);
}

}  // namespace
}  // namespace hypersphere
