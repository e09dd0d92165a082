#!/usr/bin/env python3
"""What each tool costs beside its work: the whole process on small sample data, less fitting and the models compared with.

Measured in turn with the import of Keras, which the tools that need it cannot do without; medians over the rounds. Needs the tools'
environment. Prints a Markdown table; exits with 1 when a tool takes more than its goal.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"
RATIO, SECONDS = 1.3, 3.0
"""Goals: times the import of Keras; seconds for tools that do without it."""
RUNNER = """
import json, sys, time
spent = 0.0
def timed(function):
    def run(*args, **kwargs):
        global spent
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent += time.perf_counter() - began
    return run
command = sys.argv[1]
if command.startswith("train-"):
    from biodl.training import train
    train.fit = timed(train.fit)
if command == "evaluate":
    from biodl.evaluation import compare
    compare.traditional = timed(compare.traditional)
from biodl.program import cli
code = cli.main(sys.argv[1:])
print(json.dumps({"work": spent}), file=sys.stderr)
sys.exit(code)
"""


@dataclasses.dataclass(frozen=True)
class Case:
    """A tool, its arguments (file names stand in test-data), its outputs, and whether it needs Keras."""

    command: str
    arguments: dict[str, str]
    outputs: tuple[str, ...]
    keras: bool = True


TRAINED = ("model", "history", "curves", "layers", "diagram", "report")
CASES = (
    Case("inspect", {"data": "breast_cancer.tsv", "target": "diagnosis"}, ("findings", "columns", "plots", "report"), keras=False),
    Case("split", {"data": "breast_cancer.tsv", "target": "diagnosis"}, ("train", "validation", "test", "summary"), keras=False),
    Case("train-feedforward", {"data": "breast_cancer_train.tsv", "target": "diagnosis", "epochs": "3"}, TRAINED),
    Case("train-recurrent", {"kind": "series", "data": "osuleaf_train.tsv", "target": "species", "epochs": "1"}, TRAINED),
    Case("train-convolutional", {"kind": "image", "data": "nuclei.zip", "epochs": "1"}, TRAINED),
    Case(
        "evaluate",
        {"model": "breast_cancer.keras", "data": "breast_cancer_test.tsv", "training": "breast_cancer_train.tsv"},
        ("metrics", "metrics-json", "comparison", "classes", "predictions", "plots", "report"),
    ),
    Case("predict", {"model": "breast_cancer.keras", "data": "new_samples.tsv"}, ("predictions",)),
)


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds of a process from start to end, and what it wrote to stderr."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command[3:])} failed: {done.stderr}")
    return seconds, done.stderr


def overhead(case: Case, folder: Path) -> float:
    """Seconds of a tool beside its work."""
    words = [sys.executable, "-c", RUNNER, case.command]
    for name, value in case.arguments.items():
        words += [f"--{name}", str(DATA / value) if (DATA / value).is_file() else value]
    for name in case.outputs:
        words += [f"--{name}", str(folder / name)]
    seconds, error = timed(words)
    return seconds - json.loads(error.splitlines()[-1])["work"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, in turn (default: 3)")
    arguments = parser.parse_args()
    spent: dict[str, list[float]] = {"keras": [], **{case.command: [] for case in CASES}}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.rounds + 1):  # the first warms the disk's cache up
            spent["keras"].append(timed([sys.executable, "-c", "import keras"])[0])
            for case in CASES:
                spent[case.command].append(overhead(case, Path(folder)))
    medians = {name: statistics.median(values[1:]) for name, values in spent.items()}
    print(f"Import of Keras: {medians['keras']:.1f} s (median of {arguments.rounds})\n")
    print("| tool | seconds beside its work | times the import of Keras | goal |")
    print("|---|---|---|---|")
    missed = 0
    for case in CASES:
        seconds, ratio = medians[case.command], medians[case.command] / medians["keras"]
        missed += ratio > RATIO if case.keras else seconds > SECONDS
        goal = f"{RATIO} times" if case.keras else f"{SECONDS:.0f} s"
        print(f"| {case.command} | {seconds:.1f} | {ratio:.2f} | {goal} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
