#!/usr/bin/env python3
"""What jobs need: memory, time, temporary disk and outputs of each tool by the size of its input; and memory of Predict by rows.

``predict`` (the default) holds Predict to its goal: a table of a million rows must need hardly more than one of ten thousand; it exits
with 1 when the difference is above. ``jobs`` runs Inspect, Split, Train (one epoch), Evaluate, Compare (two evaluations), Explain, Predict,
and side by side on two cores Learning curve (three sizes of two folds) and Tune (two trials of two folds) on made data of several sizes:
administration/tpv_rules.yml and docs/administration.md have their numbers from it. Needs the tools' environment and Linux. Prints Markdown
tables; peaks are the resident set of the whole process and of those it starts.
"""

import argparse
import contextlib
import dataclasses
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from benchmarks.speed import made_images  # noqa: E402

COLUMNS, GOAL_MB = 50, 300
MB = 2**20


def write(path: Path, rows: int, target: bool = False, columns: int = COLUMNS) -> None:
    """A table of random numbers, some missing, with a column of names; the target follows from the first columns."""
    random = np.random.default_rng(rows)
    names = ["sample", *(f"x{number}" for number in range(columns)), *(["class"] if target else [])]
    with open(path, "w") as handle:
        handle.write("\t".join(names) + "\n")
        for start in range(0, rows, 10_000):
            block = random.normal(size=(min(10_000, rows - start), columns))
            for number, row in enumerate(block.tolist(), start=start):
                cells = [f"s{number}", *(f"{value:.3f}" for value in row)]
                cells[1 + number % columns] = "" if number % 7 == 0 else cells[1 + number % columns]
                handle.write("\t".join([*cells, *(["up" if sum(row[:5]) > 0 else "down"] if target else [])]) + "\n")


@dataclasses.dataclass(frozen=True)
class Used:
    """What a process used: seconds, those of all cores together, peak of its resident set and of its temporary files, both in MB."""

    seconds: float
    cpu: float
    memory: float
    temporary: float


def biodl(command: str, **flags: object) -> Used:
    """Run a command of the suite, with a folder for temporary files of its own."""
    several = {name: value if isinstance(value, list) else [value] for name, value in flags.items()}
    words = [word for name, values in several.items() for value in values for word in ("--" + name.replace("_", "-"), str(value))]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "TMPDIR": folder}
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "biodl", command, *words], env=environment, stdout=subprocess.DEVNULL)
        with watched(process.pid, folder) as peaks:
            _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{command} failed")
        temporary, resident = map(max, zip(*peaks, strict=True))
        return Used(
            time.perf_counter() - began, usage.ru_utime + usage.ru_stime, max(usage.ru_maxrss / 1024, resident / MB), temporary / MB
        )


@contextlib.contextmanager
def watched(pid: int, folder: str) -> Iterator[list[tuple[int, int]]]:
    """Bytes that a process holds in a folder, ten times a second; files without a name, which are open only, count as well. And bytes of
    memory of the processes that it has started, itself included."""
    sizes, over = [(0, 0)], threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            sizes.append((held(pid, folder), resident(started_by(pid))))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        over.set()
        thread.join()


def started_by(pid: int) -> Iterator[int]:
    """A process and all that it has started."""
    yield pid
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                yield from started_by(int(child))


def resident(processes: Iterable[int]) -> int:
    """Bytes of memory of processes of one program: their own, a share of what several have in common, and once the files they map."""
    own, files = 0, 0
    for pid in processes:
        with contextlib.suppress(OSError):
            own += _sizes(pid, "smaps_rollup").get("Pss_Anon", 0)
            files = max(files, _sizes(pid, "status").get("RssFile", 0))
    return own + files


def _sizes(pid: int, file: str) -> dict[str, int]:
    """Bytes by name that the kernel tells of a process."""
    lines = [line.partition(":") for line in Path(f"/proc/{pid}/{file}").read_text().splitlines()]
    return {name: 1024 * int(value.split()[0]) for name, _, value in lines if value.endswith(" kB")}


