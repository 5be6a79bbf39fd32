// What processes do together, with as many as this test was started with, on every device.
#include "cluster/communicator.h"

#include <numeric>

#include "cluster/mpi.h"
#include "cluster/nccl.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/processes.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

// A tensor of each process, known to all of them.
std::vector<Tensor> tensor_of_each(int ranks, const std::function<Shape(int)>& shape) {
  std::vector<Tensor> all;
  for (int rank = 0; rank < ranks; ++rank) all.push_back(random_tensor(shape(rank)));
  return all;
}

Values sum_of(const std::vector<Tensor>& all) {
  Values sum(static_cast<std::size_t>(all[0].size()), 0.0);
  for (const Tensor& one : all) {
    const Values values = to_double(one);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
  }
  return sum;
}

// What moves tensors on this device, also for one process alone: a single GPU has calls to NCCL to answer too.
std::shared_ptr<Communicator> engine_for(const std::shared_ptr<Communicator>& host, Device device) {
  if (device == Device::cpu || !nccl::in_this_build()) return communicator_for(host, device);
  return nccl::device_communicator(host, nccl::connect(*host));
}

// Everybody a different number of rows, the first one none (but where it is alone).
std::vector<std::int64_t> uneven_rows(int ranks) {
  std::vector<std::int64_t> rows;
  for (int rank = 0; rank < ranks; ++rank) rows.push_back(ranks == 1 ? 3 : rank);
  return rows;
}

std::int64_t total(const std::vector<std::int64_t>& rows) {
  return std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
}

// The rows of this process.
Tensor part_of(const Tensor& all, const std::vector<std::int64_t>& rows, int rank) {
  return all.slice(total({rows.begin(), rows.begin() + rank}), rows[static_cast<std::size_t>(rank)]);
}

}  // namespace

TEST_CASE("processes: sums are everybody's, at once and on the side, and come again in the same bits") {
  const std::shared_ptr<Communicator> host = processes();
  const auto mine = static_cast<std::size_t>(host->rank());
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const std::shared_ptr<Communicator> ranks = engine_for(host, device);
    for (const std::int64_t size : {1, 7, 1000, 70001}) {
      const std::vector<Tensor> given = tensor_of_each(host->size(), [&](int) { return Shape{size}; }),
                                more = tensor_of_each(host->size(), [&](int) {
                                  return Shape{2, 5};
                                });
      const Tensor start = given[mine].to(device);
      Tensor sum = start.clone(), side = start.clone(), other = more[mine].to(device).clone();
      ranks->sum(sum);
      CHECK(error_of(sum, sum_of(given)) < bound);
      {
        const auto first = ranks->start_sum(side), second = ranks->start_sum(other);
        first->nudge();
        second->wait();
        first->wait();
      }
      CHECK(error_of(side, sum_of(given)) < bound);
      CHECK(error_of(other, sum_of(more)) < bound);
      Tensor again = start.clone();
      ranks->sum(again);
      CHECK(same_bits(again, sum));
      // The sum has the same bits in every process: what follows from it is decided alike.
      const Tensor host_sum = sum.to(Device::cpu);
      const std::string bytes(reinterpret_cast<const char*>(host_sum.raw()), host_sum.bytes());
      for (const std::string& other_bytes : host->gather_text(bytes)) CHECK(other_bytes == bytes);
    }
    Tensor numbers =
        Tensor::from<std::int32_t>(std::vector<std::int32_t>{1, host->rank(), -5}, {3}).to(device);
    ranks->sum(numbers);
    const Tensor counted = numbers.to(Device::cpu);
    CHECK(counted.span<std::int32_t>()[0] == host->size());
    CHECK(counted.span<std::int32_t>()[1] == host->size() * (host->size() - 1) / 2);
    CHECK(counted.span<std::int32_t>()[2] == -5 * host->size());
  }
}

