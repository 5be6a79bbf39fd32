#!/usr/bin/env python3
"""The end of gpu_check.sh: one table and gpu_report.json, of what its steps left in a folder."""

import argparse
import json
import pathlib
import sys

# NAME.step files, in the order of the table.
ORDER = ["packages", "configure", "build", "device", "tests", "memcheck", "racecheck", "photographs", "layers_bf16",
         "layers_tf32", "layers_fp32", "gemm_bf16", "gemm_tf32", "step_native", "step_cudnn", "step_torch", "training"]


def read_steps(folder):
    steps = {}
    for file in folder.glob("*.step"):
        step = json.loads(file.read_text())
        steps[step["name"]] = step
    return dict(sorted(steps.items(), key=lambda s: (ORDER.index(s[0]) if s[0] in ORDER else len(ORDER), s[0])))


def read_rows(folder, name):
    file = folder / f"{name}.json"
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return []


def result_of(step):
    status = step["status"]
    words = {"0": "passed", "124": "out of time", "137": "out of time", "no-time": "no time left"}
    return step["reason"] if status == "skipped" else words.get(status, f"FAILED ({status})")


def failed(step):
    return step["status"] not in ("0", "skipped")


def tera(rate):
    return f"{rate * 1e-12:.1f} TFLOP/s"


def comparison(row):
    """A row of the table for a row of `bench ... --against`."""
    if row["kind"] == "layer":
        what = f"{row['precision']} {row['in']} -> {row['out']} {row['height']}x{row['width']} " \
               f"stride {row['stride']} {row['direction']}"
    elif row["kind"] == "gemm":
        what = f"{row['precision']} gemm {row['m']} x {row['n']} x {row['k']}"
    else:
        what = f"{row['precision']} all convolutions of a step"
    native, other = tera(row["native_flops_per_second"]), tera(row["other_flops_per_second"])
    return what, native, f"{other} ({row['against']})", f"{row['ratio']:.2f}"


def speed_of(folder, name):
    rows = read_rows(folder, name)
    return rows[0]["images_per_second"] if rows else None


def training_summary(folder):
    log = folder / "run" / "log.jsonl"
    try:
        rows = [json.loads(line) for line in log.read_text().splitlines()]
    except (OSError, ValueError):
        return None
    rows = [row for row in rows if row.get("kind") == "train"]
    if len(rows) < 2:
        return None
    tenth = max(1, len(rows) // 10)
    mean = lambda part, key: sum(row[key] for row in part) / len(part)
    return {"iterations": rows[-1]["iteration"],
            "accuracy_first": mean(rows[:tenth], "accuracy"), "accuracy_last": mean(rows[-tenth:], "accuracy"),
            "images_per_second": sorted(row["images_per_second"] for row in rows)[len(rows) // 2]}


def table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([text[0], "-" * max(map(len, text)), *text[1:]])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--gpu", default="")
    parser.add_argument("--commit", default="")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    folder = arguments.folder

    steps = read_steps(folder)
    lines = [("what", "native", "other", "ratio", "result")]
    comparisons = []
    for name, step in steps.items():
        native = other = ratio = ""
        if name.startswith("step_"):
            speed, against = speed_of(folder, "step_native"), speed_of(folder, name)
            native = f"{speed:.0f} images/s" if speed and name == "step_native" else ""
            if against and name != "step_native":
                other = f"{against:.0f} images/s"
                ratio = f"{speed / against:.2f}" if speed else ""
        if name == "training" and (summary := training_summary(folder)):
            native = f"{summary['images_per_second']:.0f} images/s"
            other = f"accuracy {summary['accuracy_first']:.3f} to {summary['accuracy_last']:.3f}"
            if summary["accuracy_last"] < summary["accuracy_first"] and step["status"] == "0":
                step["status"] = "learns nothing"
        lines.append((name, native, other, ratio, f"{result_of(step)}, {step['seconds']} s" if "seconds" in step
                      else f"skipped: {result_of(step)}"))
        for row in read_rows(folder, name):
            if "against" in row:
                comparisons.append(row)
                lines.append(("  " + comparison(row)[0], *comparison(row)[1:], ""))

    slower = sum(row["ratio"] < 1 for row in comparisons if row["kind"] != "step")
    failures = [name for name, step in steps.items() if failed(step)]
    info = folder / "info.txt"
    print(f"\n{arguments.gpu}, commit {arguments.commit}\n")
    print(table(lines))
    measured = sum(row["kind"] != "step" for row in comparisons)
    print(f"\n{len(failures)} of {len(steps)} steps failed{': ' + ', '.join(failures) if failures else ''}; native is "
          f"behind in {slower} of {measured} comparisons. Logs: {folder}")
    arguments.out.write_text(json.dumps({
        "gpu": arguments.gpu, "commit": arguments.commit, "info": info.read_text() if info.exists() else "",
        "steps": list(steps.values()), "comparisons": comparisons,
        "step_images_per_second": {name.removeprefix("step_"): speed_of(folder, name)
                                   for name in steps if name.startswith("step_")},
        "training": training_summary(folder), "failed": failures}, indent=2) + "\n")
    return 1 if failures or not steps else 0


if __name__ == "__main__":
    sys.exit(main())
