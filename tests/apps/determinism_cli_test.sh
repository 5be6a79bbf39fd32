#!/usr/bin/env bash
# The same seed gives the same bits: again, with cold and warm caches of photographs, with one and eight threads that decode; and on one and two threads that
# compute the same losses.
# usage: determinism_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 12 --images 5 --seed 4 --out faces >/dev/null 2>&1
train=("$program" train --device cpu --net sphereface-4 --batch 8 --iterations 20 --data faces --crop 4,4,92,108
  --shift 2 --scale 0.1 --rotate 5 --contrast 0.2 --grey 0.2 --lr 0.02)
"${train[@]}" --threads 1 --out first >/dev/null 2>&1
same_as_first() { # same_as_first OPTIONS...
  rm -rf other
  "${train[@]}" "$@" --out other >/dev/null 2>&1
  check same_bytes first/model.safetensors other/model.safetensors
}
same_as_first --threads 1
same_as_first --threads 1 --cache 0
same_as_first --threads 1 --loader-threads 8
same_as_first --threads 1 --loader-threads 8 --cache 0

# losses FILE: iteration and loss of each step.
losses() { sed -n 's/.*"iteration":\([0-9]*\),.*"loss":\([0-9.e-]*\).*/\1 \2/p' "$1"; }
"${train[@]}" --iterations 50 --threads 1 --out one >/dev/null 2>&1
"${train[@]}" --iterations 50 --threads 2 --out two >/dev/null 2>&1
paste -d' ' <(losses one/log.jsonl) <(losses two/log.jsonl) >both.txt
check test "$(wc -l <both.txt)" -eq 50
check awk '$1 != $3 || ($2 - $4) ^ 2 > (1e-5 * $2) ^ 2 { print "differ:", $0; bad = 1 } END { exit bad }' both.txt
finish
