#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. Arguments go to ctest.
# Tests on real photographs run where HYPERSPHERE_LFW names a folder with LFW's images/ and pairs, and say so if not.
set -euo pipefail
cd "$(dirname "$0")"

./setup.sh
cmake --preset release -DHYPERSPHERE_TESTS=ON -Wno-dev >/dev/null
cmake --build --preset release
ctest --preset release "$@"
