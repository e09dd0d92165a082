#!/usr/bin/env python3
"""What each tool costs beside its work: the whole process on small sample data, less fitting and the models compared with.

Measured in turn with the import of Keras, which the tools that need it cannot do without; medians over the rounds. The time to the first
line is that from the start of the process, without Galaxy, until standard output or standard error shows one. Needs the tools' environment.
Prints a Markdown table; exits with 1 when a tool takes more than its goal.
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
code = cli.main()
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
    Case(
        "compare",
        {"evaluations": "breast_cancer_evaluation.json,breast_cancer_small_evaluation.json"},
        ("plots", "report", "networks", "differences"),
        keras=False,
    ),
    Case("explain", {"model": "breast_cancer.keras", "data": "breast_cancer_test.tsv"}, ("overall", "single", "report")),
    Case("predict", {"model": "breast_cancer.keras", "data": "new_samples.tsv"}, ("predictions",)),
)


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds of a process from start to end, and what it wrote to stderr."""
    began = time.perf_counter()
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command[3:])} failed: {done.stderr}")
    return seconds, done.stderr


def arguments_of(case: Case, folder: Path) -> list[str]:
    """A case's words on the command line."""
    words = [case.command]
    for name, value in case.arguments.items():
        for item in value.split(","):
            words += [f"--{name}", str(DATA / item) if (DATA / item).is_file() else item]
    for name in case.outputs:
        words += [f"--{name}", str(folder / name)]
    return words


def first_line(case: Case, folder: Path) -> float:
    """Seconds from a tool's start until it has printed a line; it is ended then."""
    command = [sys.executable, "-m", "biodl", *arguments_of(case, folder)]
    began = time.perf_counter()
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.terminate()
        process.stdout.read()
    if not line or line.startswith(b"Error"):
        raise SystemExit(f"{case.command} failed: {line.decode()}")
    return seconds


def overhead(case: Case, folder: Path) -> float:
    """Seconds of a tool beside its work."""
    seconds, error = timed([sys.executable, "-c", RUNNER, *arguments_of(case, folder)])
    return seconds - json.loads(error.splitlines()[-1])["work"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, in turn (default: 3)")
    arguments = parser.parse_args()
    spent: dict[str, list[float]] = {"keras": [], **{case.command: [] for case in CASES}}
    first: dict[str, list[float]] = {case.command: [] for case in CASES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.rounds + 1):  # the first warms the disk's cache up
            spent["keras"].append(timed([sys.executable, "-c", "import keras"])[0])
            for case in CASES:
                spent[case.command].append(overhead(case, Path(folder)))
                first[case.command].append(first_line(case, Path(folder)))
    medians = {name: statistics.median(values[1:]) for name, values in spent.items()}
    print(f"Import of Keras: {medians['keras']:.1f} s (median of {arguments.rounds})\n")
    print("| tool | seconds beside its work | times the import of Keras | goal | first line after seconds |")
    print("|---|---|---|---|---|")
    missed = 0
    for case in CASES:
        seconds, ratio = medians[case.command], medians[case.command] / medians["keras"]
        missed += ratio > RATIO if case.keras else seconds > SECONDS
        goal = f"{RATIO} times" if case.keras else f"{SECONDS:.0f} s"
        print(f"| {case.command} | {seconds:.1f} | {ratio:.2f} | {goal} | {statistics.median(first[case.command][1:]):.1f} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
