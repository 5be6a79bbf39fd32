#!/usr/bin/env bash
# What the program says of itself: completion scripts, the manual page, suggestions for misspelt words.
# usage: describe_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

echo "== completion"
"$program" completion bash >completion.bash
check bash -n completion.bash
# complete_words WORD...: what bash offers for the last of them.
complete_words() {
  bash -c 'source completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hypersphere; echo "${COMPREPLY[@]}"' bash "$@"
}
check test "$(complete_words hypersphere tra)" = "train"
check test "$(complete_words hypersphere train --mar)" = "--margin"
check test "$(complete_words hypersphere train --head a)" = "a-softmax"
check test "$(complete_words hypersphere train --net sphereface-1)" = "sphereface-10"
check test "$(complete_words hypersphere bench ge)" = "gemm"
check test "$(complete_words hypersphere bench gemm --devi)" = "--device"
check test "$(complete_words hypersphere completion f)" = "fish"
touch photograph.jpg
check test "$(complete_words hypersphere embed --model photo)" = "photograph.jpg"
"$program" completion zsh >completion.zsh
check contains completion.zsh "bashcompinit"
"$program" completion fish >completion.fish
check contains completion.fish "__fish_seen_subcommand_from train' -l margin"
if command -v fish >/dev/null; then check fish -n completion.fish; fi
if command -v zsh >/dev/null; then check zsh -n completion.zsh; fi
expect_error 2 "shell" "$program" completion tcsh

echo "== manual"
"$program" manual >hypersphere.1
for part in "^.TH HYPERSPHERE 1" "^.SS train" "^.SS bench gemm" "HYPERSPHERE_SIMD" "^.SH EXIT STATUS"; do
  check contains hypersphere.1 "$part"
done
# Every command and every option is in it, and every command in --help, which names the environment too.
"$program" --help >help.txt
for part in "^Train:" "^Photographs:" "HYPERSPHERE_SIMD" "130 after Ctrl-C"; do check contains help.txt "$part"; done
for command in $(complete_words hypersphere ""); do
  check contains help.txt "^  $command "
  "$program" "$command" --help >command.txt
  [ "$command" = bench ] || check contains command.txt "^Example"
  [ "$command" = bench ] || check contains hypersphere.1 "^.SS $command\$"
done
for option in $("$program" train --help | grep -o '^  --[a-z-]*' | tr -d " "); do
  check grep -qF -- "${option//-/\\-}" hypersphere.1
done
if command -v groff >/dev/null; then
  groff -man -ww -Tutf8 hypersphere.1 >page.txt 2>warnings.txt
  check test ! -s warnings.txt
fi

echo "== version"
"$program" --version >version.txt
for part in "^hypersphere [0-9]" "^compiler" "^CUDA" "^SIMD"; do check contains version.txt "$part"; done

echo "== suggestions"
expect_error 2 "did you mean train?" "$program" trian --data x --out y
expect_error 2 "did you mean --margin?" "$program" train --data x --out y --marjin 4
expect_error 2 "did you mean --min-images?" "$program" train --data x --out y --min-image=4
status=0
"$program" train --data x --out y --nothing-like-it 2>err.txt || status=$?
check test "$status" -eq 2
check test "$(grep -c 'did you mean' err.txt)" -eq 0
finish
