// Work sharing on the CPU: OpenMP behind one function, so that the split of the work is the same everywhere.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <exception>

namespace hypersphere::cpu {

/// Number of threads that parallel_for uses.
inline int thread_count() { return omp_get_max_threads(); }
inline void set_thread_count(int threads) { omp_set_num_threads(threads); }

/// Calls body(begin, end) for disjoint ranges that cover [0, count), on thread_count() threads, each with one
/// contiguous range. Ranges of fewer than `grain` items are not worth a thread. What a range holds depends on
/// the thread count alone, never on timing. The body must not throw: it works on checked arguments.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
  const std::int64_t wanted = std::max<std::int64_t>(1, count / std::max<std::int64_t>(1, grain));
  const int threads = static_cast<int>(std::min<std::int64_t>(thread_count(), wanted));
  if (threads <= 1 || omp_in_parallel()) {
    if (count > 0) body(std::int64_t{0}, count);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t id = omp_get_thread_num(), team = omp_get_num_threads();
    const std::int64_t begin = count * id / team, end = count * (id + 1) / team;
    if (begin < end) body(begin, end);
  }
}

/// Calls work(item) for each item in [0, count) on thread_count() threads; whoever is free takes the next item, so that
/// items of unequal cost, or a core that others use too, do not keep the rest waiting. Which thread does what is up to
/// timing: each item writes results of its own. `worker()` is called once on each thread and returns its `work`, which
/// holds what the thread needs for itself (scratch memory). Neither may throw but for lack of memory.
template <class Worker>
void parallel_each(std::int64_t count, const Worker& worker) {
  const int threads = static_cast<int>(std::min<std::int64_t>(thread_count(), count));
  if (threads <= 1 || omp_in_parallel()) {
    if (count == 0) return;
    auto work = worker();
    for (std::int64_t item = 0; item < count; ++item) work(item);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    auto work = worker();
#pragma omp for schedule(dynamic, 1)
    for (std::int64_t item = 0; item < count; ++item) work(item);
  }
}

}  // namespace hypersphere::cpu
