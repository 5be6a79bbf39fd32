#!/usr/bin/env python3
"""Runs a command, says how long it took and how much memory it had at most, and fails above a bound.

usage: measured.py NAME GIB COMMAND...
"""
import resource
import subprocess
import sys
import time

name, bound = sys.argv[1], float(sys.argv[2])
start = time.monotonic()
status = subprocess.run(sys.argv[3:], check=False).returncode
seconds = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
print(f"{name}: {seconds:.1f} s, {peak:.2f} GiB at most (bound {bound:g})", file=sys.stderr)
if status != 0:
    sys.exit(f"{name}: exit status {status}")
if peak > bound:
    sys.exit(f"{name}: more than {bound:g} GiB")
