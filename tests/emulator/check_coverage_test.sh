#!/usr/bin/env bash
# check_coverage_test.sh: check_coverage.sh on small trees of its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/kernels/op"
cat >"$tree/kernels/op/op.cuh" <<'SOURCE'
// __global__ void only_in_a_comment(int)
template <class T, int n>
__global__ void first_kernel(const T* in, T* out) {}
__global__ __launch_bounds__(block_of(4), 2) void
    second_kernel(float* x) {}
__global__ void __launch_bounds__(128) third_kernel() {}  // __global__
__device__ void not_a_kernel() {}
SOURCE

# expect STATUS TEXT NAME...: with the names launched, the script must end like that and say that.
expect() {
  local status=$1 text=$2 found=0
  shift 2
  printf '%s\n' "$@" >"$tree/launched.txt"
  [ $# -gt 0 ] || : >"$tree/launched.txt"
  "$here/check_coverage.sh" "$tree" "$tree/launched.txt" >"$tree/said.txt" || found=$?
  if [ $found != "$status" ] || ! grep -qxF "$text" "$tree/said.txt"; then
    echo "launched: $*; expected status $status and \"$text\", found $found and:"
    cat "$tree/said.txt"
    exit 1
  fi
}
expect 0 "all 3 kernels were launched" third_kernel first_kernel second_kernel first_kernel
expect 1 "kernels that no test launched: second_kernel third_kernel" first_kernel
expect 1 "launched under a name that no __global__ function has: fist_kernel" first_kernel second_kernel third_kernel \
  fist_kernel
expect 1 "no kernel was launched: $tree/launched.txt is missing or empty"
rm "$tree/kernels/op/op.cuh"
expect 1 "no __global__ function found under $tree/kernels" first_kernel
