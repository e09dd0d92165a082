"""A few dozen samples for any case of ``choices``, with and without their targets, and as plain Keras wants them."""

import dataclasses
import random
from pathlib import Path

import numpy as np
import pandas as pd
from choices import CUT, EQUAL, FORECAST, GAPS, TEXT
from samples import image_zip, picture, png

from conftest import write_rows

COUNT = 24
_LONGEST, _CUT = 16, 11
_WINDOW, _HORIZON = 8, 2
_WORDS = ("the", "cell", "divides", "Slowly,", "again", "today.")


@dataclasses.dataclass(frozen=True)
class Tiny:
    """Files of one case.

    Attributes:
        flags: what the Train command gets beside the network's own options.
        data: the samples without targets, for Predict.
        classes: names of the classes or labels; none for numbers.
        count: how many predictions there shall be.
    """

    flags: dict
    data: Path
    classes: tuple[str, ...]
    count: int = COUNT


def write(case: dict, folder: Path) -> Tiny:
    """Write the samples of a case."""
    targets, flags, classes = _targets(case["task"])
    kind, *encoding = case["samples"].split()
    if kind in ("numbers", "categories", "mixed"):
        return _with_targets(folder, _table(kind, case["lengths"]), targets, flags, classes)
    flags = {"kind": kind, "embedding_dim": 3, **flags}
    if case["lengths"] == CUT:
        flags |= {"image_height": 6, "image_width": 9, "resize": "crop"} if kind == "image" else {"max_length": _CUT}
    if encoding:
        flags["sequence_encoding"] = encoding[0]
    if kind == FORECAST:
        return _forecast(folder, case["lengths"], flags)
    if kind == "series_long":
        return _long(folder, case["lengths"], targets, flags, classes)
    if kind in ("sequence", "series", TEXT):
        rows = {"sequence": _sequences, "series": _series, TEXT: _texts}[kind](case["lengths"])
        return _with_targets(folder, rows, targets, flags, classes)
    labels = write_rows(folder / "labels.tsv", [["name", *targets], *([f"s{n}", *_row(targets, n)] for n in range(COUNT))])
    data = (_fasta if kind == "fasta" else _images)(folder, case["lengths"])
    return Tiny({"data": data, "labels": labels, **flags}, data, classes)


