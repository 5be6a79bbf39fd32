#!/usr/bin/env bash
# hypersphere export and import as a user runs them.
# usage: exchange_cli_test.sh PROGRAM
source "$(dirname "$0")/cli_checks.sh"

"$program" synthesise --identities 4 --images 3 --seed 3 --out faces >/dev/null 2>&1
"$program" train --data faces --net sphereface-4 --batch 4 --iterations 2 --out run >/dev/null 2>&1
model=run/model.safetensors

echo "== there and back"
"$program" export --model "$model" --onnx net.onnx --preprocessing --safetensors-nchw nchw.safetensors >export.txt
check contains export.txt "net.onnx: image \[N, 3, 112, 96\], RGB of 0 to 255, to embedding \[N, 512\]"
check contains export.txt "nchw.safetensors: 15 tensors"
"$program" import nchw.safetensors --out back.safetensors >import.txt
check contains import.txt "back.safetensors: SphereFace-4, 12.56 M parameters, a head of 4 classes"
check same_bytes "$model" back.safetensors
"$program" import nchw.safetensors --crop 8,0,104,112 --out cropped.safetensors >/dev/null
"$program" info --model cropped.safetensors >info.txt
check contains info.txt "crop *8,0,104,112"

echo "== unusable input"
expect_error 2 "give --onnx or --safetensors-nchw" "$program" export --model "$model"
expect_error 2 "preprocessing" "$program" export --model "$model" --preprocessing --safetensors-nchw x
expect_error 1 "nchw.safetensors: .*'layout' should be 'NHWC', found 'NCHW'" "$program" info --model nchw.safetensors
expect_error 1 "$model: .*'layout' should be 'NCHW', found 'NHWC'" "$program" import "$model" --out x
echo "not a model" >broken.caffemodel
expect_error 1 "broken.caffemodel: no Caffe model, or damaged" "$program" import broken.caffemodel --out x
expect_error 2 "crop" "$program" import nchw.safetensors --crop 1,2 --out x
check test ! -e x
finish
