#!/usr/bin/env bash
# Which lines the tests run, by room, as a table in Markdown: builds the preset coverage, runs every test and asks gcovr. Half an
# hour on two cores.
# usage: coverage.sh [FILE.json]     FILE.json: for coverage_table.py --files, which lines of which files are missing
set -euo pipefail
report=$(realpath -m "${1:-build/coverage/coverage.json}")
cd "$(dirname "$(realpath "$0")")/.."
cmake --preset coverage -Wno-dev >/dev/null
cmake --build --preset coverage
find build/coverage -name '*.gcda' -delete
ctest --preset coverage >&2
gcovr --root . --object-directory build/coverage --filter '(tensor|kernels|autograd|nn|apps)/' --exclude-throw-branches --json "$report" -j 2 >&2
tests/coverage_table.py "$report"
