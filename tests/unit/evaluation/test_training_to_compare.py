"""Training samples that cannot teach other models anything are refused in a sentence."""

import pytest

from conftest import DATA, write_rows


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (lambda rows: rows[:1], "The table 't.tsv' has one usable row: give all samples that the network was trained on."),
        (
            lambda rows: [row for row in rows if row[-1] == "benign"][:30],
            "All 30 rows of table 't.tsv' are of class 'benign': give all samples that the network was trained on.",
        ),
    ],
    ids=["one row", "one class"],
)
def test_classes(wanted, sentence, biodl, tmp_path):
    header, *rows = [line.split("\t") for line in (DATA / "breast_cancer.tsv").read_text().splitlines()]
    training = write_rows(tmp_path / "t.tsv", [header, *wanted(rows)])
    model, held_out = DATA / "breast_cancer.keras", DATA / "breast_cancer_test.tsv"
    result = biodl("evaluate", model=model, data=held_out, training=training, metrics=tmp_path / "m")
    assert result.err == f"Error: {sentence}\n"
