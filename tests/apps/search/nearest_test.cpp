#include "apps/search/nearest.h"

#include <numeric>

#include "tests/apps/search/galleries.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/simd_targets.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  Tensor rows;
  std::vector<std::int32_t> groups;
  Tensor queries;
};

std::vector<std::int32_t> numbered(std::int64_t rows, std::int64_t per_group = 1) {
  std::vector<std::int32_t> groups;
  for (std::int64_t r = 0; r < rows; ++r) groups.push_back(static_cast<std::int32_t>(r / per_group));
  return groups;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto random = [&](const char* name, std::int64_t rows, std::int64_t size, std::int64_t queries,
                          std::int64_t per_group) {
    all.push_back(
        {name, random_unit_rows(rows, size), numbered(rows, per_group), random_unit_rows(queries, size)});
  };
  random("one row", 1, 16, 2, 1);
  random("rows of one number", 9, 1, 2, 2);
  random("ragged", 37, 19, 3, 4);
  random("one group", 50, 24, 2, 50);
  random("an embedding with its mirror image's", 90, 1024, 5, 3);
  random("more than a block of the kernels", 900, 130, 2, 1);
  random("no queries", 8, 16, 0, 1);

  Case equal{"the same row many times, in several groups", random_unit_rows(40, 48), numbered(40, 3),
             random_unit_rows(2, 48)};
  for (std::int64_t r = 0; r < 40; r += 2) equal.rows.slice(r, 1).copy_from(equal.rows.slice(r % 4, 1));
  equal.queries.slice(0, 1).copy_from(equal.rows.slice(2, 1));  // one of them itself
  all.push_back(equal);

  Case close{"rows closer to each other than codes can tell", random_unit_rows(60, 64), numbered(60, 2),
             random_unit_rows(2, 64)};
  for (std::int64_t i = 0; i < close.rows.size(); ++i)
    close.rows.data<float>()[i] = close.rows.data<float>()[i % 64] + 1e-4f * close.rows.data<float>()[i];
  REQUIRE(make_unit_rows(close.rows) == -1);
  close.queries.slice(0, 1).copy_from(close.rows.slice(30, 1));
  all.push_back(close);

  Case zeros{"rows and a query of zeros", random_unit_rows(30, 20), numbered(30, 2), random_unit_rows(2, 20)};
  for (const std::int64_t r : {0, 7, 8, 9, 29}) zeros.rows.slice(r, 1).set_zero();
  zeros.queries.slice(1, 1).set_zero();
  all.push_back(zeros);

  Case spikes{"rows with one large value, which have coarse codes", random_unit_rows(64, 96), numbered(64),
              random_unit_rows(3, 96)};
  for (std::int64_t r = 0; r < 64; r += 2) spikes.rows.data<float>()[r * 96 + r % 5] = 2;
  REQUIRE(make_unit_rows(spikes.rows) == -1);
  all.push_back(spikes);

  Case scattered{
      "groups of any number, rows of a group apart", random_unit_rows(41, 32), {}, random_unit_rows(3, 32)};
  for (std::int32_t r = 0; r < 41; ++r) scattered.groups.push_back(r % 7 * 1000 - 3000);
  all.push_back(scattered);
  return all;
}

bool same_matches(const std::vector<Match>& found, const std::vector<Match>& wanted) {
  if (found.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i].row != wanted[i].row || !(std::abs(found[i].cosine - wanted[i].cosine) < 1e-12))
      return false;
  return true;
}

}  // namespace

TEST_CASE("NearestRows: finds what a scan in double finds, ties too") {
  for (const Case& c : cases())
    for (const Device device : devices()) {
      const NearestRows nearest(c.rows, c.groups, device);
      for (const std::int64_t most : {1, 2, 5, 1000}) {
        INFO(c.name, ", the best ", most, " on ", to_string(device));
        const auto found = nearest.find(c.queries, most);
        REQUIRE(std::ssize(found) == c.queries.shape()[0]);
        for (std::int64_t q = 0; q < c.queries.shape()[0]; ++q) {
          INFO("query ", q);
          CHECK(same_matches(found[static_cast<std::size_t>(q)].matches,
                             naive_search(c.rows, c.groups, c.queries.slice(q, 1), most)));
        }
      }
    }
}

