"""Tables as people have them: each kind of fault is read as it is meant, or refused by name."""

import codecs
import gzip
import hashlib
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biodl.cells import clean, word
from biodl.data import reading, table
from biodl.data.files.table import read_header, read_table
from biodl.data.kind import Files
from biodl.data.table.columns import NUMERIC
from biodl.data.table.dataset import TrainTableOptions, encoding_from, read_for
from biodl.dress import Survey, look_of, looks_missing
from biodl.errors import InputError
from biodl.tasks import find_task
from conftest import write_rows

ROWS = 24


def write(folder, rows, separator="\t", name="t.tsv", above=()):
    """A table of lists of cells."""
    path = folder / name
    lines = [separator.join(map(str, row)) for row in rows]
    path.write_text("\n".join([*above, *lines]) + "\n", encoding="utf-8", newline="")
    return str(path)


def column(name, cells, rows=ROWS):
    """A table with a column of numbers, the column named, and a target."""
    x = [f"{(n * 37 % 11) / 4:g}" for n in range(rows)]
    return [["x", name, "y"], *([x[n], cells(n), "ab"[n % 2]] for n in range(rows))]


def trained(path, **options):
    """Samples as Train reads them, and their encoding."""
    data = table.KIND.read_training(Files(path), TrainTableOptions(**{"target": ("y",), **options}))
    return data, data.fit_encoding(TrainTableOptions())


def told(data):
    return "\n".join((*reading.told(data), *map(str, data.notes)))


def again(path, encoding):
    """Samples as Predict reads them, by the encoding as a model file holds it."""
    stored = encoding_from(pd.io.json.ujson_loads(pd.io.json.ujson_dumps(encoding.to_json())))
    data = read_for(Files(path), stored, None)
    return stored.raw(data), [*map(str, data.notes), *stored.notes(data)]


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        trained(path, **options)
    return str(caught.value)


# one cell, one meaning

CELLS = {
    "booleans of R": lambda n: ["TRUE", "FALSE"][n % 3 == 0],
    "booleans of pandas": lambda n: ["True", "False"][n % 3 == 0],
    "booleans with gaps": lambda n: ["TRUE", "FALSE", ""][n % 3],
    "whole numbers": lambda n: n % 7,
    "whole numbers with a gap": lambda n: "" if n == 5 else n % 7,
    "decimals": lambda n: f"{n % 7}.0",
    "words": lambda n: ["lung", "liver", "Lung "][n % 3],
    "composed letters": lambda n: ["Mu\u0308ller", "M\u00fcller", "Weiss"][n % 3],
    "invisible letters": lambda n: ["case\u200b", "case", "control\u00a0"][n % 3],
    "decimal commas": lambda n: f"{n % 7},5",
    "minus signs": lambda n: f"\u2212{n % 7}.5",
    "thousands": lambda n: f"{n % 7 + 1},{n:03d},000",
    "thousands by apostrophes": lambda n: f"{n % 7 + 1}'{n:03d}.5",
    "missing words": lambda n: ["NA", "#N/A", "1.5", " 2.5", "nan"][n % 5],
    "quoted": lambda n: f'"{n % 7}"',
}


@pytest.mark.parametrize("name", CELLS)
def test_each_training_file_reads_the_same_through_predict(name, tmp_path):
    path = write(tmp_path, column("c", CELLS[name]))
    data, encoding = trained(path)
    values, _ = again(path, encoding)
    for key, found in encoding.raw(data).items():
        np.testing.assert_array_equal(found, values[key])
    assert encoding.unknown(values) == {}


