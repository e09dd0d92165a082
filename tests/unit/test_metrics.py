"""Metrics equal scikit-learn's, and intervals behave."""

import numpy as np
import pytest
from sklearn import metrics as reference

from biodl import metrics
from biodl.metrics import Predicted, bootstrap, headline, interval, per_class, resamples
from biodl.task import Task

RANDOM = np.random.default_rng(7)


def binary(samples=80):
    y = RANDOM.integers(0, 2, samples).astype("int32")
    positive = np.clip(0.5 + 0.3 * (y - 0.5) + RANDOM.normal(0, 0.2, samples), 0.01, 0.99)
    return Predicted(Task("binary", ("y",), ("no", "yes")), y, np.column_stack([1 - positive, positive]))


def multiclass(samples=120):
    y = RANDOM.integers(0, 3, samples).astype("int32")
    scores = RANDOM.random((samples, 3)) + np.eye(3)[y]
    return Predicted(Task("multiclass", ("y",), ("a", "b", "c")), y, scores / scores.sum(axis=1, keepdims=True))


def test_binary():
    case = binary()
    y, labels, p = case.y, case.labels, case.scores[:, 1]
    found = headline(case)
    expected = {
        "accuracy": reference.accuracy_score(y, labels),
        "balanced_accuracy": reference.balanced_accuracy_score(y, labels),
        "precision": reference.precision_score(y, labels),
        "recall": reference.recall_score(y, labels),
        "specificity": reference.recall_score(y, labels, pos_label=0),
        "f1": reference.f1_score(y, labels),
        "f1_macro": reference.f1_score(y, labels, average="macro"),
        "precision_weighted": reference.precision_score(y, labels, average="weighted"),
        "roc_auc": reference.roc_auc_score(y, p),
        "average_precision": reference.average_precision_score(y, p),
        "mcc": reference.matthews_corrcoef(y, labels),
        "log_loss": reference.log_loss(y, p),
        "brier": reference.brier_score_loss(y, p),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_multiclass():
    case = multiclass()
    found = headline(case)
    expected = {
        "f1_macro": reference.f1_score(case.y, case.labels, average="macro"),
        "recall_weighted": reference.recall_score(case.y, case.labels, average="weighted"),
        "roc_auc_macro": reference.roc_auc_score(case.y, case.scores, multi_class="ovr"),
        "average_precision_macro": reference.average_precision_score(np.eye(3)[case.y], case.scores),
        "mcc": reference.matthews_corrcoef(case.y, case.labels),
        "log_loss": reference.log_loss(case.y, case.scores),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    rows = per_class(case)
    assert [row["class"] for row in rows] == ["a", "b", "c"]
    assert rows[1]["specificity"] == pytest.approx(reference.recall_score(case.y != 1, case.labels != 1))
    assert rows[2]["support"] == (case.y == 2).sum()


def test_absent_class_does_not_hide_the_others():
    case = multiclass()
    case = case.take(np.flatnonzero(case.y < 2))
    found = headline(case)
    assert 0 < found["roc_auc_macro"] <= 1
    assert np.isnan(per_class(case)[2]["roc_auc"])


def test_multilabel():
    y = RANDOM.integers(0, 2, (60, 3)).astype("float32")
    scores = np.clip(0.5 + 0.4 * (y - 0.5) + RANDOM.normal(0, 0.2, y.shape), 0.01, 0.99)
    case = Predicted(Task("multilabel", ("y",), ("a", "b", "c"), ";"), y, scores)
    found = headline(case)
    assert found["exact_match"] == pytest.approx(reference.accuracy_score(y, case.labels))
    assert found["hamming_loss"] == pytest.approx(reference.hamming_loss(y, case.labels))
    assert found["f1_macro"] == pytest.approx(reference.f1_score(y, case.labels, average="macro"))
    assert found["roc_auc_macro"] == pytest.approx(reference.roc_auc_score(y, scores))


def test_regression():
    y = RANDOM.normal(size=50)
    case = Predicted(Task("regression", ("y",)), y, y + RANDOM.normal(0, 0.5, 50))
    found = headline(case)
    assert found["r2"] == pytest.approx(reference.r2_score(y, case.scores))
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((y - case.scores) ** 2)))
    assert set(found) == {"r2", "mae", "rmse", "spearman"}


def test_primary_is_the_headline_of_its_name():
    for case in (binary(), multiclass()):
        assert metrics.primary(case) == pytest.approx(headline(case)[metrics.PRIMARY[case.task.kind]])


def test_bootstrap_keeps_class_sizes_and_covers_the_value():
    case = binary(200)
    draws = resamples(case, 200, seed=1)
    assert all((np.bincount(case.y[rows]) == np.bincount(case.y)).all() for rows in draws)
    values = bootstrap(case, draws)
    low, high = interval(values["accuracy"])
    assert low < headline(case)["accuracy"] < high
    # the binomial standard error at this accuracy and size, times 2 x 1.96
    accuracy = headline(case)["accuracy"]
    assert high - low == pytest.approx(3.92 * np.sqrt(accuracy * (1 - accuracy) / 200), rel=0.25)
    again = bootstrap(case, resamples(case, 200, seed=1))
    np.testing.assert_array_equal(values["roc_auc"], again["roc_auc"])


def test_interval_of_the_unknowable():
    assert all(np.isnan(interval(np.array([np.nan, np.nan, 0.5]))))


def test_forecasts_are_judged_over_all_steps_and_by_step():
    y = RANDOM.normal(size=(50, 3))
    scores = y + RANDOM.normal(size=(50, 3)) * np.array([0.1, 0.3, 0.9])
    case = Predicted(Task("forecasting", ("y",), horizon=3), y, scores)
    assert headline(case)["mae"] == pytest.approx(reference.mean_absolute_error(y.ravel(), scores.ravel()))
    steps = metrics.per_step(case)
    assert [row["step"] for row in steps] == [1, 2, 3]
    for step, row in enumerate(steps):
        assert row["r2"] == pytest.approx(reference.r2_score(y[:, step], scores[:, step]))
        assert row["rmse"] == pytest.approx(reference.root_mean_squared_error(y[:, step], scores[:, step]))
    assert steps[0]["mae"] < steps[1]["mae"] < steps[2]["mae"]