TEST_CASE("NearestRows: a group of each query's that does not count") {
  const Tensor rows = random_unit_rows(200, 40);
  const std::vector<std::int32_t> groups = numbered(200, 10);
  const NearestRows nearest(rows, groups);
  // The rows themselves: without their own group, they find somebody else.
  const auto found = nearest.find(rows, 3, groups);
  for (std::int64_t r = 0; r < 200; ++r) {
    const std::int32_t own = groups[static_cast<std::size_t>(r)];
    CHECK(same_matches(found[static_cast<std::size_t>(r)].matches,
                       naive_search(rows, groups, rows.slice(r, 1), 3, &own)));
  }
  const NearestRows one_group(rows, std::vector<std::int32_t>(200, 5));
  CHECK(one_group.find(rows.slice(0, 1), 3, std::vector<std::int32_t>{5})[0].matches.empty());
}

TEST_CASE("NearestRows: the same bits on any device, SIMD target and number of threads") {
  const Tensor rows = random_unit_rows(300, 112), queries = random_unit_rows(7, 112);
  const auto matches = [&](Device device) {
    std::vector<std::vector<Match>> all;
    for (const auto& found : NearestRows(rows, numbered(300, 2), device).find(queries, 6))
      all.push_back(found.matches);
    return all;
  };
  const auto first = matches(Device::cpu);
  for (const Device device : devices()) CHECK(matches(device) == first);
  for_each_simd_target([&] { CHECK(matches(Device::cpu) == first); });
  const int threads = cpu::thread_count();
  for (const int some : {1, 2, 3}) {
    cpu::set_thread_count(some);
    CHECK(matches(Device::cpu) == first);
  }
  cpu::set_thread_count(threads);
}

TEST_CASE("NearestRows: looks at few rows again, and at all where it has to") {
  const Tensor rows = random_unit_rows(4000, 256), queries = random_unit_rows(4, 256);
  const NearestRows nearest(rows, numbered(4000));
  for (const auto& found : nearest.find(queries, 3)) {
    CHECK(found.compared >= 3);
    CHECK(found.compared < 400);
  }
  for (const auto& found : nearest.find(queries, 4000)) CHECK(found.compared == 4000);
  CHECK(nearest.bytes_scanned() == 4000 * (256 + 4 + 4));
}

TEST_CASE("NearestRows: more queries than are looked up at a time") {
  const Tensor rows = random_unit_rows(20, 12), queries = random_unit_rows(150, 12);
  const auto found = NearestRows(rows, numbered(20)).find(queries, 2);
  REQUIRE(found.size() == 150);
  for (std::int64_t q = 0; q < 150; ++q)
    CHECK(same_matches(found[static_cast<std::size_t>(q)].matches,
                       naive_search(rows, numbered(20), queries.slice(q, 1), 2)));
}

TEST_CASE("make_unit_rows: lengths of 1, zeros stay, the first bad row is told") {
  Tensor rows = Tensor::from<float>({3, 4, 0, 0, 1e-30f, 0}, {3, 2});
  CHECK(make_unit_rows(rows) == -1);
  CHECK(to_double(rows) == to_double(Tensor::from<float>({0.6f, 0.8f, 0, 0, 1, 0}, {3, 2})));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Tensor damaged = Tensor::from<float>({3, 4, 1, bad, bad, 0}, {3, 2});
    CHECK(make_unit_rows(damaged) == 1);
    CHECK(damaged.data<float>()[0] == 3);
  }
  Tensor none = Tensor::empty({0, 4});
  CHECK(make_unit_rows(none) == -1);
}

TEST_CASE("search: unfit arguments are named") {
  const Tensor rows = random_unit_rows(4, 6);
  const NearestRows nearest(rows, numbered(4));
  CHECK_FAILS(NearestRows(Tensor(), numbered(4)), "search: expected features of f32 [N, D]");
  CHECK_FAILS(NearestRows(rows, numbered(3)), "4 rows, but the groups of 3");
  Tensor longer = rows.clone();
  longer.data<float>()[2 * 6] += 2;
  CHECK_FAILS(NearestRows(longer, numbered(4)), "in row 2");
  longer.data<float>()[6] = std::numeric_limits<float>::quiet_NaN();
  CHECK_FAILS(NearestRows(longer, numbered(4)), "in row 1");
  CHECK_FAILS(nearest.find(longer, 1), "expected queries of length 1 or 0");
  CHECK_FAILS(nearest.find(random_unit_rows(1, 5), 1), "the gallery's rows have 6 numbers, the queries 5");
  CHECK_FAILS(nearest.find(rows, 0), "1 match or more");
  CHECK_FAILS(nearest.find(rows, 1, numbered(3)), "4 queries, but 3 groups");
}
