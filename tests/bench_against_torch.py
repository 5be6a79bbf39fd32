#!/usr/bin/env python3
"""SphereFace-20 on the CPU by `hypersphere bench` and by PyTorch, in turns in one run: images/s of a training step (A-Softmax
with m = 4, SGD with momentum) and of inference, their ratios and, with --memory, the peak memory of each. PyTorch works
in the faster one of its two memory layouts. Example:

    tests/bench_against_torch.py --program build/release/hypersphere --threads 2 --batch 32 --memory --json ratios.json

Needs PyTorch in the Python that runs this, or in the one named by --python."""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

TASKS = {"step": "a training step", "embed": "inference"}
LAYOUTS = ("contiguous", "channels_last")  # NCHW, NHWC


# The worker: a process that has PyTorch. It reads `LAYOUT COUNT` a line and answers with the median seconds of so many
# batches; at the end of its input it says what memory it needed.

def make_work(arguments, layout):
    """One batch of the task in this layout, as a function."""
    import torch
    from sphereface_torch import ASoftmax, SphereFace20, normalised, random_photographs, solver_of

    memory_format = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[layout]
    torch.manual_seed(1)
    network = SphereFace20().to(memory_format=memory_format)
    photographs = random_photographs(arguments.batch)

    def images():
        return normalised(photographs).contiguous(memory_format=memory_format)

    if arguments.task == "embed":
        network.eval()

        def embed():
            with torch.inference_mode():
                return network(images())

        return embed
    head = ASoftmax(arguments.classes)
    solver = solver_of(network, head)
    labels = torch.randint(0, arguments.classes, (arguments.batch,))

    def step():
        loss = head(network(images()), labels, 1000)
        solver.zero_grad(set_to_none=True)
        loss.backward()
        solver.step()
        if not torch.isfinite(loss):
            raise SystemExit("PyTorch's loss is not finite")

    return step


def work_for(arguments):
    import torch

    torch.set_num_threads(arguments.threads)
    print(json.dumps({"version": torch.__version__}), flush=True)
    works = {}
    for line in sys.stdin:
        layout, count = line.split()
        if layout not in works:
            works[layout] = make_work(arguments, layout)
            for _ in range(2):  # the solver's momentum, the allocator, the choice of kernels
                works[layout]()
        seconds = []
        for _ in range(int(count)):
            started = time.perf_counter()
            works[layout]()
            seconds.append(time.perf_counter() - started)
        print(json.dumps({"seconds": statistics.median(seconds)}), flush=True)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"process_peak_bytes": peak}), flush=True)


