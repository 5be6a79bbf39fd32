#!/usr/bin/env python3
"""What the compiler made of the CUDA kernels: registers, shared memory, spills, and the occupancy that follows.

    kernels/cuda/resource_table.py BUILD                            fails if a kernel needs local memory
    kernels/cuda/resource_table.py BUILD --update kernels/README.md writes the tables into the page as well

BUILD is a build folder with CUDA. Each .cu file is compiled again, as BUILD compiles it, only to make ptxas report:
unlike a dump of the object files, that report tells spills from other local memory.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIB = 1024


# ---- what ptxas says

@dataclass
class Kernel:
    architecture: str
    name: str
    registers: int = 0
    static_shared: int = 0
    stack: int = 0
    spills: int = 0


def commands(build, launcher):
    """The commands that compile .cu files with nvcc, without their output."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        if entry["file"].endswith(".cu") and pathlib.Path(words[0]).name == "nvcc":
            del words[words.index("-o"):words.index("-o") + 2]
            found[entry["file"]] = (entry["directory"], launcher + words + ["-Xptxas=-v"])
    if not found:
        sys.exit(f"{build}: no .cu file is compiled with nvcc here")
    return found


def report(file, directory, command):
    """ptxas's words on one file."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(command + ["-o", os.path.join(folder, "object.o")], cwd=directory, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode != 0:
        sys.exit(f"{file}: {shlex.join(command)} failed\n{run.stdout}")
    return run.stdout


def parse(text):
    kernels, kernel = [], None
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            kernel = Kernel(match[2], match[1])
            kernels.append(kernel)
        elif kernel and (match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill", line)):
            # A function that was not inlined has a line of its own: its stack is the kernel's too.
            kernel.stack, kernel.spills = max(kernel.stack, int(match[1])), kernel.spills + int(match[2]) + int(match[3])
        elif kernel and (match := re.search(r"Used (\d+) registers", line)):
            kernel.registers = int(match[1])
            shared = re.search(r"(\d+) bytes smem", line)
            kernel.static_shared = int(shared[1]) if shared else 0
    return kernels


def demangle(kernels):
    plain = subprocess.run(["c++filt"], input="\n".join(k.name for k in kernels), text=True, check=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    for kernel, name in zip(kernels, plain):
        name = re.sub(r"hypersphere::(cuda::)?|\(anonymous namespace\)::|^void ", "", name)
        depth = 0
        for at, letter in enumerate(name):  # the name ends where the arguments begin
            depth += (letter == "<") - (letter == ">")
            if letter == "(" and depth == 0:
                name = name[:at]
                break
        kernel.name = name.replace("> >", ">>")


# ---- what the sources say

class Sources:
    """Threads a block, from __launch_bounds__ or, without it, from the launcher."""

    def __init__(self):
        files = [f for pattern in ("*.cu", "*.cuh", "*.h") for f in sorted((ROOT / "kernels").rglob(pattern))]
        texts = [re.sub(r"//.*", "", f.read_text()) for f in files]
        self.text = "\n".join(texts)
        self.values = {}
        for names in re.findall(r"constexpr (?:unsigned|int) ([^;(]*);", self.text):
            for name, value in re.findall(r"(\w+) = ([^,]+)", names):
                self.values.setdefault(name, value)
        self.per_file = [(text, dict(re.findall(r"constexpr unsigned (\w+) = ([^;,]+);", text))) for text in texts]

    def evaluate(self, expression, local=()):
        expression = expression.strip()
        if expression.startswith("row_threads("):
            expression = "row_warps * warp_size"  # at most
        expression = re.sub(r"\w+::", "", expression)
        words = {**self.values, **dict(local)}
        while (named := re.sub(r"[A-Za-z_]\w*", lambda m: f"({words[m[0]]})", expression)) != expression:
            expression = named
        if not re.fullmatch(r"[\d\s()*/+-]+", expression):
            raise ValueError(expression)
        return int(eval(expression))

    def threads(self, name):
        kernel = re.match(r"\w+", name)[0]
        if tile := tile_of(name):
            return tile.threads
        if bounds := re.search(r"__launch_bounds__\(([^,)]+)[^\n]*?\)\s+%s\(" % kernel, self.text):
            return self.evaluate(bounds[1])
        if re.search(r'launch_warps\(\s*"%s"' % kernel, self.text):
            return self.evaluate("warp_rows_block")
        for text, local in self.per_file:
            if call := re.search(r'"%s",\s*\{(?:[^{}]|\{[^{}]*\})*\},\s*((?:[^(),{}]|\([^()]*\))+)' % kernel, text):
                return self.evaluate(call[1], local)
        for text, local in self.per_file:  # by way of a launcher's helper
            if f'"{kernel}"' in text and "block" in local:
                return self.evaluate("block", local)
        raise ValueError(f"{kernel}: no __launch_bounds__ and no launch found")


@dataclass
class Tile:
    """As MmaTile and FmaTile in kernels/gemm/."""
    threads: int
    shared: int
    on_tensor_cores: bool


def tile_of(name):
    if match := re.search(r"MmaTile<(\w+), (\d+), (\d+), (\d+), (\d+), (\w+)>", name):
        rows, columns, warps = int(match[2]), int(match[3]), int(match[4]) * int(match[5])
        stages = 3
        pipeline, staging = stages * (rows + columns) * 128, rows * (columns + 8) * 4
        return Tile(warps * 32, max(pipeline, staging), True)
    if "FmaTile" in name:
        return Tile(256, 2 * 16 * 68 * 4, False)
    return None


# ---- what follows

@dataclass
class Limits:
    """Of a multiprocessor; CUDA C++ Programming Guide, technical specifications per compute capability."""
    shared: int
    registers: int = 65536
    warps: int = 64
    blocks: int = 32


LIMITS = {"sm_80": Limits(164 * KIB), "sm_90": Limits(228 * KIB), "sm_90a": Limits(228 * KIB)}


def blocks_at_once(kernel, threads, dynamic):
    limits = LIMITS.get(kernel.architecture)
    if limits is None:
        return None
    warps = -(-threads // 32)
    registers_a_warp = -(-kernel.registers * 32 // 256) * 256
    warps_by_registers = limits.registers // registers_a_warp // 4 * 4
    shared = -(-(kernel.static_shared + dynamic + KIB) // 128) * 128  # the system takes 1 KiB a block
    return min(limits.blocks, limits.warps // warps, warps_by_registers // warps, limits.shared // shared)


def resource_table(kernels, sources):
    architectures = sorted({k.architecture for k in kernels})
    lines = ["| kernel | threads | " + " | ".join(f"{a}: registers, shared memory, blocks, occupancy" for a in architectures)
             + " |", "| --- | --- |" + " --- |" * len(architectures)]
    for name in sorted({k.name for k in kernels}):
        threads, tile = sources.threads(name), tile_of(name)
        dynamic = tile.shared if tile else 0
        cells = []
        for architecture in architectures:
            k = next((k for k in kernels if (k.name, k.architecture) == (name, architecture)), None)
            if k is None:
                cells.append("")
                continue
            cell = f"{k.registers}, {k.static_shared + dynamic}"
            if (blocks := blocks_at_once(k, threads, dynamic)) is not None:
                cell += f", {blocks}, {100 * blocks * -(-threads // 32) // LIMITS[architecture].warps} %"
            cells.append(cell)
        lines.append(f"| `{name}` | {threads} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


# height, width, channels in and out, stride, how often; apps/bench has the same list
LAYERS = [(112, 96, 3, 64, 2, 1), (56, 48, 64, 64, 1, 2), (56, 48, 64, 128, 2, 1), (28, 24, 128, 128, 1, 4),
          (28, 24, 128, 256, 2, 1), (14, 12, 256, 256, 1, 8), (14, 12, 256, 512, 2, 1), (7, 6, 512, 512, 1, 2)]


@dataclass
class Machine:
    """Peaks as stated by the maker, dense: products a second on tensor cores, fused multiply-adds in f32 (both counted
    as two), bytes a second."""
    name: str
    bf16: float
    tf32: float
    fp32: float
    memory: float


MACHINES = [Machine("H100 SXM", 989e12, 495e12, 67e12, 3.35e12), Machine("A100", 312e12, 156e12, 19.5e12, 2.0e12)]


def bound(machine, precision, batch, layer, direction):
    """Seconds, and what bounds them."""
    height, width, channels, out, stride, _ = layer
    x, y = batch * height * width * channels, batch * (height // stride) * (width // stride) * out
    w, size = 9 * channels * out, 2 if precision == "bf16" else 4
    moved = size * (x + y) + (4 if direction == "backward weight" else size) * w
    # Few channels are multiplied in f32 by plain multiply-adds: few_channels_kernels.cuh.
    plain = channels * 9 <= 32
    peak = machine.fp32 if plain else getattr(machine, precision)
    computing, moving = 18 * y * channels / peak, moved / machine.memory
    return max(computing, moving), "memory" if moving > computing else "multiply-adds" if plain else "tensor cores"


def bound_table(batch=256):
    kinds = [(machine, precision) for machine in MACHINES for precision in ("bf16", "tf32")]
    lines = ["| layer | direction | " + " | ".join(f"{m.name}, {p}" for m, p in kinds) + " |",
             "| --- | --- |" + " --- |" * len(kinds)]
    total = [0.0] * len(kinds)
    for layer in LAYERS:
        height, width, channels, out, stride, count = layer
        for direction in ("forward", "backward data", "backward weight"):
            if channels == 3 and direction == "backward data":
                continue  # nobody needs the gradient of the photographs
            cells = []
            for i, (machine, precision) in enumerate(kinds):
                seconds, why = bound(machine, precision, batch, layer, direction)
                total[i] += count * seconds
                cells.append(f"{seconds * 1e6:.1f} us, {why}")
            lines.append(f"| {channels} -> {out}, {height}x{width}, stride {stride} (x{count}) | {direction} | "
                         + " | ".join(cells) + " |")
    lines.append("| all of a step | | " + " | ".join(f"{s * 1e3:.2f} ms, {batch / s:.0f} images/s" for s in total) + " |")
    return "\n".join(lines)


def replace_between(text, name, table):
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        sys.exit(f"no place for {name}: expected the lines {begin} and {end}")
    head, rest = text.split(begin, 1)
    return f"{head}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--update", type=pathlib.Path, help="Markdown page to write the tables into")
    parser.add_argument("--launcher", default="", help="a compiler cache to compile through")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    launcher = [arguments.launcher] if arguments.launcher else []
    todo = commands(arguments.build, launcher)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        reports = pool.map(lambda item: report(item[0], *item[1]), todo.items())
        kernels = [kernel for text in reports for kernel in parse(text)]
    demangle(kernels)
    kernels = list({(k.name, k.architecture): k for k in kernels}.values())
    kernels.sort(key=lambda k: (k.name, k.architecture))
    sources = Sources()

    table = resource_table(kernels, sources)
    if arguments.update:
        text = arguments.update.read_text()
        text = replace_between(text, "resources", table)
        arguments.update.write_text(replace_between(text, "bounds", bound_table()))
    bad = [k for k in kernels if k.stack or k.spills]
    for k in bad:
        print(f"{k.name} for {k.architecture}: {k.stack} bytes of stack, {k.spills} bytes of spills")
    print(f"{len(kernels)} kernels, {len(bad)} with local memory")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
