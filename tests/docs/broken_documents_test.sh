#!/usr/bin/env bash
# document_test.sh notices what is wrong with a document.
# usage: broken_documents_test.sh PROGRAM
tests=$(dirname "$(realpath "$0")")
source "$tests/../apps/cli_checks.sh"

echo "int alpha();" >code.h
good='[`alpha`](code.h) and [all of it](code.h)

    hypersphere info
'
examine() { # examine TEXT
  printf '%s' "$1" >document.md
  "$tests/document_test.sh" "$program" document.md
}
check examine "$good"
expect_error 1 "leads nowhere" examine "${good}[more](gone.h)"
expect_error 1 'no `beta`' examine "${good}[\`beta\`](code.h)"
expect_error 1 'no `alph`' examine "${good}[\`alph\`](code.h)"
expect_error 1 "info --nonsense" examine "$good
    hypersphere info \\
        --nonsense
"
expect_error 1 "no command" examine '[all](code.h)'
expect_error 1 "no link" examine 'text'
finish
