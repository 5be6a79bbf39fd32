#!/usr/bin/env bash
# hypersphere ablate: the grid, its tables and charts, going on after Ctrl-C and kill -9, and what it refuses.
# usage: ablate_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 16 --images 5 --seed 3 --out faces >/dev/null 2>&1
grid=("$program" ablate --data faces --hold-out 0.5 --batch 2 --lr 0.01 --threads 1 --nets 4 --heads softmax,a-softmax
  --margins 2 --seeds 1,2 --iterations 3)

echo "== a grid and what it writes"
"${grid[@]}" --out whole >whole.txt 2>whole.err
for file in ablation.md ablation.csv ablation.json accuracy_by_margin.svg accuracy_by_depth.svg config.toml; do
  check test -s "whole/$file"
done
for cell in sphereface-4-{softmax,a-softmax-2}-seed-{1,2}; do
  check test -s "whole/$cell/result.json"
  check test -s "whole/$cell/model.safetensors"
  check test -s "whole/$cell/curves.svg"
  check test ! -e "whole/$cell/checkpoints"
done
check contains whole.err '^\[3/4\] softmax, sphereface-4, seed 2: verification'
check contains whole.txt '^| sphereface-4 | a-softmax |   2 |     2 |'
check contains whole/ablation.md '^| sphereface-4 | softmax   |     |     2 |'
check test "$(wc -l <whole/ablation.csv)" -eq 3
check contains whole/ablation.csv '^net,head,margin,seeds,finished,diverged,accuracy_mean,'
check contains whole/ablation.csv '^sphereface-4,a-softmax,2,2,2,0,0\.'
check rows_have <(python3 -c 'import json; print(json.dumps(json.load(open("whole/ablation.json"))["cells"]))') accuracy

check same_bytes whole/sphereface-4-softmax-seed-{1,2}/identities_held_out.txt

echo "== a preset's recipe, but for what the grid varies"
"$program" ablate --preset small --data faces --hold-out 0.5 --batch 2 --iterations 1 --nets 4 --heads softmax --threads 1 \
  --out recipe >/dev/null 2>&1
check contains recipe/config.toml '^rotate=8$'
check contains recipe/ablation.csv '^sphereface-4,softmax,'

echo "== done is done"
cp whole/ablation.csv whole.csv
stamp=$(stat -c %Y.%i whole/sphereface-4-softmax-seed-1/model.safetensors)
"${grid[@]}" --threads 2 --out whole >/dev/null 2>again.err
check contains again.err "4 networks to train, 4 of them done"
check same_bytes whole/ablation.csv whole.csv
check test "$(stat -c %Y.%i whole/sphereface-4-softmax-seed-1/model.safetensors)" = "$stamp"

echo "== a cell is the run that train makes of its configuration"
"$program" train --config whole/sphereface-4-a-softmax-2-seed-2/config.toml --out alone >/dev/null 2>&1
check same_bytes alone/model.safetensors whole/sphereface-4-a-softmax-2-seed-2/model.safetensors

echo "== Ctrl-C and kill -9 in the middle, and on: the same bits"
interrupt_when parts/sphereface-4-a-softmax-2-seed-1/log.jsonl "${grid[@]}" --out parts >parts.txt 2>/dev/null
check contains parts.txt "1 of 2"
check test ! -e parts/sphereface-4-a-softmax-2-seed-2/result.json
"${grid[@]}" --out parts >/dev/null 2>&1 &
pid=$!
until [ -s parts/sphereface-4-softmax-seed-2/log.jsonl ]; do
  kill -0 $pid 2>/dev/null || die "ended before its third network"
  sleep 0.05
done
expect_error 1 "parts: another process" "${grid[@]}" --out parts
kill -9 $pid
wait $pid 2>/dev/null || true
"$program" ablate --config whole/config.toml --out parts >/dev/null 2>&1
check same_bytes whole/ablation.csv parts/ablation.csv

echo "== other options are refused, with what differs"
expect_error 1 "ablation.json: trained with --batch 2, now 4. Repeat" "${grid[@]}" --batch 4 --out whole
expect_error 1 "whole: another process" flock whole/.lock "${grid[@]}" --out whole
expect_error 1 "sphereface-4-softmax-seed-1: .*no/such" "${grid[@]}" --data no/such --out mended
"${grid[@]}" --heads softmax --seeds 1 --lr 1e30 --iterations 20 --out mended >mended.txt 2>&1
check contains mended.txt "diverged at iteration"
check contains mended/ablation.md "0 of 1, 1 diverged"

echo "== usage errors"
expect_error 2 "give one of them, to verify on" "$program" ablate --data faces --out x
expect_error 2 "nets: expected depths such as 4,10,20,36,64, found '4,11'" "${grid[@]}" --nets 4,11 --out x
expect_error 2 "margins: 2 is there twice" "${grid[@]}" --margins 2,3,2 --out x
expect_error 2 "margins: expected" "${grid[@]}" --margins 1,5 --out x
expect_error 2 "heads: expected" "${grid[@]}" --heads softmax,cosine --out x
expect_error 2 "seeds: expected" "${grid[@]}" --seeds 1,-2 --out x
expect_error 2 "seeds: expected" "${grid[@]}" --seeds "" --out x
expect_error 2 "give one of them" "${grid[@]}" --minutes 1 --out x
expect_error 2 "net" "${grid[@]}" --net sphereface-4 --out x
check test ! -e x
"$program" ablate --help | grep -q Example || die "no example in the help"

finish
