#!/usr/bin/env bash
# The program as a user runs it: every subcommand, resuming, and what it says to unusable input.
# usage: cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 24 --images 5 --seed 3 --out faces >/dev/null 2>&1
check test -f faces/id_0023/id_0023_0005.jpg
expect_error 1 "faces" "$program" synthesise --identities 2 --images 2 --out faces

train=("$program" train --data faces --net sphereface-4 --batch 4 --lr 0.01 --seed 5 --threads 1 --hold-out 0.4)
"${train[@]}" --iterations 6 --checkpoint-every 2 --val-every 3 --keep 2 --out whole >whole.txt 2>whole.err
check contains whole.txt "verification on people never trained on"
check contains whole.txt "raw pixels"
for file in config.toml log.jsonl curves.svg model.safetensors pairs.png identities_held_out.txt; do
  check test -s "whole/$file"
done
check test "$(ls whole/checkpoints | wc -l)" -eq 2
check test "$(grep -c '"kind":"train"' whole/log.jsonl)" -eq 6
check test "$(grep -c '"kind":"validation"' whole/log.jsonl)" -eq 2

echo "== k steps, --resume, N - k steps give the bits of N steps"
"${train[@]}" --iterations 4 --checkpoint-every 2 --val-every 3 --keep 2 --out parts >/dev/null 2>&1
"$program" train --resume --iterations 6 --out parts >/dev/null 2>&1
check same_bytes whole/model.safetensors parts/model.safetensors
check test "$(grep -c '"kind":"train"' parts/log.jsonl)" -eq 6

echo "== the configuration of a run repeats it"
"$program" train --config whole/config.toml --out again >/dev/null 2>&1
check same_bytes whole/model.safetensors again/model.safetensors

echo "== Ctrl-C ends with a checkpoint"
interrupt_when interrupted/log.jsonl "${train[@]}" --iterations 100000 --out interrupted >interrupted.txt 2>&1
check contains interrupted.txt "go on with"
check test "$(ls interrupted/checkpoints | wc -l)" -eq 1

echo "== the other subcommands"
for i in 19 20 21 22; do # two folds of LFW's format
  printf 'id_00%s\t1\t2\n' "$i" >>matched.txt
  printf 'id_00%s\t3\tid_000%s\t1\n' "$i" $((i - 19)) >>mismatched.txt
done
{ printf '2\t2\n'; head -2 matched.txt; head -2 mismatched.txt; tail -2 matched.txt; tail -2 mismatched.txt; } >pairs.txt
"$program" evaluate --model whole/model.safetensors --data faces --pairs pairs.txt --json e.json --plot roc.svg >e.txt 2>/dev/null
check contains e.txt "TPR at FPR 1e-3"
"$program" evaluate --model whole/model.safetensors --data faces --pairs whole/pairs_held_out.txt >h.txt 2>/dev/null
check contains h.txt "$(grep -o 'never trained on: *[0-9.]* %' whole.txt | grep -o '[0-9.]* %')"
check contains e.txt "raw pixels"
check contains e.json '"auc"'
check contains roc.svg "<svg"
"$program" embed --model whole/model.safetensors --out e.npy --list-out e.list faces/id_0000 faces/id_0001/id_0001_0001.jpg >/dev/null 2>&1
check test "$(wc -l <e.list)" -eq 6
check test "$(stat -c %s e.npy)" -eq $((128 + 6 * 1024 * 4))
"$program" compare --model whole/model.safetensors faces/id_0000/id_0000_0001.jpg faces/id_0000/id_0000_0001.jpg >c.txt
check contains c.txt "cosine 1.0000   angle 0.0 degrees"
"$program" info --model whole/model.safetensors >i.txt
check contains i.txt "sphereface-4"
check contains i.txt "12562496"
check contains i.txt "^CUDA"
"$program" train --help | grep -q Example || die "help has no example"

echo "== augmentation, embeddings of one length, what is set aside"
changing=("${train[@]}" --shift 2 --scale 0.1 --rotate 8 --contrast 0.3 --brightness 0.2 --saturation 0.5 --grey 0.2 --erase 0.5
  --crop 8,8,88,104 --feature-scale 16 --hold-out-images 0.3 --hold-out-seed 9 --checkpoint-every 2)
