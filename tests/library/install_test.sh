#!/usr/bin/env bash
# What is installed and packaged works without the folder it was built in: the program, and the library in the projects of others.
# usage: install_test.sh PROGRAM BUILD SOURCE
build=$(realpath "$2")
source_folder=$(realpath "$3")
source "$source_folder/tests/apps/cli_checks.sh"

echo "== cmake --install, and examples/ with find_package"
cmake --install "$build" --prefix "$work/prefix" >installed.txt
cmake -S "$source_folder/examples" -B examples -DCMAKE_PREFIX_PATH="$work/prefix" >configured.txt
check cmake --build examples
check examples/new_layer
"$program" synthesise --identities 8 --images 3 --seed 2 --out faces >/dev/null 2>&1
"$program" train --data faces --net sphereface-4 --batch 8 --iterations 2 --crop 4,4,92,108 --out run >/dev/null 2>&1
two=(faces/id_0000/id_0000_0001.jpg faces/id_0001/id_0001_0001.jpg)
examples/embed_photograph run/model.safetensors "${two[@]}" >example.txt
cosine=$(grep -o 'cosine -\?[0-9.]*' example.txt)
"$program" compare --model run/model.safetensors "${two[@]}" >compared.txt
check contains compared.txt "$cosine"
expect_error 1 "expected MODEL" examples/embed_photograph run/model.safetensors
expect_error 1 "nowhere/train-images" examples/fashion 1 nowhere
# Ten classes, one pass: guessing has 10 %, a linear model 84 %.
examples/fashion 1 | tee fashion.txt
accuracy=$(sed -n 's/.*, \([0-9]*\)\.[0-9]* %.*/\1/p' fashion.txt)
check test "$accuracy" -ge 84

echo "== every installed header finds what it includes"
headers=prefix/include/hypersphere
(cd $headers && find . -name '*.h' | sort | sed 's|^\./\(.*\)|#include "\1"|') >headers.cpp
check test "$(wc -l <headers.cpp)" -gt 100
check g++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I "$headers" headers.cpp

echo "== the Debian packages"
(cd "$build" && cpack -B "$work/packages" >"$work/packed.txt" 2>&1) || die "cpack: $(cat packed.txt)"
dpkg-deb -x packages/hypersphere_*.deb root
dpkg-deb -x packages/libhypersphere-dev_*.deb root
check test "$(root/usr/bin/hypersphere --version | head -1)" = "$("$program" --version | head -1)"
check test "$(root/usr/bin/hypersphere compare --model run/model.safetensors "${two[@]}")" = "$(cat compared.txt)"
gunzip <root/usr/share/man/man1/hypersphere.1.gz >manual.txt
check contains manual.txt "^.SS train"
for file in README.md docs/tour.md docs/figures/plane.svg examples/fashion.cpp; do check test -s root/usr/share/doc/hypersphere/$file; done
check bash -n root/usr/share/bash-completion/completions/hypersphere
dpkg-deb -f packages/hypersphere_*.deb Depends >depends.txt
for package in libc6 libfmt libhwy librsvg2-2 libzip; do check contains depends.txt "$package"; done
# All that find_package asks for is a dependency of the package that has it.
dpkg-deb -f packages/libhypersphere-dev_*.deb Depends >depends.txt
for package in libfmt-dev libhwy-dev libxxhash-dev nlohmann-json3-dev libzip-dev librsvg2-dev libprotobuf-dev libonnx-dev; do
  check contains depends.txt "$package"
done
finish
