#!/usr/bin/env bash
# Several processes on this machine, started by mpirun: they follow the same losses as one, with all identities each or shared out;
# a run goes on with another number of them; one that dies takes all down, and nothing is lost; what differs between them is named.
# usage: processes_cli_test.sh PROGRAM
script=$(realpath "$0")
source "$(dirname "$0")/cli_checks.sh"

if "$program" info | grep -q '^MPI *this build has no MPI'; then
  expect_error 1 'was started as one of 2.*libopenmpi-dev' env OMPI_COMM_WORLD_SIZE=2 "$program" info
  echo "(this build has no MPI: nothing else was tried)"
  finish
  exit 0
fi
source "$(dirname "$script")/mpi_environment.sh"
ranks() { # ranks N PROGRAM...
  local n=$1
  shift
  timeout 800 mpirun -n "$n" "$@"
}

"$program" synthesise --identities 12 --images 5 --seed 4 --out faces >/dev/null 2>&1
train=("$program" train --device cpu --net sphereface-4 --batch 10 --data faces --crop 4,4,92,108
  --shift 2 --rotate 5 --grey 0.2 --lr 0.0002 --lr-steps 30) # at larger rates, what is rounded grows from step to step

# losses FILE: iteration, loss and rate of each step.
losses() { sed -n 's/.*"iteration":\([0-9]*\),.*"learning_rate":\([0-9.e-]*\),"loss":\([0-9.e-]*\).*/\1 \3 \2/p' "$1"; }
same_losses() { # same_losses RUN RUN: all 50, to 1e-5, and the same rates
  paste -d' ' <(losses "$1/log.jsonl") <(losses "$2/log.jsonl") >both.txt
  check test "$(wc -l <both.txt)" -eq 50
  check awk '$1 != $4 || ($2 - $5) ^ 2 > (1e-5 * $2) ^ 2 || $3 != $6 { print "differ:", $0; bad = 1 } END { exit bad }' both.txt
}
"${train[@]}" --iterations 50 --threads 1 --out one >/dev/null 2>&1
for n in 2 4; do
  ranks $n "${train[@]}" --iterations 50 --out all_$n >out.txt 2>err.txt || die "$(cat err.txt)"
  same_losses one all_$n
done
# The first one speaks and writes, once.
check contains err.txt '4 processes by way of MPI, 10 photographs a step'
check test "$(grep -c 'photographs of 12 identities' err.txt)" -eq 1
check test "$(grep -c '^model ' out.txt)" -eq 1
check contains all_4/log.jsonl '"images_per_second_per_process":'
check contains all_4/log.jsonl '"communication_share":'
check "$program" report all_4 >/dev/null
# As many processes, the same bits; one of them is one alone.
for run in first again; do ranks 4 "${train[@]}" --iterations 4 --out $run >/dev/null 2>&1; done
check same_bytes first/model.safetensors again/model.safetensors
ranks 1 "${train[@]}" --iterations 4 --threads 1 --out by_mpirun >/dev/null 2>&1
"${train[@]}" --iterations 4 --threads 1 --out by_hand >/dev/null 2>&1
check same_bytes by_hand/model.safetensors by_mpirun/model.safetensors

# Identities shared out: each process writes its own. (The losses are compared below, where their number changes on the way.)
ranks 4 "${train[@]}" --iterations 2 --shard-classes --out shared_4 >/dev/null 2>&1
check test "$(ls shared_4/checkpoints | wc -l)" -eq 5
check test -s shared_4/checkpoints/iteration-00000002.classes-3-of-4.safetensors
check test -z "$(find . -name '*.tmp*')"
"$program" info --model shared_4/model.safetensors >info.txt 2>&1 # the network alone, for use
check contains info.txt 'parameters'
"$program" embed --device cpu --model shared_4/model.safetensors --out embeddings.npy faces >/dev/null 2>&1 || die "embed: a model of shared identities"

# On with another number of processes: four, two, one, and three, shared out or not.
go_on() { # go_on N ITERATIONS OPTIONS...
  local n=$1 iterations=$2
  shift 2
  ranks "$n" "${train[@]}" --iterations "$iterations" "$@" --out moved --resume >/dev/null 2>err.txt || die "$n: $(cat err.txt)"
}
ranks 4 "${train[@]}" --iterations 20 --shard-classes --out moved >/dev/null 2>&1
go_on 2 30 --shard-classes
check contains err.txt 'resumed after iteration 20'
check test "$(ls moved/checkpoints | grep -c classes)" -eq 6 # 4 of the first, 2 of the second
go_on 1 40
go_on 3 50 --shard-classes
same_losses one moved

# A class file that is not whole, or of another checkpoint, is noticed; the checkpoint before is used.
cp -r moved damaged
truncate -s -8 damaged/checkpoints/iteration-00000050.classes-2-of-3.safetensors
ranks 2 "${train[@]}" --iterations 52 --shard-classes --out damaged --resume >/dev/null 2>err.txt || die "$(cat err.txt)"
check contains err.txt 'set aside as iteration-00000050.safetensors.damaged'
check contains err.txt 'resumed after iteration 40'
rm -f moved/checkpoints/iteration-00000050.classes-3-of-3.safetensors
ranks 2 "${train[@]}" --iterations 52 --shard-classes --out moved --resume >/dev/null 2>err.txt || die "$(cat err.txt)"
check contains err.txt 'classes-3-of-3.safetensors: belongs to iteration-00000050.safetensors and is not there'

# Sampled identities: seeded, and a loss among those.
for run in sampled sampled_again; do
  ranks 2 "${train[@]}" --iterations 4 --shard-classes --sample-classes 0.5 --out $run >/dev/null 2>&1