class Torch:
    """A worker that waits for orders. This process stays small: Linux keeps the peak of who starts a program as that
    program's."""

    def __init__(self, arguments, task, batch):
        self.process = subprocess.Popen(
            [arguments.python, os.path.abspath(__file__), "--worker", "--task", task, "--batch", str(batch),
             "--threads", str(arguments.threads), "--classes", str(arguments.classes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(arguments.threads)})
        self.version = self.answer()["version"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the PyTorch of {self.process.args[0]} failed; see above")
        return json.loads(line)

    def seconds(self, layout, count):
        self.process.stdin.write(f"{layout} {count}\n")
        self.process.stdin.flush()
        return self.answer()["seconds"]

    def finish(self):
        """Returns the worker's peak memory in bytes."""
        self.process.stdin.close()
        peak = self.answer()["process_peak_bytes"]
        self.process.wait()
        return peak


def run_hypersphere(arguments, task, batch, repeats):
    """The row of `hypersphere bench TASK`, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rows.json"
        command = [arguments.program, "bench", task, "--device", "cpu", "--threads", str(arguments.threads),
                   "--batch", str(batch), "--repeats", str(repeats), "--json", str(file)]
        if task == "step":
            command += ["--classes", str(arguments.classes)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(file.read_text())[0]


def compare_speed(arguments, task):
    """Rounds of both in turns; prints a line a round and returns a row."""
    torch = Torch(arguments, task, arguments.batch)
    print(f"{TASKS[task]}, batch {arguments.batch}, {arguments.threads} threads, PyTorch {torch.version}; images/s")
    print(f"{'round':8}{'hypersphere':>13}" + "".join(f"{layout:>15}" for layout in LAYOUTS) + f"{'ratio':>8}")
    own, others, ratios = [], {layout: [] for layout in LAYOUTS}, []
    for layout in LAYOUTS:
        torch.seconds(layout, 1)
    for number in range(arguments.rounds):
        own.append(arguments.batch / run_hypersphere(arguments, task, arguments.batch, arguments.steps)["seconds"])
        for layout in LAYOUTS:
            others[layout].append(arguments.batch / torch.seconds(layout, arguments.steps))
        ratios.append(own[-1] / max(others[layout][-1] for layout in LAYOUTS))
        print(f"{number + 1:<8}{own[-1]:13.1f}" + "".join(f"{others[layout][-1]:15.1f}" for layout in LAYOUTS) +
              f"{ratios[-1]:8.2f}", flush=True)
    torch.finish()
    medians = {layout: statistics.median(speeds) for layout, speeds in others.items()}
    layout = max(medians, key=medians.get)
    row = {"kind": "speed", "task": task, "batch": arguments.batch, "threads": arguments.threads,
           "torch_version": torch.version, "images_per_second": statistics.median(own),
           "torch_images_per_second": medians[layout], "torch_layout": layout,
           "ratio": statistics.median(own) / medians[layout], "smallest_ratio": min(ratios),
           "largest_ratio": max(ratios), "rounds": arguments.rounds}
    print(f"{'median':8}{row['images_per_second']:13.1f}" + "".join(f"{medians[layout]:15.1f}" for layout in LAYOUTS) +
          f"{row['ratio']:8.2f}\n")
    return row


def compare_memory(arguments):
    print("peak memory of the process, MB")
    print(f"{'task':8}{'batch':>6}{'hypersphere':>13}" + "".join(f"{layout:>15}" for layout in LAYOUTS) + f"{'ratio':>8}")
    rows = []
    for task in TASKS:
        for batch in (8, 16, 32, 64):
            own = run_hypersphere(arguments, task, batch, 1)["process_peak_bytes"]
            peaks = {}
            for layout in LAYOUTS:
                torch = Torch(arguments, task, batch)
                torch.seconds(layout, 1)
                peaks[layout] = torch.finish()
            ratio = own / min(peaks.values())
            print(f"{task:8}{batch:6}{own * 1e-6:13.0f}" + "".join(f"{peaks[layout] * 1e-6:15.0f}" for layout in LAYOUTS) +
                  f"{ratio:8.2f}", flush=True)
            rows.append({"kind": "memory", "task": task, "batch": batch, "threads": arguments.threads,
                         "torch_version": torch.version, "process_peak_bytes": own, "torch_process_peak_bytes": peaks,
                         "ratio": ratio})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/hypersphere", help="default: %(default)s")
    parser.add_argument("--python", default=sys.executable, help="the one that has PyTorch; default: this one")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of both; default: one a core")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--classes", type=int, default=3973)
    parser.add_argument("--rounds", type=int, default=7, help="turns, of which the medians count")
    parser.add_argument("--steps", type=int, default=3, help="batches a turn, of which the median counts")
    parser.add_argument("--task", choices=[*TASKS, "both"], default="both")
    parser.add_argument("--memory", action="store_true", help="peak memory at batches of 8 to 64 besides")
    parser.add_argument("--json", help="write the figures to this file too")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work_for(arguments)
        return
    tasks = TASKS if arguments.task == "both" else [arguments.task]
    rows = [compare_speed(arguments, task) for task in tasks]
    if arguments.memory:
        rows += compare_memory(arguments)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)


if __name__ == "__main__":
    main()
