#!/usr/bin/env bash
# clang-tidy over the program's own sources with the checks of .clang-tidy; any finding fails.
# usage: tidy.sh BUILD [FILE...]     BUILD: a folder that CMake configured
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$(realpath "$0")")/.."
shift
files=("$@")
if [ ${#files[@]} -eq 0 ]; then
  mapfile -t files < <(find tensor kernels cluster autograd nn apps -name '*.cpp' ! -name '*_cudnn.cpp' ! -name 'nccl_cuda.cpp' ! -name 'mpi_absent.cpp' ! -name '*_cublaslt.cpp' ! -path 'kernels/cuda/*' | sort)
  # The subcommands several files at a time, as the build compiles them: a third of the time.
  mapfile -t together < <(find "$build/CMakeFiles/hypersphere_app.dir" -name 'unity_*.cxx' | sort)
  if [ ${#together[@]} -gt 0 ]; then
    mapfile -t files < <(printf '%s\n' "${files[@]}" | grep -v '^apps/[a-z_]*[.]cpp$')
    files+=(apps/main.cpp "${together[@]}")
  fi
fi
# Without the precompiled headers of another compiler, and the SIMD kernels for one target: g++'s warnings are g++'s to check.
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
sed -E 's/-include [^ ]*cmake_pch\.hxx//g; s/-Winvalid-pch//g; s/-Wno-restrict//g' "$build/compile_commands.json" >"$database/compile_commands.json"
printf '%s\0' "${files[@]}" | xargs -0 -n 2 -P "$(nproc)" clang-tidy --quiet -p "$database" --extra-arg=-Wno-unknown-warning-option --extra-arg=-DHWY_COMPILE_ONLY_STATIC 2>/dev/null
echo "${#files[@]} files are tidy"
