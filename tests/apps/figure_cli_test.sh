#!/usr/bin/env bash
# hypersphere figure: training and drawing, drawing again, Ctrl-C, and what it says to unusable input.
# usage: figure_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 4 --images 5 --seed 3 --out faces >/dev/null 2>&1
figure=("$program" figure --data faces --device cpu)
short=("${figure[@]}" --identities 3 --held-out 0.4 --iterations 3 --width 4 --batch 4 --threads 1)

echo "== the grid, twice the same"
"${short[@]}" --dim 2 --out plane >plane.txt 2>plane.err
for file in figure.svg figure.png figure-dark.png figure.json; do
  check test -s "plane/$file"
  check contains plane.txt "^plane/$file$"
done
check test "$(ls plane | wc -l)" -eq 4
check test "$(grep -c '%' plane.txt)" -eq 5
check contains plane.txt "^a-softmax:4 "
check contains plane.err "15 photographs of 3 identities, 9 of them to train on; 5 networks"
check contains plane.err "training 5 networks 100 %"
check contains plane/figure.svg "A-Softmax, m = 3"
check contains plane/figure.svg "on the unit circle"
check contains plane/figure.svg "9 photographs trained on, 6 held out"
"${short[@]}" --dim 2 --out again >/dev/null 2>&1
for file in figure.svg figure.png figure-dark.png figure.json; do check same_bytes "plane/$file" "again/$file"; done

echo "== three dimensions, some heads, an unreadable photograph, by the clock"
cp -r faces broken
echo "not an image" >broken/id_0001/id_0001_0002.jpg
"${figure[@]}" --data broken --identities 4 --held-out 0 --minutes 0.01 --lr 0.0001 --width 2 --batch 4 --threads 1 --dim 3 \
  --heads a-softmax:2,softmax --seed 7 --out space >space.txt 2>space.err
check contains space.err "left out: .*id_0001_0002.jpg"
check contains space/figure.svg "on the unit sphere"
check contains space/figure.svg "19 photographs trained on, 0 held out"
check test "$(grep -c '%' space.txt)" -eq 2

echo "== identities of a list"
printf 'id_0003\nid_0001\n' >names.txt
"${figure[@]}" --among names.txt --identities 2 --iterations 1 --width 2 --batch 4 --threads 1 --heads softmax --out among >/dev/null 2>&1
check contains among/figure.json '"id_0003"'
if grep -q '"id_000[02]"' among/figure.json; then die "--among did not keep to its list"; fi
expect_error 1 "id_9999" "${figure[@]}" --among <(echo id_9999) --out unknown

echo "== a figure is drawn again from its JSON"
"$program" figure --redraw space/figure.json --out redrawn >redrawn.txt 2>&1
for file in figure.svg figure.png figure-dark.png figure.json; do check same_bytes "space/$file" "redrawn/$file"; done
check contains redrawn.txt "^softmax "

echo "== Ctrl-C"
interrupt_when long.err bash -c 'exec "$@" 2>long.err' _ "${figure[@]}" --iterations 100000 --threads 1 --identities 3 --out long
check contains long.err "interrupted: nothing was written"
check test -z "$(ls long)"

echo "== usage errors exit with 2, failures with 1"
expect_error 2 "dim" "${short[@]}" --dim 4 --out x
expect_error 2 "a-softmax:1 to a-softmax:4.*'arcface'" "${short[@]}" --heads softmax,arcface --out x
expect_error 2 "found 'a-softmax:5'" "${short[@]}" --heads a-softmax:5 --out x
expect_error 2 "named twice" "${short[@]}" --heads softmax,softmax --out x
expect_error 2 "--iterations and --minutes: give one of them" "${short[@]}" --minutes 1 --out x
expect_error 2 "identities" "${short[@]}" --identities 1 --out x
expect_error 2 "crop" "${short[@]}" --crop 1,2,3 --out x
expect_error 2 "--out" "${short[@]}"
expect_error 2 "--data: needed" "$program" figure --out x
expect_error 2 "--data and --redraw: give one of them" "${figure[@]}" --redraw space/figure.json --out x
expect_error 2 "--dim and --redraw" "$program" figure --redraw space/figure.json --dim 3 --out x
check test ! -e x
expect_error 1 "no/such/folder" "$program" figure --data no/such/folder --out x
expect_error 1 "5 identities wanted, the data set has 4" "${short[@]}" --identities 5 --out x
expect_error 1 "softmax, iteration .* not finite" "${short[@]}" --lr 1e12 --iterations 30 --out x
expect_error 1 "space.txt: not JSON" "$program" figure --redraw space.txt --out x
expect_error 1 "nothing.json: cannot read" "$program" figure --redraw nothing.json --out x
echo '{"dimension": 2}' >little.json
expect_error 1 "little.json: .*not what this program wrote" "$program" figure --redraw little.json --out x
expect_error 1 "space.txt/x: cannot create the folder" "${short[@]}" --out space.txt/x
check test -z "$(ls x 2>/dev/null)"
"$program" figure --help >help.txt
check contains help.txt Example

finish
