"""Permutation importance and partial dependence beside scikit-learn's on a wrapped model."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, rankdata, spearmanr
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.metrics import balanced_accuracy_score

from biodl.data.kind import Files
from biodl.explanation.attribution import Subject
from biodl.explanation.budget import Budget
from biodl.explanation.importance import beside_random, columns_of, importances
from biodl.explanation.likewise import LEAST_PARTS
from biodl.explanation.partial import dependence, grid_of
from biodl.explanation.randomised import cascade, lent
from biodl.explanation.twins import groups_of_twins, likenesses, rank_correlations
from biodl.networks.opened import open_network
from conftest import DATA


@pytest.fixture(scope="module")
def cancer():
    """A network, its subject, raw inputs of held-out samples and their coded targets."""
    opened = open_network(str(DATA / "breast_cancer.keras"))
    data = opened.kind.read_for(Files(str(DATA / "breast_cancer_test.tsv")), opened.encoding, opened.task)
    return Subject.of(opened), opened.encoding.raw(data), opened.task.encode(data.target, data.where)


class Wrapped:
    """The network as scikit-learn sees it, on the table as it stands."""

    _estimator_type = "classifier"

    def __init__(self, subject):
        self.subject, self.classes_, self.is_fitted_ = subject, np.array([0, 1]), True

    def __sklearn_tags__(self):
        from sklearn.base import BaseEstimator, ClassifierMixin

        class Plain(ClassifierMixin, BaseEstimator):
            pass

        return Plain().__sklearn_tags__()

    def fit(self, x, y):
        return self

    def predict_proba(self, x):
        return self.subject.opened.scores(self.subject.model, {"numeric": np.asarray(x, dtype="float32")}, "x")

    def predict(self, x):
        return self.predict_proba(x).argmax(axis=1)


def test_importance_is_that_of_scikit_learn(cancer):
    subject, raw, y = cancer
    columns = columns_of(subject.opened.encoding.inputs, raw)[:8]
    found = importances(subject, raw, y, [[column] for column in columns], 7, Budget(60), repeats=4)
    score = lambda model, x, y: balanced_accuracy_score(y, model.predict(x))  # noqa: E731
    wanted = permutation_importance(Wrapped(subject), raw["numeric"], y, scoring=score, n_repeats=4, random_state=7)
    assert [item.name for item in found] == subject.opened.encoding.inputs["numeric"][:8]
    np.testing.assert_allclose([item.drops for item in found], wanted.importances[:8], rtol=0, atol=1e-12)
    np.testing.assert_allclose([item.mean for item in found], wanted.importances_mean[:8], rtol=0, atol=1e-12)
    low, high = found[0].interval
    assert (low + high) / 2 == pytest.approx(found[0].mean)


def test_a_group_is_shuffled_as_one(cancer):
    subject, raw, y = cancer
    columns = columns_of(subject.opened.encoding.inputs, raw)
    group = [columns[20], columns[0], columns[3]]
    (found,) = importances(subject, raw, y, [group], 3, Budget(60), repeats=3)

    class Gathered(Wrapped):
        def predict_proba(self, x):
            changed = raw["numeric"].copy()
            changed[:, [20, 0, 3]] = raw["numeric"][x[:, 0]][:, [20, 0, 3]]
            return super().predict_proba(changed)

    score = lambda model, x, y: balanced_accuracy_score(y, model.predict(x))  # noqa: E731
    rows = np.arange(len(y))[:, None]
    wanted = permutation_importance(Gathered(subject), rows, y, scoring=score, n_repeats=3, random_state=3)
    np.testing.assert_allclose(found.drops, wanted.importances[0], rtol=0, atol=1e-12)
    assert found.name == f"{columns[20].name} and 2 like it"


def test_importance_is_compared_with_that_of_the_same_shuffles_on_networks_at_random(cancer):
    """Beside scipy's rank correlation with the importance of each such network, asked by itself; the trained one is as before."""
    subject, raw, y = cancer
    groups = [[column] for column in columns_of(subject.opened.encoding.inputs, raw)[18:27]]
    found, before = importances(subject, raw, y, groups, 5, Budget(60)), subject.model.get_weights()
    alike = beside_random(subject, raw, y, found, 5, 2, Budget(60), 1.0)
    for new, old in zip(subject.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)
    mine = [item.drops[:3].mean() for item in found]
    with lent(subject) as trained:
        for network in (0, 1):
            *_, _last = cascade(subject, trained, 5 + network)
            theirs = [item.mean for item in importances(subject, raw, y, groups, 5, Budget(60), repeats=3)]
            assert alike[network] == pytest.approx(spearmanr(mine, theirs).statistic)
    assert alike[0] != alike[1]
    seconds = iter([0, 0, *[1] * (1 + len(groups)), *[100] * 99])
    assert len(beside_random(subject, raw, y, found, 5, 2, Budget(1, clock=lambda: next(seconds)), 1.0)) < 2
    few = beside_random(subject, raw, y, found[: LEAST_PARTS - 1], 5, 1, Budget(60), 1.0)
    assert np.isnan(few).all()  # four groups have no rank correlation