def _targets(task: str) -> tuple[dict[str, list], dict, tuple[str, ...]]:
    """Target columns, options that name them, and the classes."""
    numbers = range(COUNT)
    if task == "binary":
        columns, classes = {"class": ["ab"[n % 2] for n in numbers]}, ("a", "b")
    elif task == "multiclass":
        columns, classes = {"class": ["abc"[n % 3] for n in numbers]}, ("a", "b", "c")
    elif task == "multilabel":
        columns, classes = {"x": [n % 2 for n in numbers], "y": [n // 2 % 2 for n in numbers]}, ("x", "y")
    elif task == "labels_in_a_cell":
        columns, classes = {"labels": [("x", "y", "x;y")[n % 3] for n in numbers]}, ("x", "y")
    else:
        columns, classes = {"score": [f"{0.7 * n - 3:.2f}" for n in numbers]}, ()
    flags = {"target": ",".join(columns)} | ({"task": "multilabel"} if task == "labels_in_a_cell" else {})
    return columns, flags, classes


def _row(targets: dict[str, list], number: int) -> list:
    return [column[number] for column in targets.values()]


def _with_targets(folder: Path, rows: list[list], targets, flags, classes) -> Tiny:
    """A table with a row a sample, and the same without targets."""
    data = write_rows(folder / "samples.tsv", rows)
    whole = [[*rows[0], *targets], *([*row, *_row(targets, number)] for number, row in enumerate(rows[1:]))]
    return Tiny({"data": write_rows(folder / "training.tsv", whole), **flags}, data, classes)


def _lengths(lengths: str, least: int) -> list[int]:
    """Lengths of the samples; ragged ones are anything from ``least`` on."""
    return [_LONGEST if lengths == EQUAL else least + 7 * number % (_LONGEST + 1 - least) for number in range(COUNT)]


def _table(kind: str, lengths: str) -> list[list]:
    draw = random.Random(2)
    numbers = [[f"{draw.gauss(5, 2):.3f}", draw.randint(0, 90)] for _ in range(COUNT)]
    words = [[draw.choice(["lung", "liver"]), draw.choice(["f", "m", "other"])] for _ in range(COUNT)]
    header = {"numbers": ["size", "age"], "categories": ["tissue", "sex"], "mixed": ["size", "age", "tissue", "sex"]}[kind]
    cells = {"numbers": numbers, "categories": words, "mixed": [a + b for a, b in zip(numbers, words, strict=True)]}[kind]
    if lengths == GAPS:
        cells = [["" if (row + 2 * place) % 5 == 0 else cell for place, cell in enumerate(line)] for row, line in enumerate(cells)]
    return [header, *cells]


def _letters(lengths: str) -> list[str]:
    """DNA; the shortest of unequal ones hold no k-mer, and one is all gaps."""
    draw = random.Random(3)
    texts = ["".join(draw.choice("ACGTN") for _ in range(length)) for length in _lengths(lengths, 2)]
    return texts if lengths == EQUAL else [*texts[:-1], "-----"]


def _sequences(lengths: str) -> list[list]:
    return [["sequence"], *([text] for text in _letters(lengths))]


def _fasta(folder: Path, lengths: str) -> Path:
    path = folder / "samples.fasta"
    path.write_text("".join(f">s{number}\n{text}\n" for number, text in enumerate(_letters(lengths))))
    return path


def _texts(lengths: str) -> list[list]:
    draw = random.Random(4)
    return [["note"], *([" ".join(draw.choice(_WORDS) for _ in range(length))] for length in _lengths(lengths, 1))]


def _series(lengths: str) -> list[list]:
    draw = np.random.default_rng(5)
    rows = [[f"{value:.4f}" for value in draw.normal(size=length)] + [""] * (_LONGEST - length) for length in _lengths(lengths, 2)]
    if lengths != EQUAL:
        rows[2][4] = ""  # a hole inside
    return [[f"t{step}" for step in range(_LONGEST)], *rows]


def _long(folder: Path, lengths: str, targets, flags, classes) -> Tiny:
    draw = np.random.default_rng(6)
    rows, whole = [["animal", "hour", "value", "other"]], [["animal", "hour", "value", "other", *targets]]
    for number, length in enumerate(_lengths(lengths, 2)):
        for hour in range(length):
            rows.append([f"a{number:02d}", hour, f"{draw.normal():.4f}", f"{draw.normal():.4f}"])
            whole.append([*rows[-1], *_row(targets, number)])
    flags = {"sample_column": "animal", "time_column": "hour", **flags}
    return Tiny({"data": write_rows(folder / "training.tsv", whole), **flags}, write_rows(folder / "samples.tsv", rows), classes)


def _forecast(folder: Path, lengths: str, flags: dict) -> Tiny:
    """Two series; unequal ones have gaps as well."""
    draw = np.random.default_rng(7)
    rows = [["place", "day", "level", "other"]]
    for place, days in (("north", 22), ("south", 22 if lengths == EQUAL else 15)):
        rows += [[place, day, f"{20 + draw.normal():.3f}", "" if lengths != EQUAL and day % 6 == 1 else day % 7] for day in range(days)]
    data = write_rows(folder / "samples.tsv", rows)
    columns = {"sample_column": "place", "time_column": "day", "channels": "other", "target": "level"}
    return Tiny({**flags, "data": data, "window": _WINDOW, "horizon": _HORIZON, **columns}, data, (), count=2)


def _images(folder: Path, lengths: str) -> Path:
    shapes = [(8, 8)] if lengths == EQUAL else [(8, 8), (12, 6), (7, 9)]
    return image_zip(folder / "samples.zip", {f"s{n}.png": png(picture(shapes[n % len(shapes)], n, n % 2)) for n in range(COUNT)})


def as_keras_wants(case: dict, tiny: Tiny, about: dict, steps: int | None) -> list[dict]:
    """Raw inputs of a model that was opened without this suite, in batches: images of several sizes come one by one.

    Args:
        case: what was trained.
        tiny: its files.
        about: the description in the model file.
        steps: how many time points the model's input has.
    """
    import tensorflow as tf

    kind = case["samples"].split()[0]
    if kind == "image":
        return [{"image": pixels} for pixels in _pixels(tiny.data)]
    if kind == "fasta":
        return [{"text": tf.constant([[line] for line in tiny.data.read_text().splitlines() if not line.startswith(">")])}]
    table = pd.read_csv(tiny.data, sep="\t", keep_default_na=False, na_values=[""])
    if kind in ("sequence", TEXT):
        return [{"text": tf.constant(table[about["inputs"]["text"]].to_numpy().tolist())}]
    if kind in ("series", "series_long", FORECAST):
        return [{"series": _steps(kind, table, steps)}]
    cells = {name: table[columns] for name, columns in about["inputs"].items()}
    return [
        {
            name: tf.constant((part.fillna("") if name == "categorical" else part.astype("float32")).to_numpy().tolist())
            for name, part in cells.items()
        }
    ]


def _steps(kind: str, table: pd.DataFrame, steps: int) -> np.ndarray:
    if kind == "series":
        return table.to_numpy("float32")[:, :steps, None]
    name, channels = ("place", ["level", "other"]) if kind == FORECAST else ("animal", ["value", "other"])
    series = [rows[channels].to_numpy("float32") for _, rows in table.groupby(name)]
    if kind == FORECAST:
        return np.stack([rows[-steps:] for rows in series])
    cut = [rows[:steps] for rows in series]
    return np.stack([np.pad(rows, ((0, steps - len(rows)), (0, 0)), constant_values=np.nan) for rows in cut])


def _pixels(path: Path) -> list[np.ndarray]:
    import zipfile

    from PIL import Image

    with zipfile.ZipFile(path) as archive:
        return [np.asarray(Image.open(archive.open(name)), "float32")[None, :, :, None] for name in archive.namelist()]
