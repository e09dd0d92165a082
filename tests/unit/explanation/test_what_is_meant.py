"""What an explanation speaks of: samples at random, the predicted class, samples that have a value, what a position means."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from explained import unoptimised, untrained
from samples import as_table

from biodl.data.kind import Files
from biodl.explanation import checks
from biodl.explanation import explain as explaining
from biodl.explanation.attribution import INTEGRATED, PERMUTATION
from biodl.explanation.budget import Budget
from biodl.explanation.deletion import Deletion
from biodl.explanation.explain import Explanation
from biodl.explanation.explain_report import on_places, sentences
from biodl.explanation.held import opened_on
from biodl.explanation.importance import Importance
from biodl.explanation.kinds import tabular
from biodl.explanation.kinds.explainers import explainer_of
from biodl.explanation.map import Map
from biodl.explanation.overall import Averages
from biodl.explanation.pictures_of import learned_panels, overall_panels
from biodl.explanation.said import class_leaders, what_matters
from biodl.networks.opened import open_network
from biodl.reporting.plots.sheet import drawn
from biodl.reporting.plots.style import styled
from conftest import DATA, ROOT, write_rows

STORED = ROOT / "tests" / "unit" / "models" / "0.6.0"


@pytest.fixture(scope="module")
def sorted_by_class():
    """Breast cancer, all benign samples first, as files often are."""
    opened = open_network(str(DATA / "breast_cancer.keras"))
    data = opened.kind.read_for(Files(str(DATA / "breast_cancer_test.tsv")), opened.encoding, opened.task)
    return opened_on(opened, data.take(np.argsort(data.target.iloc[:, 0], kind="stable")), None, None, "")


def explanation(held) -> Explanation:
    return Explanation(held, explainer_of(held.subject), np.arange(2), "")


def test_what_there_is_time_for_is_drawn_from_all_samples(sorted_by_class):
    seconds = iter([0.0, 0.0, 1e6])  # for one piece of 32 of 113 samples
    found, budget = explanation(sorted_by_class), Budget(1, clock=lambda: next(seconds))
    explaining._many(found, 1, budget)
    assert budget.left_out == ["81 of 113 samples are not among those averaged: the minutes were spent."]
    assert len(found.rows) == len(found.many) == 32
    assert (np.diff(found.rows) > 0).all()
    assert set(sorted_by_class.y[found.rows]) == {0, 1}
    np.testing.assert_array_equal(found.many.targets, sorted_by_class.task.predicted(sorted_by_class.scores)[found.rows])
    whole = explanation(sorted_by_class)
    explaining._many(whole, 1, Budget(5))
    np.testing.assert_allclose(found.many.values, whole.many.values[found.rows], atol=1e-4)


def test_partial_dependence_is_of_samples_at_random_and_says_so(sorted_by_class, monkeypatch):
    monkeypatch.setattr(explaining, "_CURVES", 20)
    monkeypatch.setattr(explaining, "importances", lambda *given: [])
    asked = []
    monkeypatch.setattr(explaining, "dependence", lambda subject, raw, column, grid: asked.append((raw["numeric"], column, grid)))
    found, budget = explanation(sorted_by_class), Budget(5)
    explaining._columns(found, 1, budget, lambda line: None)
    assert "Partial dependence is that of 20 of 113 samples, drawn at random." in budget.left_out
    every = sorted_by_class.raw(np.arange(113))["numeric"]
    for few, column, grid in asked:
        rows = [int(np.flatnonzero((every == row).all(axis=1))[0]) for row in few]
        assert set(sorted_by_class.y[rows]) == {0, 1}
        np.testing.assert_allclose(grid[[0, -1]], np.quantile(every[:, column.place].astype("float64"), [0.05, 0.95]))


def test_the_predicted_class_is_explained_where_another_threshold_decides(sorted_by_class):
    task = dataclasses.replace(sorted_by_class.task, threshold=0.2)
    scores = np.array([[0.7, 0.3], [0.9, 0.1], [0.4, 0.6]])
    np.testing.assert_array_equal(task.to_explain(scores), task.predicted(scores))
    np.testing.assert_array_equal(task.to_explain(scores), [1, 0, 1])
    assert "since the decision threshold is 0.2, its probability may be below one half" in task.on_explained()
    assert sorted_by_class.task.on_explained() == ""


def sequences(tmp_path, letters):
    rows = [["name", "sequence", "class"], *([f"s{n}", text, "ab"[n % 2]] for n, text in enumerate(letters))]
    subject, _, _ = untrained(tmp_path, "sequence", "convolutional", files=as_table(rows)(tmp_path), sequence_encoding="one_hot")
    data = subject.opened.kind.read_for(Files(str(write_rows(tmp_path / "t.tsv", rows))), subject.encoding, subject.opened.task)
    held = SimpleNamespace(subject=subject, data=data, task=subject.opened.task, raw=lambda at: subject.encoding.raw(data.take(at)))
    held.scores = subject.opened.scores(subject.model, held.raw(np.arange(len(data))), "")
    held.without_targets = ""
    found = explanation(held)
    explaining._many(found, 1, Budget(5))
    return found


def test_sequences_of_one_length_are_taken_for_aligned_gaps_or_not_and_this_is_said(tmp_path):
    draw = np.random.default_rng(1)
    one = ["".join(draw.choice(list("ACGT"), 20)) for _ in range(30)]
    gap = sequences(tmp_path, [one[0][:7] + "-" + one[0][8:], *one[1:]])
    assert gap.aligned
    assert gap.averages.parts[:2] == ["position 1", "position 2"]
    assert "All sequences have one length, so that they were taken for aligned" in " ".join(sentences(gap))
    unequal = sequences(tmp_path, [one[0][:12], *one[1:]])
    assert not unequal.aligned
    assert "Sequences differ in length" in on_places(unequal)


def test_motifs_stand_in_the_verdict_beside_positions(tmp_path):
    draw = np.random.default_rng(1)
    found = sequences(tmp_path, ["".join(draw.choice(list("ACGT"), 20)) for _ in range(30)])
    found.motifs = [SimpleNamespace(name="a_1", clear=lambda letters: "GTAAG", sites=17)]
    assert what_matters(found).endswith("; wherever they stand: motifs a_1 GTAAG (17 places).")
    assert "position" in what_matters(found)


def test_the_mean_over_time_is_of_the_samples_that_reach_so_far(tmp_path):
    draw = np.random.default_rng(2)
    rows = [["animal", "hour", "pulse", "kind"]]
    for n in range(12):
        steps = 12 if n < 4 else 14 if n == 4 else 5
        rows += [[f"a{n}", step, f"{draw.normal():.3f}", "xy"[n % 2]] for step in range(steps)]
    columns = {"target": ("kind",), "sample_column": ("animal",), "time_column": ("hour",)}
    subject, raw, data = untrained(
        tmp_path, "series_long", "convolutional", files=as_table(rows)(tmp_path), samples=12, **columns, channels=("pulse",)
    )
    held = SimpleNamespace(subject=subject, data=data, task=subject.opened.task, raw=lambda at: {"series": raw["series"][at]})
    held.scores = subject.opened.scores(subject.model, raw, "")
    found = explanation(held)
    explaining._many(found, 1, Budget(5))
    sizes = np.abs(found.many.values[:, :, 0])
    long = np.flatnonzero(np.isfinite(raw["series"][found.rows, 11, 0]))
    assert len(long) == 5
    (panel,) = overall_panels(found)
    drawn = []
    axes = SimpleNamespace(axhline=lambda *a, **k: None, plot=lambda x, y, **k: drawn.append(y))
    with pytest.raises(AttributeError):  # whatever comes after the line
        panel.draw(axes)
    np.testing.assert_allclose(drawn[0][11], sizes[long, 11].mean(), rtol=1e-5)
    assert len(drawn[0]) == 12  # the last two points are those of a single sample


def test_of_numbers_sizes_lead_not_means_that_cancel_out():
    task = SimpleNamespace(explained_as="prediction", primary="r2")
    averages = Averages(np.array([3.0, 1.0, 2.0]), {"bmi": np.array([-0.1, 0.2, 0.0])}, {"bmi": 9}, ["a", "b", "c"])
    found = SimpleNamespace(held=SimpleNamespace(task=task), averages=averages, importances=[])
    assert class_leaders(found) == {"bmi": ["a", "c", "b"]}
    task.explained_as = "log-odds"
    assert class_leaders(found) == {"bmi": ["b"]}


def test_an_unknown_metric_says_nothing_of_columns(sorted_by_class):
    found = explanation(sorted_by_class)
    found.importances = [Importance((SimpleNamespace(name="a"),), np.full(3, np.nan))]
    assert what_matters(found) == "balanced accuracy is unknown on 113 samples, so that no column's part in it can be told."


def test_a_network_that_most_samples_do_not_move_is_not_believed():
    found = Deletion(np.array([0.0, 1.0]), np.ones((4, 2)), np.zeros((4, 2)), unmoved=20)
    check = checks.of_deletion(found, INTEGRATED, "columns", 1)
    assert check.passed is False
    assert check.sentence.startswith("Of 20 of 24 samples the network says the same whatever columns are taken out")
    few = checks.of_deletion(dataclasses.replace(found, unmoved=4), INTEGRATED, "columns", 1)
    assert few.passed is None


def test_a_missing_category_that_was_learned_holds_something():
    features = [SimpleNamespace(categories=()), SimpleNamespace(categories=("", "a")), SimpleNamespace(categories=("a", "b"))]
    subject = SimpleNamespace(encoding=SimpleNamespace(features=features))
    raw = {"numeric": np.array([[1.0], [np.nan]]), "categorical": np.array([["", ""], ["a", "b"]], dtype=object)}
    np.testing.assert_array_equal(tabular._held(subject, raw), [[True, True, False], [False, True, True]])


PICTURES = ("overall", "single", "learned", "checks")
WORDS = {
    "forecast_several": ("level (shuffled: R² falls by", "Colours are what was observed; the worst predicted are ringed."),
    "series_long_multilabel": ("value (shuffled: macro F1 falls by", "The colour of a sample is that of its commonest label"),
    "text_multilabel": ("good: healthy, better", "Of the labels of a sample the likeliest one is explained"),
}


@pytest.mark.parametrize("name", WORDS)
def test_kinds_that_no_workflow_has_are_explained_whole(name, biodl, tmp_path, monkeypatch):
    monkeypatch.setattr(explaining, "NETWORKS", 1)
    folder = Path(ROOT / "tests" / "unit" / "models" / "0.6.0" / name)
    paths = {output: tmp_path / output for output in (*PICTURES, "report", "attributions", "controls")}
    with unoptimised():
        result = biodl("explain", model=folder / "model.keras", data=folder / "data.tsv", count=1, **paths)
    assert result.code == 0, result.err
    report = paths["report"].read_text(encoding="utf-8")
    assert all(words in report for words in WORDS[name])
    assert all(paths[picture].read_bytes().startswith(b"\x89PNG") for picture in PICTURES)
    found = pd.read_csv(paths["controls"], sep="\t")
    of_channels = found["method"] == PERMUTATION
    assert set(found.loc[~of_channels, "verdict"]) == {"passed"}
    several = name in ("forecast_several", "series_long_multilabel")  # channels, but too few to be ranked
    assert found.loc[of_channels, "verdict"].tolist() == ["cannot be told"] * several


PLACES = np.arange(24.0).reshape(12, 2)
MAPPED = np.arange(12) + 3
"""Samples on the map: not the first of those that were given, so that rows are told from places."""


def on_the_map(name: str, y, scores):
    """The map of twelve of fifteen samples of a task with known targets and predictions: its words, and places that are ringed."""
    opened = open_network(str(STORED / name / "model.keras"))
    held = SimpleNamespace(task=opened.task, y=y, scores=scores)
    (panel,) = learned_panels(SimpleNamespace(map=Map(PLACES, (0.5, 0.25)), mapped=MAPPED, held=held))
    with styled():
        axes = drawn([panel]).findobj(lambda item: hasattr(item, "get_xlim"))[0]
    rings = [item for item in axes.collections if len(item.get_edgecolor()) and not len(item.get_facecolor())]
    assert len(rings) <= 1
    return panel.says, [PLACES.tolist().index(place) for ring in rings for place in ring.get_offsets().tolist()], opened.task


def sure_of(codes, classes: int) -> np.ndarray:
    """Probabilities of so many classes, by which these are predicted."""
    return np.full((len(codes), classes), 0.1 / (classes - 1)) + (0.9 - 0.1 / (classes - 1)) * np.eye(classes)[codes]


def test_the_map_tells_classes_and_rings_what_is_predicted_wrongly():
    y = np.array([1, 1, 1, *[0] * 7, *[2] * 4, 0])
    said = y.copy()
    said[[0, 5, 14]] = (y[[0, 5, 14]] + 1) % 3  # the first is not on the map
    says, ringed, task = on_the_map("table_multiclass", y, sure_of(said, 3))
    first, _, third = task.explainable()
    assert says.startswith(f"12 samples ({first} 8, {third} 4); 2 of 12 are predicted wrongly; ")
    assert says.endswith("the two directions hold 50% and 25% of the variance")
    assert ringed == [2, 11]
    says, ringed, _ = on_the_map("table_multiclass", None, sure_of(said, 3))  # what is not known is not told
    assert "predicted wrongly" not in says
    assert ringed == []


def test_the_map_of_labels_rings_samples_with_any_label_wrong():
    task = open_network(str(STORED / "sequence_multilabel" / "model.keras")).task
    labels = len(task.explainable())
    y = np.zeros((15, labels), dtype=int)
    y[3:9, 0] = 1
    scores = np.where(y == 1, 0.9, 0.1)
    scores[[2, 4, 13], [0, 1, 1]] = [0.9, 0.9, 0.9]
    says, ringed, _ = on_the_map("sequence_multilabel", y, scores)
    assert says.startswith(f"12 samples ({task.explainable()[0]} 6, no label 6); 2 of 12 are predicted wrongly; ")
    assert ringed == [1, 10]


@pytest.mark.parametrize("name", ["table_regression", "forecast_several"])
def test_the_map_of_a_number_rings_the_tenth_that_is_predicted_worst(name):
    steps = len(open_network(str(STORED / name / "model.keras")).task.target) if name != "table_regression" else 1
    shape = (15,) if name == "table_regression" else (15, steps)
    y = np.arange(15.0).reshape(-1, *[1] * (len(shape) - 1)) * np.ones(shape)
    scores = y + 0.25
    scores[[1, 7, 12]] += [[100.0], [50.0], [-60.0]] if len(shape) == 2 else [100.0, 50.0, -60.0]
    says, ringed, task = on_the_map(name, y, scores)
    assert says.startswith(f"12 samples, {task.title} from 3 to 14; the 2 predicted worst are ringed; ")
    assert sorted(ringed) == [4, 9]
    assert "worst" not in on_the_map(name, None, scores)[0]
