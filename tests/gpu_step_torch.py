#!/usr/bin/env python3
"""One training step of SphereFace-20 in PyTorch, channels last, bf16 by autocast: what `hypersphere bench step` does, to
compare with. Needs PyTorch with CUDA."""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F


class Unit(nn.Module):
    """x + PReLU(conv(PReLU(conv(x))))."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.prelu1, self.prelu2 = nn.PReLU(channels), nn.PReLU(channels)

    def forward(self, x):
        return x + self.prelu2(self.conv2(self.prelu1(self.conv1(x))))


class SphereFace20(nn.Module):
    def __init__(self):
        super().__init__()
        layers, before = [], 3
        for width, units in ((64, 1), (128, 2), (256, 4), (512, 1)):
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.PReLU(width)]
            layers += [Unit(width) for _ in range(units)]
            before = width
        self.features = nn.Sequential(*layers)
        self.fc5 = nn.Linear(512 * 7 * 6, 512)

    def forward(self, images):
        return self.fc5(self.features(images).flatten(1))


class ASoftmax(nn.Module):
    """With m = 4, blended with the plain cosine by lambda (Liu et al., arXiv 1704.08063)."""

    def __init__(self, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, 512))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, embeddings, labels, blend):
        length = embeddings.norm(dim=1, keepdim=True)
        cosine = F.linear(F.normalize(embeddings), F.normalize(self.weight)).float().clamp(-1, 1)
        target = cosine.gather(1, labels[:, None])
        k = (4 * target.detach().acos() / torch.pi).floor().clamp(0, 3)
        multiple = 8 * target**4 - 8 * target**2 + 1  # cos 4a in terms of cos a
        psi = (1 - 2 * (k % 2)) * multiple - 2 * k
        blended = (blend * target + psi) / (1 + blend)
        logits = cosine.scatter(1, labels[:, None], blended) * length
        return F.cross_entropy(logits, labels)


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
    solver = torch.optim.SGD([*network.parameters(), *head.parameters()], lr=0.001, momentum=0.9, weight_decay=5e-4,
                             foreach=True)
    pixels = torch.randint(0, 256, (arguments.batch, 112, 96, 3), dtype=torch.uint8).pin_memory()
    labels = torch.randint(0, arguments.classes, (arguments.batch,)).pin_memory()

    def step():
        # [N, H, W, 3] seen as [N, 3, H, W] is channels last already.
        images = pixels.to(device, non_blocking=True).permute(0, 3, 1, 2).float().sub_(127.5).div_(128)
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
