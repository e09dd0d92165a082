#!/usr/bin/env python3
"""Processor seconds that reading a table of 200,000 rows and 50 columns takes, beside plain pandas and another checkout of this suite.

Needs the tools' environment. Each reading is a process of its own, in turn, and the fastest of the rounds counts. Prints a Markdown table and
exits with 1 when this checkout takes more than 1.15 times what the other takes.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
ROWS, NUMBERS, GOAL = 200_000, 47, 1.15
_SUITE = """
import sys, time
sys.path.insert(0, sys.argv[2])
import pandas
from biodl.data.files.table import read_header, read_table
began = time.process_time()
read_table(read_header(sys.argv[1]), ["y"])
print(time.process_time() - began)
"""
_PANDAS = """
import sys, time
import pandas
began = time.process_time()
pandas.read_csv(sys.argv[1], sep="\\t")
print(time.process_time() - began)
"""


def write(path: Path) -> None:
    """Numbers, a column of words, one of booleans, and a target."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(ROWS, NUMBERS)).round(5), columns=[f"x{number}" for number in range(NUMBERS)])
    frame["tissue"] = random.choice(["lung", "liver", "skin"], ROWS)
    frame["treated"] = random.random(ROWS) < 0.5
    frame["y"] = random.choice(["case", "control"], ROWS)
    frame.to_csv(path, sep="\t", index=False)


def seconds(code: str, *words: object) -> float:
    """What a program prints."""
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="another checkout, to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    readers = {"pandas.read_csv": (_PANDAS,), "this checkout": (_SUITE, ROOT / "tools")}
    if arguments.against:
        readers["the other checkout"] = (_SUITE, arguments.against / "tools")
    taken: dict[str, list[float]] = {name: [] for name in readers}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "table.tsv"
        write(path)
        for _ in range(arguments.rounds):
            for reader, (code, *words) in readers.items():
                taken[reader].append(seconds(code, path, *words))
    best = {name: min(values) for name, values in taken.items()}
    print("| reader | seconds | times pandas |\n|---|---|---|")
    for name, value in best.items():
        print(f"| {name} | {value:.2f} | {value / best['pandas.read_csv']:.2f} |")
    if not arguments.against:
        return 0
    ratio = best["this checkout"] / best["the other checkout"]
    print(f"\nThis checkout takes {ratio:.2f} times what the other takes (goal: at most {GOAL})")
    return int(ratio > GOAL)


if __name__ == "__main__":
    sys.exit(main())