def test_what_the_minutes_do_not_suffice_for_is_told(cancer):
    subject, raw, y = cancer
    columns = columns_of(subject.opened.encoding.inputs, raw)
    seconds = iter([0, 0, 1000])
    budget = Budget(1, clock=lambda: next(seconds))
    found = importances(subject, raw, y, [[column] for column in columns], 1, budget, repeats=2)
    assert len(found) == 1
    assert budget.left_out == ["29 of 30 groups of columns were not shuffled: the minutes were spent."]


def test_partial_dependence_is_that_of_scikit_learn(cancer):
    subject, raw, _ = cancer
    column = columns_of(subject.opened.encoding.inputs, raw)[21]
    grid = np.array([10.0, 20.0, 30.0])
    found = dependence(subject, raw, column, grid)
    wanted = partial_dependence(
        Wrapped(subject),
        raw["numeric"].astype("float64"),
        [21],
        kind="both",
        custom_values={21: grid},
        response_method="predict_proba",
        method="brute",
    )
    np.testing.assert_allclose(found.curves[:, :, 1], wanted["individual"][0], atol=1e-6)
    np.testing.assert_allclose(found.mean[:, 1], wanted["average"][0], atol=1e-6)
    np.testing.assert_allclose(found.reach[1], np.ptp(wanted["average"][0]), atol=1e-6)


def test_grids():
    np.testing.assert_array_equal(grid_of(np.array([3, 1, np.nan, 1], dtype="float32")), [1, 3])
    many = np.arange(1000, dtype="float32")
    np.testing.assert_allclose(grid_of(many)[[0, -1]], np.quantile(many, [0.05, 0.95]))
    assert grid_of(np.array(["b", "a", "b", ""], dtype=object)).tolist() == ["", "a", "b"]


def test_rank_correlations_are_those_of_scipy():
    draw = np.random.default_rng(1)
    columns = draw.normal(size=(40, 4))
    columns[:, 3] = columns[:, 0] ** 3 + 0.01 * columns[:, 1]
    np.testing.assert_allclose(rank_correlations(columns), spearmanr(columns).statistic, atol=1e-12)


def test_twins_are_found_and_constants_stand_alone():
    draw = np.random.default_rng(2)
    columns = draw.normal(size=(60, 5))
    columns[:, 2] = -np.exp(columns[:, 0])  # a twin by rank, turned round
    columns[:, 4] = 1
    assert groups_of_twins(columns) == [[0, 2], [1], [3], [4]]
    assert groups_of_twins(np.array([["nan"] * 2] * 5, dtype=float)) == [[0], [1]]


def test_twins_among_categories_are_found_whatever_their_alphabet():
    draw = np.random.default_rng(4)
    tissue = draw.integers(0, 3, 300)
    number = tissue + draw.normal(0, 0.05, 300)
    columns = np.stack([tissue, np.array([0, 2, 1])[tissue], draw.integers(0, 3, 300), number, np.arange(300)], axis=1).astype(float)
    assert abs(rank_correlations(columns)[0, 1]) < 0.7  # by the alphabet they are no twins
    assert groups_of_twins(columns, np.array([True, True, True, False, True])) == [[0, 1, 3], [2], [4]]


def test_cramers_v_and_correlation_ratio_have_no_part_that_chance_brings():
    draw = np.random.default_rng(5)
    one, other = draw.integers(0, 4, 200), draw.integers(0, 3, 200)
    other[:120] = one[:120] % 3
    found = likenesses(np.stack([one, other], axis=1).astype(float), np.array([True, True]))[0, 1]
    squared = chi2_contingency(pd.crosstab(one, other), correction=False).statistic / 200
    rows, columns = 4 - 9 / 199, 3 - 4 / 199
    assert found == pytest.approx(np.sqrt((squared - 6 / 199) / (min(rows, columns) - 1)))
    numbers = draw.normal(size=200)
    ratio = likenesses(np.stack([one, numbers], axis=1), np.array([True, False]))[0, 1]
    ranks = rankdata(numbers)
    within = sum(((ranks[one == code] - ranks[one == code].mean()) ** 2).sum() for code in range(4))
    expected = 1 - within / ((ranks - ranks.mean()) ** 2).sum() * 199 / 196
    assert ratio == pytest.approx(np.sqrt(max(0, expected)))
    few = draw.integers(0, 12, (20, 2)).astype(float)  # by chance alone Cramér's V is above 0.7
    assert likenesses(few, np.array([True, True]))[0, 1] < 0.6


def test_one_column_is_nothing_to_compare():
    assert columns_of({"text": ["sequence"]}, {"text": np.array([["ACGT"]], dtype=object)}) == []
    found = columns_of({"series": ["a", "b"]}, {"series": np.zeros((4, 3, 2), dtype="float32")})
    assert [(column.place, column.name) for column in found] == [(0, "a"), (1, "b")]