done
check same_bytes sampled/model.safetensors sampled_again/model.safetensors
"${train[@]}" --iterations 4 --sample-classes 0.5 --out sampled_alone >/dev/null 2>&1
check test -s sampled_alone/model.safetensors
expect_error 2 'sample-classes' "${train[@]}" --sample-classes 0 --out none

# One that is killed takes the others with it, at once; the next start goes on, and ends with the bits of an undisturbed run.
ranks 2 "${train[@]}" --iterations 20 --checkpoint-every 4 --out whole >/dev/null 2>&1
ranks 2 "${train[@]}" --iterations 20 --checkpoint-every 4 --out taken_down >/dev/null 2>err.txt &
job=$!
until [ -s taken_down/checkpoints/iteration-00000008.safetensors ]; do
  kill -0 $job 2>/dev/null || die "ended before its second checkpoint: $(cat err.txt)"
  sleep 0.05
done
kill -9 "$(pgrep -f -- '--out taken_down' | while read -r pid; do
  [ "$(tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | sed -n 's/^OMPI_COMM_WORLD_RANK=//p')" = 1 ] && echo "$pid"
done | head -1)"
died=$(date +%s)
status=0
wait $job || status=$?
check test "$status" -ne 0
check test $(($(date +%s) - died)) -le 10
check contains err.txt 'signal 9'
check test -z "$(pgrep -f -- '--out taken_down' || true)"
ranks 2 "${train[@]}" --iterations 20 --checkpoint-every 4 --out taken_down --resume >/dev/null 2>err.txt || die "$(cat err.txt)"
check contains err.txt 'resumed after iteration'
check same_bytes whole/model.safetensors taken_down/model.safetensors

# What differs between the processes is named, once, and nothing is written.
differ() { # differ PATTERN ARGUMENTS_OF_THE_FIRST -- ARGUMENTS_OF_THE_SECOND
  local pattern=$1 first=() status=0
  shift
  while [ "$1" != -- ]; do first+=("$1"); shift; done
  shift
  mpirun -n 1 "${first[@]}" --out different : -n 1 "$@" --out different >/dev/null 2>err.txt || status=$?
  check test "$status" -eq 1
  check contains err.txt "$pattern"
  check test "$(grep -c '^hypersphere' err.txt)" -eq 1
  check test ! -s different/model.safetensors
  rm -rf different
}
differ 'process 1 has other options: lr=0.03.*process 0: lr=0.0002' "${train[@]}" -- "${train[@]}" --lr 0.03
cp -r faces fewer
rm fewer/id_0003/*0.jpg 2>/dev/null || rm "$(ls -d fewer/id_0003/* | head -1)"
mkdir -p here there
ln -s ../faces here/faces && ln -s ../fewer there/faces
differ 'process 1 has other photographs: 59 of 12' sh -c "cd here; exec \"\$0\" \"\$@\" --out ../different" "${train[@]}" -- \
  sh -c "cd there; exec \"\$0\" \"\$@\" --out ../different" "${train[@]}"
cp "$program" other_program && echo >>other_program
differ 'process 1 has another program' "${train[@]}" -- ./other_program "${train[@]:1}"
expect_error_of_ranks() { # expect_error_of_ranks CODE N PATTERN COMMAND...
  local code=$1 n=$2 pattern=$3 status=0
  shift 3
  ranks "$n" "$@" >out.txt 2>err.txt || status=$?
  check test "$status" -eq "$code"
  check contains err.txt "$pattern"
  check test "$(grep -c '^hypersphere' err.txt)" -eq 1
}
expect_error_of_ranks 1 4 '--batch 3 is less than one photograph for each of 4 processes' "${train[@]}" --batch 3 --out none
"$program" synthesise --identities 2 --images 2 --seed 4 --out couple >/dev/null 2>&1
expect_error_of_ranks 1 5 'couple: 4 photographs are less than one for each of 5 processes' "${train[@]}" --data couple --out none
expect_error_of_ranks 1 3 'head: 2 classes cannot be shared out over 3 processes' "${train[@]}" --data couple --shard-classes --out none
expect_error_of_ranks 1 2 'holds a run already' "${train[@]}" --out whole
expect_error_of_ranks 2 2 'figure: 2 processes were started' "$program" figure --data faces --identities 3 --heads softmax --out none
expect_error_of_ranks 2 2 'bench gemm: is for one process alone' "$program" bench gemm
# One process that runs out of memory says so, and its end is everybody's. The limit is a little above what the program needs to start.
limit=100000
while [ $limit -le 4000000 ] && ! (ulimit -v $limit && "$program" info) >/dev/null 2>&1; do limit=$((limit + 50000)); done
if [ $limit -le 4000000 ]; then
  status=0
  mpirun -n 1 "${train[@]}" --iterations 8 --out starved : -n 1 sh -c "ulimit -v $((limit + 300000)); exec \"\$0\" \"\$@\"" \
    "${train[@]}" --iterations 8 --out starved >/dev/null 2>err.txt || status=$?
  check test "$status" -ne 0
  check contains err.txt 'process 1 of 2: .*memory'
else
  echo "(this program reserves more addresses than it uses, as AddressSanitizer does: not tried without memory)"
fi

# What moves between them, measured.
ranks 2 "$program" bench allreduce --most-mib 0.0625 --repeats 1 --json sums.json >out.txt 2>err.txt || die "$(cat err.txt)"
check contains out.txt '2 processes by way of MPI'
check rows_have sums.json sum_seconds
finish
