#!/usr/bin/env bash
# evaluate's tasks as a user runs them: closed and open set, verification and identification, and every refusal to test a
# model on what it was trained on.
# usage: evaluate_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

# Twelve people are trained on, with three of their five photographs; six are not; six others have one photograph.
"$program" synthesise --identities 24 --images 5 --seed 3 --out faces >/dev/null 2>&1
for person in 18 19 20 21 22 23; do rm faces/id_00$person/id_00${person}_000[2-5].jpg; done
for person in 00 01 02 03 04 05 06 07 08 09 10 11; do
  mkdir -p "seen/id_00$person"
  cp "faces/id_00$person/id_00${person}"_000[1-3].jpg "seen/id_00$person"
done
"$program" train --data seen --net sphereface-4 --batch 6 --lr 0.01 --seed 5 --threads 1 --iterations 6 --out run >/dev/null 2>&1
(cd seen && find . -name '*.jpg' | sort | cut -c3-) >list.txt
rm -f run/photographs.txt
evaluate=("$program" evaluate --model run/model.safetensors --data faces)
json() { python3 -c "import json, sys; d = json.load(open(sys.argv[1])); assert $2, d" "$1"; }
command -v python3 >/dev/null || json() { test -s "$1"; }

echo "== closed set"
expect_error 1 "name their list with --trained-on" "${evaluate[@]}" --task identification --set closed
"${evaluate[@]}" --task identification --set closed --trained-on list.txt --split-out split --json i.json --plot i.svg >i.txt 2>/dev/null
check contains i.txt "closed set: 24 photographs that the model was not trained on, of 12 of its 12 people"
check contains i.txt "^  12   100.00 %     100.00 %"
check contains i.svg "Identification (CMC)"
check test "$(wc -l <split/probes.txt)" -eq 24
check json i.json "d['probes'] == 24 and d['candidates'] == 12 and len(d['network']['cmc']) == len(d['raw_pixels']['cmc']) == 12"
if grep -qxFf list.txt split/probes.txt; then die "a photograph trained on is a probe"; fi
cp list.txt run/photographs.txt # as train writes it: from here on it is found
"${evaluate[@]}" --task identification --set closed --no-raw-pixels >alone.txt 2>/dev/null
check test "$(grep -c '%' alone.txt)" -eq 12
if grep -q "raw" alone.txt; then die "--no-raw-pixels has the baseline"; fi
mkdir fresh # a folder of the other photographs alone: there is nothing to compare with
for person in faces/id_000*; do mkdir "fresh/${person#faces/}"; cp "$person"/*_000[45].jpg "fresh/${person#faces/}"; done
"$program" evaluate --model run/model.safetensors --data fresh --task identification --set closed >fresh.txt 2>/dev/null
check contains fresh.txt "closed set: 20 photographs .* of 10 of its 12 people"
check contains fresh.txt "no baseline"
"${evaluate[@]}" --task verification --set closed --json v.json --split-out split --plot v.svg >v.txt 2>/dev/null
check contains v.txt "by the class of each"
check contains v.txt "TPR at FPR 1e-3"
check json v.json "0 <= d['by_class']['accuracy'] <= 1 and d['network']['folds'] and d['raw_pixels']['folds']"
check contains v.svg "ROC"
# The pairs of the split, given to today's way, give the same figures.
"${evaluate[@]}" --pairs split/pairs.txt >given.txt 2>/dev/null
check contains v.txt "$(grep 'AUC' given.txt)"

echo "== open set"
"${evaluate[@]}" --task verification --set open --seed 3 --split-out open >v.txt 2>/dev/null
check contains v.txt "open set: 36 photographs of 12 people"
check contains v.txt "raw pixels"
if grep -qE 'id_00(0[0-9]|1[01])' open/pairs.txt; then die "somebody trained on is in the open set"; fi
"${evaluate[@]}" --task identification --set open --seed 3 --split-out open --json i.json --plot i.svg >i.txt 2>/dev/null
check contains i.txt "known: 3 people, 12 probes; unknown: 3 people, 15 probes; distractors: 6"
check contains i.txt "^DIR at FAR 1 %  .*raw pixels"
check contains i.txt "^rank-1, 0 distractors "
check contains i.txt "^rank-1, 6 distractors "
check contains i.svg "Rank-1 among distractors"
check contains i.svg "false alarm rate"
check json i.json "len(d['network']['cmc']) == 9 and d['network']['cmc'][-1] == 1 and d['network']['distractors'][-1]['rank1'] == d['network']['cmc'][0]"
check test "$(cat open/gallery.txt open/probes.txt open/unknown.txt open/distractors.txt | sort | uniq -d | wc -l)" -eq 0
check test "$(cat open/gallery.txt open/probes.txt | cut -d/ -f1 | sort -u | wc -l)" -eq 3
"${evaluate[@]}" --task identification --set open --seed 3 --split-out same --json same.json --threads 1 >/dev/null 2>&1
for list in gallery probes unknown distractors; do check same_bytes "open/$list.txt" "same/$list.txt"; done
check same_bytes i.json same.json
"${evaluate[@]}" --task identification --set open --seed 4 --split-out other --no-raw-pixels >/dev/null 2>&1
if cmp -s open/gallery.txt other/gallery.txt; then die "another seed drew the same gallery"; fi
"${evaluate[@]}" --task identification --set open --gallery-images 2 --probe-images 1 --distractor-share 0.34 --distractors 4 >few.txt 2>/dev/null
check contains few.txt "known: 2 people, 2 probes; unknown: 2 people, 2 probes; distractors: 4"
seq -f 'id_%04g' 12 17 >fresh_people.txt
"${evaluate[@]}" --task verification --set open --identities fresh_people.txt --no-raw-pixels >named.txt 2>/dev/null
check contains named.txt "open set: 30 photographs of 6 people"

echo "== refusals"
{ cat fresh_people.txt; echo id_0004; } >leaking.txt
expect_error 1 "1 of the 7 people named were trained on, and nobody may be in both: id_0004" "${evaluate[@]}" --task verification --set open --identities leaking.txt
expect_error 1 "1 of the 7" "${evaluate[@]}" --task identification --set open --identities leaking.txt --trust-identities
echo id_9999 >nobody.txt
expect_error 1 "id_9999" "${evaluate[@]}" --task verification --set open --identities nobody.txt
expect_error 1 "trained on all 12 people here" "$program" evaluate --model run/model.safetensors --data seen --task verification --set open
expect_error 1 "trained on all 36 photographs in seen" "$program" evaluate --model run/model.safetensors --data seen --task identification --set closed
grep -v id_0007 list.txt >cut.txt
expect_error 1 "(id_0007); it is another run's" "${evaluate[@]}" --task verification --set closed --trained-on cut.txt
mkdir others
cp -r faces/id_0012 faces/id_0013 others
expect_error 1 "none of the 2 people in others" "$program" evaluate --model run/model.safetensors --data others --task verification --set closed
expect_error 1 "2 people with more than 1" "$program" evaluate --model run/model.safetensors --data others --task identification --set open
mkdir few_of_each
cp -r faces/id_0020 faces/id_0021 few_of_each
expect_error 1 "do not give 10 matched" "$program" evaluate --model run/model.safetensors --data few_of_each --task verification --set open
# A model trained from a list knows numbers; without the list of its photographs nobody can be told from them.
awk -F/ '{print $0, substr($1, 4) + 0}' list.txt >labels.txt
"$program" train --data seen --list labels.txt --net sphereface-4 --batch 6 --iterations 1 --threads 1 --out numbered >/dev/null 2>&1
rm -f numbered/photographs.txt
by_number=("$program" evaluate --model numbered/model.safetensors --data faces --task verification --set open --no-raw-pixels)
expect_error 1 "by number only" "${by_number[@]}"
expect_error 1 "by number only" "${by_number[@]}" --identities fresh_people.txt
"${by_number[@]}" --identities fresh_people.txt --trust-identities >trusted.txt 2>/dev/null
check contains trusted.txt "of 6 people"
"${by_number[@]}" --trained-on list.txt >told.txt 2>/dev/null
check contains told.txt "open set: 36 photographs of 12 people"

echo "== options that do not go together"
expect_error 2 "give one of the two" "${evaluate[@]}"
expect_error 2 "give one of the two" "${evaluate[@]}" --pairs open/pairs.txt --task verification --set open
expect_error 2 "give both" "${evaluate[@]}" --task verification
expect_error 2 "give both" "${evaluate[@]}" --pairs open/pairs.txt --set open
expect_error 2 "--seed: goes with --task" "${evaluate[@]}" --pairs open/pairs.txt --seed 2
expect_error 2 "--split-out: goes with --task" "${evaluate[@]}" --pairs open/pairs.txt --split-out x
expect_error 2 "--identities: goes with --set open" "${evaluate[@]}" --task verification --set closed --identities leaking.txt
expect_error 2 "--gallery-images: goes with --task identification --set open" "${evaluate[@]}" --task verification --set open --gallery-images 2
expect_error 2 "--distractors: goes with" "${evaluate[@]}" --task identification --set closed --distractors 2
expect_error 2 "--seed: nothing is drawn" "${evaluate[@]}" --task identification --set closed --seed 2
expect_error 2 "--trust-identities: whom to trust" "${evaluate[@]}" --task verification --set open --trust-identities
expect_error 2 "--task" "${evaluate[@]}" --task guessing --set open
expect_error 2 "gallery-images" "${evaluate[@]}" --task identification --set open --gallery-images 0

finish
