#include "cluster/communicator.h"

namespace hypersphere {
namespace {

class NothingPending : public PendingSum {
 public:
  void nudge() override {}
  void wait() override {}
};

class Alone : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::string engine() const override { return "none"; }
  void sum(Tensor&) override {}
  std::unique_ptr<PendingSum> start_sum(Tensor) override { return std::make_unique<NothingPending>(); }
  void gather_rows(const Tensor& mine, const std::vector<std::int64_t>&, Tensor& all) override {
    all.copy_from(mine);
  }
  void scatter_sum(const Tensor& all, const std::vector<std::int64_t>&, Tensor& mine) override {
    mine.copy_from(all);
  }
  void broadcast(Tensor&) override {}
  void barrier() override {}
  std::vector<std::string> gather_text(const std::string& mine) override { return {mine}; }
};

}  // namespace

std::shared_ptr<Communicator> no_communicator() { return std::make_shared<Alone>(); }

}  // namespace hypersphere
