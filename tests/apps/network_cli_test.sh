#!/usr/bin/env bash
# The program opens no connection: neither it nor a library in it asks the kernel for a socket, whatever it is told to do.
# usage: network_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

# What it calls by name: no function that opens or uses a connection is among it. (NVIDIA's runtime, which is in the program, has some.)
if "$program" --version | grep -q '^CUDA *none'; then
  nm -D --undefined-only "$program" | sed 's/.* //; s/@.*//' >symbols.txt
  check test "$(wc -l <symbols.txt)" -gt 50
  for name in socket connect bind listen accept sendto getaddrinfo gethostbyname; do
    check test -z "$(grep -x "$name" symbols.txt)"
  done
fi

# What it does, and its libraries for it.
if ! strace -f -o trace.txt true 2>/dev/null; then
  echo "(no strace, or no right to trace: what its libraries do was not looked at)"
  finish
  exit 0
fi
# LeakSanitizer, where the program has it, traces too, and there is one tracer at a time.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
traced() { # traced COMMAND...: it succeeds, without a socket
  strace -f -e trace=network -o trace.txt "$@" >out.txt 2>err.txt || die "$*: $(cat err.txt)"
  checks=$((checks + 1))
  ! grep -qE '(socket|connect|bind|sendto)\(' trace.txt || die "$*: $(head -3 trace.txt)"
}
# The check itself sees one where there is one.
if command -v python3 >/dev/null; then
  strace -f -e trace=network -o trace.txt python3 -c 'import socket; socket.socket()'
  check contains trace.txt 'socket('
fi
traced "$program" synthesise --identities 6 --images 3 --seed 1 --out faces
traced "$program" train --device cpu --net sphereface-4 --batch 4 --iterations 4 --data faces --out run
traced "$program" report run
"$program" synthesise --identities 8 --images 4 --seed 3 --out strangers >/dev/null 2>&1
for i in 0 1 2 3 4 5 6 7; do mv strangers/id_000$i strangers/stranger_$i; done # not the names that the run knows
traced "$program" evaluate --device cpu --model run/model.safetensors --data strangers --task verification --set open --plot roc.svg
traced "$program" geometry --device cpu --model run/model.safetensors --data faces --out geometry
traced "$program" figure --device cpu --data faces --identities 3 --heads softmax --iterations 2 --out figure
traced "$program" search --device cpu --model run/model.safetensors --gallery faces --gallery-out people.gallery
traced "$program" export --model run/model.safetensors --onnx model.onnx
traced "$program" info
finish
