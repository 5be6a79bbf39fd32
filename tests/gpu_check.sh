#!/usr/bin/env bash
# Everything that only a GPU can tell: builds, runs the tests on the device and under compute-sanitizer, compares the
# kernels with cuDNN, cuBLASLt and PyTorch where they are, and trains for a moment. Ends with one table and writes
# gpu_report.json. Exit code 0: all of it passed; 1: something failed; 77: there is no GPU or no nvcc.
# usage: tests/gpu_check.sh [--data DIR] [--build DIR] [--report FILE] [--batch N] [--minutes N] [--full]
#   --data     photographs to train on, one folder an identity; default: some are drawn
#   --minutes  for all of it, 8 at first; what does not fit counts as failed
#   --full     the slow tests too
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

data='' build=build/gpu report=gpu_report.json batch=256 minutes=8 tests=(-LE slow)
while [ $# -gt 0 ]; do
  case $1 in
    --data) data=$2; shift 2 ;;
    --build) build=$2; shift 2 ;;
    --report) report=$2; shift 2 ;;
    --batch) batch=$2; shift 2 ;;
    --minutes) minutes=$2; shift 2 ;;
    --full) tests=(); shift ;;
    *) sed -n '2,9s/^# //p' "$0" >&2; exit 2 ;;
  esac
done

no() { echo "gpu_check: $*, nothing to check"; exit 77; }
nvcc=$(command -v nvcc || true)
[ -n "$nvcc" ] || { [ -x /usr/local/cuda/bin/nvcc ] && nvcc=/usr/local/cuda/bin/nvcc; }
[ -n "$nvcc" ] || no "no nvcc in PATH or /usr/local/cuda/bin"
command -v nvidia-smi >/dev/null || no "no nvidia-smi"
gpu=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | head -n 1)
[ -n "$gpu" ] || no "nvidia-smi finds no GPU"
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d .)
case $architecture in
  90) architecture=90a ;;  # with what only this generation has
  [1-9][0-9] | [1-9][0-9][0-9]) ;;
  *) architecture=native ;;  # a driver too old to say
esac
command -v python3 >/dev/null || { echo "gpu_check: needs python3" >&2; exit 1; }
PATH=$(dirname "$nvcc"):$PATH

deadline=$(($(date +%s) + minutes * 60 - 15))
logs=$build/gpu_check
rm -rf "$logs"
mkdir -p "$logs"
cores=$(nproc)

# step NAME SECONDS COMMAND...: runs the command for at most that long, its output in NAME.log, and records how it went.
step() {
  local name=$1 limit=$2 left status=0 started ended
  shift 2
  started=$(date +%s)
  left=$((deadline - started))
  [ "$left" -gt "$limit" ] && left=$limit
  if [ "$left" -le 0 ]; then
    status=no-time
  else
    timeout --kill-after=5 "$left" "$@" >"$logs/$name.log" 2>&1 || status=$?
  fi
  ended=$(date +%s)
  printf '{"name": "%s", "status": "%s", "seconds": %d}\n' "$name" "$status" $((ended - started)) >"$logs/$name.step"
  echo "$name: $status after $((ended - started)) s" >&2
  [ "$status" = 0 ]
}
skip() { printf '{"name": "%s", "status": "skipped", "reason": "%s"}\n' "$1" "$2" >"$logs/$1.step"; }

has_module() { python3 -c "import importlib.util as u, sys; sys.exit(u.find_spec('$1') is None)" 2>/dev/null; }
hints=()
if [ ! -e "$(dirname "$nvcc")/../include/cudnn.h" ] && has_module nvidia.cudnn; then
  hints+=("-DCUDNN_ROOT=$(python3 -c 'import nvidia.cudnn; print(list(nvidia.cudnn.__path__)[0])')")
fi
command -v ccache >/dev/null && hints+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)

