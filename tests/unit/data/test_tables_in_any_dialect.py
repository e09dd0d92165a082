"""A table in any dialect that pandas, R or a spreadsheet writes means what the plain one means, or is refused."""

import csv
import gzip
import io
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from biodl.data import table
from biodl.data.kind import Files
from biodl.data.table.dataset import TrainTableOptions, read_for
from biodl.errors import InputError

PLAIN = settings(max_examples=150, deadline=None, derandomize=True)
WORDS = ["lung", "Müller", "a b", 'say "hi"', "x,y", "p;q", "5' end", "naïve", "#7"]
BOOLEANS = {"pandas": ("True", "False"), "R": ("TRUE", "FALSE"), "lower": ("true", "false")}
MISSING = ("", "NA", "NaN", "#N/A", "<NA>", "NULL")


@some.composite
def tables(draw):
    """Columns of a table: numbers with gaps, whole numbers, words, booleans and a target."""
    rows = draw(some.integers(12, 25))
    seed = draw(some.integers(0, 2**16))
    random = np.random.default_rng(seed)
    gaps = random.random(rows) < draw(some.sampled_from([0.0, 0.3]))
    numbers = random.normal(0, 10.0 ** draw(some.integers(-2, 3)), rows).round(3)
    words = random.choice(draw(some.lists(some.sampled_from(WORDS), min_size=2, max_size=4, unique=True)), rows)
    return pd.DataFrame(
        {
            "x": np.where(gaps, np.nan, numbers),
            "n": random.integers(-5, 5, rows),
            "tissue": words,
            "treated": random.random(rows) < 0.5,
            "y": np.where(np.arange(rows) % 2, "case", "control"),
        }
    )