def held(pid: int, folder: str) -> int:
    """Bytes on disk of the files in a folder, open ones without a name included."""
    found: dict[int, int] = {}
    places = [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names]
    with contextlib.suppress(OSError):
        handles = [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
        places += [handle for handle in handles if os.readlink(handle).startswith(folder)]
    for place in places:
        with contextlib.suppress(OSError):
            about = os.stat(place)
            found[about.st_ino] = about.st_blocks * 512
    return sum(found.values())


@dataclasses.dataclass(frozen=True)
class Data:
    """Made samples: what they are called, the Train command for them, flags that say what they are, and what writes them to a path."""

    title: str
    family: str
    kind: dict[str, str]
    target: dict[str, str]
    ending: str
    make: Callable[[Path], object]


def table(rows: int, columns: int) -> Data:
    """Rows of random numbers in two classes."""
    return Data(
        f"table, {rows:,} x {columns:,}", "feedforward", {}, {"target": "class"}, "tsv",
        lambda path: write(path, rows, target=True, columns=columns),
    )  # fmt: skip


def sequences(rows: int, letters: int, family: str) -> Data:
    """DNA in two classes, one of which holds a motif."""

    def make(path: Path) -> None:
        random = np.random.default_rng(0)
        with open(path, "w") as handle:
            handle.write("name\tsequence\tclass\n")
            for number in range(rows):
                text = "".join(random.choice(list("ACGT"), letters))
                up = number % 2
                handle.write(f"s{number}\t{text[:20] + 'GATTACA' + text[27:] if up else text}\t{'up' if up else 'down'}\n")

    return Data(f"sequences, {rows:,} x {letters}", family, {"kind": "sequence"}, {"target": "class"}, "tsv", make)


def images(count: int, side: int) -> Data:
    """Colour images in two classes, those of one brighter."""
    return Data(
        f"images, {count:,} of {side} x {side} x 3", "convolutional", {"kind": "image"}, {}, "zip",
        lambda path: made_images(path, count, side, 3),
    )  # fmt: skip


JOBS = {
    "table": (table(1_000, 50), table(50_000, 50), table(200_000, 50)),
    "wide": (table(200, 20_000),),
    "recurrent": (sequences(3_000, 60, "recurrent"), sequences(6_000, 200, "recurrent")),
    "convolutional": (sequences(3_000, 60, "convolutional"), sequences(6_000, 200, "convolutional")),
    "images": (images(1_000, 64), images(5_000, 64), images(100, 1024)),
}
OUTPUTS = {
    "inspect": ("verdict", "plots", "report", "findings", "columns"),
    "split": ("sizes", "summary", "test", "validation", "train"),
    "train": ("verdict", "curves", "diagram", "report", "history", "layers", "model"),
    "evaluate": ("verdict", "result", "plots", "report", "metrics", "comparison", "classes", "predictions", "metrics_json", "evaluation"),
    "compare": ("verdict", "plots", "report", "networks", "differences"),
    "explain": (
        *("verdict", "overall", "single", "learned", "checks", "report", "importance", "averages"),
        *("attributions", "dependence", "neighbours", "controls"),
    ),
    "predict": ("predictions",),
    "learning-curve": ("verdict", "curve", "report", "curve_table", "trainings"),
    "tune": (
        "verdict",
        "curves",
        "diagram",
        "report",
        "history",
        "layers",
        "tuning_plots",
        "trial_table",
        "importance_table",
        "comparison_table",
        "study",
        "model",
    ),
}


def rows_of(data: Data, folder: Path) -> Iterator[str]:
    """A row for each tool: what it used on the data, and what it left behind."""
    source = folder / f"data.{data.ending}"
    data.make(source)

    def row(tool: str, command: str, *sources: Path, **flags: object) -> str:
        given = sum(path.stat().st_size for path in sources or (source,)) / MB
        left = {name: folder / f"{tool}_{name}" for name in OUTPUTS[tool]}
        used = biodl(command, **flags, **left)
        size = sum(path.stat().st_size for path in left.values() if path.is_file()) / MB
        return (
            f"| {data.title} | {given:.1f} | {command} | {used.seconds:.0f} | {used.cpu:.0f} | {used.memory:.0f} "
            f"| {used.temporary:.0f} | {len(left)} | {size:.1f} |"
        )

    part = {name: folder / f"split_{name}" for name in ("train", "validation", "test")}
    model = folder / "train_model"
    yield row("inspect", "inspect", data=source, **data.kind, **data.target)
    yield row("split", "split", data=source, **data.kind, **data.target)
    yield row("train", f"train-{data.family}", data=part["train"], validation=part["validation"], epochs=1, **data.kind, **data.target)
    yield row("evaluate", "evaluate", model=model, data=part["test"], training=part["train"])
    evaluations = [folder / "evaluate_evaluation", folder / "evaluation_of_another"]
    evaluations[1].write_text(evaluations[0].read_text().replace('"sha256": "', '"sha256": "0'))  # as of another network
    yield row("compare", "compare", *evaluations, evaluations=evaluations)
    yield row("explain", "explain", model=model, data=part["test"], training=part["train"], minutes=5)
    yield row("predict", "predict", model=model, data=source)
    family = {"family": data.family, **data.kind}
    sizes = {"sizes": 3, "folds": 2, "most_epochs": 1}
    yield row("learning-curve", "learning-curve", data=part["train"], **sizes, **family, **data.target)
    yield row("tune", "tune", data=part["train"], trials=2, scoring_folds=2, comparisons=0, most_epochs=1, **family, **data.target)


def jobs(names: list[str]) -> int:
    """Print what each tool needs on each of the data."""
    print("| data | MB given | tool | s | s of all cores | MB memory | MB temporary | files left | MB left |")
    print("|---" * 9 + "|")
    for name in names:
        for data in JOBS[name]:
            with tempfile.TemporaryDirectory() as folder:
                for line in rows_of(data, Path(folder)):
                    print(line, flush=True)
    return 0


def predict(sizes: tuple[int, int]) -> int:
    """Print what Predict needs for two numbers of rows; 1 if the difference is above its goal."""
    print("| rows | seconds | peak |")
    print("|---|---|---|")
    peaks = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "train.tsv", 1000, target=True)
        biodl("train-feedforward", data=folder / "train.tsv", target="class", epochs=2, model=folder / "m.keras")
        for rows in sizes:
            write(folder / "new.tsv", rows)
            used = biodl("predict", model=folder / "m.keras", data=folder / "new.tsv", predictions=folder / "p.tsv")
            with open(folder / "p.tsv") as handle:
                assert sum(1 for _ in handle) == rows + 1
            peaks.append(used.memory)
            print(f"| {rows:,} x {COLUMNS} | {used.seconds:.0f} | {used.memory:.0f} MB |", flush=True)
    print(f"\nDifference: {peaks[1] - peaks[0]:.0f} MB (goal: {GOAL_MB} MB)")
    return 1 if peaks[1] - peaks[0] > GOAL_MB else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("predict", "jobs"), default="predict", help="what to measure (default: predict)")
    parser.add_argument("--rows", type=int, nargs=2, default=(10_000, 1_000_000), help="predict: numbers of rows (default: 10000 1000000)")
    parser.add_argument("--data", nargs="+", choices=JOBS, default=list(JOBS), help="jobs: which data (default: all)")
    arguments = parser.parse_args()
    return jobs(arguments.data) if arguments.what == "jobs" else predict(tuple(arguments.rows))


if __name__ == "__main__":
    sys.exit(main())
