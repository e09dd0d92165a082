"""Tests on two models, against known answers: closed forms, published numbers, and the definitions written out in full."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from biodl.evaluation.paired import by_bootstrap, by_few, delong, holm, mcnemar


def discordant(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """What two models have right, from the four cells of their table."""
    one = np.repeat([True, True, False, False], [both, first, second, neither])
    other = np.repeat([True, False, True, False], [both, first, second, neither])
    return one, other


@pytest.mark.parametrize(
    ("cells", "p"),
    [
        ((9959, 11, 1, 29), 0.00634765625),  # mlxtend's documentation, scenario A: 2 (1 + 12) / 2^12
        ((4, 2, 1, 3), 1.0),
        ((10, 0, 0, 3), 1.0),
        ((0, 5, 0, 0), 2 / 32),
    ],
)
def test_mcnemar(cells, p):
    found = mcnemar(*discordant(*cells))
    assert (found.first, found.second) == cells[1:3]
    assert found.p == pytest.approx(p, rel=1e-6)


def test_mcnemar_is_the_binomial_sum():
    for first, second in ((7, 3), (3, 7), (12, 2), (20, 20)):
        n, least = first + second, min(first, second)
        tail = sum(math.comb(n, k) for k in range(least + 1)) / 2**n
        assert mcnemar(*discordant(5, first, second, 5)).p == pytest.approx(min(1, 2 * tail))


def by_definition(positive, first, second):
    """DeLong 1988, pair by pair.

    What it is held against was also tried by hand on pROC's aSAH data (not ours to ship): wfns against s100b, areas 0.8236789 and
    0.7313686, p 0.02718, as pROC's documentation has it.
    """
    areas, wins, losses = [], [], []
    for scores in (first, second):
        above, below = scores[positive], scores[~positive]
        psi = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in below] for a in above])
        areas.append(psi.mean())
        wins.append(psi.mean(axis=1))
        losses.append(psi.mean(axis=0))
    covariance = np.cov(wins) / positive.sum() + np.cov(losses) / (~positive).sum()
    contrast = np.array([1, -1])
    z = (areas[0] - areas[1]) / np.sqrt(contrast @ covariance @ contrast)
    return areas, 2 * norm.sf(abs(z))


@pytest.mark.parametrize("ties", [False, True])
def test_delong_is_its_definition(ties):
    draw = np.random.default_rng(4)
    for size, share in ((12, 0.5), (40, 0.2), (101, 0.7)):
        positive = draw.random(size) < share
        positive[:4] = [True, True, False, False]
        first, second = (positive * strength + draw.normal(size=size) for strength in (1.5, 0.5))
        if ties:
            first, second = first.round(), second.round()
        areas, p = by_definition(positive, first, second)
        found = delong(positive, first, second)
        assert (found.first, found.second) == pytest.approx(tuple(areas))
        assert found.p == pytest.approx(p, rel=1e-9)
        mirrored = delong(positive, second, first)
        assert mirrored.p == pytest.approx(p, rel=1e-9)


def test_delong_has_the_areas_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(1)
    positive = draw.random(300) < 0.3
    scores = [(positive + draw.normal(size=300)).round(1) for _ in range(2)]
    found = delong(positive, *scores)
    assert (found.first, found.second) == pytest.approx(tuple(roc_auc_score(positive, item) for item in scores))


def test_delong_rejects_as_often_as_it_says():
    """Of 1,000 pairs of equally good models 5 in 100 are called different; two standard errors are 1.4."""
    draw = np.random.default_rng(3)
    positive = np.arange(160) % 2 == 0
    found = [
        delong(positive, signal + draw.normal(size=160), signal + draw.normal(size=160)).p < 0.05
        for signal in (positive + draw.normal(size=160) for _ in range(1000))
    ]
    assert 0.036 <= np.mean(found) <= 0.068


def test_delong_where_nothing_can_be_told():
    positive = np.array([True, False, False, False])
    assert math.isnan(delong(positive, np.arange(4.0), np.arange(4.0)[::-1]).p)  # one positive sample has no spread
    positive = np.array([True, True, False, False])
    same = np.array([0.9, 0.3, 0.5, 0.1])
    assert delong(positive, same, same).p == 1.0
    assert math.isnan(delong(positive, positive * 1.0, 1 - positive).p)  # perfect against reversed: no spread in either


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # statsmodels' multipletests(method="holm"), R's p.adjust
        ([0.0001, 0.9, 0.6], [0.0003, 1.0, 1.0]),
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([0.04], [0.04]),
        ([], []),
    ],
)
def test_holm(given, wanted):
    assert holm(given) == pytest.approx(wanted)


def test_holm_leaves_out_what_was_not_tested():
    found = holm([0.03, math.nan, 0.02])
    assert found[::2] == pytest.approx([0.04, 0.04])
    assert math.isnan(found[1])


def test_probability_by_the_bootstrap():
    assert by_bootstrap(np.array([1.0] * 999)) == pytest.approx(2 / 1000)
    assert by_bootstrap(np.array([1.0] * 95 + [-1.0] * 4)) == pytest.approx(10 / 100)
    assert by_bootstrap(np.array([-1.0] * 95 + [1.0] * 4)) == pytest.approx(10 / 100)
    assert by_bootstrap(np.zeros(10)) == 1.0
    assert math.isnan(by_bootstrap(np.array([math.nan] * 6 + [1.0] * 5)))
    assert by_bootstrap(np.array([math.nan] * 3 + [1.0] * 9)) == pytest.approx(0.2)


def test_of_few_resamples_the_tail_is_that_of_a_normal_distribution():
    draw = np.random.default_rng(1)
    far, near = draw.normal(0.1, 0.02, 500), draw.normal(0.02, 0.02, 500)
    assert by_bootstrap(far) == pytest.approx(2 / 501)  # no smaller one can be counted
    assert by_few(far, 0.1) == pytest.approx(2 * norm.sf(0.1 / np.std(far, ddof=1)))
    assert by_few(-far, -0.1) == by_few(far, 0.1)
    assert by_few(near, 0.02) == by_bootstrap(near)  # what can be counted is counted
    assert by_few(np.zeros(500), 0.0) == 1.0
    assert by_few(np.full(500, 0.1), 0.1) == by_bootstrap(np.full(500, 0.1))
    assert math.isnan(by_few(np.full(500, np.nan), 0.1))


def test_the_normal_tail_is_that_of_very_many_resamples():
    """Where both can tell, as a t test on the same numbers has it."""
    draw = np.random.default_rng(2)
    apart = draw.normal(0.3, 1.0, 150)
    means = np.array([apart[draw.integers(0, 150, 150)].mean() for _ in range(40_000)])
    wanted = by_bootstrap(means)
    assert wanted < 0.01
    assert by_few(means[:300], float(apart.mean())) == pytest.approx(wanted, rel=0.5)
    assert by_few(means[:300], float(apart.mean())) == pytest.approx(2 * norm.sf(apart.mean() / (apart.std() / 150**0.5)), rel=0.5)
