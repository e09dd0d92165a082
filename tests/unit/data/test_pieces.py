"""Predict reads large tables a piece at a time, and says and writes what it would of the whole."""

import numpy as np
import pandas as pd
import pytest

from biodl.data.files import table
from conftest import mixed_rows, write_rows

ROWS = 400


def column(early, late):
    """Cells of which those in the last tenth differ."""
    return [early(n) if n < ROWS * 0.9 else late(n) for n in range(ROWS)]


COLUMNS = {
    "whole numbers, then decimals": column(lambda n: n, lambda n: n + 0.5),
    "whole numbers, then a gap": column(lambda n: n, lambda n: "" if n % 7 == 0 else n),
    "decimals that are whole": column(lambda n: f"{n}.0", lambda n: f"{n}.0"),
    "gaps, then numbers": column(lambda n: "NA", lambda n: n),
    "numbers, then words": column(lambda n: n, lambda n: "n.d." if n == ROWS - 1 else n),
    "booleans": column(lambda n: ["TRUE", "False"][n % 2], lambda n: "true"),
    "booleans, then a gap": column(lambda n: ["TRUE", "FALSE"][n % 2], lambda n: ""),
    "booleans, then numbers": column(lambda n: ["TRUE", "FALSE"][n % 2], lambda n: n),
    "words, then numbers": column(lambda n: "abc"[n % 3], lambda n: n),
    "dates": column(lambda n: f"2026-01-{n % 28 + 1:02d}", lambda n: "soon"),
    "nothing": [""] * ROWS,
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("rows", [7, 150])
def test_a_cell_means_the_same_in_every_piece(name, rows, tmp_path):
    cells = [[n, cell] for n, cell in enumerate(COLUMNS[name])]
    path = write_rows(tmp_path / "t.tsv", [["number", "x"], *cells])
    header = table.read_header(str(path))
    whole = table.read_table(header)
    pieces = list(table.read_table_pieces(header, rows=rows))
    assert len(pieces) == -(-ROWS // rows)
    assert np.concatenate([piece.index for piece in pieces]).tolist() == whole.index.tolist()
    told = [value for piece in pieces for value in piece["x"].map(str).tolist()]
    assert told == (whole["x"].map(str).tolist() if "booleans" not in name or whole["x"].dtype == object else told)
    numbers = pd.concat([table_numbers(piece["x"]) for piece in pieces])
    pd.testing.assert_series_equal(numbers, table_numbers(whole["x"]), check_dtype=False)


def table_numbers(cells):
    from biodl.cells import as_text

    return as_text(cells)


def test_blank_rows_and_cells_with_line_breaks(tmp_path):
    lines = [f'{n},"a\nb{n}"' if n % 5 == 0 else f"{n},c" if n % 11 else "" for n in range(1, 200)]
    path = tmp_path / "t.csv"
    path.write_text("\nx,y\n" + "\n".join(lines) + "\n\n")
    header = table.read_header(str(path))
    whole = table.read_table(header)
    pieces = pd.concat(table.read_table_pieces(header, rows=30))
    pd.testing.assert_frame_equal(pieces, whole, check_dtype=False)
    text = path.read_text().split("\n")
    assert all(text[line - 1].startswith(f"{int(number)},") for line, number in whole["x"].items())


@pytest.fixture
def predict(biodl, mixed_model, tmp_path, monkeypatch):
    """What Predict writes and says of rows, read whole and in pieces of 40."""

    def run(rows, **options):
        path = write_rows(tmp_path / "new.tsv", rows)
        found = []
        real = table.read_table_pieces
        for size in (10_000, 40):
            monkeypatch.setattr(
                "biodl.data.table.dataset.read_table_pieces", lambda *given, size=size, **more: real(*given, rows=size, **more)
            )
            output = tmp_path / f"{size}.tsv"
            result = biodl("predict", model=mixed_model, data=path, predictions=output, **options)
            found.append((result.code, result.out, result.err, output.read_text() if output.exists() else ""))
        return found

    return run


def test_predictions_are_the_same_in_pieces(predict):
    rows = mixed_rows(300)
    for number, row in enumerate(rows[1:]):
        row.append(f"{number}" if number < 250 else f"{number}.5")
        row[3] = "kidney" if number in (3, 290) else row[3]
    whole, pieces = predict([[*rows[0], "plate"], *rows[1:]])
    assert whole[0] == 0
    assert pieces[3] == whole[3]
    assert sorted(pieces[1].splitlines()) == sorted(whole[1].splitlines())
    assert "missing of 300 values, replaced as in training" in pieces[1]


def test_refusals_are_the_same_in_pieces(predict):
    rows = mixed_rows(300)
    rows[280][1] = "long"
    whole, pieces = predict(rows)
    assert whole[0] == pieces[0] == 1
    assert "holds text" in whole[2]
    assert pieces[2] == whole[2]
    assert pieces[3] == whole[3] == ""
