#!/usr/bin/env bash
# Installs the Debian packages that the build needs and that are missing. Called by quickstart.sh and test.sh.
# usage: setup.sh [checks]     checks: also what the presets tsan, fuzz and coverage and tests/tidy.sh need
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config libhwy-dev libfmt-dev libcli11-dev nlohmann-json3-dev libstb-dev
          librsvg2-dev libxxhash-dev libzip-dev libonnx-dev libprotobuf-dev protobuf-compiler libboost-dev
          libopencv-dnn-dev doctest-dev
          libopenmpi-dev openmpi-bin
          zlib1g-dev dataset-fashion-mnist dpkg-dev file strace)
[ "${1:-}" != checks ] || packages+=(clang clang-tidy libclang-rt-14-dev libomp-dev gcovr)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup.sh: run as root, or install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing: ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
