#!/usr/bin/env bash
# Feeds each parser bytes that no writer made, for some seconds each, from seeds that this program and the tests' scripts write. An input that makes one crash, hang, leak, overflow or ask for
# too much memory is left in FOLDER and fails.
# usage: run.sh PROGRAM BUILD [SECONDS [FOLDER]]
set -euo pipefail
program=$(realpath "$1")
build=$(realpath "$2")
seconds=${3:-60}
folder=$(realpath -m "${4:-$build/fuzz}")
repository=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
mkdir -p "$folder/files"
cd "$folder/files"
if [ ! -e config.toml ]; then
  source "$repository/tests/docs/stand_ins.sh"
  "$program" import sphereface_model.caffemodel --out model.safetensors >/dev/null
  "$program" export --model model.safetensors --safetensors-nchw nchw.safetensors >/dev/null
  "$program" search --device cpu --model model.safetensors --gallery photographs --gallery-out people.gallery me.jpg >/dev/null 2>&1
  "$program" pack --data photographs --identities lfw/identities_val.txt --jpeg 30 --out few.zip >/dev/null 2>&1
  "$program" pack --data photographs --identities lfw/identities_val.txt --out png >/dev/null 2>&1
  "$build/tests/fuzz/write_seeds" .
  # Without their checksums too, which no changed input would pass.
  for file in model nchw with_head checkpoint classes; do
    LC_ALL=C sed 's/"checksum":"xxh3:/"checksum":"none:/' $file.safetensors >$file.unchecked.safetensors
  done
  LC_ALL=C sed 's/"checksum":"xxh3:/"checksum":"none:/' people.gallery >people.unchecked.gallery
  printf 'P6 2 1 255\nabcdef' >two.ppm
  printf '%s\n' '{"iteration":1,"kind":"train","loss":1.5}' '{"iteration":2}' >log.jsonl
  printf 'a/1.jpg 0\nb b/2.jpg 7\n' >list.txt
  "$program" train --show-config --preset small --data photographs --out x >config.toml
fi
seed() { # seed PARSER FILES...
  mkdir -p "$folder/$1"
  cp "${@:2}" "$folder/$1/"
}
seed safetensors {model,nchw}{,.unchecked}.safetensors
seed model {model,with_head,checkpoint}{,.unchecked}.safetensors
seed checkpoint checkpoint{,.unchecked}.safetensors
seed classes classes{,.unchecked}.safetensors
seed foreign_model nchw{,.unchecked}.safetensors
seed caffe sphereface_model.caffemodel
seed image me.jpg two.ppm "$(find png -name "*.png" | head -1)"
seed pickle faces_webface_112x112/lfw3.bin faces_webface_112x112/lfw4.bin faces_webface_112x112/evil.bin
seed record faces_webface_112x112/train.rec
seed record_index faces_webface_112x112/train.idx
seed zip few.zip
seed pairs lfw/pairs_val.txt
seed list list.txt lfw/identities_val.txt
seed landmarks landmarks.csv
seed gallery people{,.unchecked}.gallery
seed log log.jsonl
seed config config.toml
rm -f "$folder"/crash-* "$folder"/oom-* "$folder"/timeout-* "$folder"/leak-*
# The harnesses themselves look after memory (fuzz.h); the limits here are for what would not be seen by them.
run_one() { # run_one HARNESS FOLDER SECONDS
  local parser dense=
  parser=$(basename "$1" _fuzz)
  mkdir -p "$2/$parser"
  if [ -e dense_$parser ]; then
    "$1" dense_$parser 2>"$2/$parser.log" || { echo "== $parser, a dense file"; tail -40 "$2/$parser.log"; return 1; }
    dense=$(sed -n 's/^memory_per_byte: /, of a dense file /p' "$2/$parser.log")
  fi
  "$1" "$2/$parser" -max_total_time="$3" -max_len=300000 -timeout=10 -malloc_limit_mb=2200 -rss_limit_mb=4000 \
    -artifact_prefix="$2/" -print_final_stats=1 2>"$2/$parser.log" || { echo "== $parser"; tail -40 "$2/$parser.log"; return 1; }
  echo "$parser: $(sed -nE 's/^stat::number_of_executed_units: *([0-9]+)/\1/p' "$2/$parser.log") inputs in $3 s, no finding;" \
    "bytes of memory a byte of input: $(sed -n 's/^memory_per_byte: //p' "$2/$parser.log")${dense:-}"
}
export -f run_one
printf '%s\0' "$build"/tests/fuzz/*_fuzz | xargs -0 -P "${HYPERSPHERE_JOBS:-$(nproc)}" -I HARNESS bash -c 'run_one "$@"' - HARNESS "$folder" "$seconds"
