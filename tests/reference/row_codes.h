// Oracles of kernels/row_codes.
#pragma once

#include "tests/reference/values.h"

namespace hypersphere::reference {

/// |x - scale codes| of every row of `size` entries.
Values coding_errors(const Values& rows, const Values& codes, const Values& scale, std::int64_t size);

/// [queries, rows]: the sum of the products of two rows of codes, times both scales.
Values code_cosines(const Values& query_codes, const Values& query_scale, const Values& codes,
                    const Values& scale, std::int64_t size);

}  // namespace hypersphere::reference
