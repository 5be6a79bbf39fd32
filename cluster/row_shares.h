// Tensors whose rows belong to several processes, as every engine checks and counts them.
#pragma once

#include "cluster/communicator.h"

namespace hypersphere {

/// How many elements of `all` belong to each process of `ranks`, whose rows[r] rows lie one process's after the other's. Throws Error
/// that names the operation `what` unless that is all of `all`, and `mine` has as many elements as this process's, of the same type
/// on the same device.
std::vector<std::int64_t> elements_of_rows(const char* what, const Communicator& ranks, const Tensor& all,
                                           const std::vector<std::int64_t>& rows, const Tensor& mine);

}  // namespace hypersphere
