"""Every metric on weights equals scikit-learn's (scipy's for Spearman) on the rows that the weights stand for.

Scikit-learn says 0 of a class that is not there, and warns: here that is unknown. Its means over classes take those that were observed or
predicted, as long as it is given class numbers.
"""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import metrics as reference

from biodl.tasks import measures

BINARY = [
    "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "precision_macro", "precision_weighted",
    "recall_macro", "recall_weighted", "f1_macro", "f1_weighted", "roc_auc", "average_precision", "mcc", "log_loss", "brier",
    "ece",
]  # fmt: skip
MULTICLASS = [
    "accuracy", "balanced_accuracy", "precision_macro", "precision_weighted", "recall_macro", "recall_weighted", "f1_macro",
    "f1_weighted", "specificity_macro", "roc_auc_macro", "average_precision_macro", "mcc", "log_loss", "brier",
    "ece",
]  # fmt: skip
MULTILABEL = [
    "exact_match", "hamming_loss", "precision_macro", "precision_weighted", "recall_macro", "recall_weighted", "f1_macro",
    "f1_weighted", "specificity_macro", "roc_auc_macro", "average_precision_macro", "log_loss", "brier",
    "ece",
]  # fmt: skip
NUMBERS = ["r2", "mae", "rmse", "spearman"]
CLASS_COLUMNS = ["support", "precision", "recall", "specificity", "f1", "roc_auc", "average_precision"]
SIZES = (2, 3, 8, 40)


def random_weights(random, samples):
    """Ones, and resamples in which many samples lack and some stand several times."""
    drawn = random.integers(0, 4, (3, samples)) * (random.random((3, samples)) < 0.7)
    drawn[np.arange(3), random.integers(0, samples, 3)] += 1
    return np.vstack([np.ones(samples, dtype=int), drawn])


def random_probabilities(random, truth):
    """Scores [samples, classes] that know something of ``truth``: without ties, with many, or certain."""
    scores = random.random(truth.shape) + 0.4 * truth + 0.01
    form = random.integers(0, 4)
    if form == 1:
        scores = scores.round(1) + 0.01
    if form == 2:
        scores = np.ones_like(scores)
    scores = scores / scores.sum(axis=1, keepdims=True)
    return (scores == scores.max(axis=1, keepdims=True)) * 0.9 + 0.05 if form == 3 else scores


def random_classes(random, classes):
    samples = random.choice(SIZES)
    y = random.integers(0, random.integers(1, classes + 1), samples)  # the last classes may be absent
    return y, random_probabilities(random, np.eye(classes)[y])


def random_labels(random):
    samples, labels = random.choice(SIZES), random.integers(2, 5)
    shares = random.random(labels) * random.integers(0, 4) / 2  # a label may be set nowhere, or everywhere, or no label at all
    y = (random.random((samples, labels)) < shares).astype("float32")
    scores = np.clip(0.3 * y + 0.7 * random.random(y.shape), 0.01, 0.99)
    return y, scores.round(1) if random.random() < 0.5 else scores


def random_numbers(random, shape):
    """Halves of whole numbers, often equal; or numbers that never are."""
    y = random.normal(size=shape)
    scores = y + random.normal(size=shape)
    if random.random() < 0.5:
        y, scores = (2 * y).round() / 2, (2 * scores).round() / 2
    form = random.integers(0, 6)
    return (y * 0 + 3 if form in (0, 1) else y), (y * 0 + 3 if form in (1, 2) else y if form == 3 else scores)


