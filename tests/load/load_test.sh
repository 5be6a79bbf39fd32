#!/usr/bin/env bash
# Much of everything: a gallery of a million people, a million photographs, a million classes, batches of 1 and of 1,024; each within a
# stated bound of memory. It takes ten minutes, 10 GiB of disk and 12 GiB of memory, so it is called by hand and not by ctest.
# usage: load_test.sh PROGRAM [FOLDER]     FOLDER: where there is room; emptied at the end
[ $# -lt 2 ] || { mkdir -p "$2"; export TMPDIR=$(realpath "$2"); }
tools=$(dirname "$(realpath "$0")")
source "$tools/../apps/cli_checks.sh"
measured() { # measured NAME GIB COMMAND...: its output in out.txt; what it took is shown
  python3 "$tools/measured.py" "$@" >out.txt 2>err.txt || die "$(tail -3 err.txt)"
  tail -1 err.txt
}
million=${HYPERSPHERE_LOAD:-1000000}

"$program" synthesise --identities 1000 --images 1 --seed 5 --out originals >/dev/null 2>&1
"$program" train --device cpu --data originals --min-images 1 --net sphereface-4 --batch 8 --iterations 1 --out run >/dev/null 2>&1

echo "== a gallery of $million people"
mkdir few && cp -r originals/id_000[0-2] few/
"$program" search --device cpu --model run/model.safetensors --gallery few --gallery-out few.gallery >/dev/null 2>&1
python3 "$tools/large_gallery.py" few.gallery "$million" large.gallery
ls -sh large.gallery
photograph=$(find few/id_0000 -name '*.jpg')
measured "gallery, its threshold from 2,000 of its own" 12 "$program" search --device cpu --model run/model.safetensors --gallery large.gallery "$photograph" --top 3
measured "gallery, --threshold given" 12 "$program" search --device cpu --threshold 0.9 --model run/model.safetensors --gallery large.gallery "$photograph" --top 3
check contains out.txt "1  1.0000 .* person $((million / 2)) "
rm large.gallery
"$program" bench search --rows "$million" --repeats 7 --quiet

echo "== $million photographs"
python3 - "$million" <<'PYTHON'
import glob, os, sys
files = sorted(glob.glob("originals/*/*.jpg"))
each = int(sys.argv[1]) // len(files)
for i, file in enumerate(files):
    folder = f"many/{i:04}"
    os.makedirs(folder)
    for k in range(each):
        os.link(file, f"{folder}/{k:04}.jpg")
PYTHON
train=("$program" train --device cpu --data many --net sphereface-4 --lr 0.001 --out trained)
measured "photographs, 20 steps of 32" 1.5 "${train[@]}" --batch 32 --iterations 20
check contains err.txt "$((million / 1000 * 1000)) photographs"
check test "$(wc -l <trained/photographs.txt)" -eq $((million / 1000 * 1000))
rm -rf trained
(cd many && printf '%s\n' */*.jpg | awk -F/ '{ print $0, $1 + 0 }') >list.txt
measured "photographs of a list, 20 steps of 32" 1.5 "${train[@]}" --list list.txt --batch 32 --iterations 20
check test "$(wc -l <trained/photographs.txt)" -eq $((million / 1000 * 1000))
rm -rf trained
measured "batch of 1, 20 steps" 1.5 "${train[@]}" --batch 1 --iterations 20
rm -rf trained
measured "batch of 1,024, 2 steps" 12 "${train[@]}" --batch 1024 --iterations 2
rm -rf trained many

echo "== $million classes"
measured "classes, 5 steps of 32" 24 "$program" bench step --depth 4 --batch 32 --classes "$million" --repeats 2
grep "images/s" out.txt
measured "classes, 5 steps of 256" 24 "$program" bench step --depth 4 --batch 256 --classes "$million" --repeats 2
grep "images/s" out.txt
finish
