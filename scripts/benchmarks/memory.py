#!/usr/bin/env python3
"""Memory of Predict by the number of rows: a table of a million rows must need hardly more than one of ten thousand.

Needs the tools' environment. Prints a Markdown table of peaks (resident set of the whole process) and exits with 1 when the
difference is above its goal.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
COLUMNS, GOAL_MB = 50, 300


def write(path: Path, rows: int, target: bool = False) -> None:
    """A table of random numbers, some missing, with a column of names; the target follows from the first columns."""
    random = np.random.default_rng(rows)
    names = ["sample", *(f"x{number}" for number in range(COLUMNS)), *(["class"] if target else [])]
    with open(path, "w") as handle:
        handle.write("\t".join(names) + "\n")
        for start in range(0, rows, 10_000):
            block = random.normal(size=(min(10_000, rows - start), COLUMNS))
            for number, row in enumerate(block.tolist(), start=start):
                cells = [f"s{number}", *(f"{value:.3f}" for value in row)]
                cells[1 + number % COLUMNS] = "" if number % 7 == 0 else cells[1 + number % COLUMNS]
                handle.write("\t".join([*cells, *(["up" if sum(row[:5]) > 0 else "down"] if target else [])]) + "\n")


def biodl(command: str, **flags: object) -> tuple[float, float]:
    """Run a command of the suite; seconds, and peak of its resident set in MB."""
    words = [word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "biodl", command, *words], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs=2, default=(10_000, 1_000_000), help="numbers of rows (default: 10000 1000000)")
    arguments = parser.parse_args()
    print("| rows | seconds | peak |")
    print("|---|---|---|")
    peaks = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "train.tsv", 1000, target=True)
        biodl("train-feedforward", data=folder / "train.tsv", target="class", epochs=2, model=folder / "m.keras")
        for rows in arguments.rows:
            write(folder / "new.tsv", rows)
            seconds, peak = biodl("predict", model=folder / "m.keras", data=folder / "new.tsv", predictions=folder / "p.tsv")
            with open(folder / "p.tsv") as handle:
                assert sum(1 for _ in handle) == rows + 1
            peaks.append(peak)
            print(f"| {rows:,} x {COLUMNS} | {seconds:.0f} | {peak:.0f} MB |", flush=True)
    print(f"\nDifference: {peaks[1] - peaks[0]:.0f} MB (goal: {GOAL_MB} MB)")
    return 1 if peaks[1] - peaks[0] > GOAL_MB else 0


if __name__ == "__main__":
    sys.exit(main())