TEST_CASE("processes: rows are gathered, and sums of rows scattered, even and uneven") {
  const std::shared_ptr<Communicator> host = processes();
  const int rank = host->rank();
  for (const Device device : devices())
    for (const std::vector<std::int64_t>& rows :
         {std::vector<std::int64_t>(static_cast<std::size_t>(host->size()), 2), uneven_rows(host->size())}) {
      INFO("on ", to_string(device));
      const std::shared_ptr<Communicator> ranks = engine_for(host, device);
      const Tensor whole = random_tensor({total(rows), 3});
      Tensor gathered = poisoned(whole.shape()).to(device);
      ranks->gather_rows(part_of(whole, rows, rank).to(device), rows, gathered);
      CHECK(same_bits(gathered, whole));

      const std::vector<Tensor> given = tensor_of_each(host->size(), [&](int) { return whole.shape(); });
      Tensor mine = poisoned({rows[static_cast<std::size_t>(rank)], 3}).to(device);
      ranks->scatter_sum(given[static_cast<std::size_t>(rank)].to(device), rows, mine);
      if (mine.size() > 0)
        CHECK(error_of(mine, to_double(part_of(from_double(sum_of(given), whole.shape()), rows, rank))) <
              bound);

      Tensor labels = Tensor::zeros({total(rows)}, DType::i32, device);
      ranks->gather_rows(
          Tensor::from<std::int32_t>(
              std::vector<std::int32_t>(static_cast<std::size_t>(rows[static_cast<std::size_t>(rank)]), rank),
              {rows[static_cast<std::size_t>(rank)]})
              .to(device),
          rows, labels);
      const Tensor known = labels.to(Device::cpu);
      std::size_t place = 0;
      for (int r = 0; r < host->size(); ++r)
        for (std::int64_t i = 0; i < rows[static_cast<std::size_t>(r)]; ++i)
          CHECK(known.span<std::int32_t>()[place++] == r);
    }
}

TEST_CASE("processes: the first one's tensor, everybody's text") {
  const std::shared_ptr<Communicator> host = processes();
  for (const Device device : devices()) {
    const std::shared_ptr<Communicator> ranks = engine_for(host, device);
    const Tensor first = random_tensor({5, 2});
    Tensor values = (host->rank() == 0 ? first : poisoned({5, 2})).to(device).clone();
    ranks->broadcast(values);
    CHECK(same_bits(values, first));
    ranks->barrier();
    const std::vector<std::string> texts =
        ranks->gather_text(std::string(static_cast<std::size_t>(host->rank()), 'x'));
    REQUIRE(std::ssize(texts) == host->size());
    for (std::size_t rank = 0; rank < texts.size(); ++rank) CHECK(texts[rank] == std::string(rank, 'x'));
  }
  if (host->size() > 1) {
    CHECK(host->engine() == "MPI");
    CHECK(host->seconds() > 0);
  }
}

TEST_CASE("processes: unfit tensors are named, before anything is sent") {
  const std::shared_ptr<Communicator> host = processes();
  if (host->size() == 1) return;
  Tensor pixels = Tensor::zeros({3}, DType::u8), all = random_tensor({5, 2}), none;
  const std::vector<std::int64_t> rows(static_cast<std::size_t>(host->size()), 1);
  CHECK_FAILS(host->sum(pixels), "sum: expected f32 or i32");
  CHECK_FAILS(host->sum(none), "sum: expected a tensor on the cpu");
  CHECK_FAILS(host->gather_rows(random_tensor({1, 2}), rows, all), "gather_rows: expected");
  CHECK_FAILS(host->scatter_sum(all, {5}, all), "scatter_sum: expected");
}

TEST_CASE("mpi: what a launcher says of the processes that it started") {
  const auto with = [](const char* name, const char* value) {
    setenv(name, value, 1);
    const int ranks = mpi::launched_ranks();
    unsetenv(name);
    return ranks;
  };
  if (processes()->size() > 1) return;  // started by a launcher, whose words are its own
  for (const char* name :
       {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_ID", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"})
    unsetenv(name);
  CHECK(mpi::launched_ranks() == 0);
  CHECK(with("OMPI_COMM_WORLD_SIZE", "4") == 4);
  CHECK(with("PMI_SIZE", "16") == 16);
  CHECK(with("OMPI_COMM_WORLD_SIZE", "many") == 0);
  CHECK(with("OMPI_COMM_WORLD_SIZE", "0") == 0);
  setenv("SLURM_STEP_ID", "0", 1);
  CHECK(with("SLURM_STEP_NUM_TASKS", "8") == 0);  // no number of a process: a batch script's own shell
  setenv("SLURM_PROCID", "3", 1);
  CHECK(with("SLURM_STEP_NUM_TASKS", "8") == 8);
  unsetenv("SLURM_STEP_ID");
  unsetenv("SLURM_PROCID");
}
