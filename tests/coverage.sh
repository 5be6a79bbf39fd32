#!/usr/bin/env bash
# Which lines the unit tests run, by room, as a table in Markdown: builds the preset coverage, runs the tests and asks gcovr. Ten minutes on
# two cores. The end-to-end scripts, which run the subcommands in apps/ itself, train too much for a build that counts.
# usage: coverage.sh [FILE.json]     FILE.json: for coverage_table.py --files, which lines of which files are missing
set -euo pipefail
report=$(realpath -m "${1:-build/coverage/coverage.json}")
cd "$(dirname "$(realpath "$0")")/.."
cmake --preset coverage -Wno-dev >/dev/null
cmake --build --preset coverage
find build/coverage -name '*.gcda' -delete
ctest --preset coverage -LE slow >&2
gcovr --root . --object-directory build/coverage --filter '(tensor|kernels|cluster|autograd|nn|apps)/' --exclude-throw-branches --json "$report" -j 2 >&2
tests/coverage_table.py "$report"
