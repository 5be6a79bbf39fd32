#include "kernels/cuda/graph.h"

#include <utility>

#include "kernels/cuda/check.h"
#include "tensor/allocator.h"

namespace hypersphere::cuda {

struct Graph::State {
  Reservation memory{Device::cuda};
  cudaGraphExec_t executable = nullptr;

  // Adjusts the executable graph, which is many times cheaper than a new one, or makes a new one.
  void adopt(cudaGraph_t graph) {
    if (executable != nullptr) {
      cudaGraphExecUpdateResultInfo result = {};
      if (cudaGraphExecUpdate(executable, graph, &result) == cudaSuccess) return;
      (void)cudaGetLastError();  // clears it: kernels or their order differ
      drop();
    }
    check(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
  }

  void drop() noexcept {
    if (executable != nullptr) (void)cudaGraphExecDestroy(std::exchange(executable, nullptr));
  }
};

Graph::Graph() : state_(std::make_unique<State>()) { compute_stream(); }

Graph::~Graph() {
  // The memory must not go to work that runs at once on another stream while a replay still writes to it.
  if (state_->executable != nullptr) (void)cudaStreamSynchronize(compute_stream());
  state_->drop();
}

bool Graph::captured() const { return state_->executable != nullptr; }

void Graph::capture(const std::function<void()>& work) {
  const cudaStream_t stream = compute_stream();
  cudaGraph_t graph = nullptr;
  state_->memory.open();
  try {
    // Relaxed: memory may be taken from the system while capturing, by this thread and by others.
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
    try {
      work();
    } catch (...) {
      if (cudaStreamEndCapture(stream, &graph) != cudaSuccess) (void)cudaGetLastError();
      throw;
    }
    check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
    state_->adopt(graph);
  } catch (...) {
    state_->memory.close();
    state_->drop();
    if (graph != nullptr) (void)cudaGraphDestroy(graph);
    throw;
  }
  state_->memory.close();
  check(cudaGraphDestroy(graph), "cudaGraphDestroy");
}

void Graph::replay() {
  expect(captured(), "cuda: nothing was captured to replay");
  check(cudaGraphLaunch(state_->executable, compute_stream()), "cudaGraphLaunch");
}

}  // namespace hypersphere::cuda
