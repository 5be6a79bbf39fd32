#!/usr/bin/env python3
"""A gallery of ROWS synthetic people, in the format that `search --gallery-out` writes, around one of a few real ones, whose first
photograph becomes one of a person in the middle.

usage: large_gallery.py SMALL.gallery ROWS LARGE.gallery
"""
import array
import json
import math
import random
import struct
import sys


def main():
    small, rows, large = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with open(small, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        begin, _ = header["features"]["data_offsets"]
        size = header["features"]["shape"][1]
        file.seek(begin, 1)
        known = file.read(4 * size)
    people = "".join(f"person {row}\0" for row in range(rows)).encode()
    photographs = "".join(f"{row}.jpg\0" "1\0" "1\0" for row in range(rows)).encode()
    metadata = {key: value for key, value in header["__metadata__"].items() if key != "checksum"}
    tensors, place = {"__metadata__": metadata}, 0
    for name, dtype, shape, length in (("features", "F32", [rows, size], 4 * rows * size), ("person", "I32", [rows], 4 * rows),
                                       ("strangers", "F32", [0], 0), ("people", "U8", [len(people)], len(people)),
                                       ("photographs", "U8", [len(photographs)], len(photographs))):
        tensors[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + length]}
        place += length
    text = json.dumps(tensors).encode()
    text += b" " * (-len(text) % 8)
    # Directions of random signs, all of length 1: windows into one long row of them, at places that have nothing to do with each other.
    # Windows that overlap are shifted against each other, so that no two rows are alike.
    generator, part = random.Random(1), 1 / math.sqrt(size)
    pool = array.array("f", (part if generator.random() < 0.5 else -part for _ in range(1 << 20)))
    planted = rows // 2
    with open(large, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for row in range(rows):
            if row == planted:
                file.write(known)
                continue
            first = row * 40503 % (len(pool) - size)
            file.write(pool[first:first + size].tobytes())
        array.array("i", range(rows)).tofile(file)
        file.write(people + photographs)
    print(f"person {planted} is known")


if __name__ == "__main__":
    main()
