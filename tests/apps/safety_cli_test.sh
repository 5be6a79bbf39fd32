#!/usr/bin/env bash
# A run loses nothing: killed at any moment, with a damaged checkpoint, without room on the disk, with photographs that disappear, started twice; and it goes on
# where training went wrong.
# usage: safety_cli_test.sh PROGRAM
# HYPERSPHERE_KILLS: how often it is killed (6).
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 6 --images 4 --seed 3 --out faces >/dev/null 2>&1
options=(--device cpu --threads 1 --net sphereface-4 --batch 4 --lr 0.002 --checkpoint-every 5 --data faces)
train=("$program" train "${options[@]}")

wanted=${HYPERSPHERE_KILLS:-6}
echo "== killed $wanted times, also while a checkpoint is written"
started=$(date +%s%N)
"${train[@]}" --iterations 60 --out whole >/dev/null 2>&1
milliseconds=$((($(date +%s%N) - started) / 1000000)) # of a whole run: it is killed after a twentieth of that to two fifths
kills=0
RANDOM=1
while [ "$kills" -lt "$wanted" ]; do
  rm -rf killed
  "${train[@]}" --iterations 60 --out killed >/dev/null 2>&1 &
  while true; do
    pid=$!
    after=$((milliseconds * (RANDOM % 36 + 5) / 100))
    sleep "$((after / 1000)).$(printf '%03d' $((after % 1000)))"
    if ! kill -9 "$pid" 2>/dev/null; then
      wait "$pid" || die "a resumed run failed"
      break
    fi
    wait "$pid" 2>/dev/null || true
    kills=$((kills + 1))
    "${train[@]}" --resume --iterations 60 --out killed >/dev/null 2>&1 &
  done
  check same_bytes whole/model.safetensors killed/model.safetensors
  check test "$(grep -c '"kind":"train"' killed/log.jsonl)" -eq 60
done

