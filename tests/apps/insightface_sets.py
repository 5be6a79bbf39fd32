#!/usr/bin/env python3
"""InsightFace's files of a folder of six people with four photographs each: train.rec, train.idx, lfw3.bin to lfw5.bin (a protocol of
pickle's each), and evil.bin, which names a function.
usage: insightface_sets.py FOLDER OUT"""
import glob, pickle, struct, sys

source, out = sys.argv[1:]
faces = sorted(glob.glob(f"{source}/*/*.jpg"))
picture = [open(face, "rb").read() for face in faces]

# lfw.bin: 12 pairs of the first six photographs' neighbours, alternately of one person and of two
pairs = [(4 * (i % 6), 4 * (i % 6) + 1 + i % 3) if i % 2 else (4 * (i % 6), 4 * ((i + 1) % 6) + 1) for i in range(12)]
same = [bool(i % 2) for i in range(12)]
for protocol in (3, 4, 5):
    with open(f"{out}/lfw{protocol}.bin", "wb") as file:
        pickle.dump(([picture[i] for pair in pairs for i in pair], same), file, protocol=protocol)
with open(f"{out}/evil.bin", "wb") as file:
    pickle.dump(([print], [True]), file)

# train.rec: record 0, a record a photograph, a record an identity
def record(flag, label, key, rest):
    body = struct.pack("<IfQQ", flag, label, key, 0) + rest
    return struct.pack("<II", 0xCED7230A, len(body)) + body + b"\0" * (-len(body) % 4)

count, people = len(faces), 6
records = [record(2, 0, 0, struct.pack("<ff", count + 1, count + 1 + people))]
records += [record(0, i // 4, i + 1, image) for i, image in enumerate(picture)]
records += [record(2, 0, count + 1 + i, struct.pack("<ff", 4 * i + 1, 4 * i + 5)) for i in range(people)]
with open(f"{out}/train.rec", "wb") as rec, open(f"{out}/train.idx", "w") as idx:
    for key, one in enumerate(records):
        idx.write(f"{key}\t{rec.tell()}\n")
        rec.write(one)
