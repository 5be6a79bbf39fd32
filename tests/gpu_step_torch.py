#!/usr/bin/env python3
"""One training step of SphereFace-20 in PyTorch, channels last, bf16 by autocast: what `hypersphere bench step` does, to
compare with. Needs PyTorch with CUDA."""

import argparse
import json
import statistics
import time

import torch

from sphereface_torch import ASoftmax, SphereFace20, normalised, random_photographs, solver_of


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--classes", type=int, default=3973)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json")
    arguments = parser.parse_args()

    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    device = torch.device("cuda")
    network = SphereFace20().to(device, memory_format=torch.channels_last)
    head = ASoftmax(arguments.classes).to(device)
    solver = solver_of(network, head, foreach=True)
    pixels = random_photographs(arguments.batch).pin_memory()
    labels = torch.randint(0, arguments.classes, (arguments.batch,)).pin_memory()

    def step():
        images = normalised(pixels.to(device, non_blocking=True))
        on_device = labels.to(device, non_blocking=True)
        with torch.autocast("cuda", dtype=torch.bfloat16):
            embeddings = network(images)
        loss = head(embeddings.float(), on_device, 1000)
        solver.zero_grad(set_to_none=True)
        loss.backward()
        solver.step()
        return loss

    def seconds_of(calls):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(calls):
            step()
        torch.cuda.synchronize()
        return (time.perf_counter() - started) / calls

    for _ in range(10):
        loss = step()
    if not torch.isfinite(loss):
        raise SystemExit("the loss is not finite")
    seconds = statistics.median(seconds_of(20) for _ in range(arguments.repeats))
    speed = arguments.batch / seconds
    print(f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, channels last, bf16, batch "
          f"{arguments.batch}: {speed:.1f} images/s, {seconds * 1e3:.4g} ms a step")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump([{"engine": "torch", "version": torch.__version__, "batch": arguments.batch,
                        "images_per_second": speed}], file, indent=2)


if __name__ == "__main__":
    main()
