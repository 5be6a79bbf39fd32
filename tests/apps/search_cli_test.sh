#!/usr/bin/env bash
# hypersphere search as a user runs it: galleries in folders and files, who is known, and what it says to unusable input.
# usage: search_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 12 --images 3 --seed 3 --out faces >/dev/null 2>&1
# The third photograph of everybody is not in the gallery, nor is anybody from id_0008 on.
mkdir people strangers
for i in 0 1 2 3 4 5 6 7; do
  mkdir "people/id_000$i"
  cp faces/id_000$i/id_000${i}_000[12].jpg "people/id_000$i"
done
cp faces/id_00{08,09,10,11}/*_0001.jpg strangers
for seed in 1 2; do
  "$program" train --data faces --net sphereface-4 --batch 4 --iterations 2 --seed "$seed" --out "run$seed" >/dev/null 2>&1
done
search=("$program" search --device cpu --model run1/model.safetensors)
known=people/id_0003/id_0003_0002.jpg

echo "== a folder for a gallery"
"${search[@]}" --gallery people --json known.json "$known" >known.txt 2>known.err
check contains known.txt "^gallery: 16 photographs of 8 people; threshold 0\.[0-9]*, 1 % of its photographs are above it"
check contains known.txt "^   1  1.0000    0.0 degrees  id_0003 *id_0003/id_0003_0002.jpg"
check contains known.txt "^      id_0003$"
check test "$(grep -c ' degrees ' known.txt)" -eq 5
check contains known.err "note: 1 % of 8 people is not even one"
check contains known.json '"person": "id_0003"'
check contains known.json '"gallery_people": 8'
"${search[@]}" --gallery people --threshold 0.999999 --top 2 --json nobody.json strangers >nobody.txt 2>/dev/null
check test "$(grep -c 'nobody known (best id_000[0-7] 0.[0-9]*, not above 1.0000)' nobody.txt)" -eq 4
check test "$(grep -c ' degrees ' nobody.txt)" -eq 8
check test "$(grep -c '"person": null' nobody.json)" -eq 4
# Each person once, the best first.
check test "$(awk '/ degrees /{ print $5 }' known.txt | sort -u | wc -l)" -eq 5
check test "$(awk '/ degrees /{ print $2 }' known.txt)" = "$(awk '/ degrees /{ print $2 }' known.txt | sort -rn)"
# The angle and the cosine are those of compare.
"$program" compare --device cpu --model run1/model.safetensors "$known" strangers/id_0008_0001.jpg >compare.txt
"${search[@]}" --gallery "$(dirname "$known")" --threshold 0 --top 100 strangers/id_0008_0001.jpg >one.txt 2>/dev/null
check contains one.txt "$(awk '{ print $2 }' compare.txt) .*degrees  id_0003_0002 "

echo "== a file for a gallery"
"${search[@]}" --gallery people --gallery-out people.gallery "$known" >first.txt 2>first.err
check contains first.err "gallery: people.gallery"
check cmp known.txt first.txt
"${search[@]}" --gallery people.gallery "$known" >from_file.txt 2>/dev/null
check cmp known.txt from_file.txt
cp people.gallery before.gallery
"${search[@]}" --gallery people --gallery-out people.gallery "$known" >again.txt 2>again.err
check contains again.err "16 photographs as they were, 0 new, 0 changed, 0 gone"
check cmp known.txt again.txt
check same_bytes people.gallery before.gallery

echo "== a folder that changed"
cp faces/id_0008/id_0008_0001.jpg people/new.jpg
rm people/id_0000/id_0000_0001.jpg
cp faces/id_0001/id_0001_0003.jpg people/id_0001/id_0001_0001.jpg
echo "not an image" >people/id_0002/id_0002_0009.jpg
"${search[@]}" --gallery people --gallery-out people.gallery >updated.txt 2>updated.err
check contains updated.txt "gallery: 16 photographs of 9 people"
check contains updated.err "14 photographs as they were, 1 new, 1 changed, 1 gone"
check contains updated.err "left out: .*id_0002_0009.jpg"
"${search[@]}" --gallery people.gallery --top 1 faces/id_0008/id_0008_0001.jpg faces/id_0001/id_0001_0003.jpg >new.txt 2>/dev/null
check contains new.txt "1.0000    0.0 degrees  new  *new.jpg"
check contains new.txt "1.0000    0.0 degrees  id_0001  *id_0001/id_0001_0001.jpg"

echo "== photographs that cannot be read"
expect_error 1 "no_such.jpg" "${search[@]}" --gallery people.gallery --top 1 no_such.jpg "$known"
check contains out.txt "^      id_0003$"
mkdir broken
echo "not an image" >broken/a.jpg
expect_error 1 "none of the 1 photographs in broken can be decoded: .*a.jpg" "${search[@]}" --gallery broken "$known"

echo "== another model, another crop, a gallery of one person"
other=("$program" search --device cpu --model run2/model.safetensors)
expect_error 1 "people.gallery: this gallery was embedded by another model" "${other[@]}" --gallery people.gallery "$known"
expect_error 1 "another model" "${other[@]}" --gallery people --gallery-out people.gallery "$known"
expect_error 1 "with --crop none, asked for is 1,1,90,90" "${search[@]}" --gallery people.gallery --crop 1,1,90,90 "$known"
"${search[@]}" --gallery people --crop 1,1,90,90 --gallery-out cropped.gallery "$known" >cropped.txt 2>/dev/null
"${search[@]}" --gallery cropped.gallery "$known" >cropped_file.txt 2>/dev/null # the gallery knows its crop
check cmp cropped.txt cropped_file.txt
mkdir -p alone/Ann
cp people/id_0001/* alone/Ann
expect_error 1 "one person only.*give --threshold" "${search[@]}" --gallery alone "$known"
"${search[@]}" --gallery alone --threshold 0.1 alone/Ann/id_0001_0001.jpg >alone.txt 2>/dev/null
check contains alone.txt "^      Ann$"

echo "== usage errors exit with 2, failures with 1"
expect_error 2 "PHOTO" "${search[@]}" --gallery people
expect_error 2 "no folder" "${search[@]}" --gallery people.gallery --gallery-out other.gallery "$known"
expect_error 2 "threshold" "${search[@]}" --gallery people --threshold 2 "$known"
expect_error 2 "false-accept" "${search[@]}" --gallery people --threshold 0.5 --false-accept 0.1 "$known"
expect_error 2 "crop" "${search[@]}" --gallery people --crop 1,2,3 "$known"
expect_error 2 "gallery" "${search[@]}" "$known"
expect_error 1 "no_gallery" "${search[@]}" --gallery no_gallery "$known"
expect_error 1 "run1/model.safetensors: no gallery" "${search[@]}" --gallery run1/model.safetensors "$known"
expect_error 1 "no photograph" "${search[@]}" --gallery people.gallery run1/checkpoints
head -c 3000 people.gallery >cut.gallery
expect_error 1 "cut.gallery" "${search[@]}" --gallery cut.gallery "$known"
"$program" search --help | grep -q Example || die "help has no example"

echo "== bench"
"$program" bench search --device cpu --rows 3000 --dim 96 --queries 3 --top 4 --repeats 1 --json bench.json >bench.txt
check contains bench.txt "^codes, the best again"
check contains bench.txt "12 of 12 matches are the product's too"
check rows_have bench.json compared_again
expect_error 2 "rows" "$program" bench search --rows 0

finish
