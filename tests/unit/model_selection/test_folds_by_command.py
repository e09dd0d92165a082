"""Each way to divide samples, and each kind of samples, cross-validated by a command: rows of its tables, and what it says."""

import csv
import re
from collections import Counter

import numpy as np
import pytest
from beside import in_turn
from samples import KINDS, table_rows

from biodl.model_selection import crossvalidate
from conftest import write_rows

TABLES = ("fold_metrics", "metrics_over_folds", "out_of_fold")
QUICK = {"epochs": 1, "simple_models": "false"}
ROWS = 40


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture
def cross_validated(biodl, monkeypatch, tmp_path):
    """Run a Train command with folds, in this process; gives what it printed, and rows by name of the table, the network's alone."""
    monkeypatch.setattr(crossvalidate, "side_by_side", in_turn)

    def run(command, **flags):
        paths = {name: tmp_path / name for name in ("model", "fold_plots", "report", "verdict", *TABLES)}
        done = biodl(command, **QUICK, **flags, **paths)
        assert (done.code, done.err) == (0, "")
        assert all(path.stat().st_size for path in paths.values())
        found = {name: rows_of(paths[name]) for name in TABLES}
        for name in TABLES[:2]:
            found[name] = [row for row in found[name] if row["model"] == crossvalidate.NETWORK]
        return done.out, found

    return run


def check_sums(found, primary):
    """Over the folds stand the mean and the standard deviation of what stands at each."""
    values = [float(row[primary]) for row in found["fold_metrics"]]
    (over,) = (row for row in found["metrics_over_folds"] if row["metric"] == primary)
    assert int(over["folds"]) == len(values)
    assert float(over["mean"]) == pytest.approx(np.mean(values), rel=2e-3)
    assert float(over["standard_deviation"]) == pytest.approx(np.std(values, ddof=1), rel=2e-3, abs=2e-3)


def held(found):
    """How many samples each fold left out: what its row says, and what the samples say of it, of several repeats one after the other."""
    rows = {(int(row["repeat"]), row["fold"]): int(row["samples"]) for row in found["fold_metrics"]}
    seen = Counter((repeat, name) for row in found["out_of_fold"] for repeat, name in enumerate(row["fold"].split(", "), start=1))
    return rows, dict(seen)


def test_repeats(cross_validated, tmp_path):
    table = write_rows(tmp_path / "samples.tsv", table_rows(ROWS))
    flags = {"data": table, "target": "outcome", "numeric_encoding": "standardised", "hidden_layers": 4}
    said, found = cross_validated("train-feedforward", folds=2, repeats=2, **flags)
    rows, seen = held(found)
    assert list(rows) == [(1, "1"), (1, "2"), (2, "1"), (2, "2")]
    assert rows == seen == dict.fromkeys(rows, ROWS // 2)
    assert [int(row["line"]) for row in found["out_of_fold"]] == list(range(2, ROWS + 2))  # a row a sample, whatever the repeats
    assert {row["fold"] for row in found["out_of_fold"]} == {"1, 1", "1, 2", "2, 1", "2, 2"}  # the second division is another one
    check_sums(found, "balanced_accuracy")
    assert "Cross-validation: 4 folds, 1 at once, with one core each" in said.splitlines()
    done = [line.partition(", ")[0] for line in said.splitlines() if "folds done" in line]
    assert [line.partition(": ")[2] for line in done] == ["fold 1", "fold 2", "fold 1 of repeat 2", "fold 2 of repeat 2"]
    assert "Cross-validation over 4 folds (of 2 repeats): balanced accuracy of the network " in said


def test_one_group_left_out_at_a_time(cross_validated, tmp_path):
    header, *rows = table_rows(ROWS)
    donors = ["ann" if number < 18 else "bob" if number < 30 else "7" for number in range(ROWS)]
    table = write_rows(tmp_path / "samples.tsv", [[*header, "donor"], *([*row, donor] for row, donor in zip(rows, donors, strict=True))])
    flags = {"data": table, "target": "outcome", "group": "donor", "numeric_encoding": "standardised", "hidden_layers": 4}
    said, found = cross_validated("train-feedforward", folds=0, leave_one_group_out="true", **flags)
    each, seen = held(found)
    assert each == seen == {(1, donor): count for donor, count in Counter(donors).items()}
    assert [row["fold"] for row in found["out_of_fold"]] == donors
    for row in found["fold_metrics"]:
        assert int(row["training_samples"]) + int(row["validation_samples"]) == ROWS - each[1, row["fold"]]
        assert int(row["validation_samples"]) in Counter(donors).values()  # a whole group
    check_sums(found, "balanced_accuracy")
    assert "Cross-validation: 3 folds, 1 at once, with one core each" in said.splitlines()
    assert set(re.findall(r"\d of 3 folds done: group '(.*?)', balanced accuracy ", said)) == set(donors)
    assert "Cross-validation over 3 folds: balanced accuracy of the network " in said


@pytest.mark.parametrize("kind", ["series", "image"])
def test_samples_of_steps_and_images(kind, cross_validated, tmp_path):
    write, _, flags = KINDS[kind]
    said, found = cross_validated("train-convolutional", data=write(tmp_path), kind=kind, folds=2, filters=4, **flags)
    each, seen = held(found)
    count = len(found["out_of_fold"])
    assert count == {"series": 60, "image": 40}[kind]
    assert each == seen == {(1, "1"): count // 2, (1, "2"): count // 2}
    assert len({tuple(row.items())[:3] for row in found["out_of_fold"]}) == count
    observed = [name for name in found["out_of_fold"][0] if name.startswith("observed_")]
    truth = Counter((row["fold"], row[observed[0]]) for row in found["out_of_fold"])
    assert set(truth.values()) == {count // 4}  # classes are shared out evenly
    check_sums(found, "balanced_accuracy")
    assert "Cross-validation over 2 folds: balanced accuracy of the network " in said


def test_a_forecast_in_time_order(cross_validated, tmp_path):
    """Rows of 120 days: windows of the first third are learned from alone, each later third is predicted from all before it."""
    write, _, flags = KINDS["forecast"]
    said, found = cross_validated("train-convolutional", data=write(tmp_path), kind="forecast", window=20, folds=2, filters=4, **flags)
    days = [int(row["day"]) for row in found["out_of_fold"]]
    parts = [row["fold"] for row in found["out_of_fold"]]
    assert days == list(range(days[0], 117))  # without a gap, to the last day that has three after it
    assert parts == ["1"] * parts.count("1") + ["2"] * parts.count("2")
    each, seen = held(found)
    assert each == seen
    assert abs(each[1, "1"] - each[1, "2"]) <= 1
    windows = 98  # of 20 days with 3 after them, in 120
    assert len(days) == sum(each.values()) == pytest.approx(windows * 2 / 3, abs=1)
    first, second = found["fold_metrics"]
    before = {"1": windows - len(days), "2": windows - each[1, "2"]}
    for row in (first, second):
        learned = int(row["training_samples"]) + int(row["validation_samples"])
        assert 0 < learned <= before[row["fold"]] - 2  # what the last windows foretell lies in the part that is predicted
    assert int(second["training_samples"]) > int(first["training_samples"])
    check_sums(found, "r2")
    assert "Cross-validation over 2 folds: R² of the network " in said
