#!/usr/bin/env bash
# hypersphere geometry, as a user runs it.
# usage: geometry_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 8 --images 4 --seed 3 --out faces >/dev/null 2>&1
"$program" train --data faces --net sphereface-4 --batch 4 --lr 0.01 --seed 5 --threads 1 --hold-out 0.4 --iterations 2 \
  --out run >/dev/null 2>&1
geometry=("$program" geometry --model run/model.safetensors --data faces --threads 1)

echo "== the table and the three files"
"${geometry[@]}" --out geometry >table.txt 2>progress.txt
check contains table.txt "32 photographs of 8 identities"
check contains table.txt "within identities  *48 "   # 8 x 6 pairs
check contains table.txt "between identities  *448 " # 32 x 31 / 2 less those
check contains table.txt "Fisher ratio"
check contains table.txt "of 8 identities, .* at once"
check contains table.txt "20 photographs of people trained on" # 5 of 8
check contains table.txt "between weights  *10 "
check contains table.txt "by the margin m = 4"
check contains progress.txt "embedding"
check contains progress.txt "angles"
for file in geometry.json angles.svg outliers.svg; do check test -s "geometry/$file"; done
check test "$(grep -c '<image ' geometry/outliers.svg)" -eq 32
check test "$(grep -c '<polygon ' geometry/angles.svg)" -eq 9
if command -v python3 >/dev/null; then
  check python3 - <<'E2'
import json
found = json.load(open("geometry/geometry.json"))
assert found["features"] == "image and mirror image"
assert found["within"]["count"] == sum(found["within"]["histogram"]) == 48
assert [i["name"] for i in found["identities"]] == [f"id_{n:04}" for n in range(8)]
assert found["photographs"][0]["photograph"] == "id_0000/id_0000_0001.jpg"
assert len(found["photographs"]) == 32
assert found["outliers"] == sum(len(i["outliers"]) for i in found["identities"])
assert found["within"]["max"] == max(i["largest_within"]["degrees"] for i in found["identities"])
assert found["between"]["min"] == min(i["smallest_between"]["degrees"] for i in found["identities"])
assert found["criterion"]["identities"] == 8
assert found["class_weights"]["photographs"] == 20
E2
fi

echo "== choices: identities, few photographs of each by seed, the image alone"
printf 'id_0001\nid_0004\n' >two.txt
"${geometry[@]}" --identities two.txt --single --outliers 1 --crop none --out two >two.out 2>/dev/null
check contains two.out "8 photographs of 2 identities"
check contains two/geometry.json '"features": "image"'
check test "$(grep -c '<image ' two/outliers.svg)" -eq 4
for seed in 1 1 2; do
  "${geometry[@]}" --max-images 2 --seed $seed --out "seed_$seed" >"seed_$seed.txt" 2>/dev/null
  [ ! -f first.json ] && mv seed_1/geometry.json first.json
done
check contains seed_1.txt "16 photographs of 8 identities"
check same_bytes first.json seed_1/geometry.json
check test "$(cmp -s first.json seed_2/geometry.json; echo $?)" -eq 1
"${geometry[@]}" --max-images 1 --out alone >alone.txt 2>/dev/null
check contains alone.txt "no identity has two photographs"
check test ! -e alone/outliers.svg
check test -s alone/angles.svg

echo "== usage errors exit with 2, failures with 1"
expect_error 2 "--out" "${geometry[@]}"
expect_error 2 "--outliers" "${geometry[@]}" --outliers 0 --out x
expect_error 2 "--max-images" "${geometry[@]}" --max-images 0 --out x
expect_error 1 "no/such" "$program" geometry --model no/such --data faces --out x
expect_error 1 "no/such" "$program" geometry --model run/model.safetensors --data no/such --out x
expect_error 1 "no identity has 5" "${geometry[@]}" --min-images 5 --out x
expect_error 2 "crop" "${geometry[@]}" --crop 1,2,3 --out x
expect_error 1 "two.txt/x: cannot create" "${geometry[@]}" --out two.txt/x
echo id_0099 >nobody.txt
expect_error 1 "id_0099" "${geometry[@]}" --identities nobody.txt --out x
echo "no photograph" >faces/id_0000/broken.jpg
expect_error 1 "broken.jpg" "${geometry[@]}" --out x

finish
