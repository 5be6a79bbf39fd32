#!/usr/bin/env bash
# The sources of photographs as a user has them: folders, one packed file, InsightFace's training and verification sets. Python makes the latter two, as
# it made the real ones; where it is not there, they are left out.
# usage: data_cli_test.sh PROGRAM
tests=$(dirname "$(realpath "$0")")
source "$tests/cli_checks.sh"

"$program" synthesise --identities 6 --images 4 --seed 3 --out faces >/dev/null 2>&1
train=("$program" train --device cpu --net sphereface-4 --batch 4 --iterations 2)
"${train[@]}" --data faces --out run >/dev/null 2>&1
embed=("$program" embed --device cpu --model run/model.safetensors)

echo "== packing"
"$program" pack --data faces --out faces.zip >pack.txt 2>pack.err
check contains pack.txt "24 photographs of 96 x 112 pixels: faces.zip"
"${embed[@]}" --out a.npy --list-out a.txt faces >/dev/null 2>&1
"${embed[@]}" --out b.npy --list-out b.txt faces.zip >/dev/null 2>&1
check same_bytes a.npy b.npy
check contains b.txt "^faces.zip/id_0000/id_0000_0001.png$"
"$program" pack --data faces.zip --out unpacked >/dev/null 2>&1
"${embed[@]}" --out c.npy unpacked >/dev/null 2>&1
check same_bytes a.npy c.npy
head -2 <(ls faces) >two.txt
"$program" pack --data faces --identities two.txt --jpeg 90 --out two.zip >pack.txt 2>/dev/null
check contains pack.txt "8 photographs"
check test "$(stat -c %s two.zip)" -lt "$(stat -c %s faces.zip)"
echo broken >faces/id_0001/broken.jpg
"$program" pack --data faces --crop 0,0,96,112 --out again.zip >pack.txt 2>pack.err
check contains pack.txt "24 photographs"
check contains pack.err "left out: .*faces/id_0001/broken.jpg"
rm faces/id_0001/broken.jpg

echo "== one packed file wherever a folder may stand"
"${train[@]}" --data faces.zip --hold-out 0.4 --out zipped >/dev/null 2>&1
check contains zipped/photographs.txt "^id_000[0-9]/id_000[0-9]_000[0-9].png$"
"$program" geometry --device cpu --model run/model.safetensors --data faces.zip --out geometry >geometry.txt 2>/dev/null
check contains geometry.txt "24 photographs of 6 identities"
"$program" search --device cpu --model run/model.safetensors --gallery faces.zip --gallery-out faces.gallery faces/id_0002/id_0002_0003.jpg >search.txt 2>/dev/null
check contains search.txt "^   1  1.0000 .*id_0002 "
"$program" search --device cpu --model run/model.safetensors --gallery faces.zip --gallery-out faces.gallery >search.txt 2>search.err
check contains search.err "24 photographs as they were"

