#!/usr/bin/env bash
# A document keeps its word: its links lead somewhere, the names it links stand in the files that they lead to, and its commands run.
# usage: document_test.sh PROGRAM DOCUMENT
#
# - [text](path) is a file or folder beside the document; of [`name`](path), the file holds that name.
# - A line indented by four spaces that begins with "hypersphere" or "./" is a command. Those of hypersphere are run in their order, one
#   after the other in one folder, shortened: few iterations, small networks, `faces` of few people, and in place of `lfw` a folder of synthetic
#   photographs with the same names of files; `me.jpg` is one of them. A "\" at the end continues a command.
set -euo pipefail
document=$(realpath "$2")
source "$(dirname "$0")/../apps/cli_checks.sh"

title=$(basename "$document")
grep -o '\[[^]]*\]([^)]*)' "$document" | sort -u >links.txt || die "$title has no link"
while IFS= read -r link; do
  path=${link##*\](}
  path=${path%)}
  name=${link%%\](*}
  name=${name#[}
  case $path in http*) continue ;; esac
  file=$(dirname "$document")/${path%%#*}
  [ -e "$file" ] || die "$title: $link leads nowhere"
  checks=$((checks + 1))
  if [[ $name == \`*\` && -f $file ]]; then
    grep -qwF -- "${name//\`/}" "$file" || die "$title: $path has no ${name}"
  fi
done <links.txt

# A stand-in for LFW: photographs of 250 x 250 are not needed, the crop is taken out of the commands below.
"$program" synthesise --identities 24 --images 6 --seed 3 --out lfw/images >/dev/null 2>&1
ls lfw/images | head -16 >lfw/identities_train.txt
ls lfw/images | tail -8 >lfw/identities_val.txt
{
  printf '2\t4\n'
  for half in 0 4; do
    for i in 0 1 2 3; do printf 'id_00%s\t1\t2\n' $((16 + half + i)); done
    for i in 0 1 2 3; do printf 'id_00%s\t3\tid_00%s\t4\n' $((16 + half + i)) $((16 + half + (i + 1) % 4)); done
  done
} >lfw/pairs_val.txt

cp lfw/images/id_0000/id_0000_0001.jpg me.jpg

# Each command on one line, shortened.
sed -n ':join; /\\$/ { N; s/\\\n *//; b join }; s/^    \(hypersphere .*\)/\1/p' "$document" |
  sed -E 's/  +#.*$//
    s/--minutes [0-9.]+/--iterations 2/; s/--epochs [0-9.]+/--iterations 2/; s/--iterations [0-9]+/--iterations 2/
    s/--net sphereface-[0-9]+/--net sphereface-4/; s/--nets [0-9,]+/--nets 4/; s/--batch [0-9]+/--batch 4/
    s/--warmup [0-9]+/--warmup 1/; s/--seeds [0-9,]+/--seeds 1,2/
    s/--crop [0-9,]+/--crop none/
    s/(synthesise .*)--identities [0-9]+ --images [0-9]+/\1--identities 24 --images 5/
    s/(figure .*)--identities [0-9]+/\1--identities 3 --iterations 2 --width 4 --batch 4/
    s/(bench search)/\1 --rows 1000 --repeats 1/' >commands.txt
[ -s commands.txt ] || die "$title has no command"
hypersphere() { "$program" "$@"; }
while IFS= read -r command; do
  checks=$((checks + 1))
  eval "$command" >out.txt 2>err.txt </dev/null || die "$title: $command: $(tail -3 err.txt)"
done <commands.txt
finish
