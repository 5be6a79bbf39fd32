#!/usr/bin/env bash
# The program on cuda as a user runs it, and beside it on the cpu: training, its checkpoints on the other device, embeddings.
# usage: cuda_cli_test.sh PROGRAM, one that can use a CUDA device: the emulator's will do
source "$(dirname "$0")/cli_checks.sh"

# close A B BOUND: two files of log rows tell the same losses and lengths of gradients, relative to BOUND
close() {
  local told='"\(loss\|gradient_norm\)":[-0-9.e]*'
  paste <(grep -o "$told" "$1" | cut -d: -f2) <(grep -o "$told" "$2" | cut -d: -f2) |
    awk -v bound="$3" 'NF != 2 || ($1 - $2) ^ 2 > (bound * $1) ^ 2 { exit 1 } END { if (NR == 0) exit 1 }' ||
    die "$1 and $2 differ by more than $3: $(grep -o "$told" "$1" "$2" | tr '\n' ' ')"
}

"$program" info >info.txt
grep -q '^CUDA .*compute capability' info.txt || die "info names no device: $(cat info.txt)"

"$program" synthesise --identities 4 --images 2 --seed 3 --out faces >/dev/null 2>&1
train=("$program" train --data faces --net sphereface-4 --batch 2 --lr 0.01 --seed 5 --checkpoint-every 2 --shift 2 --rotate 8
  --contrast 0.3 --crop 8,8,88,104)
for device in cpu cuda; do
  "${train[@]}" --device "$device" --iterations 3 --out "$device" >/dev/null 2>"$device.err" || die "$(cat "$device.err")"
done
close cpu/log.jsonl cuda/log.jsonl 1e-3

echo "== a run goes on where it was not begun"
for device in cpu cuda; do
  "${train[@]}" --device "$device" --iterations 2 --out "from_$device" >/dev/null 2>&1
done
"$program" train --resume --device cuda --iterations 3 --out from_cpu >/dev/null 2>&1
"$program" train --resume --device cpu --iterations 3 --out from_cuda >/dev/null 2>&1
close cpu/log.jsonl from_cpu/log.jsonl 1e-3
close cpu/log.jsonl from_cuda/log.jsonl 1e-3

echo "== lower precision"
head -n 1 cpu/log.jsonl >step.jsonl
for precision in tf32 bf16; do
  "${train[@]}" --device cuda --precision "$precision" --iterations 1 --out "$precision" >/dev/null 2>&1
  close step.jsonl "$precision/log.jsonl" 0.05
done

echo "== embeddings and similarities are those of the cpu"
photographs=(faces/id_0000/id_0000_0001.jpg faces/id_0001/id_0001_0001.jpg)
for device in cpu cuda; do
  "$program" embed --device "$device" --model cuda/model.safetensors --out "$device.npy" "${photographs[@]}" >/dev/null 2>&1
  "$program" compare --device "$device" --model cuda/model.safetensors "${photographs[@]}" >"$device.txt" 2>/dev/null
done
# NumPy's header is 128 bytes long, then float32 values.
paste <(od -An -v -j128 -w4 -tf4 cpu.npy) <(od -An -v -j128 -w4 -tf4 cuda.npy) |
  awk '{ d += ($1 - $2) ^ 2; n += $1 ^ 2 } END { exit !(n > 0 && d <= 1e-10 * n) }' || die "embeddings differ"
paste cpu.txt cuda.txt | awk '/cosine/ && ($2 - $7) ^ 2 < 4e-8 { close_enough = 1 } END { exit !close_enough }' ||
  die "compare: $(cat cpu.txt cuda.txt)"

echo "== the geometry too, that of the class weights included"
printf 'id_0000\nid_0001\n' >two.txt
for device in cpu cuda; do
  "$program" geometry --device "$device" --model cuda/model.safetensors --data faces --identities two.txt --max-images 1 \
    --out "geometry_$device" 2>/dev/null | grep -E "^(between identities|photograph to own weight|between weights)" >"$device.angles"
done
[ "$(wc -l <cpu.angles)" -eq 3 ] || die "geometry: $(cat cpu.angles)"
paste cpu.angles cuda.angles | awk '{ if (($(NF / 2 - 3) - $(NF - 3)) ^ 2 > 4e-4) exit 1 }' || # means, in degrees
  die "geometry: $(cat cpu.angles cuda.angles)"
echo "cuda and cpu agree"