"${changing[@]}" --iterations 4 --out changed >/dev/null 2>&1
"${changing[@]}" --iterations 2 --out changed_parts >/dev/null 2>&1
"$program" train --resume --iterations 4 --out changed_parts >/dev/null 2>&1
check same_bytes changed/model.safetensors changed_parts/model.safetensors
"${changing[@]}" --iterations 1 --seed 6 --out changed_seed >/dev/null 2>&1
for file in identities_held_out.txt photographs_held_out.txt photographs.txt; do
  check same_bytes "changed/$file" "changed_seed/$file"
done
# Of 24 people 14 are trained on, each with 5 photographs of which 2 are set aside; all lines are files.
check test "$(wc -l <changed/photographs.txt)" -eq 42
check test "$(wc -l <changed/photographs_held_out.txt)" -eq 28
check test "$(cat changed/photographs*.txt | sort -u | wc -l)" -eq 70
while IFS= read -r line; do check test -f "faces/$line"; done < <(cat changed/photographs*.txt)
check test "$(cut -d/ -f1 changed/photographs.txt | cat - changed/identities_held_out.txt | sort -u | wc -l)" -eq 24
check test "$(wc -l <whole/photographs.txt)" -eq 70

echo "== a preset, and the options that a run would have"
"$program" train --preset small --batch 16 --show-config >shown.toml
check contains shown.toml '^rotate=8$'
check contains shown.toml '^batch=16$'
"$program" train --config shown.toml --show-config | same_bytes - shown.toml || die "--show-config does not repeat itself"
"$program" train --preset small --data faces --batch 4 --net sphereface-4 --iterations 1 --out preset >/dev/null 2>&1
check contains preset/config.toml '^rotate=8$'

echo "== --init takes the backbone and gives another number of classes a fresh head"
"${train[@]}" --iterations 1 --init whole/model.safetensors --out same >/dev/null 2>same.txt
check contains same.txt "loaded the network and its class weights"
"$program" train --data faces --net sphereface-4 --batch 4 --iterations 1 --init whole/model.safetensors --out fresh >/dev/null 2>fresh.txt
check contains fresh.txt "start afresh"

echo "== a list file, also a long one, an undecodable photograph"
mkdir broken
cp -r faces/id_000[0-3] broken
echo "not an image" >broken/id_0000/id_0000_0001.jpg
"$program" train --data broken --net sphereface-4 --batch 20 --iterations 1 --out skipping >/dev/null 2>skip.txt
check contains skip.txt "id_0000_0001.jpg"
expect_error 1 "id_0000_0001.jpg" "$program" train --data broken --net sphereface-4 --batch 20 --iterations 1 --strict --out strict
find faces -name '*.jpg' | sort | head -40 | awk -F/ '{print $2 "/" $3, substr($2, 4) + 7}' >list.txt
"$program" train --data faces --list list.txt --net sphereface-4 --batch 4 --iterations 1 --out listed >/dev/null 2>listed.txt
check contains listed.txt "40 photographs of 8 identities"
awk '{ line[NR] = $0 } END { for (i = 0; i < 1000000; ++i) print line[i % NR + 1] }' list.txt >million.txt
"$program" train --data faces --list million.txt --net sphereface-4 --batch 4 --iterations 1 --out long >/dev/null 2>listed.txt
check contains listed.txt "1000000 photographs of 8 identities"
echo "id_0000/id_0000_0001.jpg first" >>million.txt
expect_error 1 "million.txt:1000001: .*first" "$program" train --data faces --list million.txt --out longer

echo "== bench: tables for people, rows for programs"
bench() {  # bench NAME KEY ARGUMENTS...: a bench that computes; every one of its rows has the key
  local name=$1 key=$2
  shift 2
  "$program" bench "$name" --device cpu --repeats 1 --json "$name.json" "$@" >"$name.txt"
  check test -s "$name.txt"
  check rows_have "$name.json" "$key"
}
bench gemm flops
bench layers forward_algorithm --batch 1
check contains layers.txt "64 ->  64 *56x48 .*winograd 6x6"
check test "$(grep -c '"forward_seconds"' layers.json)" -eq 8
bench layers forward_algorithm --batch 1 --direct
check contains layers.txt "no Winograd"
if grep -q ' winograd' layers.txt; then die "--direct used Winograd"; fi
bench step operations --depth 4 --batch 1 --classes 10
check contains step.txt "images/s"
check contains step.txt "^conv2d_backward_weight  *4 "
check contains step.txt "^outside of operations"
bench embed process_peak_bytes --depth 4 --batch 2 --mirror
check contains embed.txt "joined with its mirror image"
"$program" bench loader --data faces --photographs 16 --batch 4 --loader-threads 2 --training-rate 10 --repeats 1 --json loader.json >loader.txt
check rows_have loader.json decoded_per_second
check test "$(grep -c '"times_training"' loader.json)" -eq 2
if "$program" info | grep -q "^oneDNN *for bench"; then
  for name in gemm layers; do
    arguments=(--against onednn)
    [ "$name" = gemm ] || arguments+=(--batch 1)
    bench "$name" ratio "${arguments[@]}"
    check contains "$name.txt" "their ratio"
  done
  check test "$(grep -c '"kind": "layer"' layers.json)" -eq 23