echo "== landmarks"
# Synthetic faces are drawn where the template has them.
template=(29.2946 50.6963 64.5318 50.5014 47.0252 70.7366 32.5493 91.3655 61.7299 91.2041)
for photograph in $(cd faces && ls -d */*); do
  echo "$photograph ${template[*]}"
done >landmarks.txt
"$program" align --data faces --landmarks landmarks.txt --again --out aligned.zip >align.txt 2>/dev/null
check contains align.txt "24 photographs of 96 x 112 pixels: aligned.zip"
"${embed[@]}" --out g.npy aligned.zip >/dev/null 2>&1
check same_bytes a.npy g.npy # they were aligned: nothing moves
"${embed[@]}" --out h.npy --landmarks landmarks.txt faces >/dev/null 2>&1
check same_bytes a.npy h.npy
awk '{ printf "%s", $1; for (i = 2; i <= NF; ++i) printf ",%f", $i + 1; print "" }' landmarks.txt >matlab.csv
"${embed[@]}" --out i.npy --landmarks matlab.csv --one-based faces >/dev/null 2>&1
check same_bytes a.npy i.npy
grep -v id_0003_0002 landmarks.txt >fewer.txt
"$program" align --data faces --landmarks fewer.txt --again --width 112 --out fewer >align.txt 2>align.err
check contains align.txt "23 photographs of 112 x 112 pixels: fewer"
check contains align.err "left out: .*id_0003_0002.jpg: no landmarks"
"${train[@]}" --data faces --landmarks landmarks.txt --out landmarks_run >/dev/null 2>&1
"$program" info --model landmarks_run/model.safetensors >info.txt
check contains info.txt "crop *landmarks"
"$program" embed --device cpu --model landmarks_run/model.safetensors --out j.npy faces >/dev/null 2>note.txt
check contains note.txt "note: the model was trained on faces aligned by landmarks"
"${train[@]}" --config landmarks_run/config.toml --out landmarks_again >/dev/null 2>&1
check same_bytes landmarks_run/model.safetensors landmarks_again/model.safetensors
expect_error 1 "faces looks aligned already: 24 of 24" "$program" align --data faces --landmarks landmarks.txt --out x
expect_error 1 "aligned already; leave the landmarks out" "${embed[@]}" --out x --landmarks landmarks.txt faces.zip
expect_error 2 "--crop and --landmarks: give one" "${embed[@]}" --out x --landmarks landmarks.txt --crop 1,2,30,40 faces
expect_error 2 "--landmarks is required" "$program" align --data faces --out x
expect_error 2 "--one-based: goes with --landmarks" "${embed[@]}" --out x --one-based faces
echo "a 1 2" >broken.txt
expect_error 1 "broken.txt:1: expected a path and the numbers" "${embed[@]}" --out x --landmarks broken.txt faces

echo "== unusable input"
expect_error 1 "faces is there already" "$program" pack --data faces.zip --out faces
expect_error 1 "nowhere.zip is not a folder" "${train[@]}" --data nowhere.zip --out x
expect_error 2 "crop" "$program" pack --data faces --crop 1,2 --out x.zip
echo "PK" >broken.zip
expect_error 1 "broken.zip: cannot be read as a ZIP file" "${train[@]}" --data broken.zip --out x
expect_error 2 "--data is required" "$program" evaluate --model run/model.safetensors --pairs pairs.txt
check test ! -e x.zip

if ! command -v python3 >/dev/null; then
  echo "no Python: InsightFace's sets are left out"
  finish
  exit
fi

echo "== InsightFace's sets"
python3 "$tests/insightface_sets.py" faces .
"${embed[@]}" --out d.npy --list-out d.txt train.rec >/dev/null 2>&1
check same_bytes a.npy d.npy
check contains d.txt "^train.rec/0000005/0000024.jpg$"
rm train.idx
"${embed[@]}" --out e.npy --list-out e.txt train.rec >/dev/null 2>&1
check same_bytes a.npy e.npy
check same_bytes d.txt e.txt
for protocol in 3 4 5; do
  "$program" evaluate --device cpu --model run/model.safetensors --pairs lfw$protocol.bin --json lfw$protocol.json >/dev/null 2>&1
  check contains lfw$protocol.json '"accuracy"\|"mean"'
done
check test "$(sed s/lfw[345]// lfw3.json)" = "$(sed s/lfw[345]// lfw5.json)"
"${train[@]}" --data train.rec --val-pairs lfw4.bin --out insightface >train.txt 2>&1
check contains train.txt "verification"
"$program" pack --data train.rec --out rec.zip >/dev/null 2>&1
"${embed[@]}" --out f.npy rec.zip >/dev/null 2>&1
check same_bytes a.npy f.npy
expect_error 1 "evil.bin: no verification set of InsightFace's: pickle: opcode" "$program" evaluate --model run/model.safetensors --pairs evil.bin
head -c 1000 train.rec >cut.rec
expect_error 1 "cut.rec: cut short" "${train[@]}" --data cut.rec --out x
finish
