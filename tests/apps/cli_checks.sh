# What the tests of the command line share. Source it from SCRIPT PROGRAM: it leaves `program` and a working folder that is
# removed at the end, with these functions.
set -euo pipefail
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

checks=0
die() { echo "FAILED: $*" >&2; exit 1; }
# check COMMAND...: it succeeds.
check() { checks=$((checks + 1)); "$@" || die "$*"; }
# expect_error CODE PATTERN COMMAND...: the command fails with that code and one line that matches the pattern.
expect_error() {
  local code=$1 pattern=$2 status=0
  shift 2
  "$@" >out.txt 2>err.txt || status=$?
  checks=$((checks + 1))
  [ "$status" -eq "$code" ] || die "expected exit code $code, found $status: $* ($(cat err.txt))"
  grep -q -- "$pattern" err.txt || die "expected '$pattern' on standard error, found '$(cat err.txt)': $*"
}
same_bytes() { cmp "$1" "$2"; }
# contains FILE PATTERN
contains() { grep -q -- "$2" "$1" || { echo "$1 has no '$2':" >&2; head -20 "$1" >&2; return 1; }; }
# rows_have FILE KEY: a JSON list that is not empty, each of its objects with the key; where Python is there to look.
rows_have() {
  command -v python3 >/dev/null || return 0
  python3 -c 'import json, sys; rows = json.load(open(sys.argv[1])); assert rows and all(sys.argv[2] in r for r in rows), rows' "$@"
}
# interrupt_when FILE COMMAND...: sends the command a Ctrl-C once the file is there and not empty; it exits with 130.
interrupt_when() {
  local file=$1 pid status=0
  shift
  "$@" &
  pid=$!
  until [ -s "$file" ]; do
    kill -0 "$pid" 2>/dev/null || die "ended before it wrote $file: $*"
    sleep 0.1
  done
  kill -INT "$pid"
  wait "$pid" || status=$?
  checks=$((checks + 1))
  [ "$status" -eq 130 ] || die "expected exit code 130 after Ctrl-C, found $status: $*"
}
finish() { echo "$checks checks passed"; }
