#!/usr/bin/env python3
"""Speed and memory: the whole Train process beside the leanest plain Keras script that does the same work.

Same network, data, epochs, batches and validation samples, same environment; runs are interleaved, and the median counts. An ensemble
of five stands beside a plain script that trains one network, and beside one network in the same process, cross-validation beside one
training, both less the import of libraries. Last comes the memory of training on 50,000 colour images beside that on 5,000. Needs the
tools' environment. Prints Markdown tables.
"""

import argparse
import dataclasses
import io
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PLAIN = Path(__file__).with_name("plain_keras.py")
OUTPUTS = ("model", "history", "curves", "layers", "diagram", "report")


@dataclasses.dataclass(frozen=True)
class Case:
    """Work that both sides do: ``make`` writes the data into a folder and returns its path."""

    name: str
    title: str
    family: str
    kind: str
    options: dict[str, object]
    target: str
    epochs: int
    batch: int
    make: Callable[[Path], Path]


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


def suite(family: str, data: Path, epochs: int, batch: int, options: Mapping[str, object], folder: Path) -> list[object]:
    """The command line of a Train tool with every output."""
    outputs = [word for name in OUTPUTS for word in (f"--{name}", folder / name)]
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    steps = ["--epochs", epochs, "--batch-size", batch, "--patience", 0]
    return [sys.executable, "-m", "biodl", f"train-{family}", "--data", data, *steps, *flags, *outputs]


def compare(case: Case, runs: int, folder: Path) -> str:
    """One row of the result."""
    data = case.make(folder)
    commands = {
        "plain": [sys.executable, PLAIN, case.kind, data, case.target, case.epochs, case.batch, folder / "plain.keras"],
        "suite": suite(case.family, data, case.epochs, case.batch, case.options, folder),
    }
    times: dict[str, list] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(timed(*command))
        print(case.title, times["plain"][-1], times["suite"][-1], file=sys.stderr, flush=True)
    (seconds, memory), (plain_seconds, plain_memory) = (
        [median(column) for column in zip(*times[name], strict=True)] for name in ("suite", "plain")
    )
    return (
        f"| {case.title} | {plain_seconds:.1f} s | {seconds:.1f} s | {seconds / plain_seconds:.2f} "
        f"| {plain_memory:.0f} MB | {memory:.0f} MB | {memory / plain_memory:.2f} |"
    )


def breast_cancer(folder: Path) -> Path:
    """The sample data."""
    return ROOT / "test-data" / "breast_cancer.tsv"


def made_table(folder: Path) -> Path:
    """200,000 rows of 50 normal features, and a class that depends on ten of them."""
    import numpy as np
    import pandas as pd

    x = np.random.default_rng(0).normal(size=(200_000, 50)).astype("float32")
    frame = pd.DataFrame(x, columns=[f"x{n}" for n in range(50)])
    frame["y"] = np.where(x[:, :5].sum(axis=1) * x[:, 5] + x[:, 6:10].sum(axis=1) > 0, "up", "down")
    frame.to_csv(folder / "made.tsv", sep="\t", index=False, float_format="%.5g")
    return folder / "made.tsv"


def made_sequences(folder: Path) -> Path:
    """3,000 sequences of 60 letters in two classes, one of which holds a motif."""
    import numpy as np

    random = np.random.default_rng(0)
    lines = ["sequence\ty"]
    for number in range(3000):
        text = "".join(random.choice(list("ACGT"), 60))
        lines.append(f"{text[:20]}GATTACA{text[27:]}\tup" if number % 2 else f"{text}\tdown")
    (folder / "made_sequences.tsv").write_text("\n".join(lines) + "\n")
    return folder / "made_sequences.tsv"


def made_images(path: Path, count: int, side: int, channels: int) -> Path:
    """A ZIP of noisy images in two folders, those in one brighter."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            pixels = random.integers(0, 200, (side, side, channels), dtype="uint8") + 40 * (number % 2)
            content = io.BytesIO()
            Image.fromarray(pixels.astype("uint8").squeeze()).save(content, format="PNG", compress_level=1)
            archive.writestr(f"{'up' if number % 2 else 'down'}/{number:05d}.png", content.getvalue())
    return path


CASES = (
    Case("table", "breast cancer, 50 epochs", "feedforward", "table", {"target": "diagnosis"}, "diagnosis", 50, 32, breast_cancer),
    Case(
        "members", "breast cancer, 50 epochs, 5 members beside a single plain network", "feedforward", "table",
        {"target": "diagnosis", "members": 5}, "diagnosis", 50, 32, breast_cancer,
    ),
    Case("large", "200,000 x 50, 5 epochs", "feedforward", "table", {"target": "y"}, "y", 5, 256, made_table),
    Case(
        "recurrent", "recurrent, 3,000 x 60 x 4, 10 epochs", "recurrent", "sequences",
        {"kind": "sequence", "target": "y"}, "y", 10, 32, made_sequences,
    ),
    Case(
        "images", "convolutional, 10,000 images of 28 x 28, 3 epochs", "convolutional", "images",
        {"kind": "image", "flip": "none"}, "y", 3, 64, lambda folder: made_images(folder / "grey.zip", 10_000, 28, 1),
    ),
)  # fmt: skip


TRAINING = """
import sys, time
from biodl.commands.train_feedforward import OPTIONS
from biodl.data import table
from biodl.data.kind import Files
from biodl.networks.families import feedforward
from biodl.training.prepare import prepare
from biodl.training.train import train_on

