#include <algorithm>
#include <utility>

#include "cluster/nccl.h"
#include "cluster/row_shares.h"
#include "tensor/error.h"

namespace hypersphere::nccl {
namespace {

void expect_type(const char* what, const Tensor& tensor) {
  expect(tensor.dtype() == DType::f32 || tensor.dtype() == DType::i32, "{}: expected f32 or i32, found {}",
         what, describe(tensor));
}

class SideSum : public PendingSum {
 public:
  SideSum(Tensor values, Calls& calls) : values_(std::move(values)), calls_(calls) {
    calls_.side_after_compute();
    calls_.all_reduce(values_.raw(), values_.size(), values_.dtype(), Stream::side);
    mark_ = calls_.mark_side();
  }
  void nudge() override {}  // the device gets on by itself
  void wait() override { calls_.compute_after(mark_); }

 private:
  Tensor values_;
  Calls& calls_;
  int mark_ = 0;
};

class DeviceCommunicator : public Communicator {
 public:
  DeviceCommunicator(std::shared_ptr<Communicator> host, std::unique_ptr<Calls> calls)
      : host_(std::move(host)), calls_(std::move(calls)) {}

  int rank() const override { return host_->rank(); }
  int size() const override { return host_->size(); }
  std::string engine() const override { return "NCCL"; }

  void sum(Tensor& values) override {
    if (values.device() == Device::cpu) return host_->sum(values);
    expect_type("sum", values);
    calls_->all_reduce(values.raw(), values.size(), values.dtype(), Stream::compute);
  }

  std::unique_ptr<PendingSum> start_sum(Tensor values) override {
    if (values.device() == Device::cpu) return host_->start_sum(std::move(values));
    expect_type("start_sum", values);
    return std::make_unique<SideSum>(std::move(values), *calls_);
  }

  void gather_rows(const Tensor& mine, const std::vector<std::int64_t>& rows, Tensor& all) override {
    if (all.device() == Device::cpu) return host_->gather_rows(mine, rows, all);
    expect_type("gather_rows", all);
    const std::vector<std::int64_t> counts = elements_of_rows("gather_rows", *this, all, rows, mine);
    if (even(counts)) return calls_->all_gather(mine.raw(), all.raw(), counts[0], all.dtype());
    each_part(all, counts, [&](int root, std::byte* part, std::int64_t count) {
      calls_->broadcast(root == rank() ? mine.raw() : part, part, count, all.dtype(), root);
    });
  }

  void scatter_sum(const Tensor& all, const std::vector<std::int64_t>& rows, Tensor& mine) override {
    if (all.device() == Device::cpu) return host_->scatter_sum(all, rows, mine);
    expect_type("scatter_sum", all);
    const std::vector<std::int64_t> counts = elements_of_rows("scatter_sum", *this, all, rows, mine);
    if (even(counts)) return calls_->reduce_scatter(all.raw(), mine.raw(), counts[0], all.dtype());
    Tensor source = all;
    each_part(source, counts, [&](int root, std::byte* part, std::int64_t count) {
      calls_->reduce(part, root == rank() ? mine.raw() : part, count, all.dtype(), root);
    });
  }

  void broadcast(Tensor& values) override {
    if (values.device() == Device::cpu) return host_->broadcast(values);
    expect_type("broadcast", values);
    calls_->broadcast(values.raw(), values.raw(), values.size(), values.dtype(), 0);
  }

  void barrier() override { host_->barrier(); }
  std::vector<std::string> gather_text(const std::string& mine) override { return host_->gather_text(mine); }

 private:
  static bool even(const std::vector<std::int64_t>& counts) {
    return std::ranges::all_of(counts, [&](std::int64_t count) { return count == counts[0]; });
  }

  // Calls body(rank, its part of `all`, elements) for every process that has any, as one operation.
  template <class Body>
  void each_part(Tensor& all, const std::vector<std::int64_t>& counts, const Body& body) {
    std::byte* part = all.raw();
    calls_->group_start();
    for (std::size_t r = 0; r < counts.size(); ++r) {
      if (counts[r] > 0) body(static_cast<int>(r), part, counts[r]);
      part += counts[r] * static_cast<std::int64_t>(size_of(all.dtype()));
    }
    calls_->group_end();
  }

  std::shared_ptr<Communicator> host_;
  std::unique_ptr<Calls> calls_;
};

}  // namespace

std::shared_ptr<Communicator> device_communicator(std::shared_ptr<Communicator> host,
                                                  std::unique_ptr<Calls> calls) {
  return std::make_shared<DeviceCommunicator>(std::move(host), std::move(calls));
}

}  // namespace hypersphere::nccl

namespace hypersphere {

std::shared_ptr<Communicator> communicator_for(std::shared_ptr<Communicator> host, Device device) {
  if (device == Device::cpu || host->size() == 1) return host;
  std::unique_ptr<nccl::Calls> calls = nccl::connect(*host);
  return nccl::device_communicator(std::move(host), std::move(calls));
}

}  // namespace hypersphere
