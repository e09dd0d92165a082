"""Explain from the command line: what is written, and one clear sentence for what cannot be explained."""

import functools
import time

import keras
import numpy as np
import pandas as pd
import pytest
from explained import saved, untrained

from biodl.commands import explain as explaining
from biodl.commands.explain import OUTPUTS
from biodl.explanation.budget import Budget
from biodl.networks.assemble import ENCODED, HEAD
from biodl.program import cli
from conftest import DATA, mixed_rows


@pytest.fixture
def explain(biodl, tmp_path):
    def run(*only, **options):
        """Explain, and write every output, or ``only`` some: pictures take a while to draw."""
        paths = {name: tmp_path / f"{name}.out" for name in only or [file.name for file in OUTPUTS]}
        return biodl("explain", **paths, **options), paths

    return run


@pytest.fixture(scope="module")
def mixed_model(mixed, tmp_path_factory):
    """A network trained on the mixed table, no longer than it takes to find what matters."""
    path = tmp_path_factory.mktemp("explained") / "mixed.keras"
    assert cli.main(["train-feedforward", "--data", str(mixed), "--target", "outcome", "--model", str(path), "--epochs", "20"]) == 0
    return path


def test_without_targets_what_can_be_made_is_made(explain, mixed_model, tmp_path):
    rows = mixed_rows(40)
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    frame.drop(columns="outcome").to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    result, paths = explain(model=mixed_model, data=tmp_path / "t.tsv", which="chosen", chosen="S7, S3", count=4)
    assert result.code == 0, result.err
    assert "Explained: 2 samples that you named." in result.out
    assert "Explained without targets, so that nothing is said of mistakes, and no column was shuffled." in result.out
    assert "first the target column 'outcome'" in result.out
    neither = "The nearest training samples were not looked for, and the control by shuffled targets was not made"
    assert f"Left out: {neither}: give the training samples as well." in result.out
    found = pd.read_csv(paths["attributions"], sep="\t")
    assert found["line"].unique().tolist() == [9, 5]
    assert set(found["column"]) == {"length", "weight", "tissue", 'odd "name" µ'}
    sums = found.groupby("line").agg(total=("attribution", "sum"), says=("network_says", "first"), baseline=("baseline_says", "first"))
    np.testing.assert_allclose(sums["total"], sums["says"] - sums["baseline"], rtol=5e-3, atol=5e-3)  # of four digits
    assert pd.read_csv(paths["importance"], sep="\t").empty
    assert all(paths[name].stat().st_size for name in ("overall", "single", "learned", "checks", "report", "verdict"))
    report = paths["report"].read_text()
    assert "Can it be believed?" in report
    assert "<script" not in report


def test_what_matters_and_the_nearest(explain, mixed, mixed_model):
    result, paths = explain("importance", "neighbours", "dependence", model=mixed_model, data=mixed, training=mixed, count=2)
    assert result.code == 0, result.err
    importance = pd.read_csv(paths["importance"], sep="\t")
    assert importance["columns"].tolist()[:2] == ["length", "tissue"]  # as the samples are made
    assert importance["ci95_low"][0] > 0.1
    assert (importance["ci95_low"] <= importance["fall"]).all()
    near = pd.read_csv(paths["neighbours"], sep="\t")
    first = near[near["rank"] == 1]
    assert (first["training_line"] == first["sample"].str.removeprefix("line ").astype(int)).all()  # they are their own neighbours
    np.testing.assert_allclose(first["distance"], 0, atol=1e-4)
    dependence = pd.read_csv(paths["dependence"], sep="\t")
    length = dependence[dependence["column"] == "length"]
    assert length["mean_sick"].is_monotonic_increasing


def test_shuffled_targets_as_a_control(explain, mixed, mixed_model):
    result, paths = explain("controls", model=mixed_model, data=mixed, training=mixed, count=1, shuffled="true", minutes=5)
    assert result.code == 0, result.err
    control = pd.read_csv(paths["controls"], sep="\t").set_index("control").loc["trained on shuffled targets"]
    assert "The control by shuffled targets was not made" not in result.out
    assert np.isnan(control["value"])  # four columns are too few for a rank correlation
    assert control["verdict"] == "cannot be told"
    assert "3 checks could not be decided" in result.out  # nor is permutation importance compared over so few