times = {1: [], 5: []}
for members in [1, 5] * (int(sys.argv[2]) + 1):
    options = OPTIONS(target=("diagnosis",), epochs=100, patience=0, members=members)
    parts = prepare(table.KIND, Files(sys.argv[1]), None, options, say=lambda line: None)
    began = time.monotonic()
    train_on(parts, feedforward.FAMILY, options)
    times[members].append(time.monotonic() - began)
one, five = (sorted(found[1:])[len(found[1:]) // 2] for found in times.values())  # the first pair loads libraries
print(f"| training alone, breast cancer, 100 epochs | {one:.2f} s | {five:.2f} s | {five / one:.2f} |")
"""


def five_and_one(runs: int) -> str:
    """A row with the seconds of training five members and one, in one process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", TRAINING, str(breast_cancer(ROOT)), str(runs)]
    return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout.strip()


STARTED = "from biodl.program import runtime; runtime.start(1)"
FOLDS = 5


def folds_and_one(runs: int, folder: Path) -> list[str]:
    """Rows by family: seconds of a training, and of one with folds before it, without and with the models beside them; one core."""
    rows = []
    for family, data, options in (
        ("feedforward", breast_cancer(folder), {"target": "diagnosis"}),
        ("convolutional", made_sequences(folder), {"kind": "sequence", "target": "y", "near-together": "false"}),
    ):
        epochs = 100 if family == "feedforward" else 10
        commands: dict[str, list[object]] = {
            "start": [sys.executable, "-c", STARTED],
            "one": suite(family, data, epochs, 32, options, folder),
            "folds": suite(family, data, epochs, 32, {**options, "folds": FOLDS, "simple-models": "false"}, folder),
            "beside": suite(family, data, epochs, 32, {**options, "folds": FOLDS}, folder),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                times[name].append(timed("env", "GALAXY_SLOTS=1", *command)[0])
        start, one, folds, beside = (median(found) for found in times.values())
        one, folds, beside = one - start, folds - 2 * start, beside - 2 * start  # folds have a process of their own
        rows.append(f"| {family} | {one:.1f} s | {folds:.1f} s | {folds / one:.2f} | {beside:.1f} s |")
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def memory_of(counts: tuple[int, ...], folder: Path) -> list[str]:
    """Rows with the peak memory of training on so many colour images of 64 x 64."""
    rows = []
    for count in counts:
        data = made_images(folder / "colour.zip", count, 64, 3)
        seconds, peak = timed(*suite("convolutional", data, 1, 64, {"kind": "image", "filters": "8,16"}, folder))
        rows.append(f"| {count:,} | {seconds:.0f} s | {peak:.0f} MB |")
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


FURTHER = ("folds", "memory")


def main() -> None:
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "cases", nargs="*", choices=[*names, *FURTHER, []], metavar="CASE", help=f"of {', '.join([*names, *FURTHER])}; all if none"
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default: 5)")
    arguments = parser.parse_args()
    wanted = arguments.cases or [*names, *FURTHER]
    with tempfile.TemporaryDirectory() as name:
        print("| case | plain Keras | suite | ratio | plain peak | suite peak | ratio |\n|---|---|---|---|---|---|---|")
        for case in CASES:
            if case.name in wanted:
                print(
                    compare(case, arguments.runs if case.name in ("table", "members") else max(1, arguments.runs // 2), Path(name)),
                    flush=True,
                )
        if "members" in wanted:
            print("\n| | one network | five members | ratio |\n|---|---|---|---|")
            print(five_and_one(arguments.runs), flush=True)
        if "folds" in wanted:
            print(f"\n| less imports | a training | {FOLDS} folds and a training | ratio | with models beside |\n|---|---|---|---|---|")
            print("\n".join(folds_and_one(max(1, arguments.runs // 2), Path(name))), flush=True)
        if "memory" in wanted:
            print("\n| images of 64 x 64 x 3 | time | peak memory |\n|---|---|---|")
            print("\n".join(memory_of((5_000, 50_000), Path(name))), flush=True)


if __name__ == "__main__":
    main()
