"""Tables that tools write are read by tabs alone, as Galaxy reads them."""

import csv

import numpy as np
import pandas as pd
import pytest
from samples import two_classes

from biodl.reporting.tables import write_table
from conftest import write_rows

ODD = {
    "a\tb": "a b",
    'say "yes"': 'say "yes"',
    '"quoted"': '"quoted"',
    "two\nlines": "two lines",
    "old\r\nlines": "old  lines",
    "nul\0l": "nul l",
}


def cells(path):
    """Rows of cells without any quoting."""
    return [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


@pytest.mark.parametrize("name", ODD)
def test_no_name_shifts_a_column(name, tmp_path):
    frame = pd.DataFrame({name: [name, "plain"], "n": [1.5, np.nan], name + "2": [None, name]})
    write_table(frame, tmp_path / "t")
    write_table(frame, tmp_path / "t", header=False, append=True)
    shown = ODD[name]
    rows = [[shown, "1.5", ""], ["plain", "", shown]]
    assert cells(tmp_path / "t") == [[shown, "n", shown + "2"], *rows, *rows]
    again = pd.read_csv(tmp_path / "t", sep="\t", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False)
    assert again.iloc[0].tolist() == rows[0]


def test_one_column_with_empty_cells(tmp_path):
    write_table(pd.DataFrame({"predicted_labels": ["", 'a;"b"', None, "c\td"]}), tmp_path / "t")
    assert (tmp_path / "t").read_text() == 'predicted_labels\n\na;"b"\n\nc d\n'
    write_table(pd.DataFrame({"x": np.array([1 / 3, 2, np.nan])}), tmp_path / "t")
    assert (tmp_path / "t").read_text() == "x\n0.3333333333\n2\n\n"


def test_numbers_and_halves_of_characters(tmp_path):
    write_table(pd.DataFrame({"a": [1e-12, 123456789.123], "b": [True, False], "c": [1, 2], "d": ["\ud800", "µ"]}), tmp_path / "t")
    assert cells(tmp_path / "t") == [["a", "b", "c", "d"], ["1e-12", "True", "1", r"\ud800"], ["123456789.1", "False", "2", "µ"]]


def test_classes_and_cells_with_quotes_pass_through_the_tools(biodl, tmp_path):
    rows = [["name", "x", 'the "class"']] + [[f'"s{n}"', n % 2 + n / 100, ['3" nail', '5" nail'][n % 2]] for n in range(40)]
    table = tmp_path / "t.tsv"
    with open(table, "w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(rows)
    flags = {"data": table, "target": 'the "class"', "model": tmp_path / "m", "epochs": 60, "exclude": "name"}
    result = biodl("train-feedforward", **flags)
    assert (result.code, result.err) == (0, "")
    result = biodl("predict", data=table, model=tmp_path / "m", predictions=tmp_path / "p")
    assert (result.code, result.err) == (0, "")
    found = cells(tmp_path / "p")
    assert found[0][-3:] == ['predicted_the "class"', 'probability_3" nail', 'probability_5" nail']
    assert {len(row) for row in found} == {len(found[0])}
    assert [row[0] for row in found[1:]] == [row[0] for row in rows[1:]]


def test_names_of_images_with_breaks(biodl, tmp_path):
    table = two_classes(tmp_path / "i.zip", 24, (4, 4))
    result = biodl("train-convolutional", data=table, model=tmp_path / "m", epochs=1, filters=2)
    assert (result.code, result.err) == (0, "")
    named = two_classes(tmp_path / "odd.zip", 2, (4, 4), **{"dark/a\tb.png": (png := _png()), "dark/c\nd.png": png})
    result = biodl("predict", data=named, model=tmp_path / "m", predictions=tmp_path / "p")
    assert (result.code, result.err) == (0, "")
    found = cells(tmp_path / "p")
    assert len(found) == 5
    assert {len(row) for row in found} == {len(found[0])}
    assert {"dark/a b.png", "dark/c d.png"} <= {row[0] for row in found}


def _png():
    from samples import picture, png

    return png(picture((4, 4), 1))


def test_headers_of_fasta_with_quotes(biodl, tmp_path):
    sequences = {f'gene"{number}"': "ACGT"[number % 4] * 6 + "ACGT"[number // 4 % 4] + "ACGT"[number // 16] for number in range(24)}
    fasta = tmp_path / "s.fasta"
    fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    table = write_rows(
        tmp_path / "t.tsv",
        [["sequence", "class"], *([sequence, "x" if number % 2 else "y"] for number, sequence in enumerate(sequences.values()))],
    )
    result = biodl("train-convolutional", kind="sequence", data=table, target="class", model=tmp_path / "m", epochs=1, filters=2)
    assert (result.code, result.err) == (0, "")
    result = biodl("predict", data=fasta, model=tmp_path / "m", predictions=tmp_path / "p")
    assert (result.code, result.err) == (0, "")
    found = cells(tmp_path / "p")
    assert len(found) == 25
    assert {len(row) for row in found} == {len(found[0])}