def test_training_samples_without_readable_targets_serve_as_far_as_they_can(explain, mixed, mixed_model, tmp_path):
    rows = mixed_rows(40)
    pd.DataFrame(rows[1:], columns=rows[0]).drop(columns="outcome").to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    result, paths = explain("neighbours", model=mixed_model, data=mixed, training=tmp_path / "t.tsv", count=2, shuffled="true")
    assert result.code == 0, result.err
    why = "The table 't.tsv' lacks 1 of the 5 columns that the network needs, first the target column 'outcome'"
    assert f"Left out: The nearest training samples are shown without their targets. {why}" in result.out
    assert f"Left out: The control by shuffled targets was not made: {why}" in result.out
    near = pd.read_csv(paths["neighbours"], sep="\t")
    assert len(near) == 2 * 5
    assert not [name for name in near.columns if name.startswith("observed_")]
    result, _ = explain(model=mixed_model, data=mixed, training=DATA / "breast_cancer_train.tsv")
    assert result.code == 1  # not even samples of that network
    assert "Training samples: " in result.err


def test_a_table_of_one_column_has_its_importance_too(explain, tmp_path):
    subject, *_ = untrained(tmp_path, "table", "feedforward", features=("length",), numeric_encoding="standardised")
    hidden = keras.layers.Dense(1, kernel_initializer="ones")(subject.model.get_layer(ENCODED).output)
    head = keras.layers.Dense(1, "sigmoid", kernel_initializer=keras.initializers.Constant(-3.0), name=HEAD)
    network = subject.with_model(keras.Model(subject.model.input, head(hidden)))
    model = saved(network, tmp_path / "m.keras")
    result, paths = explain("importance", "dependence", model=model, data=tmp_path / "samples.tsv", count=1)
    assert result.code == 0, result.err
    importance = pd.read_csv(paths["importance"], sep="\t")
    assert importance["columns"].tolist() == ["length"]
    assert importance["ci95_low"][0] > 0.1
    assert set(pd.read_csv(paths["dependence"], sep="\t")["column"]) == {"length"}


def test_the_minutes_bound_everything(explain, mixed, mixed_model, monkeypatch):
    """On a clock of which the shortest time that can be asked for is a third of a second."""
    quick = functools.partial(Budget, clock=lambda: 20 * time.monotonic())
    monkeypatch.setattr(explaining, "Budget", quick)
    result, paths = explain(model=mixed_model, data=mixed, training=mixed, count=1, shuffled="true", minutes=0.1)
    assert result.code == 0, result.err
    assert "has no integrated gradients: the minutes were spent." in result.out  # the sample is named
    assert "Nothing was averaged over many samples, and no check was made: the minutes were spent." in result.out
    assert "The control by shuffled targets was not made: the minutes " in result.out
    assert all(path.exists() for name, path in paths.items() if name != "maps")
    report = paths["report"].read_text()
    assert ("Each point is a held-out sample" in report) == ("The map of what the network has learned was not made" not in result.out)
    assert "Explained: " not in result.out + report  # no sample was
    assert "No sample was explained: the minutes were spent." in report


@pytest.mark.parametrize(
    ("change", "options", "sentence"),
    [
        (lambda frame: frame.replace({"outcome": {"sick": "ill"}}), {}, "holds 'ill' in line"),
        (lambda frame: frame.drop(columns=["length", "tissue"]), {}, "lacks 2 of the 5 columns that the network needs"),
        (lambda frame: frame.assign(length="long"), {}, "must hold numbers, as in training, but holds text (first 'long'"),
        (lambda frame: frame, {"which": "chosen"}, "No sample was named: write the names of the samples to explain"),
        (lambda frame: frame, {"which": "chosen", "chosen": "S999"}, "No sample of table 't.tsv' is called 'S999': give names as the file"),
    ],
)
def test_bad_input_is_one_sentence(explain, mixed_model, tmp_path, change, options, sentence):
    rows = mixed_rows(60)
    change(pd.DataFrame(rows[1:], columns=rows[0])).to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    result, paths = explain(model=mixed_model, data=tmp_path / "t.tsv", **options)
    assert result.code == 1
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1
    assert not any(path.exists() for path in paths.values())


def test_a_network_of_another_kind_and_no_samples(explain):
    result, _ = explain(model=DATA / "splice.keras", data=DATA / "breast_cancer_test.tsv")
    assert result.code == 1
    assert "This network was trained on" in result.err
    result, _ = explain(model=DATA / "splice.keras")
    assert "No held-out samples were chosen" in result.err