OTHERWISE = {
    "booleans": (lambda n: ["TRUE", "FALSE"][n % 3 == 0], lambda n: ["True", "False"][n % 3 == 0]),
    "booleans as numbers": (lambda n: ["TRUE", "FALSE"][n % 3 == 0], lambda n: [1, 0][n % 3 == 0]),
    "codes": (lambda n: n % 3, lambda n: f"{n % 3}.0"),
    "case": (lambda n: ["male", "female"][n % 3 == 0], lambda n: ["Male", "FEMALE"][n % 3 == 0]),
    "letters": (lambda n: ["M\u00fcller", "Weiss"][n % 3 == 0], lambda n: ["Mu\u0308ller", "Weiss "][n % 3 == 0]),
    "decimal signs": (lambda n: f"{n % 7}.25", lambda n: f"{n % 7},25"),
    "numbers that could be thousands": (lambda n: f"{n % 7},{n:02d}", lambda n: f"{n % 7},{n:02d}0"),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_new_data_are_read_as_training_read_them(name, tmp_path):
    before, now = OTHERWISE[name]
    path = write(tmp_path, column("c", before))
    data, encoding = trained(path, categorical=("c",) if name == "codes" else ())
    values, notes = again(write(tmp_path, column("c", now), name="new.tsv"), encoding)
    for key, found in encoding.raw(data).items():
        np.testing.assert_array_equal(found, values[key])
    said = "are written otherwise than in training and count as known categories (first: "
    assert any(said in note for note in notes) == (name in ("case", "booleans as numbers"))


def test_a_model_file_says_how_columns_were_read(tmp_path):
    cells = [[f"{n % 7},5", n % 5, ["TRUE", "FALSE"][n % 2], "abc"[n % 3], "yes" if n % 2 else "no"] for n in range(ROWS)]
    path = write(tmp_path, [["comma", "whole", "flag", "word", "y"], *cells])
    _, encoding = trained(path, missing="n.d., -")
    assert {item["name"]: item["read"] for item in encoding.to_json()} == {
        "comma": {"as": "number", "dress": "decimal commas", "missing": ("", "n.d.", "-")},
        "whole": {"as": "number", "missing": ("", "n.d.", "-")},
        "flag": {"as": "boolean", "missing": ("", "n.d.", "-")},
        "word": {"as": "category", "missing": ("", "n.d.", "-")},
    }


def test_files_without_a_stored_reading_say_so_once(tmp_path):
    path = write(tmp_path, column("c", lambda n: n % 7))
    _, encoding = trained(path)
    former = encoding_from([{key: value for key, value in item.items() if key != "read"} for item in encoding.to_json()])
    notes = [str(note) for note in read_for(Files(path), former, None).notes]
    assert notes == ["The model file is of an earlier version and does not say how its columns were read: they are read by what they hold"]


# numbers in another dress

DRESSES = [
    (["1,5", "-2,25", "3"], "decimal commas", [1.5, -2.25, 3]),
    (["0,123", "1,234"], "decimal commas", [0.123, 1.234]),
    (["1,234,567", "12"], "commas between thousands", [1234567, 12]),
    (["1,234", "0.5"], "commas between thousands", [1234, 0.5]),
    (["1.234,5", "7"], "points between thousands and decimal commas", [1234.5, 7]),
    (["1 234,5", "12"], "blanks or apostrophes between thousands", [1234.5, 12]),
    (["\u22121.5", "2"], "plain", [-1.5, 2]),
]


@pytest.mark.parametrize(("cells", "name", "numbers"), DRESSES)
def test_numbers_in_another_dress_are_read_where_there_is_no_doubt(cells, name, numbers, tmp_path):
    rows = column("c", lambda n: cells[n % len(cells)])
    data, encoding = trained(write(tmp_path, rows))
    assert data.types["c"] == NUMERIC
    assert data.frame["c"].tolist() == [numbers[n % len(numbers)] for n in range(ROWS)]
    assert (f"numbers with {name} in 'c'" in told(data)) == (name != "plain")
    assert encoding.raw(data)["numeric"].shape == (ROWS, 2)


LOOKS = [
    (lambda n: f"{n + 1},250", "numbers whose commas could be decimal signs or stand between thousands (first '1,250' in line 2)"),
    (lambda n: f"{n * 4}%", "percentages (first '0%' in line 2): write them without the sign"),
    (lambda n: f"{n}.5 mg", "numbers with a unit (first '0.5 mg' in line 2): move the unit to the column's name"),
    (lambda n: f"<0.{n % 3}" if n % 4 == 0 else n / 8, "limits, not numbers (first '<0.0' in line 2): decide what such a cell counts as"),
    (lambda n: f"€{n}.10", "amounts of money (first '€0.10' in line 2): write them without the sign"),
    (lambda n: f"{n}.1 ± 0.2", "two numbers in a cell (first '0.1 ± 0.2' in line 2): give each number a column of its own"),
    (
        lambda n: n / 8 if n % 2 else "ND",
        "text among numbers in 12 of 24 rows (first 'ND' in line 2): correct it, name 'ND' among the words",
    ),
    (lambda n: "n.d." if n % 9 == 0 else n / 8, "text among numbers in 3 of 24 rows (first 'n.d.' in line 2): correct it, name 'n.d.'"),
    (
        lambda n: "#DIV/0!" if n == 3 else n / 8,
        "(first '#DIV/0!' in line 5): correct it, name '#DIV/0!' among the words that mean a missing",
    ),
    (lambda n: f"{n},5" if n % 2 else f"{n}.5", "(first '1,5' in line 3): write a point"),
]


@pytest.mark.parametrize(("cells", "sentence"), LOOKS)
def test_numbers_that_cannot_be_read_are_named(cells, sentence, tmp_path):
    rows = column("c", cells, rows=ROWS)
    found = refusal(write(tmp_path, rows))
    assert found.startswith("Column 'c' of table 't.tsv' holds ")
    assert sentence in found


def test_words_that_mean_a_missing_value_can_be_named(tmp_path):
    path = write(tmp_path, column("c", lambda n: "n.d." if n % 4 == 0 else "-99" if n % 4 == 1 else n / 8))
    data, encoding = trained(path, missing="n.d., -99")
    assert data.frame["c"].isna().sum() == ROWS / 2
    assert encoding.missing == ("", "n.d.", "-99")
    assert np.isnan(again(path, encoding)[0]["numeric"]).sum() == ROWS / 2


def test_a_class_called_na(tmp_path):
    rows = column("c", lambda n: n / 8)
    rows = [[*row[:2], {"a": "NA", "b": "EU"}.get(row[2], row[2])] for row in rows]
    path = write(tmp_path, rows)
    data, _ = trained(path)
    assert "'NA' in 12 cells of column 'y' counts as a missing value. If it is a word there, say in the form" in told(data)
    data, _ = trained(path, missing="n.d.")
    assert sorted(set(data.target["y"])) == ["EU", "NA"]


def test_few_codes_beside_words_are_categories_and_said(tmp_path):
    data, encoding = trained(write(tmp_path, column("c", lambda n: ["X", "Y", "X", "1", "2"][n % 5])))
    assert encoding.features[-1].categories == ("1", "2", "X", "Y")
    assert "c: 9 of 24 cells are numbers; the column was taken for categories" in told(data)


def test_looks():
    assert look_of(["lung", "12"])[0] == ""
    assert all(map(looks_missing, ["n.d.", "ND", "-", "below LOD", "#VALUE!", "not determined", "n/a", "unknown"]))
    assert not any(map(looks_missing, ["lung", "a", "Nanog", "WT"]))
    survey = Survey()
    assert survey.dress is None


@pytest.mark.parametrize(
    ("cell", "told_as"),
    [
        ("1.0", "1"),
        ("1.50", "1.50"),
        ("01", "01"),
        ("+3", "3"),
        ("-0.0", "0"),
        ("TRUE", "True"),
        ("T", "T"),
        ("1e3", "1e3"),
        (" a\u00a0b ", "a b"),
    ],
)
def test_words(cell, told_as):
    assert word(cell) == told_as
    assert clean(told_as) == told_as


# identifiers


def test_whole_numbers_that_rise_or_are_named_so_are_identifiers(tmp_path):
    rows = [["Id", "patient_no", "x", "y"]]
    rows += [[n * 3 + n % 2, (n * 7919) % 1009, (n * 37 % 11) / 4, "ab"[n % 2]] for n in range(1, ROWS + 1)]
    data, _ = trained(write(tmp_path, rows))
    assert list(data.types) == ["x"]
    assert "Id: left out, because it looks like an identifier (24 different values in 24 rows)" in told(data)
    data, _ = trained(write(tmp_path, rows), features=("Id", "x"))
    assert list(data.types) == ["Id", "x"], "what was chosen stays, unless it just counts the rows"


def test_codes_with_leading_zeros_are_told(tmp_path):
    path = write(tmp_path, column("c", lambda n: f"{n % 7:03d}"))
    data, _ = trained(path)
    assert data.types["c"] == NUMERIC
    assert "Column 'c' was read as numbers, but holds '000', as codes do. If it holds codes, name it among" in told(data)
    data, encoding = trained(path, categorical=("c",))
    assert encoding.features[-1].categories[:2] == ("000", "001")
    assert "as codes do" not in told(data)
    assert "as codes do" not in told(trained(write(tmp_path, column("c", lambda n: n / 8)))[0])


# targets and groups

TARGETS = [
    (["1", "1.0", "0", "0.0"], ["0", "1"]),
    (["case", "case\u200b", "case ", "control"], ["case", "control"]),
    (["M\u00fcller", "Mu\u0308ller", "Weiss"], ["M\u00fcller", "Weiss"]),
    (["TRUE", "True", "false"], ["False", "True"]),
]


@pytest.mark.parametrize(("cells", "classes"), TARGETS)
def test_classes_that_are_one(cells, classes, tmp_path):
    rows = [[*row[:2], cells[n % len(cells)] if n >= 0 else "y"] for n, row in enumerate(column("c", lambda n: n / 8), start=-1)]
    data, _ = trained(write(tmp_path, rows))
    assert list(find_task(data.target, data.where).classes) == classes
    assert "as one" in told(data)


def test_classes_that_differ_in_case_alone_are_named(tmp_path):
    rows = column("c", lambda n: n / 8)
    rows = [[*row[:2], {"a": ["Tumor", "tumor"][n % 4 < 2]}.get(row[2], row[2])] for n, row in enumerate(rows)]
    data, _ = trained(write(tmp_path, rows))
    assert "y: 'Tumor' and 'tumor' differ in upper and lower case or blanks alone, and are different classes" in told(data)


def test_held_out_classes_are_compared_as_numbers(tmp_path):
    def rows(cells):
        return [[*row[:2], cells.get(row[2], row[2])] for row in column("c", lambda n: n / 8)]

    data, encoding = trained(write(tmp_path, rows({"a": "0", "b": "1"})))
    task = find_task(data.target, data.where)
    held = read_for(Files(write(tmp_path, rows({"a": "0.0", "b": "1.0"}), name="new.tsv")), encoding, task)
    np.testing.assert_array_equal(task.encode(held.target, held.where), task.encode(data.target, data.where))


def test_a_target_of_numbers_in_another_dress(tmp_path):
    rows = [[*row[:2], f"{n},5" if n >= 0 else "y"] for n, row in enumerate(column("c", lambda n: n / 8), start=-1)]
    data, _ = trained(write(tmp_path, rows))
    task = find_task(data.target, data.where)
    assert task.name == "regression"
    assert task.encode(data.target, data.where)[:2].tolist() == [0.5, 1.5]
    rows = [[*row[:2], ("<0.5" if n % 5 == 0 else n / 3) if n >= 0 else "y"] for n, row in enumerate(column("c", str), start=-1)]
    data, _ = trained(write(tmp_path, rows))
    with pytest.raises(InputError, match=r"The target column 'y' of table 't.tsv' holds limits, not numbers \(first '<0.5' in line 2\)"):
        find_task(data.target, data.where)


LABELS = [
    (["nucleus,cytosol", "cytosol", ""], ","),
    (["nucleus|cytosol", "cytosol", ""], "|"),
    (["['nucleus', 'cytosol']", "['cytosol']", "[]"], ";"),
    (["nucleus; cytosol", "cytosol", ""], ";"),
]


@pytest.mark.parametrize(("cells", "separator"), LABELS)
def test_several_labels_in_a_cell(cells, separator, tmp_path):
    rows = [[*row[:2], cells[n % 3] if n >= 0 else "y"] for n, row in enumerate(column("c", lambda n: n / 8), start=-1)]
    data, _ = trained(write(tmp_path, rows), task="multilabel")
    task = find_task(data.target, data.where, "multilabel")
    assert len(data) == ROWS, "an empty cell has no label, and is not missing"
    assert (task.classes, task.separator) == (("cytosol", "nucleus"), separator)
    assert task.encode(data.target, data.where)[:3].tolist() == [[1, 1], [1, 0], [0, 0]]


def test_a_separator_that_no_cell_holds(tmp_path):
    rows = [[*row[:2], ["p,q", "q"][n % 2] if n >= 0 else "y"] for n, row in enumerate(column("c", lambda n: n / 8), start=-1)]
    data, _ = trained(write(tmp_path, rows), task="multilabel")
    with pytest.raises(InputError, match=r"No cell of the target column 'y' of table 't.tsv' holds ';': choose ',', which they hold"):
        find_task(data.target, data.where, "multilabel", separator=";")


def test_groups_are_told_apart_by_what_they_mean(biodl, tmp_path):
    rows = [["patient", "x", "y"], *([f"P{n % 8}{' ' if n % 3 == 0 else ''}", n * 0.37 % 1, "ab"[n // 8 % 2]] for n in range(80))]
    parts = {name: tmp_path / f"{name}.tsv" for name in ("train", "validation", "test")}
    result = biodl("split", data=write(tmp_path, rows), kind="table", group="patient", target="y", **parts)
    assert result.code == 0, result.err
    patients = [{line.split("\t")[0].strip() for line in path.read_text().splitlines()[1:]} for path in parts.values()]
    assert all(patients)
    assert sum(map(len, patients)) == len(set.union(*patients)) == 8


# tables that tools of ours wrote


@pytest.mark.parametrize(
    "added", [("predicted_y", "probability_a"), ("observed_y", "predicted_y"), ("predicted_y",), ("predicted_labels", "probability_a")]
)
def test_tables_with_predictions_are_refused(added, biodl, tmp_path):
    rows = [[*row, *(added if n == 0 else ["0.5"] * len(added))] for n, row in enumerate(column("c", lambda n: n / 8))]
    path = write(tmp_path, rows)
    assert "was written by a tool that evaluates or predicts" in refusal(path)
    data, _ = trained(path, exclude=added)
    assert list(data.types) == ["x", "c"]
    result = biodl("inspect", data=path, target="y", findings=tmp_path / "f.tsv")
    assert "stop\tpredictions" in (tmp_path / "f.tsv").read_text()
    assert result.code == 0


# layout


def plain_rows():
    return column("c", lambda n: n * 7 % 5 / 2)


LAYOUTS = {
    "semicolons": ({"separator": ";"}, "separator semicolon (3 cells a line)"),
    "bars": ({"separator": "|"}, "separator vertical bar (3 cells a line)"),
    "blanks": ({"separator": "  "}, "separator blanks (3 cells a line)"),
    "named separator": ({"separator": ";", "above": ["sep=;"]}, "separator semicolon (named in the first line)"),
    "comments": ({"above": ["# exported, by", "# an instrument"]}, "header line 3 (the 2 lines above are comments)"),
    "title": ({"separator": ",", "above": ["Plate 7", ""]}, "header line 3 (the line above is no part of the table)"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(name, tmp_path):
    how, choice = LAYOUTS[name]
    data, encoding = trained(write(tmp_path, plain_rows(), name="t.txt", **how))
    expected, other = trained(write(tmp_path, plain_rows()))
    np.testing.assert_array_equal(encoding.raw(data)["numeric"], other.raw(expected)["numeric"])
    assert choice in told(data)


@pytest.mark.parametrize("words", ["one two three", "one, two, three", "a;b;c"])
def test_a_column_of_words_is_one_column(words, tmp_path):
    header = read_header(write(tmp_path, [["note"], *([words] for _ in range(ROWS))]))
    assert header.names == ("note",)
    assert read_table(header)["note"].tolist() == [words] * ROWS


def test_a_header_line_that_is_a_comment(tmp_path):
    rows = plain_rows()
    rows[0][0] = "#x"
    data, _ = trained(write(tmp_path, rows, above=["##format=1", "##source=this"]))
    assert list(data.frame.columns) == ["x", "c", "y"]
    assert len(data) == ROWS


def test_units_totals_and_comments_are_no_rows(tmp_path):
    rows = plain_rows()
    rows.insert(1, ["mM", "cm", ""])
    rows.insert(5, ["# recalibrated"])
    rows.append(["Total", 17, ""])
    data, _ = trained(write(tmp_path, rows))
    assert len(data) == ROWS
    assert data.types == {"x": NUMERIC, "c": NUMERIC}
    assert "units line 2 left out" in told(data)
    assert "comment lines 1 left out (first line 6)" in told(data)
    assert f"last row line {ROWS + 4} left out (it holds totals of the rows above)" in told(data)
    assert data.frame.index[3] == 7, "lines are those of the file"


def test_a_first_row_without_values_is_no_row_of_units(tmp_path):
    rows = plain_rows()
    rows[1][1] = "n.d."
    assert "text among numbers in 1 of 24 rows (first 'n.d.' in line 2)" in refusal(write(tmp_path, rows))


@pytest.mark.parametrize("corner", [[], [""]])
def test_names_of_rows(corner, tmp_path):
    rows = [[*corner, *plain_rows()[0]], *([f"g{n * 7 % 24}", *row] for n, row in enumerate(plain_rows()[1:]))]
    path = write(tmp_path, rows)
    data, encoding = trained(path)
    assert list(data.frame.columns) == ["row_name", "x", "c", "y"]
    assert list(data.types) == ["x", "c"]
    assert "row names the first column (it has no name in the header line; it is no feature)" in told(data)
    np.testing.assert_array_equal(again(path, encoding)[0]["numeric"], encoding.raw(data)["numeric"])
    assert ("The header line has one name fewer" in told(data)) == (not corner)


def test_separators_at_the_ends_of_lines(tmp_path):
    rows = [[*row, ""] for row in plain_rows()]
    assert list(trained(write(tmp_path, rows))[0].frame.columns) == ["x", "c", "y"]
    rows = [["x", "y", ""], *([n % 7 / 2, "ab"[n % 2], "late" if n == 299 else ""] for n in range(300))]
    assert refusal(write(tmp_path, rows)) == "A column of table 't.tsv' without a name in the header line holds values (line 301): name it."


def test_rows_that_are_too_short_are_told(tmp_path):
    rows = plain_rows()
    rows[7] = rows[7][:1]
    data, _ = trained(write(tmp_path, rows))
    assert "1 rows of table 't.tsv' have fewer cells than the header line (first in line 8)" in told(data)


def test_words_in_every_cell_of_the_first_row(tmp_path):
    rows = [["p", "u", "y"], *([["p", "q"][n % 2], ["u", "v", "w"][n % 3], "ya"[n // 3 % 2]] for n in range(ROWS))]
    assert "The first line of table 't.tsv' looks like data, not column names" in refusal(write(tmp_path, rows))


# quotation marks


def test_quotation_marks_that_never_close_are_letters(biodl, tmp_path):
    rows = column("c", lambda n: f'"{n} prime' if n % 8 == 3 else f"gene {n % 5}")
    path = write(tmp_path, rows)
    frame = read_table(read_header(path))
    assert len(frame) == ROWS
    assert frame["c"].iloc[3] == '"3 prime'
    parts = {name: tmp_path / f"{name}.tsv" for name in ("train", "validation", "test")}
    result = biodl("split", data=path, kind="table", target="y", validation_size=0.2, **parts)
    assert result.code == 0, result.err
    lines = [line for part in parts.values() for line in part.read_text().splitlines()[1:]]
    assert sorted(lines) == sorted("\t".join(map(str, row)) for row in rows[1:])


def test_line_breaks_in_cells_are_kept_whole(biodl, tmp_path):
    rows = column("c", lambda n: f'"first, {n}\nsecond ""line"""' if n % 4 == 0 else f"plain {n}", rows=60)
    path = write(tmp_path, rows, separator=",", name="t.csv")
    parts = {name: tmp_path / f"{name}.csv" for name in ("train", "validation", "test")}
    result = biodl("split", data=path, kind="table", target="y", **parts)
    assert result.code == 0, result.err
    whole = pd.concat([pd.read_csv(part) for part in parts.values()])
    assert sorted(whole["c"]) == sorted(pd.read_csv(path)["c"])
    assert len(whole) == 60


def test_text_behind_a_closing_quotation_mark_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b,y\n"1,5"x,2,p\n1,"3,4",q\n')
    with pytest.raises(InputError, match="text follows a quotation mark that closes a cell in line 2, so double or remove such marks"):
        read_header(str(path))


# encodings and other formats


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_encodings(encoding, tmp_path):
    rows = column("Größe", lambda n: ["µ", "Öl"][n % 3 == 0])
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    text = "\r\n".join("\t".join(map(str, row)) for row in rows)
    (tmp_path / "t.tsv").write_bytes(mark + text.encode(encoding))
    _, encoded = trained(str(tmp_path / "t.tsv"))
    assert encoded.features[-1].categories == ("µ", "Öl")
    (tmp_path / "t.tsv").write_bytes(gzip.compress(mark + text.encode(encoding)))
    data, encoded = trained(str(tmp_path / "t.tsv"))
    assert encoded.features[-1].name == "Größe"
    assert "encoding decompressed (gzip)" in told(data)


FORMATS = [
    (b"PK\x03\x04\x14\x00", "is a ZIP archive or an Excel workbook (.xlsx), which is not read: save its sheet as"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old Excel workbook (.xls)"),
    (b"PAR1\x15\x04", "is a Parquet file"),
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
    (b"@problemName Gun\n@data\n1,2:a\n", "is a .ts file (sktime, aeon)"),
    (b"@relation iris\n@attribute a numeric\n", "is an ARFF file (Weka)"),
    (b"@r1\nACGT\n+\nIIII\n", "is a FASTQ file"),
    (b"<!DOCTYPE html><html></html>", "is a web page or XML"),
    (b'[{"a": 1}]', "is JSON"),
    (b"a\tb\n1\x00\t2\n", "is not text"),
    (b"a\tb\n\x81\xff\t2\n", "is not UTF-8 text: save it as UTF-8"),
    (gzip.compress(b"a\tb\n1\t2\n")[:-9], "is compressed (gzip) and damaged or cut off: compress it again"),
]


@pytest.mark.parametrize(("content", "sentence"), FORMATS)
def test_other_formats_are_named(content, sentence, tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_header(str(path))
    assert f"The table 't.tsv' {sentence}" in str(caught.value)


# the target by its name


def test_the_target_by_its_name(biodl, tmp_path):
    path = write(tmp_path, plain_rows(), separator=";", name="t.csv")
    result = biodl("inspect", data=path, target_name="y", findings=tmp_path / "f.tsv")
    assert "Target 'y': binary task, classes: 'a', 'b'." in result.out
    result = biodl("inspect", data=path, target_name="y", target="x", findings=tmp_path / "g.tsv")
    assert "The target was chosen from the list and named as well ('y'): do one of the two." in result.err


def test_the_target_by_its_number_where_a_workflow_asks_for_either(biodl, tmp_path):
    path = write(tmp_path, plain_rows(), name="t.tsv")
    header = Path(path).read_text().splitlines()[0].split("\t")
    result = biodl("inspect", data=path, target_name=header.index("y") + 1, findings=tmp_path / "f.tsv")
    assert "Target 'y': binary task, classes: 'a', 'b'." in result.out
    result = biodl("inspect", data=path, target_name=len(header) + 1, findings=tmp_path / "f.tsv")
    assert result.err.startswith(f"Error: Column '{len(header) + 1}', chosen as target, is not in table 't.tsv', which has ")


def test_a_name_comes_before_a_number(biodl, tmp_path):
    rows = [["2", "y", "3"], *[[number, "ab"[number % 2], number % 7 + 0.5] for number in range(60)]]
    path = write_rows(tmp_path / "t.tsv", rows)
    result = biodl("inspect", data=path, target_name="3", findings=tmp_path / "f.tsv")
    assert "Target '3': " in result.out


# more files as people have them


def feature(name, cells, rows=60):
    """A table with enough rows for values to look like numbers, or like names of rows."""
    return column(name, cells, rows)


ABOVE = [
    (",", ["Results of plate 3,,", ",,"]),
    (",", ["Results of plate 3,,"]),
    (",", ["Instrument,Spark", "Date,2026-01-31", ""]),
    (",", ["Instrument: Tecan, Spark", "Date: 31.01.2026 10:00", "User: a, b", ""]),
    ("\t", ["Instrument\t7", "Date\t2026-01-31"]),
    (",", ["Group A,,target"]),
    (",", ["Results of plate 3,,,,", ",,,,"]),
    (";", ["Results, plate 3;;", ";;"]),
    ("\t", ['!Series_title\t"x"', '!Sample_title\t"a"\t"b"', "!series_matrix_table_begin"]),
]


@pytest.mark.parametrize(("separator", "above"), ABOVE)
def test_titles_and_what_instruments_tell_are_above_the_header(separator, above, tmp_path):
    rows = column("c", lambda n: f"{n * 7 % 5},5" if separator == ";" else n * 7 % 5 / 2)
    if above[0].endswith(",,,,"):
        rows = [[*row, "", ""] for row in rows]
    data, encoding = trained(write(tmp_path, rows, separator, name="t.csv", above=above))
    expected, other = trained(write(tmp_path, rows))
    np.testing.assert_array_equal(encoding.raw(data)["numeric"], other.raw(expected)["numeric"])
    assert list(data.frame.columns) == ["x", "c", "y"]
    assert "no part of the table)" in told(data)


def test_years_and_wavelengths_are_names_below_a_title(tmp_path):
    rows = [["x", "450", "y"], *column("c", lambda n: n * 7 % 5 / 2)[1:], ["", "", ""]]
    data, _ = trained(write(tmp_path, rows, ",", above=["Results,,", ",,"]))
    assert (list(data.types), len(data)) == (["x", "450"], ROWS)


def test_a_header_that_lacks_a_name_is_not_a_title(tmp_path):
    rows = [["", "c", "x", "y"], *([f"s{n}", "NA", "NA", "lung"] if n == 4 else [f"s{n}", n, n / 3, "ab"[n % 2]] for n in range(ROWS))]
    data, _ = trained(write(tmp_path, rows))
    assert list(data.frame.columns) == ["row_name", "c", "x", "y"]
    rows[0][1] = ""
    assert "Column 2 of table 't.tsv' has no name in the header line: give it one." in refusal(write(tmp_path, rows))


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ([["Mean", 5, 10], ["SD", 2, 4]], "last rows lines 26, 27 left out (they hold totals of the rows above)"),
        ([["", "", ""], ["Mean", 5, 10], ["St. Dev.", 2, 4], ["N", 24, 24], ["", "", ""]], "last rows lines 27, 28, 29 left out"),
        ([["Average:", 5, 10], ["", "", ""]], "last row line 26 left out (it holds totals of the rows above)"),
        ([["SE", 5, 10]], ""),
        ([["Max", 5, 10], ["n", 3, 10]], ""),
    ],
)
def test_rows_that_sum_up_those_above_are_no_samples(below, said, tmp_path):
    rows = [["id", "x", "y"], *([f"s{n}", n * 37 % 11 / 4, n * 17 % 50 / 4] for n in range(ROWS)), *below]
    data, _ = trained(write(tmp_path, rows, ","))
    assert len(data) == ROWS + (0 if said else len(below)), "a lone SE is Sweden"
    assert said in told(data)


def test_points_between_thousands_are_not_read_as_decimal_signs(tmp_path):
    doubt = "holds numbers whose points could be decimal signs or stand between thousands (first '1.011' in line 5"
    assert doubt in refusal(write(tmp_path, feature("c", lambda n: f"{n * 37 + 900:,}".replace(",", "."))))
    rows = [["c", "d", "y"], *([f"{n * 37 + 900:,}".replace(",", "."), f"{n},25", "ab"[n % 2]] for n in range(60))]
    assert f"{doubt}, and other columns have decimal commas): write them without" in refusal(write(tmp_path, [rows[0], *rows[1:]]))
    decimals = write(tmp_path, feature("c", lambda n: [1, 2, 4, 1.125, 2.375, 3.5, 7.625][n % 7]))
    assert trained(decimals)[0].frame["c"].max() == 7.625
    path = write(tmp_path, feature("c", lambda n: ["1.234.567", "2.345"][n % 2]))
    values, _ = again(write(tmp_path, feature("c", lambda n: "2.345"), name="new.tsv"), trained(path)[1])
    assert set(values["numeric"][:, 1]) == {2345}, "as in training, though the file by itself says 2.345"


WORDS_OF_NUMBERS = [
    (lambda n: f"{n}.5×10^3", "powers of ten (first '0.5×10^3' in line 2)"),
    (lambda n: f"{n}.5D+02", "powers of ten (first '0.5D+02' in line 2)"),
    (lambda n: f"'{n}", "numbers that a spreadsheet keeps as text (first ''0' in line 2)"),
    (lambda n: f"USD {n}.5", "amounts of money (first 'USD 0.5' in line 2)"),
    (lambda n: str(n).translate({48 + digit: 0xFF10 + digit for digit in range(10)}), "numbers in digits of another script"),
    (lambda n: f"{n} mg/kg", "numbers with a unit (first '0 mg/kg' in line 2)"),
    (lambda n: f"{n} g·cm^-3", "numbers with a unit (first '0 g·cm^-3' in line 2)"),
    (lambda n: "\\N" if n == 4 else n / 7, "(first '\\N' in line 6): correct it, name '\\N' among the words that mean a missing value"),
    (lambda n: "[Not Available]" if n == 4 else n / 7, "name '[Not Available]' among the words that mean a missing value"),
]


@pytest.mark.parametrize(("cells", "sentence"), WORDS_OF_NUMBERS)
def test_numbers_that_are_no_identifiers_are_named(cells, sentence, tmp_path):
    assert sentence in refusal(write(tmp_path, feature("c", cells)))


IDENTIFIERS = {
    "hashes": lambda n: hashlib.md5(str(n).encode()).hexdigest(),
    "short hashes": lambda n: hashlib.md5(str(n).encode()).hexdigest()[:6],
    "uuids": lambda n: str(uuid.UUID(hashlib.md5(str(n).encode()).hexdigest())),
    "wells": lambda n: f"{n % 12 + 1}{'ABCDEFGH'[n // 12 % 8]}-{n // 96}",
    "falling numbers": lambda n: 5000 - 3 * n,
}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_identifiers_are_no_numbers_with_a_unit(name, tmp_path):
    data, _ = trained(write(tmp_path, feature("c", IDENTIFIERS[name], rows=900)))
    assert list(data.types) == ["x"]
    assert "c: left out, because it looks like an identifier (900 different values in 900 rows)" in told(data)


@pytest.mark.parametrize("between", [", ", ",\t", "\t "])
def test_blanks_behind_separators(between, tmp_path):
    cells = column("c", lambda n: f'"{["lung", "liver"][n % 3 == 0]}"' if between == "\t " else ["lung", "liver"][n % 3 == 0])
    data, encoding = trained(write(tmp_path, cells, between))
    assert list(data.types) == ["x", "c"]
    assert encoding.features[-1].categories == ("liver", "lung")
    path = tmp_path / "q.csv"
    path.write_text("x, c, y\n" + "".join(f'{n / 4}, "a, {n % 3}", {"ab"[n % 2]}\n' for n in range(ROWS)))
    assert trained(str(path))[1].features[-1].categories == ("a, 0", "a, 1", "a, 2")


def test_quotation_marks_behind_backslashes_do_not_move_columns(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"x","c","y"\n' + "".join(f'{n / 4},"a \\"{n % 3}\\", b","{"ab"[n % 2]}"\n' for n in range(ROWS)))
    assert "cannot be divided into cells: its rows have one cell more than the header line has names, and quotation" in refusal(str(path))


@pytest.mark.parametrize(
    ("ends", "said"), [("\r", "line ends of old Macintosh computers"), ("\r\r\n", "line ends of carriage returns twice")]
)
def test_line_ends(ends, said, tmp_path):
    expected, other = trained(write(tmp_path, plain_rows()))
    path = tmp_path / "ends.tsv"
    path.write_bytes(ends.join("\t".join(map(str, row)) for row in plain_rows()).encode())
    data, encoding = trained(str(path))
    np.testing.assert_array_equal(encoding.raw(data)["numeric"], other.raw(expected)["numeric"])
    assert said in told(data)


def test_a_name_with_a_line_break_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"tissue\nkind",c,y\n' + "".join(f"{'pq'[n % 3 == 0]},{n / 4},{'ab'[n % 2]}\n" for n in range(ROWS)))
    assert refusal(str(path)) == "The name of column 1 of table 't.csv' holds a tab or line break: rename it."


def test_header_lines_in_between_are_named(tmp_path):
    rows = plain_rows()
    assert "repeats its header line below, as files put together do" in refusal(write(tmp_path, [*rows, *rows]))


def test_lines_that_cannot_be_divided_are_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"x,z,y"\n' + "".join(f'"{n},{n},a"\n' for n in range(ROWS)))
    assert refusal(str(path)).startswith(
        "The lines of table 't.csv' could not be divided into cells: each is taken for one cell, the first"
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding, tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes("\n".join("\t".join(map(str, row)) for row in column("c", lambda n: ["µ", "Öl"][n % 3 == 0])).encode(encoding))
    assert trained(str(path))[1].features[-1].categories == ("µ", "Öl")


@pytest.mark.parametrize(
    ("words", "encoding"), [(("да", "нет"), "cp1251"), (("Männer", "Frauen"), "mac_roman"), (("café", "thé"), "mac_roman")]
)
def test_other_alphabets_are_not_taken_for_western_europe(words, encoding, tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes("\n".join("\t".join(map(str, row)) for row in column("c", lambda n: words[n % 3 == 0])).encode(encoding))
    assert refusal(str(path)) == "The table 't.tsv' is not UTF-8 text: save it as UTF-8."


TWINS = [("a b", "a  b"), ("\u00b5M", "\u03bcM"), ("T-cell", "T\u2011cell"), ('"a\nb"', '"a\r\nb"')]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_words_that_look_the_same_are_the_same(one, other, tmp_path):
    data, encoding = trained(write(tmp_path, column("c", lambda n: [one, "c"][n % 3 == 0])))
    values, _ = again(write(tmp_path, column("c", lambda n: [other, "c"][n % 3 == 0]), name="new.tsv"), encoding)
    np.testing.assert_array_equal(encoding.raw(data)["categorical"], values["categorical"])


MORE_LABELS = [
    ['c("p", "q")', "p", "character(0)"],
    ["{'p', 'q'}", "{'p'}", "set()"],
    ["['p' 'q']", "['p']", "[]"],
    ["('p', 'q')", "('p',)", "()"],
]


@pytest.mark.parametrize("cells", MORE_LABELS)
def test_labels_as_programs_write_them(cells, tmp_path):
    rows = [[*row[:2], cells[n % 3] if n >= 0 else "y"] for n, row in enumerate(column("c", lambda n: n / 8), start=-1)]
    data, _ = trained(write(tmp_path, rows), task="multilabel")
    task = find_task(data.target, data.where, "multilabel")
    assert task.classes == ("p", "q")
    assert task.encode(data.target, data.where)[:3].tolist() == [[1, 1], [1, 0], [0, 0]]


def test_labels_with_two_separators_are_refused(tmp_path):
    rows = [[*row[:2], ["p;q", "p", "q,r"][n % 3] if n >= 0 else "y"] for n, row in enumerate(column("c", lambda n: n / 8), start=-1)]
    data, _ = trained(write(tmp_path, rows), task="multilabel")
    with pytest.raises(InputError, match=r"are separated by ';' in some cells and by ',' in others \('q,r'\): use one of them in all"):
        find_task(data.target, data.where, "multilabel")


def test_gaps_in_columns_of_labels_are_left_out_in_evaluation_as_in_training(tmp_path):
    rows = [["x", "p", "q"], *([n * 37 % 11 / 4, ["1", "0", ""][n % 3], n // 3 % 2] for n in range(ROWS))]
    path = write(tmp_path, rows)
    data, encoding = trained(path, target=("p", "q"))
    task = find_task(data.target, data.where)
    held = read_for(Files(path), encoding, task)
    np.testing.assert_array_equal(task.encode(held.target, held.where), task.encode(data.target, data.where))


def test_groups_in_another_case_are_one_and_said(tmp_path):
    rows = [["patient", "x", "y"], *([["P1", "p1", "P 2", "P  2"][n % 4], n * 0.37 % 1, "ab"[n // 8 % 2]] for n in range(ROWS))]
    data, _ = trained(write(tmp_path, rows), group=("patient",))
    assert set(data.group) == {"P1", "P 2"}
    assert "patient: 'P1' and 'p1' differ in upper and lower case or blanks alone, and count as one group" in told(data)


@pytest.mark.parametrize("added", [("predicted.y", "probability.a"), ("Predicted_y", "Probability_a")])
def test_predictions_with_renamed_columns_are_refused(added, tmp_path):
    rows = [[*row, *(added if n == 0 else [f"0.{n % 7}"] * 2)] for n, row in enumerate(column("c", lambda n: n / 8))]
    assert "was written by a tool that evaluates or predicts" in refusal(write(tmp_path, rows))


def test_numbers_that_stand_for_missing_values_are_noted(tmp_path):
    data, _ = trained(write(tmp_path, column("c", lambda n: -999 if n % 5 == 0 else n / 8)))
    assert "c: -999 stands in 5 cells, far from all other values, and counts as a number" in told(data)
    assert "counts as a number" not in told(trained(write(tmp_path, column("c", lambda n: n * 99 % 1000)))[0])


def test_errors_of_spreadsheets_among_words_are_noted(tmp_path):
    data, _ = trained(write(tmp_path, column("c", lambda n: ["#VALUE!", "p", "q"][n % 3])))
    assert "c: 8 cells hold errors of a spreadsheet ('#VALUE!') and count as categories" in told(data)


def test_remarks_below_new_data_are_noted(tmp_path):
    rows = [["id", "x", "y"], *([f"s{n}", n * 37 % 11 / 4, "ab"[n % 2]] for n in range(ROWS))]
    _, encoding = trained(write(tmp_path, rows))
    _, notes = again(write(tmp_path, [*rows, ["Measured twice", "", ""]], name="new.tsv"), encoding)
    assert any("1 rows hold no value in any column that the network uses (first in line 26)" in note for note in notes)


def test_a_first_row_with_a_name_of_its_own_is_no_header(tmp_path):
    rows = [[f"s{n}", ["lung", "skin"][n % 3 == 0], ["TRUE", "FALSE"][n % 2], "ab"[n // 3 % 2]] for n in range(ROWS)]
    assert "The first line of table 't.tsv' looks like data, not column names" in refusal(write(tmp_path, rows), target=("a",))
    rows = [["s", "lung", "z", "y"], *rows]
    assert list(trained(write(tmp_path, rows))[0].types) == ["lung", "z"]


def test_a_label_of_rows_is_no_unit(tmp_path):
    rows = plain_rows()
    data, _ = trained(write(tmp_path, [rows[0], ["Group 1", "", ""], *rows[1:]]))
    assert "units" not in told(data)
    assert "1 rows without a target were left out (first in line 2)" in told(data)
