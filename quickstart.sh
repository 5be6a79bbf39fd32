#!/usr/bin/env bash
# Builds Hypersphere and trains a small network with it: on synthetic faces that it draws itself, or with --data DIR on
# photographs. All options of `hypersphere train` are taken and win over the ones below.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

"$here/setup.sh"
cd "$here"
cmake --preset release -DHYPERSPHERE_TESTS=OFF -Wno-dev >/dev/null
cmake --build --preset release --target hypersphere
cd "$OLDPWD"
hypersphere="$here/build/release/hypersphere"

given() { # whether option $1 is among the arguments that follow
  local option=$1 word
  shift
  for word in "$@"; do case $word in "$option" | "$option="*) return 0 ;; esac; done
  return 1
}

options=(--net sphereface-4 --batch 64 --lr 0.05 --warmup 30 --lr-steps 70%,90% --lambda-gamma 0.4 --seed 1)
given --iterations "$@" || given --epochs "$@" || given --minutes "$@" || options+=(--minutes 2.5)
given --val-pairs "$@" || given --hold-out "$@" || options+=(--hold-out 0.1)
given --out "$@" || options+=(--out "runs/$(date +%Y-%m-%d-%H%M%S)")
if ! given --data "$@"; then
  faces=runs/synthetic-faces
  [ -d "$faces" ] || "$hypersphere" synthesise --identities 400 --images 15 --seed 1 --out "$faces"
  options+=(--data "$faces")
fi
exec "$hypersphere" train "${options[@]}" "$@"
