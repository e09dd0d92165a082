"""Time that is up ends each command with what is complete, and what is missing is named; trainings run in this process."""

import csv

import pytest
from beside import in_turn
from samples import table_rows

from biodl.model_selection import crossvalidate, tune, worth
from conftest import write_rows

NO_TIME = 0.0001
"""Minutes that are over when the first training ends."""
QUICK = {"target": "outcome", "numeric_encoding": "standardised"}


@pytest.fixture
def table(monkeypatch, tmp_path):
    """A few rows."""
    for module in (crossvalidate, tune, worth):
        monkeypatch.setattr(module, "side_by_side", in_turn)
    return write_rows(tmp_path / "samples.tsv", table_rows(48))


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_cross_validation_ends_with_the_folds_that_are_done_and_trains_on_all_samples(table, biodl, tmp_path):
    paths = {name: tmp_path / name for name in ("model", "fold_metrics", "metrics_over_folds", "out_of_fold", "report", "verdict")}
    flags = {"data": table, **QUICK, "hidden_layers": 4, "folds": 3, "epochs": 2, "simple_models": "false", **paths}
    done = biodl("train-feedforward", cross_validation_minutes=NO_TIME, **flags)
    assert (done.code, done.err) == (0, "")
    missing = "The time given for cross-validation ended after 1 of 3 folds: 2 are missing, and with them predictions of 32 samples."
    assert missing in done.out.splitlines()
    assert missing in paths["report"].read_text()
    assert " over 1 fold of 3, since time was up" in " ".join(paths["verdict"].read_text().split())
    assert len(rows_of(paths["out_of_fold"])) == 16
    assert {row["fold"] for row in rows_of(paths["fold_metrics"])} == {"1"}
    assert {row["folds"] for row in rows_of(paths["metrics_over_folds"])} == {"1"}
    assert paths["model"].stat().st_size > 1000


def test_a_learning_curve_ends_with_the_sizes_that_are_done(table, biodl, tmp_path):
    paths = {name: tmp_path / name for name in ("curve", "curve_table", "trainings", "report", "verdict")}
    flags = {"data": table, **QUICK, "sizes": 3, "folds": 2, "most_epochs": 1, "simple_models": "false", **paths}
    done = biodl("learning-curve", minutes=NO_TIME, **flags)
    assert (done.code, done.err) == (0, "")
    missing = "The time given ended after 1 of 6 trainings: none of the folds has every size, and the largest size alone is here."
    assert missing in done.out.splitlines()
    assert missing in paths["report"].read_text()
    assert f"Caution: {missing}" in " ".join(paths["verdict"].read_text().split())
    assert {(row["fold"], row["samples_learned_from"]) for row in rows_of(paths["trainings"])} == {("1", "24")}
    assert {row["samples"] for row in rows_of(paths["curve_table"])} == {"24"}
    assert paths["curve"].stat().st_size > 1000


def test_tuning_ends_with_the_trials_and_new_folds_that_are_done_and_a_later_run_goes_on(table, biodl, tmp_path, monkeypatch):
    """Scores are made up: the second trial is better than the defaults, so that new folds are to compare them."""

    def scored(work, fold, settings, seed=0, watch=None):
        return 0.6 if settings["learning_rate"] == 0.003 else 0.8

    monkeypatch.setattr(tune, "value_of", scored)
    monkeypatch.setattr(worth, "value_of", scored)
    kept = tmp_path / "kept.txt"
    paths = {name: tmp_path / name for name in ("model", "study", "trial_table", "report", "verdict")}
    flags = {"data": table, **QUICK, "trials": 3, "scoring_folds": 2, "most_epochs": 1, "study_file": kept, **paths}
    first = biodl("tune", tuning_minutes=NO_TIME, **flags)
    assert (first.code, first.err) == (0, "")
    missing = "The time given for tuning ended before trials 2 to 3 of 3: give the study to a later run to go on."
    assert missing in first.out.splitlines()
    assert missing in paths["report"].read_text()
    assert [row["trial"] for row in rows_of(paths["trial_table"])] == ["1"]
    assert paths["model"].stat().st_size > 1000
    assert kept.read_text() == paths["study"].read_text()
    later = biodl("tune", tuning_minutes=NO_TIME, **flags)
    assert (later.code, later.err) == (0, "")
    assert "3 trials (1 done before)" in later.out
    assert "The time given for tuning ended before trial 3 of 3: give the study to a later run to go on." in later.out.splitlines()
    compared = "It cannot be told whether tuning was worth it. On 1 new fold (of 6, since time was up): balanced accuracy 0.8 against 0.6;"
    assert compared in later.out
    assert [row["trial"] for row in rows_of(paths["trial_table"])] == ["1", "2"]
    assert kept.read_text() == paths["study"].read_text()
