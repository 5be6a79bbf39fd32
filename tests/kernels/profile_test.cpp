#include "kernels/profile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "kernels/elementwise/elementwise.h"
#include "tests/support.h"

namespace hypersphere::test {
namespace {

using profile::Row;
using profile::Scope;

const Row* find(const std::vector<Row>& rows, const std::string& operation) {
  const auto found = std::ranges::find(rows, operation, &Row::operation);
  return found == rows.end() ? nullptr : &*found;
}

void pass_time(double seconds) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
  }
}

}  // namespace

TEST_CASE("profile: counts the operations that the dispatcher calls, between start and stop") {
  const Tensor a = random_tensor({7}), b = random_tensor({7});
  Tensor sum = poisoned({7});
  add(a, b, sum);
  profile::start();
  for (int i = 0; i < 3; ++i) add(a, b, sum);
  fill(1, sum);
  const std::vector<Row> rows = profile::stop();
  add(a, b, sum);
  REQUIRE(rows.size() == 2);
  REQUIRE(find(rows, "add") != nullptr);
  REQUIRE(find(rows, "fill") != nullptr);
  CHECK(find(rows, "add")->calls == 3);
  CHECK(find(rows, "fill")->calls == 1);
  CHECK(find(rows, "add")->seconds > 0);
  CHECK(profile::stop().empty());
}

TEST_CASE("profile: start() forgets what was recorded before") {
  profile::start();
  { const Scope scope(Device::cpu, "before"); }
  profile::start();
  { const Scope scope(Device::cpu, "after"); }
  const std::vector<Row> rows = profile::stop();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].operation == "after");
}

TEST_CASE("profile: an operation that calls others is not charged for their time; the longest comes first") {
  profile::start();
  const auto begin = std::chrono::steady_clock::now();
  {
    const Scope outer(Device::cpu, "outer");
    for (int i = 0; i < 2; ++i) {
      const Scope inner(Device::cpu, "inner");
      pass_time(0.01);
      const Scope innermost(Device::cpu, "innermost");
      pass_time(0.002);
    }
    pass_time(0.001);
  }
  { const Scope next(Device::cpu, "next"); }  // not inside of outer
  const double total = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const std::vector<Row> rows = profile::stop();
  REQUIRE(rows.size() == 4);
  CHECK(std::ranges::is_sorted(rows, std::ranges::greater(), &Row::seconds));
  CHECK(find(rows, "inner")->calls == 2);
  CHECK(find(rows, "inner")->seconds >= 0.0199);
  CHECK(find(rows, "innermost")->seconds >= 0.0039);
  CHECK(find(rows, "outer")->calls == 1);
  CHECK(find(rows, "outer")->seconds >= 0.0009);
  double sum = 0;
  for (const Row& row : rows) sum += row.seconds;
  CHECK(sum <= total);  // nothing counts twice
}

TEST_CASE("profile: cuda's calls and those that do not end within the profile are left out") {
  std::optional<Scope> early, late;
  early.emplace(Device::cpu, "begun before");
  profile::start();
  early.reset();
  { const Scope scope(Device::cuda, "on cuda"); }
  late.emplace(Device::cpu, "ended afterwards");
  CHECK(profile::stop().empty());
  late.reset();
  profile::start();
  CHECK(profile::stop().empty());
}

TEST_CASE("profile: several threads at a time") {
  profile::start();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([] {
        for (int k = 0; k < 100; ++k) const Scope scope(Device::cpu, "threaded");
      });
  }
  const std::vector<Row> rows = profile::stop();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].calls == 400);
}

}  // namespace hypersphere::test
