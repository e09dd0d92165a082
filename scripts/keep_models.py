#!/usr/bin/env python3
"""Keep small networks of this version, so that later versions can show that they still open, evaluate and predict the same.

Writes ``tests/unit/models/VERSION/NAME/``, two of each data kind: the network, the samples it was trained on, and what Predict and
Evaluate of this version said of them. Run it once a release; a version that was kept is never written again. Needs the tools'
environment. It knows the command line alone, so ``--code`` can make those of another version, checked out elsewhere.
"""

import argparse
import csv
import dataclasses
import datetime
import io
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "unit" / "models"
COUNT = 48
"""Samples of each kind."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A network to keep: ``make`` writes ``data.*`` and, where targets stand apart, ``labels.tsv`` into a folder."""

    name: str
    family: str
    make: Callable[[Path], None]
    options: dict[str, object]


def write(path: Path, rows: Iterable[Iterable[object]], delimiter: str = "\t") -> None:
    """Write rows as a table, the header first."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def table(target: str, suffix: str) -> Callable[[Path], None]:
    """Numbers with gaps, categories with gaps, numbers that stand for categories, an identifier; a class or a number follows."""

    def make(folder: Path) -> None:
        draw = random.Random(1)
        rows: list[list] = [["sample", 'odd "length" µ', "weight", "tissue", "stage", target]]
        for number in range(COUNT):
            tissue, stage = draw.choice(["liver", "lung", "brain"]), draw.randint(1, 3)
            length, weight = draw.gauss(10, 2), draw.gauss(1e-8, 2e-9)
            score = (length - 10) / 2 + 1.5 * (tissue == "lung") + 0.5 * stage + draw.gauss(0, 0.2)
            outcome = f"{score:.3f}" if target == "score" else ("well", "ill", "dying")[(score > 0.7) + (score > 2)]
            gaps = "" if number % 11 == 3 else f"{weight:.3e}", "" if number % 13 == 5 else tissue
            rows.append([f"S{number}", f"{length:.3f}", *gaps, stage, outcome])
        write(folder / f"data{suffix}", rows, "," if suffix == ".csv" else "\t")

    return make


def sequences(letters: str, shortest: int, longest: int, motifs: tuple[str, ...]) -> list[tuple[str, list[bool]]]:
    """Sequences, and for each motif whether it was put in; unknown letters and lower case here and there."""
    draw = random.Random(2)
    found = []
    for number in range(COUNT):
        text = [draw.choice(letters) for _ in range(draw.randint(shortest, longest))]
        inside = [bool(number >> place & 1) for place in range(len(motifs))]
        for place, motif in enumerate(motifs):
            if inside[place]:
                start = 1 + place * (len(motif) + 1)
                text[start : start + len(motif)] = motif
        if number % 9 == 4:
            text[-1] = "X" if "L" in letters else "N"
        whole = "".join(text)
        found.append((whole.lower() if number % 7 == 6 else whole, inside))
    return found


def sequence_binary(folder: Path) -> None:
    """DNA of unequal lengths with a motif or without."""
    rows = [[f"s{n}", text, "motif" if inside[0] else "none"] for n, (text, inside) in enumerate(sequences("ACGT", 18, 24, ("GATTACA",)))]
    write(folder / "data.tsv", [["name", "sequence", "class"], *rows])


def sequence_multilabel(folder: Path) -> None:
    """Proteins of unequal lengths with two motifs, a label column each."""
    found = sequences("ACDEFGHIKLMNPQRSTVWY", 16, 22, ("KKRK", "WWLL"))
    write(folder / "data.tsv", [["peptide", "nucleus", "membrane"], *([text, *map(int, inside)] for text, inside in found)])


def fasta(folder: Path, found: list[tuple[str, list[bool]]], target: str, value: Callable[[str, list[bool]], object]) -> None:
    """Records of two lines and a table of labels."""
    (folder / "data.fasta").write_text("".join(f">r{n} made\n{text[:12]}\n{text[12:]}\n" for n, (text, _) in enumerate(found)))
    write(folder / "labels.tsv", [["id", target], *([f"r{n}", value(*item)] for n, item in enumerate(found))])


def fasta_multiclass(folder: Path) -> None:
    """DNA of one length with two motifs, one, or none."""
    fasta(folder, sequences("ACGT", 20, 20, ("GATTACA", "CCGGCCG")), "site", lambda _, inside: ("none", "one", "both")[sum(inside)])


def fasta_regression(folder: Path) -> None:
    """RNA of one length, and its share of G and C."""
    share = lambda text, _: f"{sum(letter in 'GC' for letter in text.upper()) / len(text):.3f}"  # noqa: E731
    fasta(folder, sequences("ACGU", 20, 20, ()), "gc", share)


def waves(steps: int, classes: int, ragged: bool) -> list[tuple[float, list[str]]]:
    """Sine waves: how fast each swings, and its values; a value is missing here and there, and some waves end early."""
    draw = random.Random(3)
    found = []
    for number in range(COUNT):
        speed = 0.4 * (1 + number % classes) if classes else draw.uniform(0.4, 1.2)
        start = draw.uniform(0, 6)
        values = [f"{math.sin(step * speed + start) + draw.gauss(0, 0.1):.3f}" for step in range(steps)]
        if number % 10 == 7:
            values[4] = ""
        if ragged and number % 5 == 0:
            values[-4:] = [""] * 4
        found.append((speed, values))
    return found


def series(classes: int, ragged: bool) -> Callable[[Path], None]:
    """A row a wave; the class or the speed to tell."""

    def make(folder: Path) -> None:
        rows = [[f"{speed:.3f}" if not classes else f"speed {speed:.1f}", *values] for speed, values in waves(16, classes, ragged)]
        write(folder / "data.tsv", [["speed", *(f"t{step}" for step in range(16))], *rows])

    return make


def series_long(classes: int, dated: bool) -> Callable[[Path], None]:
    """A row a time point, two channels, the latest first; one label a wave or several."""

    def make(folder: Path) -> None:
        draw = random.Random(4)
        rows: list[list] = [["animal", "time", "value", "noise", "kind"]]
        for number, (speed, values) in enumerate(waves(14, classes, True)):
            kind = ("slow", "fast")[speed > 0.6] if classes == 2 else ("slow", "slow;odd", "odd", "fast")[number % 4]
            day = datetime.date(2026, 1, 1)
            lines = [(day + datetime.timedelta(step) if dated else step, cell) for step, cell in enumerate(values) if cell]
            rows += [[f"a{number}", time, cell, f"{draw.gauss(0, 1):.2f}", kind] for time, cell in reversed(lines)]
        write(folder / "data.tsv", rows)

    return make


def forecast(names: tuple[str, ...]) -> Callable[[Path], None]:
    """Noisy waves in time order with a second channel; several series by date and with gaps, or one."""

    def make(folder: Path) -> None:
        draw = random.Random(5)
        rows: list[list] = [[*(["site"] if len(names) > 1 else []), "day", "level", "weekday"]]
        for place, name in enumerate(names):
            for day in range(100 // len(names)):
                level = math.sin(day / (3 + place)) + 0.1 * draw.gauss(0, 1) + place
                cell = "" if len(names) > 1 and day % 23 == 11 else f"{level:.3f}"
                date = datetime.date(2026, 1, 1) + datetime.timedelta(day)
                rows.append([*([name, date] if len(names) > 1 else [day]), cell, day % 7])
        write(folder / "data.tsv", rows)

    return make


TELLING = {"good": ["better", "healthy"], "bad": ["worse", "ill"], "tired": ["sleepy", "weak"]}
"""Words that tell a mood."""


def text(several: bool) -> Callable[[Path], None]:
    """Notes whose words tell the mood; of five words and one mood each, or of unequal lengths and several moods."""

    def make(folder: Path) -> None:
        draw = random.Random(6)
        rows: list[list] = [["id", "note", "mood"]]
        for number in range(COUNT):
            moods = [mood for place, mood in enumerate(("good", "tired")) if number >> place & 1] if several else []
            moods = moods or ["bad" if number % 2 else "good"]
            told = [draw.choice(TELLING[mood]) for mood in moods]
            others = draw.sample(["the", "patient", "walks", "today", "again", "slowly"], draw.randint(2, 6) if several else 4)
            words = [*others, *told]
            draw.shuffle(words)
            rows.append([number, " ".join(words).capitalize() + ".", ";".join(moods)])
        write(folder / "data.tsv", rows)

    return make


def images(folder: Path, members: dict[str, np.ndarray]) -> None:
    """A ZIP of PNG files."""
    with zipfile.ZipFile(folder / "data.zip", "w") as archive:
        for name, pixels in members.items():
            content = io.BytesIO()
            Image.fromarray(pixels).save(content, format="PNG", optimize=True)
            archive.writestr(zipfile.ZipInfo(name), content.getvalue())


def image_multiclass(folder: Path) -> None:
    """Colour images in folders, one channel of which is bright."""
    draw = np.random.default_rng(7)
    members = {}
    for number in range(COUNT):
        pixels = draw.integers(0, 8, (8, 10, 3)) * 12
        pixels[2:6, 3:8, number % 3] += 120
        members[f"{('red', 'green', 'blue')[number % 3]}/{number:02d}.png"] = pixels.astype("uint8")
    images(folder, members)


def image_regression(folder: Path) -> None:
    """Grey images of 16 bits and two sizes, and how bright their middle is, in a table of labels."""
    draw = np.random.default_rng(8)
    members, rows = {}, [["image", "brightness"]]
    for number in range(COUNT):
        pixels = draw.integers(0, 8, (9, 9) if number % 6 == 5 else (8, 8)) * 500
        level = draw.uniform(0, 1)
        pixels[2:6, 2:6] += int(level * 50000)
        members[f"{number:02d}.png"] = pixels.astype("uint16")
        rows.append([f"{number:02d}.png", f"{level:.3f}"])
    images(folder, members)
    write(folder / "labels.tsv", rows)


WINDOWS = {"target": "level", "time_column": "day", "channels": "weekday", "window": 12, "horizon": 3}
LONG = {"target": "kind", "sample_column": "animal", "time_column": "time"}
RECURRENT = {"units": 3, "front_filters": 3, "front_kernel": 3}
CONVOLUTIONAL = {"filters": 4, "kernel_size": 3}
CASES = (
    Case("table_multiclass", "feedforward", table("outcome", ".tsv"), {"target": "outcome", "hidden_layers": 6}),
    Case("table_regression", "feedforward", table("score", ".csv"),
         {"target": "score", "categorical": "stage", "hidden_layers": 6, "batch_normalization": "true", "dropout": 0.1}),
    Case("sequence_binary", "recurrent", sequence_binary, {**RECURRENT, "target": "class", "sequence_encoding": "one_hot", "dropout": 0}),
    Case("sequence_multilabel", "convolutional", sequence_multilabel,
         {**CONVOLUTIONAL, "target": "nucleus,membrane", "sequence_encoding": "embedding", "embedding_dim": 4, "architecture": "residual"}),
    Case("fasta_multiclass", "recurrent", fasta_multiclass,
         {**RECURRENT, "target": "site", "sequence_encoding": "kmer", "kmer_size": 2, "embedding_dim": 4, "cell": "lstm"}),
    Case("fasta_regression", "convolutional", fasta_regression, {**CONVOLUTIONAL, "target": "gc", "architecture": "separable"}),
    Case("series_multiclass", "recurrent", series(3, True), {"target": "speed", "units": "4,3", "cell": "simple_rnn", "front_filters": 0}),
    Case("series_regression", "convolutional", series(0, False), {**CONVOLUTIONAL, "target": "speed", "global_pooling": "flatten"}),
    Case("series_long_binary", "recurrent", series_long(2, False),
         {**LONG, **RECURRENT, "cell": "transformer", "units": 4, "heads": 2, "front_filters": 0}),
    Case("series_long_multilabel", "convolutional", series_long(4, True),
         {**LONG, **CONVOLUTIONAL, "task": "multilabel", "global_pooling": "max"}),
    Case("forecast_one", "recurrent", forecast(("pond",)), {**WINDOWS, **RECURRENT}),
    Case("forecast_several", "convolutional", forecast(("lake", "river")), {**WINDOWS, **CONVOLUTIONAL, "sample_column": "site"}),
    # texts of one length: of unequal ones, a recurrent network of version 0.2.0 could not be built
    Case("text_binary", "recurrent", text(False),
         {**RECURRENT, "target": "mood", "positive_class": "bad", "embedding_dim": 4, "time_pooling": "attention"}),
    Case("text_multilabel", "convolutional", text(True),
         {**CONVOLUTIONAL, "filters": 8, "target": "mood", "task": "multilabel", "embedding_dim": 4}),
    Case("image_multiclass", "convolutional", image_multiclass, {**CONVOLUTIONAL, "rotation": 10, "dense_units": 4}),
    Case("image_regression", "convolutional", image_regression,
         {**CONVOLUTIONAL, "target": "brightness", "architecture": "residual", "resize": "pad"}),
)  # fmt: skip
KINDS = ("series_long", "sequence", "fasta", "series", "forecast", "text", "image")


def biodl(code: Path, *words: object) -> str:
    """Run a command of the suite whose repository is ``code``; returns what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(code / "tools"), "GALAXY_SLOTS": "1"}
    done = subprocess.run([sys.executable, "-m", "biodl", *map(str, words)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"biodl {words[0]} failed: {done.stderr.strip()}")
    return done.stdout


def keep(case: Case, folder: Path, code: Path) -> None:
    """Make samples, train, predict and evaluate in ``folder``."""
    folder.mkdir()
    case.make(folder)
    model, labels = folder / "model.keras", folder / "labels.tsv"
    data = ["--data", next(folder.glob("data.*"))]
    named = ["--labels", labels] if labels.exists() else []
    kind = next((name for name in KINDS if case.name.startswith(name)), None)
    options = {"epochs": 40, "batch_size": 8, "learning_rate": 0.01, "head_dropout": 0.1, "label_smoothing": 0, "kind": kind}
    if kind is None:  # the feed-forward command is for tables alone
        options = {name: options[name] for name in ("epochs", "batch_size", "learning_rate")}
    flags = [word for name, value in {**options, **case.options}.items() for word in ("--" + name.replace("_", "-"), value)]
    biodl(code, f"train-{case.family}", *data, *named, "--model", model, *flags)
    biodl(code, "predict", "--model", model, *data, "--predictions", folder / "predictions.tsv")
    biodl(code, "evaluate", "--model", model, *data, *named, "--resamples", 100, "--metrics-json", folder / "metrics.json")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [case.name for case in CASES]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all without a choice")
    parser.add_argument("--code", type=Path, default=ROOT, help="repository of the version to keep networks of (default: this one)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"unknown name {', '.join(sorted(unknown))}: choose of {', '.join(names)}")
    version = biodl(arguments.code, "--version").strip()
    if (KEPT / version).exists():
        sys.exit(f"Networks of version {version} were kept already, and what was kept never changes: set the new version first.")
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / version
        made.mkdir()
        for case in CASES:
            if case.name in (arguments.names or names):
                keep(case, made / case.name, arguments.code)
                size = sum(path.stat().st_size for path in (made / case.name).iterdir())
                print(f"{case.name}: {(made / case.name / 'model.keras').stat().st_size:,} bytes, {size:,} with samples", flush=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        shutil.move(made, KEPT / version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
