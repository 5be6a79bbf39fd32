#!/usr/bin/env python3
"""Lines that the tests run, by room, from gcovr's JSON.

usage: coverage_table.py REPORT.json [--files]     --files: instead, each file below 95 % with the lines that no test runs
"""
import json
import os
import sys
from collections import defaultdict

# What counts as one room beside the folders: the parsers, whose input comes from strangers, and the code of checkpoints.
PARSERS = ("apps/data/byte_file", "apps/data/container", "apps/data/dataset", "apps/data/image_io", "apps/data/jpeg_check",
           "apps/data/landmarks_file", "apps/data/pairs", "apps/data/pickled_pairs", "apps/data/record_io", "apps/data/record_set",
           "apps/data/zip_file", "apps/exchange/caffe", "apps/exchange/foreign_weights", "apps/exchange/nchw", "apps/report/log",
           "apps/search/gallery", "nn/model_metadata", "nn/safetensors", "nn/safetensors_header")
CHECKPOINTS = ("apps/training/folder_lock", "nn/checksum", "nn/model_file", "nn/safetensors", "nn/safetensors_header", "tensor/file")


def ranges(lines):
    result = []
    for line in sorted(lines):
        if result and line == result[-1][1] + 1:
            result[-1][1] = line
        else:
            result.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in result)


def room_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "apps" and len(parts) > 2 else parts[0]


def main():
    with open(sys.argv[1], encoding="utf-8") as report:
        files = json.load(report)["files"]
    lines = defaultdict(dict)  # a header's lines count once, wherever they were compiled
    for file in files:
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            known = lines[file["file"]]
            known[line["line_number"]] = max(known.get(line["line_number"], 0), line["count"])
    if "--files" in sys.argv:
        for path, known in sorted(lines.items()):
            missing = [number for number, count in known.items() if count == 0]
            if len(missing) > 0.05 * len(known):
                print(f"{path}: {100 - 100 * len(missing) / len(known):.1f} %: {ranges(missing)}")
        return
    rooms = defaultdict(lambda: [0, 0])
    for path, known in lines.items():
        stem = os.path.splitext(path)[0]
        names = [room_of(path)]
        names += ["the parsers"] if stem in PARSERS else []
        names += ["checkpoints"] if stem in CHECKPOINTS else []
        for name in names:
            rooms[name][0] += sum(count > 0 for count in known.values())
            rooms[name][1] += len(known)
    print("| room | lines | run by a test |\n| --- | --- | --- |")
    for name, (run, count) in sorted(rooms.items(), key=lambda room: (not room[0].islower() or " " in room[0], room[0])):
        print(f"| {name} | {count:,} | {100 * run / count:.1f} % |")


if __name__ == "__main__":
    main()
