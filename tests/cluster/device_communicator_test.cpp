// The order in which NCCL is called, against a recorder in its place: a process that calls in another order than the others
// waits for ever.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "cluster/nccl.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

// Process 1 of `size`, that is asked for nothing but this.
class Host : public Communicator {
 public:
  explicit Host(int size, std::vector<std::string>& said) : size_(size), said_(said) {}
  int rank() const override { return 1; }
  int size() const override { return size_; }
  std::string engine() const override { return "host"; }
  void sum(Tensor&) override { said_.push_back("host sum"); }
  std::unique_ptr<PendingSum> start_sum(Tensor) override {
    said_.push_back("host start_sum");
    return nullptr;
  }
  void gather_rows(const Tensor&, const std::vector<std::int64_t>&, Tensor&) override {
    said_.push_back("host gather_rows");
  }
  void scatter_sum(const Tensor&, const std::vector<std::int64_t>&, Tensor&) override {
    said_.push_back("host scatter_sum");
  }
  void broadcast(Tensor&) override { said_.push_back("host broadcast"); }
  void barrier() override { said_.push_back("host barrier"); }
  std::vector<std::string> gather_text(const std::string& mine) override { return {mine}; }

 private:
  int size_;
  std::vector<std::string>& said_;
};

class Recorder : public nccl::Calls {
 public:
  explicit Recorder(std::vector<std::string>& said) : said_(said) {}
  // What a pointer is called in what is said.
  std::vector<std::pair<const std::byte*, std::string>> names;

  void group_start() override { say("group {{"); }
  void group_end() override { say("}}"); }
  void all_reduce(std::byte* values, std::int64_t count, DType dtype, nccl::Stream stream) override {
    say("all_reduce {} {} {}{}", name(values), count, to_string(dtype),
        stream == nccl::Stream::side ? " aside" : "");
  }
  void all_gather(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) override {
    say("all_gather {} {} {} {}", name(from), name(to), count, to_string(dtype));
  }
  void reduce_scatter(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) override {
    say("reduce_scatter {} {} {} {}", name(from), name(to), count, to_string(dtype));
  }
  void broadcast(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) override {
    say("broadcast {} {} {} {} from {}", name(from), name(to), count, to_string(dtype), root);
  }
  void reduce(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) override {
    say("reduce {} {} {} {} to {}", name(from), name(to), count, to_string(dtype), root);
  }
  void side_after_compute() override { say("side after compute"); }
  int mark_side() override {
    say("mark {}", marks_);
    return marks_++;
  }
  void compute_after(int mark) override { say("compute after {}", mark); }

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    said_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  // "all+8": eight bytes into the tensor called all.
  std::string name(const std::byte* place) const {
    for (const auto& [begin, text] : names)
      if (place >= begin && place < begin + 4096)
        return place == begin ? text : fmt::format("{}+{}", text, place - begin);
    return "?";
  }

  std::vector<std::string>& said_;
  int marks_ = 0;
};

// A communicator over a recorder, and what was said.
struct Recorded {
  explicit Recorded(int size) {
    auto calls = std::make_unique<Recorder>(said);
    recorder = calls.get();
    ranks = nccl::device_communicator(std::make_shared<Host>(size, said), std::move(calls));
  }
  Tensor tensor(const char* name, Shape shape, DType dtype = DType::f32) {
    // 4096 bytes, so that no two names are near each other.
    const Tensor room = Tensor::zeros({1024}, DType::f32, Device::cuda);
    rooms.push_back(room);
    Tensor named = dtype == DType::f32 ? room.slice(0, shape.size()).reshape(shape)
                                       : Tensor::zeros(shape, dtype, Device::cuda);
    recorder->names.emplace_back(named.raw(), name);
    return named;
  }
  void check(const std::vector<std::string>& expected) {
    CHECK(said == expected);
    said.clear();
  }

  std::vector<std::string> said;
  std::vector<Tensor> rooms;
  Recorder* recorder;
  std::shared_ptr<Communicator> ranks;
};

}  // namespace

TEST_CASE("device_communicator: each operation is these calls, in this order") {
  if (!cuda::unavailable().empty()) return;
  Recorded three(3);
  Tensor a = three.tensor("a", {2, 3}), b = three.tensor("b", {5}), all = three.tensor("all", {6, 2}),
         mine = three.tensor("mine", {2, 2}), one = three.tensor("one", {1, 2});

  three.ranks->sum(a);
  three.check({"all_reduce a 6 f32"});

  {  // two sums under way: each begins behind what was computed before it, and is waited for by itself
    const auto first = three.ranks->start_sum(a), second = three.ranks->start_sum(b);
    first->nudge();
    first->wait();
    second->wait();
  }
  three.check({"side after compute", "all_reduce a 6 f32 aside", "mark 0", "side after compute",
               "all_reduce b 5 f32 aside", "mark 1", "compute after 0", "compute after 1"});

  three.ranks->gather_rows(mine, {2, 2, 2}, all);
  three.check({"all_gather mine all 4 f32"});
  three.ranks->scatter_sum(all, {2, 2, 2}, mine);
  three.check({"reduce_scatter all mine 4 f32"});

  // Uneven: an operation for each process that has rows, all of them as one.
  three.ranks->gather_rows(one, {5, 1, 0}, all);
  three.check({"group {", "broadcast all all 10 f32 from 0", "broadcast one all+40 2 f32 from 1", "}"});
  three.ranks->scatter_sum(all, {3, 1, 2}, one);
  three.check({"group {", "reduce all all 6 f32 to 0", "reduce all+24 one 2 f32 to 1",
               "reduce all+32 all+32 4 f32 to 2", "}"});

  three.ranks->broadcast(b);
  three.check({"broadcast b b 5 f32 from 0"});
}

TEST_CASE("device_communicator: what lies on the cpu goes by way of the host") {
  Recorded two(2);
  Tensor a = random_tensor({2, 2}), b = random_tensor({1, 2});
  two.ranks->sum(a);
  two.ranks->start_sum(a);
  two.ranks->gather_rows(b, {1, 1}, a);
  two.ranks->scatter_sum(a, {1, 1}, b);
  two.ranks->broadcast(a);
  two.ranks->barrier();
  two.check({"host sum", "host start_sum", "host gather_rows", "host scatter_sum", "host broadcast",
             "host barrier"});
  CHECK(two.ranks->engine() == "NCCL");
  CHECK(two.ranks->size() == 2);
}

TEST_CASE("device_communicator: unfit tensors are named, and NCCL is not called") {
  if (!cuda::unavailable().empty()) return;
  Recorded three(3);
  Tensor all = three.tensor("all", {6, 2}), mine = three.tensor("mine", {2, 2}),
         pixels = Tensor::zeros({3}, DType::u8, Device::cuda);
  CHECK_FAILS(three.ranks->sum(pixels), "sum: expected f32 or i32");
  CHECK_FAILS(three.ranks->start_sum(pixels), "start_sum: expected f32 or i32");
  CHECK_FAILS(three.ranks->gather_rows(mine, {2, 2, 3}, all), "gather_rows: expected 3 processes' 7 rows");
  CHECK_FAILS(three.ranks->gather_rows(mine, {3, 1, 2}, all), "expected 2 elements");
  CHECK_FAILS(three.ranks->scatter_sum(all, {3, 3}, mine), "scatter_sum: expected");
  three.check({});
}
