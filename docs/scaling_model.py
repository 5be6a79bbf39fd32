#!/usr/bin/env python3
"""The tables of scaling.md: what a training step takes on paper, and where each part of it dominates.

usage: scaling_model.py            the tables for GPUs
       scaling_model.py cpu MS_A_PHOTOGRAPH MS_A_STEP CORES MS_OF_SUM...
           what 1, 2, 4, ... processes on one machine should reach with a batch of 32: from what one process on one thread
           takes for each photograph and for each step whatever its photographs (bench step with two batches, by a straight
           line), and from what a sum of all gradients takes with 2, 4, ... processes (bench allreduce)
"""
import sys

# SphereFace-20 (nn/sphereface.h), its convolutions as height, width, inputs, outputs of each, how often.
CONVOLUTIONS = [(56, 48, 3, 64, 1), (56, 48, 64, 64, 2), (28, 24, 64, 128, 1), (28, 24, 128, 128, 4),
                (14, 12, 128, 256, 1), (14, 12, 256, 256, 8), (7, 6, 256, 512, 1), (7, 6, 512, 512, 2)]
EMBEDDING = 512
FLAT = 7 * 6 * 512
MULTIPLY_ADDS = sum(h * w * i * o * 9 * n for h, w, i, o, n in CONVOLUTIONS) + FLAT * EMBEDDING
PARAMETERS = sum(i * o * 9 * n + 2 * o * n for _, _, i, o, n in CONVOLUTIONS) + FLAT * EMBEDDING + EMBEDDING

# A machine with eight H100 SXM, as NVIDIA's and the network's data sheets have it; SUSTAINED of each is assumed.
SUSTAINED_ARITHMETIC = 0.3  # of 989 TFLOP/s in bf16, and of 495 in tf32, which the head's products have
NETWORK_FLOPS = 989e12 * SUSTAINED_ARITHMETIC
HEAD_FLOPS = 495e12 * SUSTAINED_ARITHMETIC
MEMORY = 3.35e12 * 0.8  # bytes a second
MEMORY_BYTES = 80e9
INSIDE = 450e9 * 0.8  # NVLink, bytes a second and direction
BETWEEN = 50e9 * 0.8  # a network card of 400 Gbit/s for each GPU
LATENCY = {True: 5e-6, False: 15e-6}  # seconds a hop, inside of a machine and between machines
BATCH = 128  # photographs a GPU
BUCKET = 4 << 20  # bytes (nn/gradient_sum.h)


def step(ranks, classes, shared=True, sampled=1.0):
    """Seconds of the parts of a step, and bytes a GPU holds."""
    inside = ranks <= 8
    wire, latency = (INSIDE if inside else BETWEEN), LATENCY[inside]
    moved = (ranks - 1) / ranks  # of a message, in and out of each: ring algorithms (NCCL's)
    hops = 0 if ranks == 1 else ranks.bit_length() - 1
    rows = BATCH * ranks
    here = classes / ranks if shared else classes  # class weights that this GPU has
    met = here * sampled  # and meets in a step
    seen = rows if shared else BATCH  # rows that meet them
    t = {}
    t["network"] = 6 * MULTIPLY_ADDS * BATCH / NETWORK_FLOPS
    # Logits twice (kernels/softmax_parts), dx and dw; logits pass memory seven times, weights and momentum five.
    t["head"] = 8 * seen * met * EMBEDDING / HEAD_FLOPS + (7 * 4 * seen * met + 5 * 4 * here * EMBEDDING) / MEMORY
    gradients = 4 * PARAMETERS + (0 if shared else 4 * classes * EMBEDDING)
    t_sum = 2 * moved * gradients / wire + 2 * hops * latency * (gradients / BUCKET)
    t["gradients"] = max(0.0, t_sum - 2 / 3 * t["network"])  # what the backward pass does not hide
    t["features"] = (2 * moved * 4 * rows * EMBEDDING / wire + 5 * hops * latency) if shared and ranks > 1 else 0.0
    held = 12 * PARAMETERS + 12 * here * EMBEDDING + BATCH * 25e6 + 4 * min(seen * met, 1 << 24) + 8 * seen * EMBEDDING
    return t, held


def count(n):
    for size, word in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if n >= size:
            return f"{n / size:.3g} {word}"
    return f"{n:.3g}"


def tables():
    print(f"SphereFace-20: {MULTIPLY_ADDS * 1e-9:.2f} G multiply-adds a photograph, {PARAMETERS * 1e-6:.1f} M parameters\n")
    print("| identities | GPUs | a step, ms | network | head | gradients | features | photographs/s | GiB a GPU |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for classes in (10**4, 10**5, 10**6, 10**7, 10**8):
        for ranks in (1, 8, 64, 1024):
            t, held = step(ranks, classes)
            total = sum(t.values())
            share = " | ".join(f"{100 * t[part] / total:.0f} %" for part in ("network", "head", "gradients", "features"))
            fits = "" if held <= MEMORY_BYTES else ", more than there is"
            print(f"| {count(classes)} | {ranks} | {1e3 * total:.3g} | {share} | {count(BATCH * ranks / total)} | {held / 2**30:.3g}{fits} |")
    print("\nThe last layer as long as the network:   "
          f"{count(6 * MULTIPLY_ADDS / NETWORK_FLOPS / (8 * EMBEDDING / HEAD_FLOPS + 28 / MEMORY))} identities")
    print("Gradients hidden by the backward pass:   from "
          f"{8 * PARAMETERS / BETWEEN / (4 * MULTIPLY_ADDS / NETWORK_FLOPS):.0f} photographs a GPU between machines, "
          f"{8 * PARAMETERS / INSIDE / (4 * MULTIPLY_ADDS / NETWORK_FLOPS):.0f} inside of one")
    print("Features as long as the network:         "
          f"{6 * MULTIPLY_ADDS / NETWORK_FLOPS / (8 * EMBEDDING / BETWEEN):.0f} GPUs")
    for ranks in (8, 64):
        fewest = next(c for c in range(1000, 10**8, 1000)
                      if sum(step(ranks, c, shared=False)[0].values()) > sum(step(ranks, c)[0].values()))
        print(f"Sharing identities out is faster from:   {count(fewest)} identities on {ranks} GPUs")


def cpu(photograph, once, cores, sums):
    batch = 32
    for k, seconds in enumerate([0.0, *sums]):
        ranks = 1 << k
        # What each process does once passes its own weights, momentum and gradients through memory, and there is one memory.
        total = photograph * batch / min(ranks, cores) + once * ranks + seconds
        print(f"{ranks} processes: {total:.0f} ms a step, {1000 * batch / total:.1f} photographs/s")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        tables()
    elif sys.argv[1] == "cpu" and len(sys.argv) > 5:
        cpu(float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), [float(s) for s in sys.argv[5:]])
    else:
        sys.exit(__doc__)
