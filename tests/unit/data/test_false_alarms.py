"""What is ordinary where a table of labels, or a group column, serves several parts is no warning."""

import pandas as pd
import pytest

from biodl.data.image.dataset import TrainImageOptions
from biodl.data.kind import Files
from biodl.data.kinds import kind_of_form
from conftest import DATA, write_rows

LABELS = DATA / "nuclei.tsv"
SPARE = "name none of the"


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Images divided by tile, with one table of labels for all parts."""
    from biodl.program import cli

    folder = tmp_path_factory.mktemp("parts")
    flags = {"kind": "image", "data": DATA / "nuclei.zip", "labels": LABELS, "target": "class", "group": "tile"}
    flags |= {name: folder / f"{name}.zip" for name in ("train", "validation", "test")}
    assert cli.main(["split", *(f"--{name}={value}" for name, value in flags.items())]) == 0
    return folder


def test_labels_of_other_parts_are_no_warning_in_training_and_evaluation(biodl, parts, tmp_path):
    read = kind_of_form("image").read_training(Files(str(parts / "train.zip"), str(LABELS)), TrainImageOptions(target=("class",)))
    assert read.notes == []
    told = {choice.what: choice for choice in read.choices}["rows of table 'nuclei.tsv' that name other images"]
    assert told.chosen == f"{444 - len(read)}, left out"
    files = {"labels": LABELS, "target": "class", "kind": "image"}
    flags = {"data": parts / "train.zip", "validation": parts / "validation.zip", "model": tmp_path / "m", "report": tmp_path / "r"}
    result = biodl("train-convolutional", **files, **flags, epochs=1, filters=2)
    assert (result.code, result.err) == (0, "")
    assert SPARE not in result.out
    assert "Caution" not in result.out
    assert "What was done to columns and rows" not in (tmp_path / "r").read_text()
    result = biodl("evaluate", model=tmp_path / "m", data=parts / "test.zip", labels=LABELS, resamples=100, report=tmp_path / "e")
    assert (result.code, result.err) == (0, "")
    assert SPARE not in result.out
    assert "Caution" not in result.out
    assert 'class="finding warning"' not in (tmp_path / "e").read_text()


def test_inspect_still_tells_of_labels_without_an_image(biodl, parts, tmp_path):
    flags = {"kind": "image", "labels": LABELS, "target": "class", "findings": tmp_path / "f"}
    assert biodl("inspect", data=parts / "test.zip", **flags).code == 0
    notes = pd.read_csv(tmp_path / "f", sep="\t").query("severity == 'note'")["finding"]
    assert [note for note in notes if SPARE in note] == [
        f"{444 - 90} rows of table 'nuclei.tsv' {SPARE} images of image archive 'test.zip' (first 'nucleus/patch_0003.png')."
    ]
    assert biodl("inspect", data=DATA / "nuclei.zip", **flags).code == 0
    assert SPARE not in (tmp_path / "f").read_text()


def test_groups_are_not_suspected_where_nothing_is_set_aside(biodl, tmp_path):
    rows = [["patient", "x", "y", "class"]]
    for number in range(120):
        person = number // 4
        rows.append(
            [f"p{person}", f"{person * 7 % 31 + number % 4 / 100:.2f}", f"{person * 3 % 17 + number % 4 / 90:.2f}", "ab"[person % 2]]
        )
    train, held = write_rows(tmp_path / "t.tsv", rows[:81]), write_rows(tmp_path / "v.tsv", [rows[0], *rows[81:]])
    alone = biodl("train-feedforward", data=train, target="class", model=tmp_path / "m", epochs=1, exclude="")
    assert "Column 'patient' looks like groups" in alone.out
    assert [line[:40] for line in alone.out.splitlines() if line.startswith("Caution: ")] == [
        "Caution: Column 'patient' looks like groups"[:40]
    ]
    both = biodl("train-feedforward", data=train, validation=held, target="class", model=tmp_path / "m", epochs=1)
    assert (both.code, "looks like groups" in both.out) == (0, False)