echo "== a damaged checkpoint"
cp -r whole damaged
newest=$(ls damaged/checkpoints | tail -1)
printf 'x' | dd of="damaged/checkpoints/$newest" bs=1 seek=5000000 conv=notrunc 2>/dev/null
"${train[@]}" --resume --iterations 60 --out damaged >/dev/null 2>err.txt
check contains err.txt "$newest: damaged: its checksum"
check contains err.txt "resumed after iteration 55"
check test -e "damaged/checkpoints/$newest.damaged"
check same_bytes whole/model.safetensors damaged/model.safetensors
cp -r whole changed
LC_ALL=C sed -i 's/"checksum":"xxh3:/"checksum":"none:/; s/"state.more.rollbacks":"0"/"state.more.rollbacks":"?"/' "changed/checkpoints/$newest"
expect_error 1 "$newest: expected a number of rollbacks, found '?'" "${train[@]}" --resume --iterations 70 --out changed
for file in damaged/checkpoints/*.safetensors; do : >"$file"; done
"${train[@]}" --resume --iterations 5 --out damaged >/dev/null 2>err.txt
check contains err.txt "no checkpoint to resume from; starting at iteration 0"
printf 'x' | dd of=damaged/model.safetensors bs=1 seek=1000000 conv=notrunc 2>/dev/null
expect_error 1 "model.safetensors: damaged: its checksum" "$program" info --model damaged/model.safetensors

echo "== no room on the disk"
# A limit on the size of a file fails like a full disk, for whoever is told so instead of being killed.
no_room() { (trap '' XFSZ; ulimit -f "$1"; shift; "$@"); }
expect_error 1 "could not write.*checkpoints" no_room 20000 "${train[@]}" --iterations 10 --out full
check test "$(find full -name '*.safetensors*' | wc -l)" -eq 0
"${train[@]}" --resume --iterations 60 --out full >/dev/null 2>&1
check same_bytes whole/model.safetensors full/model.safetensors
mkdir disk
if mount -t tmpfs -o size=130m none disk 2>/dev/null; then
  trap 'umount "$work/disk"; rm -rf "$work"' EXIT
  expect_error 1 "No space left" "${train[@]}" --iterations 60 --out disk/run
  mount -o remount,size=1g disk
  "${train[@]}" --resume --iterations 60 --out disk/run >/dev/null 2>&1
  check same_bytes whole/model.safetensors disk/run/model.safetensors
else
  echo "(no right to mount a small disk: left out)"
fi

echo "== a folder that cannot be written, too few files at a time"
expect_error 1 "/proc/run: cannot create the folder" "${train[@]}" --iterations 1 --out /proc/run
few_files() { (ulimit -n 12; "$@"); }
status=0
few_files "${train[@]}" --iterations 60 --out few >/dev/null 2>err.txt || status=$?
if [ "$status" -ne 0 ]; then
  check contains err.txt "Too many open files"
  "${train[@]}" --resume --iterations 60 --out few >/dev/null 2>&1
fi
check same_bytes whole/model.safetensors few/model.safetensors

echo "== one run a folder"
"${train[@]}" --iterations 100000 --out busy >/dev/null 2>&1 &
first=$!
until [ -s busy/log.jsonl ]; do sleep 0.05; done
expect_error 1 "busy: another process is at work" "${train[@]}" --resume --iterations 10 --out busy
kill -9 $first
wait $first 2>/dev/null || true
check "${train[@]}" --resume --iterations 10 --out busy >/dev/null 2>&1 # its lock went with it

echo "== photographs that disappear during the run"
cp -r faces shrinking
"$program" train "${options[@]}" --data shrinking --cache 0 --iterations 100000 --out shrunk >/dev/null 2>err.txt &
first=$!
until [ -s shrunk/log.jsonl ]; do sleep 0.05; done
rm shrinking/id_0002/*.jpg
until grep -q "left out: .*id_0002" err.txt; do kill -0 $first || die "ended: $(cat err.txt)"; sleep 0.05; done
kill -INT $first
status=0
wait $first || status=$?
check test "$status" -eq 130

echo "== names and folders of every kind"
cp -r faces "odd names"
mv "odd names/id_0000" "odd names/José María, 2nd"
"$program" train "${options[@]}" --data "odd names" --iterations 2 --out "odd run" >/dev/null 2>&1
check contains "odd run/photographs.txt" "^José María, 2nd/id_0000_0001.jpg$"
"$program" geometry --device cpu --model "odd run/model.safetensors" --data "odd names" --out "odd run/geometry" >/dev/null 2>&1
check contains "odd run/geometry/geometry.json" "José María, 2nd"
cp -r faces latin
mv latin/id_0000 "latin/$(printf 'Jos\351')"
expect_error 1 "its name is not UTF-8" "$program" train "${options[@]}" --data latin --iterations 2 --out x
cp -r faces broken
mv broken/id_0000 "broken/$(printf 'a\nb')"
expect_error 1 'a\\nb.*line break' "$program" train "${options[@]}" --data broken --iterations 2 --out x
check test "$(wc -l <err.txt)" -eq 1
cp -r faces looped
ln -s .. looped/id_0000/back
ln -s ../id_0001 looped/id_0001/itself
expect_error 1 "leads back to" "$program" train "${options[@]}" --data looped --iterations 2 --out x
mkdir empty
expect_error 1 "no image in the subfolders" "$program" train "${options[@]}" --data empty --iterations 2 --out x
mkdir -p lonely && cp -r faces/id_0000 lonely/
expect_error 1 "one identity alone.*id_0000" "$program" train "${options[@]}" --data lonely --iterations 2 --out x
find lonely -name '*.jpg' | tail -n +2 | xargs rm
expect_error 1 "no identity has 2 photographs" "$program" train "${options[@]}" --data lonely --iterations 2 --out x
expect_error 1 "one identity alone" "$program" train "${options[@]}" --data lonely --min-images 1 --iterations 2 --out x
for size in 0 65535; do
  printf 'P6 %s %s 255\n' $size $size >image.ppm
  expect_error 1 "image.ppm" "$program" embed --device cpu --model whole/model.safetensors --out x image.ppm
done

echo "== training that goes wrong"
wrong=("${train[@]}" --lr 1e6 --iterations 40 --checkpoint-every 10)
expect_error 1 "not finite.*What helps: a lower --lr" "${wrong[@]}" --out stopped
"${wrong[@]}" --on-divergence rollback --rollbacks 9 --rollback-rate 0.1 --out back >/dev/null 2>err.txt
check contains err.txt "rollback 1 of 9: on from iteration [0-9]* with 0.1 of the learning rate"
check contains back/log.jsonl '"kind":"rollback"'
check test "$(grep -c '"kind":"train"' back/log.jsonl)" -eq 40
expect_error 1 "not finite" "${wrong[@]}" --on-divergence rollback --rollbacks 2 --rollback-rate 0.9 --out given_up
finish
