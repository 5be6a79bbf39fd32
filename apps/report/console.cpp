#include "apps/report/console.h"

#include <atomic>

namespace hypersphere {
namespace {

std::atomic<bool> is_quiet{false}, is_left{false};

}  // namespace

void be_quiet() { is_quiet = true; }
bool quiet() { return is_quiet; }
void leave_standard_output() { is_left = true; }
bool standard_output_left() { return is_left; }

}  // namespace hypersphere