@some.composite
def dialects(draw):
    """How a program writes a table."""
    separator = draw(some.sampled_from(["\t", ",", ";", "|", " "]))
    return {
        "separator": separator,
        "decimal": draw(some.sampled_from([".", ","])) if separator != "," else ".",
        "quoting": draw(some.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "end": draw(some.sampled_from(["\n", "\r\n"])),
        "encoding": draw(some.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        "index": draw(some.sampled_from(["none", "pandas", "R"])),
        "boolean": draw(some.sampled_from(list(BOOLEANS))),
        "missing": draw(some.sampled_from(MISSING[separator == " " :])),
        "above": draw(some.sampled_from([[], ["# written by a program"], ["Exported table", ""]][: 2 if separator == " " else 3])),
        "gzip": draw(some.booleans()),
        "blank": draw(some.booleans()),
        "letters": draw(some.sampled_from(["NFC", "NFD"])),
    }


def written(frame, dialect):
    """The bytes of a table in a dialect."""
    import unicodedata

    yes, no = BOOLEANS[dialect["boolean"]]

    def cell(value):
        if isinstance(value, bool | np.bool_):
            return yes if value else no
        if isinstance(value, float):
            return dialect["missing"] if np.isnan(value) else repr(value).replace(".", dialect["decimal"])
        text = str(value) + (" " if dialect["blank"] and isinstance(value, str) else "")
        if dialect["encoding"] == "cp1252":
            return text
        return unicodedata.normalize(dialect["letters"], text)

    rows = [[*frame.columns], *([cell(value) for value in row] for row in frame.astype(object).to_numpy().tolist())]
    if dialect["index"] != "none":
        rows = [[*([""] if dialect["index"] == "pandas" else []), *rows[0]], *([str(n), *row] for n, row in enumerate(rows[1:], start=1))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=dialect["separator"], quoting=dialect["quoting"], lineterminator=dialect["end"])
    writer.writerows(rows)
    content = dialect["end"].join([*dialect["above"], text.getvalue()]).encode(dialect["encoding"])
    return gzip.compress(content, mtime=0) if dialect["gzip"] else content


def encoded(path, encoding=None):
    """Samples of a table as the network sees them, and their targets."""
    options = TrainTableOptions(target=("y",))
    if encoding is None:
        data = table.KIND.read_training(Files(str(path)), options)
        encoding = data.fit_encoding(options)
    else:
        data = read_for(Files(str(path)), encoding, None)
    return encoding, {name: np.asarray(values).tolist() for name, values in encoding.raw(data).items()}, data


def same(one, other):
    return repr(one) == repr(other)


@PLAIN
@given(tables(), dialects())
def test_samples_are_equal_whatever_the_dialect(tmp_path_factory, frame, dialect):
    folder = tmp_path_factory.mktemp("t")
    (folder / "plain.tsv").write_bytes(frame.to_csv(sep="\t", index=False, na_rep="").encode())
    (folder / "other").write_bytes(written(frame, dialect))
    encoding, values, data = encoded(folder / "plain.tsv")
    try:
        fitted, others, read = encoded(folder / "other")
    except InputError as error:
        if dialect["decimal"] == "," and "whose commas could be decimal signs or stand between thousands" in str(error):
            return  # three digits behind every comma: nobody can tell
        pytest.fail(f"{dialect}: {error}")
    assert same(others, values), dialect
    assert fitted.names == encoding.names
    assert [item.categories for item in fitted.features] == [item.categories for item in encoding.features]
    assert read.target["y"].tolist() == data.target["y"].tolist()
    assert read.row_hashes().tolist() == data.row_hashes().tolist()  # so that Split divides alike
    assert same(encoded(folder / "other", encoding)[1], values), "read for a network that was trained on the plain table"
    assert same(encoded(folder / "plain.tsv", fitted)[1], values), "and the other way round"


TEN = [
    {"separator": ",", "quoting": csv.QUOTE_NONNUMERIC},
    {"separator": ";", "decimal": ","},
    {"separator": "|", "end": "\r\n"},
    {"separator": " ", "quoting": csv.QUOTE_NONNUMERIC, "index": "R", "boolean": "R", "missing": "NA"},
    {"index": "pandas", "missing": "#N/A"},
    {"encoding": "utf-16", "end": "\r\n"},
    {"encoding": "utf-8-sig", "quoting": csv.QUOTE_ALL},
    {"gzip": True, "above": ["# instrument 7"]},
    {"letters": "NFD", "blank": True},
    {"boolean": "lower", "encoding": "cp1252", "above": ["Plate", ""]},
]
DEFAULT = {
    "separator": "\t",
    "decimal": ".",
    "quoting": csv.QUOTE_MINIMAL,
    "end": "\n",
    "encoding": "utf-8",
    "index": "none",
    "boolean": "pandas",
    "missing": "",
    "above": [],
    "gzip": False,
    "blank": False,
    "letters": "NFC",
}


def test_weights_and_predictions_are_equal_in_ten_dialects(biodl, tmp_path):
    random = np.random.default_rng(3)
    rows = 60
    x = random.normal(size=rows).round(2)
    frame = pd.DataFrame(
        {
            "x": np.where(random.random(rows) < 0.1, np.nan, x),
            "n": random.integers(-5, 5, rows),
            "tissue": random.choice(["M\u00fcller", "a b", "x,y"], rows),
            "treated": random.random(rows) < 0.5,
            "y": np.where(x > 0, "case", "control"),
        }
    )
    found = []
    for number, dialect in enumerate([{}, *TEN]):
        path = tmp_path / f"{number}"
        path.write_bytes(written(frame, DEFAULT | dialect))
        made = {"model": tmp_path / f"{number}.keras", "history": tmp_path / f"{number}.history"}
        result = biodl("train-feedforward", data=path, target="y", epochs=3, hidden_layers="4", numeric_encoding="piecewise", **made)
        assert result.code == 0, (dialect, result.err)
        predictions = tmp_path / f"{number}.predictions"
        result = biodl("predict", model=tmp_path / "0.keras", data=path, predictions=predictions, keep="n")
        assert result.code == 0, (dialect, result.err)
        with zipfile.ZipFile(made["model"]) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            weights: list[np.ndarray] = []
            file.visititems(lambda _, item, weights=weights: weights.append(item[()]) if isinstance(item, h5py.Dataset) else None)
        numbers = [item.tobytes() for item in weights if item.dtype.kind == "f"]
        found.append((numbers, made["history"].read_text().split("learning_rate")[1].split(), predictions.read_text()))
    for dialect, other in zip(TEN, found[1:], strict=True):
        assert other == found[0], dialect
