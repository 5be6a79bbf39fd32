#include "cluster/mpi.h"

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <exception>
#include <utility>

#include "cluster/row_shares.h"
#include "tensor/error.h"

namespace hypersphere::mpi {
namespace {

// Open MPI's default ends all processes at once with lines of its own; this way an Error says what was being done.
void check(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  fail("{}: MPI: {}", what, std::string_view(text, static_cast<std::size_t>(length)));
}

MPI_Datatype type_of(const char* what, const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::f32:
      return MPI_FLOAT;
    case DType::i32:
      return MPI_INT32_T;
    default:
      fail("{}: expected f32 or i32, found {}", what, describe(tensor));
  }
}

void expect_here(const char* what, const Tensor& tensor) {
  expect(tensor.defined() && tensor.device() == Device::cpu, "{}: expected a tensor on the cpu, found {}",
         what, describe(tensor));
}

// MPI counts in int: what is longer goes in pieces of this many elements.
constexpr std::int64_t most_at_once = std::int64_t{1} << 28;

// Adds the time until its end to `seconds`.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds) {}
  ~Timed() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Sum : public PendingSum {
 public:
  Sum(Tensor values, double& seconds)
      : values_(std::make_unique<Tensor>(std::move(values))), seconds_(seconds) {
    const Timed timed(seconds_);
    const MPI_Datatype type = type_of("start_sum", *values_);
    for (std::int64_t first = 0; first < values_->size(); first += most_at_once) {
      const auto count = static_cast<int>(std::min(most_at_once, values_->size() - first));
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Iallreduce(MPI_IN_PLACE, values_->raw() + first * 4, count, type, MPI_SUM, MPI_COMM_WORLD,
                           &request),
            "start_sum");
      requests_.push_back(request);
    }
  }
  ~Sum() override {
    if (requests_.empty()) return;
    // A process that fails must not wait for the others, who wait for it; what MPI still writes to outlives this then.
    if (std::uncaught_exceptions() > 0)
      (void)values_.release();
    else
      MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
  }
  void nudge() override {
    const Timed timed(seconds_);
    int done = 0;
    check(MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE),
          "start_sum");
  }
  void wait() override {
    const Timed timed(seconds_);
    check(MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE),
          "start_sum");
    requests_.clear();
  }

 private:
  std::unique_ptr<Tensor> values_;
  double& seconds_;  // of the communicator, which outlives its sums
  std::vector<MPI_Request> requests_;
};

class World : public Communicator {
 public:
  World() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::string engine() const override { return "MPI"; }

  void sum(Tensor& values) override {
    const Timed timed(seconds_);
    expect_here("sum", values);
    for (std::int64_t first = 0; first < values.size(); first += most_at_once)
      check(MPI_Allreduce(MPI_IN_PLACE, values.raw() + first * 4,
                          static_cast<int>(std::min(most_at_once, values.size() - first)),
                          type_of("sum", values), MPI_SUM, MPI_COMM_WORLD),
            "sum");
  }

  std::unique_ptr<PendingSum> start_sum(Tensor values) override {
    expect_here("start_sum", values);
    return std::make_unique<Sum>(std::move(values), seconds_);
  }

  void gather_rows(const Tensor& mine, const std::vector<std::int64_t>& rows, Tensor& all) override {
    const Timed timed(seconds_);
    expect_here("gather_rows", mine);
    expect_here("gather_rows", all);
    const auto [counts, places] = layout("gather_rows", all, rows, mine);
    const MPI_Datatype type = type_of("gather_rows", all);
    check(MPI_Allgatherv(mine.raw(), static_cast<int>(mine.size()), type, all.raw(), counts.data(),
                         places.data(), type, MPI_COMM_WORLD),
          "gather_rows");
  }

  void scatter_sum(const Tensor& all, const std::vector<std::int64_t>& rows, Tensor& mine) override {
    const Timed timed(seconds_);
    expect_here("scatter_sum", all);
    expect_here("scatter_sum", mine);
    const auto [counts, places] = layout("scatter_sum", all, rows, mine);
    check(MPI_Reduce_scatter(all.raw(), mine.raw(), counts.data(), type_of("scatter_sum", all), MPI_SUM,
                             MPI_COMM_WORLD),
          "scatter_sum");
  }

  void broadcast(Tensor& values) override {
    const Timed timed(seconds_);
    expect_here("broadcast", values);
    const auto bytes = static_cast<std::int64_t>(values.bytes());
    for (std::int64_t first = 0; first < bytes; first += most_at_once)
      check(MPI_Bcast(values.raw() + first, static_cast<int>(std::min(most_at_once, bytes - first)), MPI_BYTE,
                      0, MPI_COMM_WORLD),
            "broadcast");
  }

  void barrier() override {
    const Timed timed(seconds_);
    check(MPI_Barrier(MPI_COMM_WORLD), "barrier");
  }

  std::vector<std::string> gather_text(const std::string& mine) override {
    const auto length = static_cast<int>(mine.size());
    std::vector<int> lengths(static_cast<std::size_t>(size_)), places(lengths.size());
    check(MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, MPI_COMM_WORLD), "gather_text");
    int total = 0;
    for (std::size_t r = 0; r < lengths.size(); ++r) places[r] = std::exchange(total, total + lengths[r]);
    std::string all(static_cast<std::size_t>(total), '\0');
    check(MPI_Allgatherv(mine.data(), length, MPI_CHAR, all.data(), lengths.data(), places.data(), MPI_CHAR,
                         MPI_COMM_WORLD),
          "gather_text");
    std::vector<std::string> texts;
    for (std::size_t r = 0; r < lengths.size(); ++r)
      texts.push_back(all.substr(static_cast<std::size_t>(places[r]), static_cast<std::size_t>(lengths[r])));
    return texts;
  }

 private:
  // Elements of each rank's rows of `all`, and where they begin.
  std::pair<std::vector<int>, std::vector<int>> layout(const char* what, const Tensor& all,
                                                       const std::vector<std::int64_t>& rows,
                                                       const Tensor& mine) const {
    expect(all.size() <= INT_MAX, "{}: {} is more than MPI counts", what, describe(all));
    std::vector<int> counts, places;
    int place = 0;
    for (const std::int64_t count : elements_of_rows(what, *this, all, rows, mine)) {
      counts.push_back(static_cast<int>(count));
      places.push_back(std::exchange(place, place + static_cast<int>(count)));
    }
    return {counts, places};
  }

  int rank_ = 0, size_ = 1;
};

}  // namespace

bool in_this_build() { return true; }

std::string library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string_view all(text, static_cast<std::size_t>(length));
  return std::string(all.substr(0, all.find(',')));  // "Open MPI v4.1.4", and not who packaged it
}

Session::Session(int& argc, char**& argv) : world_(no_communicator()) {
  if (launched_ranks() == 0) return;
  int provided = 0;
  // Decoding threads run beside the one that calls MPI.
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "mpi");
  initialised_ = true;
  world_ = std::make_shared<World>();
  // Those that share this machine's memory share its cores and its GPUs.
  MPI_Comm here = MPI_COMM_NULL;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here), "mpi");
  MPI_Comm_rank(here, &local_rank_);
  MPI_Comm_size(here, &local_size_);
  MPI_Comm_free(&here);
}

Session::~Session() {
  if (initialised_) MPI_Finalize();
}

void Session::abandon(int status) {
  if (initialised_) MPI_Abort(MPI_COMM_WORLD, status);
  std::exit(status);
}

}  // namespace hypersphere::mpi
