#!/usr/bin/env bash
# --quiet and --json, which every command has, and the page of a run.
# usage: output_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

# quiet_json KEY COMMAND...: with --quiet --json -, standard error is empty and standard output is JSON with the key.
quiet_json() {
  local key=$1
  shift
  checks=$((checks + 1))
  "$@" --quiet --json - >out.json 2>err.txt || die "$*: $(cat err.txt)"
  [ ! -s err.txt ] || die "expected nothing on standard error, found '$(cat err.txt)': $*"
  grep -q "\"$key\"" out.json || die "expected the key $key, found '$(head -c 300 out.json)': $*"
  if command -v python3 >/dev/null; then python3 -m json.tool out.json >/dev/null || die "no JSON: $*"; fi
}

quiet_json photographs "$program" synthesise --identities 8 --images 4 --seed 3 --out faces
train=("$program" train --device cpu --net sphereface-4 --batch 4 --lr 0.001 --iterations 3)
quiet_json verification "${train[@]}" --data faces --hold-out 0.4 --out run
check contains out.json '"model": "run/model.safetensors"'
use=(--device cpu --model run/model.safetensors)
one=faces/id_0001/id_0001_0001.jpg two=faces/id_0002/id_0002_0001.jpg
quiet_json network "$program" evaluate "${use[@]}" --data faces --pairs run/pairs_held_out.txt
quiet_json network "$program" evaluate "${use[@]}" --data faces --task verification --set open
quiet_json photographs "$program" embed "${use[@]}" --out a.npy faces
quiet_json degrees "$program" compare "${use[@]}" "$one" "$two"
quiet_json person "$program" search "${use[@]}" --gallery faces "$one"
quiet_json criterion "$program" geometry "${use[@]}" --data faces --out run/geometry
quiet_json program "$program" info --model run/model.safetensors
quiet_json onnx "$program" export --model run/model.safetensors --onnx run.onnx --safetensors-nchw nchw.safetensors
quiet_json depth "$program" import nchw.safetensors --out back.safetensors
quiet_json left_out "$program" pack --data faces --out faces.zip
quiet_json heads "$program" figure --device cpu --data faces --identities 3 --iterations 2 --batch 4 --width 4 --dim 2 --out figure
quiet_json accuracy "$program" ablate --device cpu --data faces --hold-out 0.4 --nets 4 --heads softmax --batch 4 --lr 0.001 --iterations 2 --out ablation
quiet_json threads "$program" bench gemm --repeats 1
quiet_json page "$program" report run

echo "== --json to a file leaves what people read"
"$program" compare "${use[@]}" --json pair.json "$one" "$two" >out.txt 2>/dev/null
check contains out.txt "cosine"
check contains pair.json '"cosine"'
"${train[@]}" --data faces --out again --json again.json >out.txt 2>/dev/null
check contains out.txt "again   hypersphere train --config again/config.toml --out NEW"
check test "$(grep -c 'json\|quiet' again/config.toml)" -eq 0

echo "== a run as a page"
for part in "<h1>run</h1>" "Learning curves" "Verification" "Angles between embeddings" "data:image/png;base64" "config.toml"; do
  check contains run/report.html "$part"
done
check test "$(grep -c 'http' run/report.html)" -eq 0
"$program" evaluate "${use[@]}" --data faces --pairs run/pairs_held_out.txt --json figures.json >/dev/null 2>&1
"$program" report run --evaluation figures.json --out page.html >/dev/null
check contains page.html "TPR at FPR 1e-3"
expect_error 1 "faces: holds no run" "$program" report faces
expect_error 1 "broken.json: no JSON" bash -c 'echo "{" >broken.json; "$0" report run --evaluation broken.json' "$program"

echo "== TensorBoard's file beside the log"
check test "$(ls run/events.out.tfevents.* | wc -l)" -eq 1
check contains run/events.out.tfevents.* "verification/accuracy"
finish
