#!/usr/bin/env python3
"""Speed and memory: the whole Train process beside the leanest plain Keras script that does the same work.

Same network, data, epochs, batches and validation rows, same environment; runs are interleaved, and the median counts.
Needs the tools' environment. Prints a Markdown table.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PLAIN = Path(__file__).with_name("plain_keras.py")


def timed(*command: object) -> tuple[float, float]:
    """Seconds and peak megabytes of a process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script, *map(str, command)], check=True, env=environment, capture_output=True, text=True)
    return time.monotonic() - began, int(done.stdout.split()[-1]) / (1 if sys.platform == "darwin" else 1024)


def compare(title: str, table: Path, target: str, epochs: int, batch: int, runs: int, folder: Path) -> str:
    """One row of the result."""
    outputs = [word for name in ("model", "history", "curves", "layers", "report") for word in (f"--{name}", folder / name)]
    options = ["--epochs", epochs, "--batch-size", batch, "--patience", 0]
    suite = [sys.executable, "-m", "biodl", "train-feedforward", "--data", table, "--target", target, *options, *outputs]
    plain = [sys.executable, PLAIN, table, target, epochs, batch, folder / "plain.keras"]
    times: dict[str, list] = {"suite": [], "plain": []}
    for _ in range(runs):
        times["plain"].append(timed(*plain))
        times["suite"].append(timed(*suite))
        print(title, times["plain"][-1], times["suite"][-1], file=sys.stderr, flush=True)
    (seconds, memory), (plain_seconds, plain_memory) = ([median(column) for column in zip(*times[name], strict=True)] for name in times)
    return (
        f"| {title} | {plain_seconds:.1f} s | {seconds:.1f} s | {seconds / plain_seconds:.2f} "
        f"| {plain_memory:.0f} MB | {memory:.0f} MB | {memory / plain_memory:.2f} |"
    )


def made_table(path: Path, rows: int, columns: int) -> None:
    """Normal features, and a class that depends on ten of them."""
    import numpy as np
    import pandas as pd

    x = np.random.default_rng(0).normal(size=(rows, columns)).astype("float32")
    frame = pd.DataFrame(x, columns=[f"x{n}" for n in range(columns)])
    frame["y"] = np.where(x[:, :5].sum(axis=1) * x[:, 5] + x[:, 6:10].sum(axis=1) > 0, "up", "down")
    frame.to_csv(path, sep="\t", index=False, float_format="%.5g")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the made table (default: 200,000)")
    arguments = parser.parse_args()
    print("| case | plain Keras | suite | ratio | plain peak | suite peak | ratio |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = ROOT / "test-data" / "breast_cancer.tsv"
        print(compare("breast cancer, 50 epochs", table, "diagnosis", 50, 32, arguments.runs, folder), flush=True)
        made_table(folder / "made.tsv", arguments.rows, 50)
        title = f"{arguments.rows:,} x 50, 5 epochs"
        print(compare(title, folder / "made.tsv", "y", 5, 256, max(1, arguments.runs // 2), folder), flush=True)


if __name__ == "__main__":
    main()
