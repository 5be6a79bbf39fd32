#!/usr/bin/env bash
# A document keeps its word: its links lead somewhere, the names it links stand in the files that they lead to, and its commands run.
# usage: document_test.sh PROGRAM DOCUMENT
#
# - [text](path) is a file or folder beside the document; of [`name`](path), the file or a file in the folder holds that name.
# - A line indented by four spaces that begins with "hypersphere" is a command; a "\" at the end continues it. Commands are run in their order, one
#   after the other in one folder that holds what the documents speak of (stand_ins.sh), shortened: few iterations, small networks.
# - What needs a GPU or a library that is not there may say so, and fail at nothing else.
set -euo pipefail
document=$(realpath "$2")
repository=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
source "$repository/tests/apps/cli_checks.sh"

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
  if [[ $name == \`*\` ]]; then
    grep -rqwF -- "${name//\`/}" "$file" || die "$title: $path has no ${name}"
  fi
done <links.txt

source "$repository/tests/docs/stand_ins.sh"

# Each command on one line, shortened. A line that begins with "mpirun" is a command too, of two processes where the program knows MPI.
sed -n ':join; /\\$/ { N; s/\\\n *//; b join }; s/^    \(\(mpirun -n [0-9]* \)\{0,1\}hypersphere .*\)/\1/p' "$document" |
  sed -E 's/  +#.*$//
    s/--preset (small|paper)/--preset \1 --batch 4 --iterations 2/; s/(train .*--preset (small|paper))/\1 --net sphereface-4/
    s/--minutes [0-9.]+/--iterations 2/; s/--epochs [0-9.]+/--iterations 2/; s/--iterations [0-9]+/--iterations 2/g
    s/--net sphereface-[0-9]+/--net sphereface-4/; s/--nets [0-9,]+/--nets 4/; s/--batch [0-9]+/--batch 4/
    s/--warmup [0-9]+/--warmup 1/; s/--seeds [0-9,]+/--seeds 1,2/; s/--hold-out [0-9.]+/--hold-out 0.4/
    s/--crop [0-9,]+/--crop none/
    s/(synthesise .*)--identities [0-9]+ --images [0-9]+/\1--identities 24 --images 5/
    s/(figure .*)--identities [0-9]+/\1--identities 3 --iterations 2 --width 4 --batch 4/
    s/(bench search).*/\1 --rows 1000 --repeats 1/; s/(bench allreduce)/\1 --repeats 1 --most-mib 0.02/; s/mpirun -n [0-9]+/mpirun -n 2/; s/(bench gemm)/\1 --repeats 1/; s/(bench (layers|step|embed))/\1 --repeats 1 --batch 1/' >commands.txt
[ -s commands.txt ] || die "$title has no command"
mkdir bin
ln -s "$program" bin/hypersphere
PATH=$PWD/bin:$PATH
source "$repository/tests/apps/mpi_environment.sh"
while IFS= read -r command; do
  if [[ $command == *faces_webface* && ! -e faces_webface_112x112/train.rec ]]; then continue; fi
  [[ $command == mpirun* ]] && hypersphere info | grep -q '^MPI *this build has no MPI' && continue
  checks=$((checks + 1))
  status=0
  eval "$command" >out.txt 2>err.txt </dev/null || status=$?
  if [ "$status" -eq 1 ] && [[ $command == *" --device cuda"* || $command == *" --against "* ]]; then
    grep -q 'CUDA\|cuDNN\|cuBLASLt\|oneDNN' err.txt && status=0
  fi
  [ "$status" -eq 0 ] || die "$title: $command: $(tail -3 err.txt)"
done <commands.txt
finish