def in_silence(function, *arguments, **options):
    """What ``function`` returns, having warned of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return function(*arguments, **options)


def assert_equal_on_repeated_rows(found, expected, y, scores, weights):
    for number, times in enumerate(weights):
        rows = np.repeat(np.arange(len(y)), times)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn warns of what cannot be told; here it is the point
            wanted = expected(y[rows], scores[rows])
        for name, value in wanted.items():
            assert found[name].dtype == np.float64
            assert found[name].shape == (len(weights),)
            assert found[name][number] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), (name, times)
            lowest, highest = measures.range_of(name)
            assert math.isnan(value) or lowest - 1e-9 <= value <= highest + 1e-9, name


SCORERS = {"precision": reference.precision_score, "recall": reference.recall_score, "f1": reference.f1_score}


def averages(y, predicted):
    """Macro and weighted averages over class numbers [samples]."""
    return {
        f"{name}_{average}": scorer(y, predicted, average=average, zero_division=0)
        for name, scorer in SCORERS.items()
        for average in ("macro", "weighted")
    }


def averages_of_labels(truth, predicted):
    """The same of [samples, labels] of 0 and 1: means over the labels that were observed or predicted."""
    there = [code for code in range(truth.shape[1]) if truth[:, code].any() or predicted[:, code].any()]
    found = {}
    for name, scorer in SCORERS.items():
        each = [scorer(truth[:, code], predicted[:, code], zero_division=0) for code in there]
        found[f"{name}_macro"] = np.mean(each) if there else np.nan
        found[f"{name}_weighted"] = scorer(truth, predicted, average="weighted", zero_division=0) if truth.any() else np.nan
    return found


def if_any(scorer, truth, predicted):
    """A metric of the positive samples of ``truth``, [samples] of 0 and 1; NaN where there is none."""
    return scorer(truth, predicted, zero_division=0) if truth.any() else np.nan


def known_mean(values):
    return np.nan if np.isnan(values).all() else np.nanmean(values)


def ranked(scorer, truth, scores):
    """A metric of ranks; NaN where all samples are of one class."""
    return scorer(truth, scores) if 0 < truth.sum() < len(truth) else np.nan


def macros(truth, predicted, scores, asked):
    """Means over classes of what scikit-learn gives for each, those of ranks over the classes that occur; of specificity over ``asked``."""
    codes = range(truth.shape[1])
    return {
        "specificity_macro": known_mean([if_any(reference.recall_score, truth[:, code] == 0, predicted[:, code] == 0) for code in asked]),
        "roc_auc_macro": np.nanmean([ranked(reference.roc_auc_score, truth[:, code], scores[:, code]) for code in codes]),
        "average_precision_macro": np.nanmean(
            [ranked(reference.average_precision_score, truth[:, code], scores[:, code]) for code in codes]
        ),
    }


def plain_error(confidence, hits):
    """Expected calibration error in equal-mass bins, value by value, with exact fractions for ranks."""
    count = max(1, min(10, len(hits) // 20))
    sums = [0.0] * count
    for value in sorted(set(confidence)):
        alike = confidence == value
        middle = Fraction(int((confidence < value).sum())) + Fraction(int(alike.sum()), 2)
        sums[min(count - 1, math.floor(middle * count / len(hits)))] += float((confidence - hits)[alike].sum())
    return sum(map(abs, sums)) / len(hits)


def expected_classes(y, scores):
    codes = range(scores.shape[1])
    predicted = scores.argmax(axis=1)
    return {
        "accuracy": reference.accuracy_score(y, predicted),
        "balanced_accuracy": reference.balanced_accuracy_score(y, predicted),
        **averages(y, predicted),
        "mcc": reference.matthews_corrcoef(y, predicted) if len(set(y.tolist())) > 1 else np.nan,
        "log_loss": reference.log_loss(y, scores, labels=codes),
        "ece": plain_error(scores.max(axis=1), predicted == y),
    }


def expected_binary(y, scores):
    predicted, positive = scores.argmax(axis=1), scores[:, 1]
    return {
        **expected_classes(y, scores),
        **{name: if_any(scorer, y, predicted) for name, scorer in SCORERS.items()},
        "specificity": if_any(reference.recall_score, 1 - y, 1 - predicted),
        "roc_auc": ranked(reference.roc_auc_score, y, positive),
        "average_precision": ranked(reference.average_precision_score, y, positive),
        "brier": reference.brier_score_loss(y, positive, labels=[0, 1]),
    }


def expected_multiclass(y, scores):
    codes, predicted = range(scores.shape[1]), scores.argmax(axis=1)
    return {
        **expected_classes(y, scores),
        **macros(np.eye(len(codes))[y], np.eye(len(codes))[predicted], scores, sorted({*y.tolist(), *predicted.tolist()})),
        "brier": reference.brier_score_loss(y, scores, labels=codes, scale_by_half=False),
    }


def expected_labels(y, scores):
    predicted = (scores >= 0.5).astype(int)
    return {
        "exact_match": reference.accuracy_score(y, predicted),
        "hamming_loss": reference.hamming_loss(y, predicted),
        **averages_of_labels(y, predicted),
        **macros(y, predicted, scores, range(y.shape[1])),
        "log_loss": np.mean([reference.log_loss(y[:, code], scores[:, code], labels=[0, 1]) for code in range(y.shape[1])]),
        "brier": reference.mean_squared_error(y, scores),
        "ece": np.mean([plain_error(scores[:, code], y[:, code]) for code in range(y.shape[1])]),
    }


def expected_numbers(y, scores):
    pair = y.ravel(), scores.ravel()
    return {
        "r2": reference.r2_score(*pair),
        "mae": reference.mean_absolute_error(*pair),
        "rmse": reference.root_mean_squared_error(*pair),
        "spearman": spearmanr(*pair).statistic if len(pair[0]) > 1 else np.nan,
    }


@pytest.mark.parametrize("seed", range(40))
def test_binary(seed):
    random = np.random.default_rng(seed)
    y, scores = random_classes(random, 2)
    weights = random_weights(random, len(y))
    found = in_silence(measures.classes, y, scores, weights, binary=True)
    assert list(found) == BINARY
    assert set(expected_binary(np.array([0, 1]), np.eye(2))) == set(BINARY)
    assert_equal_on_repeated_rows(found, expected_binary, y, scores, weights)


@pytest.mark.parametrize("seed", range(40))
def test_multiclass(seed):
    random = np.random.default_rng(seed)
    y, scores = random_classes(random, random.integers(2, 6))  # a user may call two classes multiclass
    weights = random_weights(random, len(y))
    found = in_silence(measures.classes, y, scores, weights, binary=False)
    assert list(found) == MULTICLASS
    assert set(expected_multiclass(np.array([0, 1]), np.eye(2))) == set(MULTICLASS)
    assert_equal_on_repeated_rows(found, expected_multiclass, y, scores, weights)


@pytest.mark.parametrize("seed", range(40))
def test_multilabel(seed):
    random = np.random.default_rng(seed)
    y, scores = random_labels(random)
    weights = random_weights(random, len(y))
    found = in_silence(measures.labels, y, scores, weights)
    assert list(found) == MULTILABEL
    assert set(expected_labels(np.eye(2), np.eye(2))) == set(MULTILABEL)
    assert_equal_on_repeated_rows(found, expected_labels, y, scores, weights)


@pytest.mark.parametrize("seed", range(80))
def test_numbers(seed):
    random = np.random.default_rng(seed)
    samples = random.choice((1, *SIZES))
    y, scores = random_numbers(random, samples if seed % 2 else (samples, 3))
    weights = random_weights(random, samples)
    found = in_silence(measures.numbers, y, scores, weights)
    assert list(found) == list(expected_numbers(np.arange(3), np.arange(3))) == NUMBERS
    assert_equal_on_repeated_rows(found, expected_numbers, y, scores, weights)


def test_what_is_all_wrong_and_all_right_ends_the_range():
    """So that no range is wider than what a metric can be: but where nothing ends it."""
    y = np.array([0, 1, 2, 0, 1, 2])
    wrong, right = np.eye(3)[(y + 1) % 3], np.eye(3)[y]
    found = [in_silence(measures.classes, y, scores, np.ones((1, 6), dtype=int), binary=False) for scores in (wrong, right)]
    two = [measures.classes(y[y < 2], scores[y < 2, :2], np.ones((1, 4), dtype=int), binary=True) for scores in (1 - right, right)]
    both = [in_silence(measures.labels, right, scores, np.ones((1, 6), dtype=int)) for scores in (1 - right, right)]
    for name in (*MULTICLASS, *BINARY, *MULTILABEL):
        values = [float(each[name][0]) for pair in (found, two, both) for each in pair if name in each]
        reached = min(values), max(values)
        ends = measures.range_of(name)
        assert reached[0] == pytest.approx(ends[0], abs=1e-9) or name in (
            "roc_auc_macro",
            "average_precision_macro",
            "average_precision",
        ), name
        assert reached[1] == pytest.approx(ends[1], abs=1e-9) or ends[1] == math.inf, name


def test_what_lacks_a_class_does_not_lower_what_is_perfect():
    """Folds of one class each, as where every patient is of one class: nothing that a perfect network could be blamed for."""
    y = np.repeat([0, 1, 2], 4)
    each = (np.repeat(np.arange(3), 4) == np.arange(3)[:, None]).astype(int)  # a fold a class
    found = in_silence(measures.classes, y, np.eye(3)[y], each, binary=False)
    for name in ("f1_macro", "f1_weighted", "precision_macro", "recall_macro", "balanced_accuracy", "accuracy"):
        assert found[name].tolist() == [1, 1, 1], name
    for name in ("specificity_macro", "roc_auc_macro", "mcc"):
        assert np.isnan(found[name]).all(), name
    found = in_silence(measures.classes, y[:8], np.eye(2)[y[:8]], each[:2, :8], binary=True)
    for name in ("precision", "recall", "f1"):
        np.testing.assert_array_equal(found[name], [np.nan, 1], name)
    np.testing.assert_array_equal(found["specificity"], [1, np.nan])
    found = in_silence(measures.labels, np.eye(3)[y], np.eye(3)[y], each)
    for name in ("f1_macro", "precision_macro", "recall_macro", "specificity_macro"):
        assert found[name].tolist() == [1, 1, 1], name
    nothing = in_silence(measures.labels, np.zeros((4, 3)), np.zeros((4, 3)), np.ones((1, 4)))
    assert np.isnan([nothing[name][0] for name in ("f1_macro", "f1_weighted", "roc_auc_macro")]).all()
    assert nothing["specificity_macro"] == nothing["exact_match"] == 1


def test_a_class_that_is_said_but_never_there_lowers_the_mean():
    y, predicted = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    found = measures.classes(y, np.eye(4)[predicted], np.ones((1, 4)), binary=False)
    assert found["f1_macro"][0] == pytest.approx((1 + 2 / 3 + 0) / 3)  # of four classes, three were observed or predicted
    rows = measures.each_class(y, np.eye(4)[predicted])
    assert np.isnan([rows[code][name] for code in (2, 3) for name in ("precision", "recall", "f1")]).all()


def test_precision_is_zero_where_nothing_is_taken_for_what_is_there():
    found = measures.classes(np.array([0, 1]), np.eye(2)[[0, 0]], np.ones((1, 2)), binary=True)
    assert [found[name][0] for name in ("precision", "recall", "f1", "mcc")] == [0, 0, 0, 0]


def test_resamples_without_a_label_do_not_widen_an_interval_to_zero():
    """A label of one sample lacks in a third of resamples; a perfect network is perfect in all of them."""
    y = np.zeros((30, 2))
    y[:15, 0], y[0, 1] = 1, 1
    drawn = np.concatenate(list(measures.draws(np.zeros(30, dtype=int), 200, 1)))
    found = measures.labels(y, y, drawn)
    assert (drawn[:, 0] == 0).mean() > 0.25
    assert measures.interval(found["f1_macro"]) == (1, 1)


def test_truth_that_does_not_vary_is_told_without_rounding():
    y = np.array([0.1, 0.1, 0.1, 0.7])
    weights = np.array([[1, 1, 1, 0], [0, 2, 1, 0]])  # the mean of three times 0.1 is not 0.1
    found = measures.numbers(y, np.array([0.2, 0.1, 0.1, 0.7]), weights)
    assert found["r2"].tolist() == [0.0, 1.0]
    assert np.isnan(found["spearman"]).all()


def test_large_offset_costs_no_digits():
    random = np.random.default_rng(1)
    y = 1e6 + random.normal(size=30)
    scores, weights = y + random.normal(size=30), random_weights(random, 30)
    assert_equal_on_repeated_rows(measures.numbers(y, scores, weights), expected_numbers, y, scores, weights)


def test_rank_correlation_is_never_beyond_one():
    y = np.random.default_rng(2).normal(size=20)
    weights = next(measures.draws(np.zeros(20, dtype=int), 500, 1))
    assert measures.numbers(y, y**3, weights)["spearman"].max() == 1.0
    assert measures.numbers(y, -y, weights)["spearman"].min() == -1.0


def test_predictions_that_are_no_numbers_are_not_called_perfect():
    found = measures.numbers(np.array([1.0, 2.0, 3.0]), np.full(3, np.nan), np.ones((1, 3)))
    assert np.isnan([found[name][0] for name in ("r2", "mae", "rmse")]).all()


def test_ranks_equal_those_with_sample_weights():
    random = np.random.default_rng(3)
    y = random.integers(0, 3, 400)
    scores = (random.random((400, 3)) + 0.3 * np.eye(3)[y]).round(2)
    weights = random.integers(0, 5, (4, 400))
    found = measures.classes(y, scores, weights, binary=False, only=["roc_auc_macro", "average_precision_macro"])
    for name, scorer in (("roc_auc_macro", reference.roc_auc_score), ("average_precision_macro", reference.average_precision_score)):
        expected = [np.mean([scorer(y == code, scores[:, code], sample_weight=times) for code in range(3)]) for times in weights]
        np.testing.assert_allclose(found[name], expected, rtol=1e-9)


def assert_rows(rows, truth, predicted, scores, calibrated=False):
    assert len(rows) == truth.shape[1]
    for code, row in enumerate(rows):
        one, taken = truth[:, code], predicted[:, code]
        expected = {
            "support": one.sum(),
            **{name: if_any(scorer, one, taken) for name, scorer in SCORERS.items()},
            "specificity": if_any(reference.recall_score, one == 0, taken == 0),
            "roc_auc": ranked(reference.roc_auc_score, one, scores[:, code]),
            "average_precision": ranked(reference.average_precision_score, one, scores[:, code]),
        }
        if calibrated:
            expected |= {"brier": reference.brier_score_loss(one, scores[:, code]), "ece": plain_error(scores[:, code], one)}
        assert list(row) == [*CLASS_COLUMNS, *(["brier", "ece"] if calibrated else [])]
        assert isinstance(row["support"], int)
        assert all(type(row[name]) is float for name in CLASS_COLUMNS[1:])
        assert row == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(20))
def test_each_class_and_label(seed):
    random = np.random.default_rng(seed)
    y, scores = random_classes(random, 3)
    assert_rows(measures.each_class(y, scores), np.eye(3)[y], np.eye(3)[scores.argmax(axis=1)], scores)
    y, scores = random_labels(random)
    assert_rows(measures.each_label(y, scores), y, (scores >= 0.5).astype(int), scores, calibrated=True)


def test_only_some_are_computed(monkeypatch):
    random = np.random.default_rng(5)
    y, weights = random.integers(0, 2, 30), random.integers(0, 3, (5, 30))
    scores = random_probabilities(random, np.eye(2)[y])
    numbers = random.normal(size=30), random.normal(size=30), weights
    cases = (
        ("balanced_accuracy", lambda only: measures.classes(y, scores, weights, only, binary=True)),
        ("f1_macro", lambda only: measures.classes(y, scores, weights, only, binary=False)),
        ("f1_macro", lambda only: measures.labels(np.eye(2)[y], scores, weights, only)),
        ("r2", lambda only: measures.numbers(*numbers, only)),
    )
    everything = [compute(None)[name] for name, compute in cases]

    def refuse(*arguments):
        raise AssertionError("ranks cost most, and were not asked for")

    monkeypatch.setattr(measures, "_ranked", refuse)
    monkeypatch.setattr(measures, "_ranks", refuse)
    for (name, compute), values in zip(cases, everything, strict=True):
        found = compute([name])
        assert list(found) == [name]
        np.testing.assert_array_equal(found[name], values)


def test_single_precision_keeps_the_loss_finite():
    y = np.array([[1, 0], [0, 1]], dtype="float32")
    found = measures.labels(y, np.array([[1, 0], [1, 1]], dtype="float32"), np.ones((1, 2)))
    # three of four are right for sure; the fourth is surely wrong, which costs -log(1e-15)
    assert found["log_loss"][0] == pytest.approx(-np.log(1e-15) / 4, rel=1e-2)


@pytest.mark.parametrize("strata", [[0] * 9, [1, 0, 1, 1, 0, 0, 1, 2], [7, 3, 3, 9, 7, 3], [4, 4], [0]])
def test_draws_are_those_of_an_explicit_loop(strata):
    strata = np.array(strata)
    random = np.random.default_rng(11)
    expected = []
    for _ in range(10):
        rows = [random.choice(np.flatnonzero(strata == stratum), (strata == stratum).sum()) for stratum in sorted(set(strata.tolist()))]
        expected.append(np.sort(np.concatenate(rows)))
    for block, sizes in ((0, [10]), (1, [1] * 10), (4, [4, 4, 2]), (10, [10]), (99, [10])):
        blocks = list(measures.draws(strata, 10, 11, block))
        assert [len(weights) for weights in blocks] == sizes
        drawn = [np.repeat(np.arange(len(strata)), times) for times in np.concatenate(blocks)]
        np.testing.assert_array_equal(drawn, expected)


def test_draws_take_bounded_memory():
    assert next(measures.draws(np.zeros(2**18, dtype=int), 100, 1)).shape == (4, 2**18)
    assert next(measures.draws(np.zeros(2**20 + 1, dtype=int), 100, 1)).shape == (1, 2**20 + 1)


def test_interval():
    assert measures.interval(np.arange(101.0)) == (2.5, 97.5)
    assert measures.interval(np.array([np.nan, 0.5])) == (0.5, 0.5)
    assert np.isnan(measures.interval(np.array([np.nan, np.nan, 0.5]))).all()
    assert np.isnan(measures.interval(np.array([np.nan]))).all()
