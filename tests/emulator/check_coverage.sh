#!/usr/bin/env bash
# check_coverage.sh SOURCE_DIR LAUNCHED: fails, with their names, for __global__ functions under SOURCE_DIR/kernels
# that the file LAUNCHED does not name, and for names in it that are no such function: the name in a launch is
# written by hand.
set -euo pipefail
export LC_ALL=C
source=$1 launched=$2

if [ ! -s "$launched" ]; then
  echo "no kernel was launched: $launched is missing or empty"
  exit 1
fi

# What stands between __global__ and the first parenthesis ends with the name. Comments go first, then line ends, then
# the parentheses of __launch_bounds__ (nested once at most).
defined=$(find "$source/kernels" \( -name '*.cuh' -o -name '*.cu' \) -exec sed 's://.*::' {} + | tr '\n' ' ' |
  sed -E 's/__launch_bounds__ *\(([^()]|\([^()]*\))*\)//g' | grep -oE '__global__[^(;{}]*\(' |
  sed -E 's/ *\($//; s/.*[^A-Za-z0-9_]//' | sort -u) || true
if [ -z "$defined" ]; then
  echo "no __global__ function found under $source/kernels"
  exit 1
fi

never=$(comm -23 <(echo "$defined") <(sort -u "$launched"))
unknown=$(comm -13 <(echo "$defined") <(sort -u "$launched"))
[ -z "$never" ] || echo "kernels that no test launched:" $never
[ -z "$unknown" ] || echo "launched under a name that no __global__ function has:" $unknown
[ -z "$never$unknown" ] || exit 1
echo "all $(echo "$defined" | wc -l) kernels were launched"
