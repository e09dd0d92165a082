"""A group column in training: no group on both sides, never learned from, said; and what is refused."""

import dataclasses
import importlib
import random

import numpy as np
import pandas as pd
import pytest
from samples import fasta, image_zip, long_rows, picture, png, sequence_rows, text_rows, wide_rows

from biodl.data.groups import group_codes
from biodl.data.kind import Files
from biodl.data.kinds import kind_of_form
from biodl.errors import InputError
from biodl.training.prepare import prepare
from conftest import mixed_rows, write_rows


def with_patient(rows, members=5):
    """Rows with a column of patients, each of whom stands in several neighbouring rows."""
    return [[*rows[0], "patient"], *([*row, f"P{number // members}"] for number, row in enumerate(rows[1:]))]


def table(rows, **columns):
    return lambda folder: (Files(str(write_rows(folder / "t.tsv", with_patient(rows)))), columns)


def with_labels(folder):
    rows = with_patient(sequence_rows(60))
    return Files(str(fasta(folder / "x.fasta", rows)), str(write_rows(folder / "l.tsv", rows))), {"target": ("class",)}


def long_series(folder):
    header, *rows = long_rows(30)
    rows = [[*row, f"P{int(row[0][1:]) // 5}"] for row in rows]
    columns = {"target": ("kind",), "sample_column": ("animal",), "time_column": ("hour",)}
    return Files(str(write_rows(folder / "t.tsv", [[*header, "patient"], *rows]))), columns


def images(folder):
    members = {f"{n}.png": png(picture((8, 8), n, n % 2)) for n in range(40)}
    labels = [["name", "class", "patient"], *([f"{n}.png", "ab"[n % 2], f"P{n // 5}"] for n in range(40))]
    return Files(str(image_zip(folder / "i.zip", members)), str(write_rows(folder / "l.tsv", labels))), {"target": ("class",)}


KINDS = {
    "table": ("feedforward", table(mixed_rows(80), target=("outcome",))),
    "sequence": ("recurrent", table(sequence_rows(60), target=("class",))),
    "fasta": ("recurrent", with_labels),
    "series": ("convolutional", table(wide_rows(60), target=("kind",))),
    "series_long": ("recurrent", long_series),
    "text": ("recurrent", table(text_rows(60), target=("mood",))),
    "image": ("convolutional", images),
}


def prepared(form, folder, seed=1, **changed):
    family, write = KINDS[form]
    files, columns = write(folder)
    kind = {} if form == "table" else {"kind": form}
    options = importlib.import_module(f"biodl.commands.train_{family}").OPTIONS(**kind, seed=seed, **{**columns, **changed})
    said = []
    return prepare(kind_of_form(form), files, None, options, say=lambda note: said.append(str(note))), said


@pytest.mark.parametrize("form", KINDS)
def test_no_group_stands_on_both_sides(form, tmp_path):
    torn = 0
    for seed in range(3):
        parts, said = prepared(form, tmp_path, seed, group=("patient",))
        sides = [set(part.group) for part in (parts.training, parts.validation)]
        assert sides[0]
        assert sides[1]
        assert not sides[0] & sides[1]
        assert f"Groups of column 'patient' stay together: {len(sides[0] | sides[1])} groups" in said
        assert "patient" not in str((parts.encoding.inputs, getattr(parts.encoding, "names", ())))
        without, said = prepared(form, tmp_path, seed)
        assert without.training.group is None
        assert not any("stay together" in note for note in said)
        sides = [set(part.frame.patient) for part in (without.training, without.validation)]
        torn += len(sides[0] & sides[1])
    assert torn > 5  # without the column patients are torn apart, so that the test can fail


@pytest.mark.parametrize(
    ("change", "options", "sentence"),
    [
        (None, {"group": ("patient", "tissue")}, "One column names groups, but 2 were chosen: choose one."),
        ("gap", {"group": ("patient",)}, "The group column 'patient' of table 't.tsv' is empty in line 5: name every row's group."),
        (None, {"group": ("outcome",)}, "Column 'outcome' is both target and group: choose it as one of them."),
        (None, {"group": ("patient",), "features": ("patient", "length")}, "Column 'patient' is both group and feature: choose it as one"),
        (
            "one",
            {"group": ("patient",)},
            "The group column 'patient' of table 't.tsv' has only one group, which cannot be shared out: choose another column, or none.",
        ),
        (
            "two",
            {"group": ("patient",)},
            "No group of column 'patient' of table 't.tsv' can be set aside to validate with, since the others would lack a class: add "
            "samples of other groups, choose another group column, or train with validation data of your own.",
        ),
    ],
)
def test_refused(change, options, sentence, tmp_path):
    rows = with_patient(mixed_rows(80))
    for number, row in enumerate(rows[1:]):
        row[-1] = {"gap": "" if number == 3 else row[-1], "one": "P", "two": f"P{row[-2]}"}.get(change, row[-1])
    files = Files(str(write_rows(tmp_path / "t.tsv", rows)))
    form = importlib.import_module("biodl.commands.train_feedforward").OPTIONS(target=("outcome",), **options)
    with pytest.raises(InputError) as refused:
        prepare(kind_of_form("table"), files, None, form, say=lambda note: None)
    assert str(refused.value).startswith(sentence)


