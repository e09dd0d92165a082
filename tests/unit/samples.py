"""Made samples of each kind for the tests, small and with something to learn."""

import io
import json
import random
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from biodl.data.kind import Files
from conftest import write_rows


def sequence_rows(count: int = 80, seed: int = 3, longest: int = 30):
    """Sequences, half of which hold a motif; header first."""
    draw = random.Random(seed)
    rows = [["name", "sequence", "class"]]
    for number in range(count):
        text = "".join(draw.choice("ACGT") for _ in range(draw.randint(20, longest)))
        if number % 2:
            place = draw.randint(2, 12)
            text = text[:place] + "GATTACA" + text[place + 7 :]
        rows.append([f"s{number}", text.lower() if number % 7 == 0 else text, "motif" if number % 2 else "none"])
    return rows


def fasta(path: Path, rows) -> Path:
    """The sequences of rows as FASTA."""
    path.write_text("".join(f">{name} made\n{text[:15]}\n{text[15:]}\n" for name, text, *_ in rows[1:]))
    return path


def wide_rows(count: int = 60, steps: int = 24, seed: int = 1):
    """Sine waves of two frequencies, some of which end early; header first."""
    draw = np.random.default_rng(seed)
    rows = [["kind", *(f"t{step}" for step in range(steps))]]
    for number in range(count):
        values = np.sin(np.arange(steps) * (1 + number % 2) / 2 + draw.uniform(0, 6)) + draw.normal(0, 0.1, steps)
        cells = [f"{value:.4f}" for value in values]
        if number % 5 == 0:
            cells[-6:] = [""] * 6
        rows.append(["fast" if number % 2 else "slow", *cells])
    return rows


def long_rows(count: int = 40, seed: int = 1):
    """The same with a row a time point and two channels; times out of order; header first."""
    rows = [["animal", "hour", "value", "noise", "kind"]]
    draw = np.random.default_rng(seed)
    for number, (kind, *cells) in enumerate(wide_rows(count)[1:]):
        rows += [[f"a{number}", hour, cell, f"{draw.normal():.3f}", kind] for hour, cell in enumerate(cells) if cell][::-1]
    return rows


def forecast_rows(count: int = 120):
    """A noisy wave, a row a time point; header first."""
    draw = np.random.default_rng(2)
    return [["day", "level", "other"], *([day, f"{np.sin(day / 4) * 5 + draw.normal(0, 0.2) + 20:.3f}", day % 7] for day in range(count))]


def text_rows(count: int = 80):
    """Sentences whose words tell the class; header first."""
    draw = random.Random(4)
    rows = [["id", "note", "mood"]]
    for number in range(count):
        good = number % 2
        mood = draw.choice(["better", "healthy"] if good else ["worse", "ill"])
        words = [*draw.sample(["the", "patient", "walks", "today", "again", "slowly"], 4), mood]
        draw.shuffle(words)
        rows.append([number, " ".join(words).capitalize() + ".", "good" if good else "bad"])
    return rows


def picture(shape, seed: int, level: int = 0, dtype: str = "uint8") -> np.ndarray:
    """Noise around a level."""
    top = np.iinfo(dtype).max
    return (np.random.default_rng(seed).integers(0, top // 4, shape) + level * (top // 2)).astype(dtype)


def png(pixels: np.ndarray) -> bytes:
    """A PNG file."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG")
    return content.getvalue()


def image_zip(path: Path, members: dict[str, bytes]) -> Path:
    """A ZIP of the given files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def two_classes(path: Path, count: int = 40, shape=(12, 10), dtype: str = "uint8", **extra: bytes) -> Path:
    """A ZIP of dark and bright images in two folders."""
    members = {f"{'bright' if n % 2 else 'dark'}/{n:03d}.png": png(picture(shape, n, n % 2, dtype)) for n in range(count)}
    return image_zip(path, members | extra)


def table_of(rows):
    """A function that writes rows as a table."""
    return lambda folder: write_rows(folder / "samples.tsv", rows)


KINDS = {
    "sequence": (table_of(sequence_rows()), "train-recurrent", {"target": "class"}),
    "series": (table_of(wide_rows()), "train-convolutional", {"target": "kind"}),
    "series_long": (table_of(long_rows()), "train-recurrent", {"target": "kind", "sample_column": "animal", "time_column": "hour"}),
    "forecast": (
        table_of(forecast_rows()),
        "train-recurrent",
        {"target": "level", "time_column": "day", "channels": "other", "horizon": 3},
    ),
    "text": (table_of(text_rows()), "train-recurrent", {"target": "mood"}),
    "image": (lambda folder: two_classes(folder / "samples.zip"), "train-convolutional", {}),
}
"""By kind: how to write samples, the command to train with, and its options."""


def table_rows(count: int = 60):
    """Rows with two numbers and a category that tell the class; header first."""
    draw = random.Random(6)
    rows = [["length", "weight", "tissue", "outcome"]]
    for number in range(count):
        sick = number % 2
        tissue = draw.choice(["liver", "lung"])
        rows.append([f"{draw.gauss(3 * sick, 1):.3f}", f"{draw.gauss(5, 1):.3f}", tissue, "sick" if sick else "well"])
    return rows


def as_table(rows):
    """A function that writes rows as the samples' file."""
    return lambda folder: Files(str(write_rows(folder / "samples.tsv", rows)))


def as_fasta(folder: Path) -> Files:
    """Sequences in FASTA and their table of labels."""
    rows = sequence_rows()
    labels = write_rows(folder / "labels.tsv", [[row[0], row[2]] for row in rows])
    return Files(str(fasta(folder / "samples.fasta", rows)), str(labels))


def as_collection(folder: Path) -> Files:
    """Images of two folders as Galaxy describes a collection."""
    elements = []
    for number in range(24):
        path = folder / f"{number}.dat"
        path.write_bytes(png(picture((12, 10), number, number % 2)))
        name = ["bright" if number % 2 else "dark", f"{number:03d}"]
        elements.append({"element_identifier": name, "ext": "png", "source_path": str(path)})
    description = folder / "collection.json"
    description.write_text(json.dumps({"images": elements}))
    return Files(None, collection=str(description))


LONG = {"sample_column": ("animal",), "time_column": ("hour",)}
FORMS = {
    "table": (as_table(table_rows()), "train_feedforward", {"target": ("outcome",)}),
    "sequence": (as_table(sequence_rows()), "train_recurrent", {"target": ("class",)}),
    "fasta": (as_fasta, "train_convolutional", {"target": ("class",)}),
    "series": (as_table(wide_rows()), "train_convolutional", {"target": ("kind",)}),
    "series_long": (as_table(long_rows()), "train_recurrent", {"target": ("kind",), **LONG}),
    "forecast": (as_table(forecast_rows()), "train_recurrent", {"target": ("level",), "time_column": ("day",), "horizon": 3}),
    "text": (as_table(text_rows()), "train_recurrent", {"target": ("mood",)}),
    "image": (lambda folder: Files(str(two_classes(folder / "samples.zip"))), "train_convolutional", {}),
    "image_collection": (as_collection, "train_convolutional", {}),
}
"""By choice of a form: how to write samples, a command that trains on them, and its options as Python has them."""
