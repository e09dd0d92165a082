"""Metrics of tasks, and intervals."""

import numpy as np
import pytest
from sklearn import metrics as reference

from biodl.evaluation.compare import compare
from biodl.tasks import Binary, Forecast, Multiclass, Number

RANDOM = np.random.default_rng(7)


def binary(samples=200):
    y = RANDOM.integers(0, 2, samples).astype("int32")
    positive = np.clip(0.5 + 0.3 * (y - 0.5) + RANDOM.normal(0, 0.2, samples), 0.01, 0.99)
    return Binary(("y",), ("no", "yes")), y, np.column_stack([1 - positive, positive])


def multiclass(samples=120):
    y = RANDOM.integers(0, 3, samples).astype("int32")
    scores = RANDOM.random((samples, 3)) + np.eye(3)[y]
    return Multiclass(("y",), ("a", "b", "c")), y, scores / scores.sum(axis=1, keepdims=True)


def test_values_are_those_of_the_samples_and_intervals_cover_them():
    task, y, scores = binary()
    found = compare(task, y, {"network": scores, "other": scores[:, ::-1]}, resamples=200, seed=1)
    labels = scores.argmax(axis=1)
    assert found.values["network"]["accuracy"] == pytest.approx(reference.accuracy_score(y, labels))
    assert found.values["network"]["roc_auc"] == pytest.approx(reference.roc_auc_score(y, scores[:, 1]))
    assert found.values["other"]["accuracy"] == pytest.approx(reference.accuracy_score(y, 1 - labels))
    assert set(found.intervals) == set(found.values["network"])
    low, high = found.intervals["accuracy"]
    accuracy = found.values["network"]["accuracy"]
    assert low < accuracy < high
    # the binomial standard error at this accuracy and size, times 2 x 1.96
    assert high - low == pytest.approx(3.92 * np.sqrt(accuracy * (1 - accuracy) / 200), rel=0.25)
    low, high = found.differences["other"]
    assert low < found.values["network"]["balanced_accuracy"] - found.values["other"]["balanced_accuracy"] < high
    again = compare(task, y, {"network": scores, "other": scores[:, ::-1]}, resamples=200, seed=1)
    assert again.intervals == found.intervals


def test_differences_are_paired():
    task, y, scores = multiclass()
    found = compare(task, y, {"network": scores, "twin": scores.copy()}, resamples=100, seed=1)
    assert found.differences["twin"] == (0.0, 0.0)


@pytest.mark.parametrize("case", [binary(), multiclass()])
def test_the_primary_metric_is_a_headline(case):
    task, y, scores = case
    assert task.primary in task.metrics(y, scores, np.ones((1, len(y))))


def test_absent_class_does_not_hide_the_others():
    task, y, scores = multiclass()
    kept = y < 2
    rows = task.breakdown(y[kept], scores[kept])
    assert [row["class"] for row in rows] == ["a", "b", "c"]
    assert np.isnan(rows[2]["roc_auc"])
    assert 0 < task.metrics(y[kept], scores[kept], np.ones((1, kept.sum())))["roc_auc_macro"][0] <= 1
    assert task.absent(y[kept]) == ["c"]


def test_forecasts_are_judged_over_all_steps_and_by_step():
    y = RANDOM.normal(size=(50, 3))
    scores = y + RANDOM.normal(size=(50, 3)) * np.array([0.1, 0.3, 0.9])
    task = Forecast(("y",), horizon=3)
    whole = task.metrics(y, scores, np.ones((1, 50)))
    assert whole["mae"][0] == pytest.approx(reference.mean_absolute_error(y.ravel(), scores.ravel()))
    steps = task.breakdown(y, scores)
    assert [row["step"] for row in steps] == [1, 2, 3]
    for step, row in enumerate(steps):
        assert row["r2"] == pytest.approx(reference.r2_score(y[:, step], scores[:, step]))
        assert row["rmse"] == pytest.approx(reference.root_mean_squared_error(y[:, step], scores[:, step]))
    assert steps[0]["mae"] < steps[1]["mae"] < steps[2]["mae"]


def test_numbers():
    y = RANDOM.normal(size=50)
    scores = y + RANDOM.normal(0, 0.5, 50)
    found = Number(("y",)).metrics(y, scores, np.ones((1, 50)))
    assert {name: value[0] for name, value in found.items()} == pytest.approx(
        {
            "r2": reference.r2_score(y, scores),
            "mae": reference.mean_absolute_error(y, scores),
            "rmse": reference.root_mean_squared_error(y, scores),
            "spearman": found["spearman"][0],
        }
    )