else
  expect_error 1 "libdnnl-dev" "$program" bench layers --against onednn --device cpu
fi
expect_error 2 "--data" "$program" bench loader
expect_error 1 "no/such/folder" "$program" bench loader --data no/such/folder
expect_error 1 "needs --device cuda" "$program" bench layers --device cpu --against cudnn
expect_error 1 "needs --device cuda" "$program" bench gemm --device cpu --against cublaslt
expect_error 2 "against" "$program" bench gemm --against cudnn
"$program" bench layers --help | grep -q Example || die "bench's help has no example"

echo "== a configuration for any command"
printf 'model = "whole/model.safetensors"\ndata = "faces"\npairs = "pairs.txt"\n' >evaluate.toml
"$program" evaluate --config evaluate.toml --json configured.json >/dev/null 2>&1
check same_bytes e.json configured.json
expect_error 2 "pairs" "$program" evaluate --config evaluate.toml --pairs
printf 'repeats = 1\nthreads = 1\n' >bench.toml
check "$program" bench gemm --config bench.toml >/dev/null 2>&1
printf 'nonsense = 1\n' >wrong.toml
expect_error 2 "nonsense" "$program" info --config wrong.toml
expect_error 1 "nowhere.toml" "$program" info --config nowhere.toml
printf "threads = 1\n [model]\nname = 1\n" >sections.toml
expect_error 1 "sections.toml:2: .*the section \[model\]" "$program" info --config sections.toml

echo "== usage errors exit with 2, failures with 1"
expect_error 2 "margin" "${train[@]}" --margin 7 --out x
expect_error 2 "rotate" "${train[@]}" --rotate 90 --out x
expect_error 2 "preset" "${train[@]}" --preset large --out x
expect_error 2 "--data is required" "$program" train --out x
expect_error 2 "give one of them" "$program" train --show-config --iterations 3 --minutes 1
expect_error 2 "give one of them" "${train[@]}" --iterations 3 --minutes 1 --out x
expect_error 2 "crop" "${train[@]}" --crop 1,2,3 --out x
expect_error 2 "subcommand" "$program"
expect_error 2 "nonsense" "$program" info --nonsense
expect_error 1 "holds a run already" "${train[@]}" --iterations 3 --out whole
expect_error 1 "no/such/folder" "$program" train --data no/such/folder --out x
expect_error 1 "no_model" "$program" info --model no_model
expect_error 2 "needs --device cuda" "${train[@]}" --device cpu --precision bf16 --out x
expect_error 2 "needs --device cuda" "$program" bench gemm --device cpu --conv cudnn
expect_error 2 "needs --device cuda" "$program" bench gemm --device cpu --gemm cublaslt
expect_error 2 "precision" "${train[@]}" --precision fp64 --out x
if "$program" bench gemm --repeats 1 --device cuda >/dev/null 2>&1; then
  echo "(this machine has a CUDA device: what happens without one is not tested)"
else
  expect_error 1 "--device cuda: .*; use --device cpu" "${train[@]}" --device cuda --out x
fi
expect_error 1 "not finite" "${train[@]}" --iterations 50 --lr 1e6 --out diverged
head -c 1000 whole/model.safetensors >cut.safetensors
expect_error 1 "cut.safetensors" "$program" info --model cut.safetensors
printf '1\t1\nid_0000\t1\t99\nid_0000\t1\tid_0001\t1\n' >bad_pairs.txt
expect_error 1 "bad_pairs.txt:2" "$program" evaluate --model whole/model.safetensors --data faces --pairs bad_pairs.txt

finish
