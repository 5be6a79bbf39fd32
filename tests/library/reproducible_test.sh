#!/usr/bin/env bash
# Two builds of one state of the source, in two folders, give the same bytes: the program, the library and the Debian packages.
# It builds everything twice, so it is called before a release and not by ctest.
# usage: reproducible_test.sh SOURCE     SOURCE: a clone; what is committed is built
set -euo pipefail
source_folder=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git -C "$source_folder" log -1 --format=%ct)
export SOURCE_DATE_EPOCH CCACHE_DISABLE=1
for folder in first another/folder/elsewhere; do
  git clone -q "$source_folder" "$work/$folder"
  (cd "$work/$folder" && umask 022 && cmake --preset release -DHYPERSPHERE_TESTS=OFF -DHYPERSPHERE_CUDA=off -Wno-dev >/dev/null &&
    cmake --build --preset release >/dev/null && cd build/release && cpack >/dev/null)
done
cd "$work"
status=0
for file in hypersphere libhypersphere.a packages; do
  if [ -e "first/build/release/$file" ]; then
    diff -rq "first/build/release/$file" "another/folder/elsewhere/build/release/$file" || status=1
  fi
done
(cd first/build/release && sha256sum hypersphere packages/*.deb)
exit $status
