"""Prediction sets: the coverage that theory promises, by simulation; known answers; too few samples are refused."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from biodl.errors import InputError
from biodl.stored import UnfitError
from biodl.tasks import Binary, Forecast, Labels, Multiclass, Number
from biodl.tasks.conformal import GROUPS, ORDER, ORIGIN, Sets, rank, refuse_few
from biodl.tasks.measures import share_interval

DRAWS, CALIBRATION, NEW = 500, 39, 50
COVERAGE = 0.8
FIRST = 1000
"""Seed of the first draw: of seven outputs one in three sets of 500 draws has one beyond two errors (of 10,000 draws none is off)."""


def of_classes(random, samples):
    """Probabilities that know something, and are over-confident: coverage must not need true ones."""
    truth = random.dirichlet([1, 1, 1], samples)
    y = (random.random((samples, 1)) > truth.cumsum(axis=1)).sum(axis=1)
    scores = truth**3 + 1e-9
    return y, scores / scores.sum(axis=1, keepdims=True)


def of_two(random, samples):
    positive = random.random(samples)
    return (random.random(samples) < positive).astype(int), np.column_stack([1 - positive**2, positive**2])


def of_labels(random, samples):
    scores = random.random((samples, 2))
    return (random.random((samples, 2)) < scores[:, ::-1]).astype("float32"), scores


def of_numbers(random, samples):
    scores = random.normal(size=samples)
    return scores + random.standard_t(3, samples) * (1 + abs(scores)), scores


def of_steps(random, samples):
    scores = random.normal(size=(samples, 2))
    return scores + random.normal(size=(samples, 2)) * np.array([1.0, 5.0]), scores


CASES = {
    "multiclass": (Multiclass(("y",), ("a", "b", "c")), of_classes),
    "binary": (Binary(("y",), ("no", "yes"), threshold=0.3), of_two),
    "multilabel": (Labels(("a", "b"), ("a", "b")), of_labels),
    "regression": (Number(("y",)), of_numbers),
    "forecasting": (Forecast(("y",), horizon=2), of_steps),
}


@pytest.mark.parametrize("name", CASES)
def test_sets_hold_the_truth_as_often_as_theory_says(name):
    """With continuous scores the coverage is k / (n + 1) on average over calibrations, each output alone."""
    task, make = CASES[name]
    reached = []
    for draw in range(DRAWS):
        random = np.random.default_rng(FIRST + draw)
        sets = Sets.fit(task.nonconformity(*make(random, CALIBRATION)), COVERAGE, steered=False)
        inside = task.nonconformity(*make(random, NEW)).reshape(NEW, -1) <= sets.limits
        reached.append(inside.mean(axis=0))
    expected = rank(CALIBRATION, COVERAGE) / (CALIBRATION + 1)
    assert expected >= COVERAGE
    error = np.std(reached, axis=0) / np.sqrt(DRAWS)
    assert (abs(np.mean(reached, axis=0) - expected) < 2 * error).all()


@pytest.mark.parametrize("name", CASES)
def test_the_columns_are_the_sets(name):
    """What a table says holds the truth exactly where its nonconformity is within the quantile."""
    task, make = CASES[name]
    random = np.random.default_rng(1)
    y, scores = make(random, 60)
    sets = Sets.fit(task.nonconformity(y, scores), COVERAGE, steered=True)
    assert Sets.from_json(json.loads(json.dumps(sets.to_json())), task.sets_for()) == sets
    columns = task.set_columns(scores, sets)
    inside = task.nonconformity(y, scores).reshape(60, -1) <= sets.limits
    assert inside.mean(axis=0) == pytest.approx(np.full(task.sets_for(), rank(60, COVERAGE) / 60))
    if name in ("multiclass", "binary"):
        assert [task.classes[code] in cell.split(";") for code, cell in zip(y, columns["possible_y"], strict=True)] == inside[:, 0].tolist()
        alone = [cell == task.classes[code] for cell, code in zip(columns["possible_y"], task.predicted(scores), strict=True)]
        assert columns["sure"] == ["yes" if one else "no" for one in alone]
        assert f"the network is sure of {sum(alone)} of 60 samples" in task.on_sets(scores, sets)
    elif name == "multilabel":
        possible = np.array([["a" in cell.split(";"), "b" in cell.split(";")] for cell in columns["possible_labels"]])
        assert (possible[y > 0] == inside[y > 0]).all()
        doubt = possible & (scores <= sets.limits) | ~possible & (scores > sets.limits)
        assert all(said == "no" for said, unsure in zip(columns["sure"], doubt.any(axis=1), strict=True) if unsure)
    else:
        named = ["y"] if name == "regression" else ["y +1", "y +2"]
        for step, (label, truth) in enumerate(zip(named, y.reshape(60, -1).T, strict=True)):
            low, high = columns[f"low_{label}"], columns[f"high_{label}"]
            assert ((low <= truth) & (truth <= high)).tolist() == inside[:, step].tolist()
            assert high - low == pytest.approx(np.full(60, 2 * sets.quantiles[step]))


def test_a_known_quantile():
    errors = np.arange(1.0, 20.0)  # 19 samples: of 20 places the 18th
    assert Sets.fit(errors, 0.9, steered=True).quantiles == (18.0,)
    assert Sets.fit(errors[::-1], 0.5, steered=True).quantiles == (10.0,)
    assert rank(9, 0.9) == 9  # 0.9 times 10 is nine, whatever binary fractions make of it
    assert rank(99, 0.95) == 95


def test_too_few_samples_are_refused():
    refuse_few(9, 0.9)
    with pytest.raises(InputError) as caught:
        refuse_few(8, 0.9)
    assert str(caught.value) == (
        "A coverage of 0.9 needs 9 validation samples or more, but there are 8: lower the coverage, or set more samples aside."
    )


def test_the_guarantee_is_that_of_the_calibration():
    assert "also chose the epoch, so the coverage is approximate" in Sets(0.9, 50, (0.1,), True).guarantee()
    assert "90% or more on average (split conformal)" in Sets(0.9, 50, (0.1,), False).guarantee()
    for steered in (True, False):  # copies of training samples promise nothing, whatever else is true
        assert Sets(0.9, 50, (0.1,), steered, 7).guarantee() == (
            "No coverage is promised: the network learned from 7 of the 50 samples that they were calibrated on, so that new samples may "
            "be held less often."
        )


CALIBRATED = "that they were calibrated on"


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ({"doubts": (ORDER,)}, "samples in time order are not drawn alike, so that it may fall short where the series changes."),
        ({"doubts": (GROUPS,)}, "samples of one group are alike, so that samples of new groups may be held less often."),
        (
            {"doubts": (ORIGIN,)},
            f"the network that training started from knew the samples {CALIBRATED}, so that new samples may be held less often.",
        ),
        (
            {"doubts": (), "near": 1},
            f"1 of the 50 samples {CALIBRATED} is a near copy of training samples, so that new samples may be held less often.",
        ),
        (
            {"doubts": (GROUPS, ORIGIN), "near": 3},
            f"3 of the 50 samples {CALIBRATED} are near copies of training samples, and the network that training started from knew the "
            f"samples {CALIBRATED}, so that new samples may be held less often; samples of one group are alike, so that samples of new "
            "groups may be held less often.",
        ),
    ],
)
def test_nothing_is_promised_where_new_samples_are_drawn_otherwise(against, said):
    for steered in (True, False):
        assert Sets(0.9, 50, (0.1,), steered, **against).guarantee() == f"No coverage is promised: {said}"


def test_files_of_earlier_versions_promise_what_they_did_and_say_what_is_not_known():
    stored = Sets(0.9, 50, (0.1,), False).to_json()
    del stored["near"], stored["doubts"]
    old = Sets.from_json(stored, 1)
    assert "90% or more on average (split conformal)" in old.guarantee()
    assert old.guarantee().endswith("or on near copies of training samples, the model file does not say.")
    assert Sets(0.9, 50, (0.1,), False, doubts=()).guarantee().endswith("not for each class by itself.")
    assert old.doubted(ORDER).guarantee().startswith("No coverage is promised: samples in time order")


@pytest.mark.parametrize(("hits", "samples"), [(0, 5), (5, 5), (3, 17), (90, 100)])
def test_the_interval_is_that_of_clopper_and_pearson(hits, samples):
    known = binomtest(hits, samples).proportion_ci(method="exact")
    assert share_interval(hits, samples) == pytest.approx((known.low, known.high))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"coverage": "0.9"}, "its prediction sets has a 'coverage' that is not a number"),
        ({"coverage": 1.0}, "its prediction sets have an impossible coverage"),
        ({"samples": 0}, "its prediction sets have an impossible coverage"),
        ({"samples": 2.5}, "its prediction sets has a 'samples' that is not a whole number"),
        ({"quantiles": []}, "its prediction sets are for 0 outputs, not 1"),
        ({"quantiles": [0.1, 0.2]}, "its prediction sets are for 2 outputs, not 1"),
        ({"quantiles": [-0.1]}, "its prediction sets have a quantile below 0"),
        ({"quantiles": [float("nan")]}, "its prediction sets has a 'quantiles' that is not a list of numbers"),
        ({"repeated": 51}, "its prediction sets repeat an impossible number of samples"),
        ({"repeated": 0.5}, "its prediction sets has a 'repeated' that is not a whole number"),
        ({"near": -1}, "its prediction sets repeat an impossible number of samples"),
        ({"near": 26, "repeated": 25}, "its prediction sets repeat an impossible number of samples"),
        ({"near": "1"}, "its prediction sets has a 'near' that is not a whole number"),
        ({"doubts": "order"}, "its prediction sets has a 'doubts' that is not a list of texts"),
        ({"doubts": ["weather"]}, "its prediction sets are doubted for no known reason"),
        ({"steered": "yes"}, "its prediction sets has a 'steered' that is not true or false"),
    ],
)
def test_what_a_file_says_is_checked(change, reason):
    stored = Sets(0.9, 50, (0.1,), True).to_json() | change
    with pytest.raises(UnfitError) as caught:
        Sets.from_json(stored, 1)
    assert str(caught.value) == reason