program=$build/hypersphere kernels=$build/tests/test_kernels
step packages 60 ./setup.sh
if step configure 60 cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DHYPERSPHERE_CUDA=on \
    -DHYPERSPHERE_TESTS=ON -DHYPERSPHERE_TEST_ON_GPU=ON -DCMAKE_CUDA_COMPILER="$nvcc" \
    -DCMAKE_CUDA_ARCHITECTURES="$architecture" "${hints[@]}" -Wno-dev &&
  step build 240 cmake --build "$build" -j "$cores"; then
  "$program" info >"$logs/info.txt" 2>&1
  # Where the device cannot be used, tests would pass on the CPU.
  step device 10 grep "^CUDA .*compute capability" "$logs/info.txt"

  # What needs no clock of its own runs side by side.
  step tests 150 ctest --test-dir "$build" -j 4 --output-on-failure "${tests[@]}" &
  sanitizer=$(command -v compute-sanitizer || true)
  if [ -n "$sanitizer" ]; then
    few='gemm: every*,conv2d: forward*,conv2d: with PReLU*,a_softmax: forward*,a_softmax_loss: forward*'
    few+=',prelu: forward*,softmax_cross_entropy: forward*,count_correct*,sgd: three*,column_sum*,sum_of_squares: over*'
    few+=',elementwise: add*,elementwise: fill*,image_normalise: agrees*,normalise_rows*'
    step memcheck 120 "$sanitizer" --tool memcheck --error-exitcode 9 "$kernels" "-tc=$few" &
    step racecheck 120 "$sanitizer" --tool racecheck --error-exitcode 9 "$kernels" "-tc=$few" &
  else
    skip memcheck "no compute-sanitizer"
    skip racecheck "no compute-sanitizer"
  fi
  if [ -z "$data" ]; then
    step photographs 120 "$program" synthesise --identities 64 --images 8 --out "$logs/faces" &
    data=$logs/faces
  fi
  wait

  # Alone on the device, what matters most first.
  bench() {  # bench NAME SECONDS ARGUMENTS...
    local name=$1 limit=$2
    shift 2
    step "$name" "$limit" "$program" bench "$@" --device cuda --json "$logs/$name.json"
  }
  engine=$("$program" info | sed -n 's/^cuDNN  *//p')
  case $engine in
    for*) cudnn=yes ;;
    *) cudnn= ;;
  esac
  layers() {  # layers PRECISION SECONDS
    if [ -n "$cudnn" ]; then
      bench "layers_$1" "$2" layers --precision "$1" --batch "$batch" --against cudnn
    else
      bench "layers_$1" "$2" layers --precision "$1" --batch "$batch"
    fi
  }
  layers bf16 90
  bench step_native 40 step --precision bf16 --batch "$batch"
  if [ -n "$cudnn" ]; then
    bench step_cudnn 60 step --precision bf16 --batch "$batch" --conv cudnn
  else
    skip step_cudnn "$engine"
  fi
  if python3 -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    step step_torch 60 python3 tests/gpu_step_torch.py --batch "$batch" --json "$logs/step_torch.json"
  else
    skip step_torch "no PyTorch with CUDA"
  fi
  step training 60 "$program" train --data "$data" --device cuda --precision bf16 --batch 64 --minutes 0.3 \
    --hold-out 0.1 --out "$logs/run"
  gpus=$(nvidia-smi --list-gpus | wc -l)
  if ! grep -q '^NCCL *[0-9]' "$logs/info.txt"; then
    skip several_gpus "no NCCL in this build"
  elif [ "$gpus" -lt 2 ] || ! command -v mpirun >/dev/null; then
    skip several_gpus "one GPU (the tests call NCCL for one process), or no mpirun"
  else
    step several_gpus 90 env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 sh -c "
      mpirun -n $gpus '$program' bench allreduce --device cuda --json '$logs/allreduce.json' &&
      mpirun -n $gpus '$build/tests/test_cluster' '--test-case=processes:*' &&
      mpirun -n $gpus '$build/tests/test_nn' '--test-case=processes:*' &&
      mpirun -n $gpus '$build/tests/test_apps_training' '--test-case=processes:*'"
  fi
  bench gemm_bf16 30 gemm --precision bf16 --against cublaslt
  bench gemm_tf32 30 gemm --precision tf32 --against cublaslt
  layers tf32 80
  layers fp32 80
fi

python3 tests/gpu_report.py "$logs" --gpu "$gpu" --commit "$(git rev-parse --short HEAD 2>/dev/null)" --out "$report"
