#!/usr/bin/env bash
# The library as a folder in somebody else's project: examples/ with add_subdirectory. It compiles all kernels anew, so it is called by
# .ci/run and not by ctest.
# usage: subproject_test.sh SOURCE
set -euo pipefail
source_folder=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake -S "$source_folder/examples" -B "$work" -G Ninja -DHYPERSPHERE_SOURCE="$source_folder" -DHYPERSPHERE_CUDA=off -Wno-dev >/dev/null
cmake --build "$work" --target new_layer
"$work/new_layer"