def test_fewer_groups_than_parts_are_refused_with_advice():
    group = pd.Series(["a", "b"] * 3, name="patient")
    with pytest.raises(InputError) as refused:
        group_codes(group, 3, "table 't.tsv'")
    assert str(refused.value) == (
        "The group column 'patient' of table 't.tsv' has only 2 groups, too few for 3 parts: choose another column, or none."
    )
    assert group_codes(group, 2, "table 't.tsv'").tolist() == [0, 1] * 3


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_one_of_few_groups_is_set_aside(groups, tmp_path):
    """Whose share of the samples is far more than 15 %: the least that can be."""
    rows = with_patient(mixed_rows(20 * groups), 20)
    options = importlib.import_module("biodl.commands.train_feedforward").OPTIONS(target=("outcome",), group=("patient",))
    files, said = Files(str(write_rows(tmp_path / "t.tsv", rows))), []
    parts = prepare(kind_of_form("table"), files, None, options, say=lambda note: said.append(str(note)))
    assert (len(parts.training), len(parts.validation)) == (20 * groups - 20, 20)
    assert not set(parts.training.group) & set(parts.validation.group)
    told = f"The smallest groups that can be spared are set aside to validate with: 20 of {20 * groups} samples"
    assert (told in said) == (groups < 4)


def test_groups_are_set_aside_that_leave_every_class(tmp_path):
    """The only group with a class would be set aside, beside a larger one that is learned from: the smallest are instead."""
    sizes = {"large": ("xy", 40), "only": ("xyz", 20), **{f"p{n}": ("xy", 3) for n in range(10)}}
    members = [(name, classes[n % len(classes)]) for name, (classes, size) in sizes.items() for n in range(size)]
    table = write_rows(tmp_path / "t.tsv", [["a", "patient", "y"], *([n * 1.5, *row] for n, row in enumerate(members))])
    options = importlib.import_module("biodl.commands.train_feedforward").OPTIONS(
        target=("y",), group=("patient",), validation_fraction=0.5
    )
    files = Files(str(table))
    for seed in range(4):
        parts = prepare(kind_of_form("table"), files, None, dataclasses.replace(options, seed=seed), say=lambda note: None)
        assert set(parts.training.group) == {"large", "only"}
        assert len(parts.validation) == 30


def test_forecasts_have_no_groups(tmp_path):
    options = importlib.import_module("biodl.commands.train_recurrent").OPTIONS(kind="forecast", group=("a",), target=("b",))
    with pytest.raises(InputError, match="Forecasts are validated in time order, so that groups have no part in it: leave the group"):
        prepare(kind_of_form("forecast"), Files(str(tmp_path / "t.tsv")), None, options)


def patients(path, seed, within, members=5, count=40, named=True):
    """Measurements of patients, whose own rows differ ``within`` times as much as patients do; a column names the patients."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(count, 6))
    rows = [[*(f"x{n}" for n in range(6)), "y", "patient"]]
    for patient, centre in enumerate(centres):
        for _ in range(members):
            values = centre + within * draw.normal(size=6)
            rows.append([*(f"{value:.4f}" for value in values), "ab"[int(centre[0] > 0)], f"subject {patient}"])
    if not named:
        names = [row[-1] for row in rows[1:]]
        random.Random(seed).shuffle(names)
        for row, name in zip(rows[1:], names, strict=True):
            row[-1] = name
    return write_rows(path, rows)


SUSPICION = "Column 'patient' looks like groups: its 40 values stand for about 5 samples each, which are far more alike than others."


@pytest.mark.parametrize("seed", range(4))
def test_columns_that_name_groups_are_seen(seed, biodl, tmp_path):
    alike = patients(tmp_path / "alike.tsv", seed, within=0.3)
    shuffled = patients(tmp_path / "shuffled.tsv", seed, within=0.3, named=False)
    parts = {name: tmp_path / name for name in ("train", "validation", "test")}
    for data, seen in ((alike, True), (shuffled, False)):
        for result in (
            biodl("inspect", data=data, target="y", exclude="patient", findings=tmp_path / "f"),
            biodl("split", data=data, target="y", **parts),
        ):
            assert result.code == 0, result.err
            assert (SUSPICION in result.out) == seen
    result = biodl("split", data=alike, target="y", group="patient", **parts)
    assert "looks like groups" not in result.out
    options = importlib.import_module("biodl.commands.train_feedforward").OPTIONS(target=("y",), exclude=("patient",))
    said = []
    prepare(kind_of_form("table"), Files(str(alike)), None, options, say=lambda note: said.append(str(note)))
    assert any(SUSPICION[:-1] in note for note in said)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("breast_cancer.tsv", {"target": "diagnosis"}),
        ("pbmc_200_genes.tsv", {"target": "cell_type"}),
        ("diabetes.tsv", {"target": "progression"}),
        ("splice.tsv", {"target": "class", "kind": "sequence"}),
        ("osuleaf_train.tsv", {"target": "species", "kind": "series"}),
        ("go_terms.tsv", {"target": "ontology", "kind": "text"}),
    ],
)
def test_no_false_alarm_on_sample_data(name, options, biodl, tmp_path):
    from conftest import DATA

    result = biodl("inspect", data=DATA / name, findings=tmp_path / "f", **options)
    assert result.code == 0, result.err
    assert "looks like groups" not in result.out


@pytest.mark.parametrize("seed", range(4))
def test_a_column_is_not_judged_by_itself(seed, biodl, tmp_path):
    """Names that say nothing of one column of numbers are no groups, though rows of one name share that name."""
    draw = np.random.default_rng(seed)
    rows = [["x", "y", "patient"], *([f"{draw.normal():.4f}", "ab"[n % 2], f"P{draw.integers(0, 40)}"] for n in range(200))]
    result = biodl("inspect", data=write_rows(tmp_path / "t.tsv", rows), target="y", findings=tmp_path / "f")
    assert result.code == 0, result.err
    assert "looks like groups" not in result.out
