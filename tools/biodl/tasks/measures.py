"""Metrics of predictions on many bootstrap resamples at once.

A resample is a row of *weights*: how often each sample stands in it. Every metric is a sum of weights, or is found from such sums, so
that a thousand resamples cost a few matrix products and one sort, and the value itself is the case of one row of ones. Each metric
equals scikit-learn's (scipy's for Spearman) on the rows that the weights stand for; but where these hold no sample of a class, what asks
for such samples is unknown (NaN), and not 0. Means over classes are over those that were observed or predicted.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LEVEL = 95
"""Confidence level of intervals, percent."""
CALLED = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "precision": "Precision",
    "recall": "Recall (sensitivity)",
    "specificity": "Specificity",
    "f1": "F1",
    "precision_macro": "Precision, mean over classes",
    "precision_weighted": "Precision, weighted by class size",
    "recall_macro": "Recall, mean over classes",
    "recall_weighted": "Recall, weighted by class size",
    "f1_macro": "F1, mean over classes",
    "f1_weighted": "F1, weighted by class size",
    "specificity_macro": "Specificity, mean over classes",
    "roc_auc": "Area under the ROC curve",
    "roc_auc_macro": "Area under the ROC curve, mean over classes",
    "average_precision": "Average precision",
    "average_precision_macro": "Average precision, mean over classes",
    "mcc": "Matthews correlation",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "ece": "Expected calibration error",
    "exact_match": "Share with all labels right",
    "hamming_loss": "Share of wrong labels (Hamming loss)",
    "r2": "R²",
    "mae": "Mean absolute error (unit of the target)",
    "rmse": "Root mean squared error (unit of the target)",
    "spearman": "Rank correlation (Spearman)",
}
"""What people call each metric."""
SHORT = {
    "f1_macro": "macro F1",
    "r2": "R²",
    "mae": "mean absolute error",
    "ece": "calibration error",
    "exact_match": "share with all labels right",
}
"""The same inside a sentence, where it is not the name with blanks."""
LOWER_IS_BETTER = {"log_loss", "brier", "ece", "mae", "rmse", "hamming_loss"}
_RANGES = {
    **dict.fromkeys(("log_loss", "mae", "rmse"), (0.0, math.inf)),
    "brier": (0.0, 2.0),
    **dict.fromkeys(("mcc", "spearman"), (-1.0, 1.0)),
    "r2": (-math.inf, 1.0),
}
"""Lowest and highest value of metrics that are no share of something."""
_CELLS = 2**20
"""Weights in one block of resamples: 8 MB, of which a metric holds a handful at a time."""
_BINS, _IN_BIN = 10, 20
"""Bins of a calibration error, and the fewest samples in one."""


def called(metric: str) -> str:
    """What people call a metric, as a heading."""
    return CALLED.get(metric, metric.replace("_", " ").capitalize())


def in_a_sentence(metric: str) -> str:
    """What people call a metric, inside a sentence."""
    return SHORT.get(metric, metric.replace("_", " "))


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better."""
    return metric not in LOWER_IS_BETTER


def range_of(metric: str) -> tuple[float, float]:
    """The lowest and the highest value that a metric can have."""
    return _RANGES.get(metric, (0.0, 1.0))


def towards(metric: str) -> str:
    """Which way a metric is better, beside an axis."""
    return "higher is better" if higher_is_better(metric) else "lower is better"


def best_named(values: Mapping[str, float]) -> str:
    """The name with the highest value that is known; nothing if there is none."""
    return max((name for name, value in values.items() if value == value), key=lambda name: values[name], default="")


def most_mistakes(samples: int) -> float:
    """The largest share of mistakes that fits ``samples`` without any, as Clopper and Pearson have it; resamples of these hold none."""
    return 1 - ((100 - LEVEL) / 200) ** (1 / samples)


def share_interval(hits: int, samples: int) -> tuple[float, float]:
    """Confidence interval of a share (Clopper and Pearson 1934)."""
    from scipy.stats import binomtest

    found = binomtest(hits, samples).proportion_ci(LEVEL / 100)
    return float(found.low), float(found.high)


def classes(
    y: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray,
    only: Iterable[str] | None = None,
    *,
    binary: bool,
    predicted: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Metrics of predictions where each sample has one class.

    Args:
        y: int [samples], class numbers.
        scores: float [samples, classes], probabilities, none NaN.
        weights: whole numbers [resamples, samples], how often each sample stands in each resample; no row is all 0.
        only: names of the metrics to compute, all if not given.
        binary: whether the second of two classes is the positive one, whose own metrics are wanted.
        predicted: int [samples], class numbers; those of the highest probabilities if not given.

    Returns:
        float64 [resamples] by name; NaN where a resample cannot tell.
    """
    import numpy as np

    found = _classified(y, scores, weights, predicted)
    truth, scores = found.truth, found.scores
    names: dict[str, Callable[[], np.ndarray]] = {
        "accuracy": lambda: found.hits.sum(axis=0) / found.size,
        "balanced_accuracy": lambda: _known_mean(found.recall),
    }
    if binary:
        names |= {
            "precision": lambda: found.precision[1],
            "recall": lambda: found.recall[1],
            "specificity": lambda: found.specificity[1],
            "f1": lambda: found.f1[1],
        }
    names |= _averages(found)
    if binary:
        names |= {"roc_auc": lambda: found.ranked[0, 1], "average_precision": lambda: found.ranked[1, 1]}
    else:
        names |= _averages_of_ranks(found)
        # as for F1: a class that nobody saw or said is rejected rightly by everyone
        names["specificity_macro"] = lambda: _known_mean(np.where(found.present, found.specificity, np.nan))
    squares = (scores - truth) ** 2
    certain = (scores.clip(1e-15, 1 - 1e-15) * truth).sum(axis=1)
    names |= {
        "mcc": lambda: _mcc(found),
        "log_loss": lambda: found.mean(-np.log(certain)),
        "brier": lambda: found.mean(squares[:, 1] if binary else squares.sum(axis=1)),
        "ece": lambda: calibration_error(scores.max(axis=1), scores.argmax(axis=1) == y, weights),
    }
    return _chosen(names, only)


def labels(y: np.ndarray, scores: np.ndarray, weights: np.ndarray, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Metrics of predictions where each sample has any number of labels.

    Args:
        y: [samples, labels] of 0 and 1.
        scores: float [samples, labels], probabilities, none NaN; a label is predicted at 0.5 or more.
        weights, only: as in :func:`classes`, which says what is returned.
    """
    import numpy as np

    found = _labelled(y, scores, weights)
    truth, scores = found.truth, found.scores
    right = truth == found.predicted
    safe = scores.clip(1e-15, 1 - 1e-15)
    return _chosen(
        {
            "exact_match": lambda: found.mean(right.all(axis=1)),
            "hamming_loss": lambda: found.mean((~right).mean(axis=1)),
            **_averages(found),
            **_averages_of_ranks(found),
            "log_loss": lambda: found.mean(-(truth * np.log(safe) + (1 - truth) * np.log(1 - safe)).mean(axis=1)),
            "brier": lambda: found.mean(((scores - truth) ** 2).mean(axis=1)),
            "ece": lambda: np.mean([calibration_error(*pair, weights) for pair in zip(scores.T, truth.T, strict=True)], axis=0),
        },
        only,
    )


def numbers(y: np.ndarray, scores: np.ndarray, weights: np.ndarray, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Metrics of predicted numbers.

    Args:
        y, scores: float [samples], or [samples, steps], none NaN; then each step of a sample counts as often as the
            sample, and memory grows with the steps: give fewer resamples at a time.
        weights, only: as in :func:`classes`, which says what is returned.
    """
    import numpy as np

    steps = y[0].size
    y, scores = y.ravel().astype("float64"), scores.ravel().astype("float64")
    times = np.repeat(_upright(weights), steps, axis=0)
    size = times.sum(axis=0)
    errors = y - scores
    return _chosen(
        {
            "r2": lambda: _r2(y, errors**2 @ times, times, size),
            "mae": lambda: np.abs(errors) @ times / size,
            "rmse": lambda: np.sqrt(errors**2 @ times / size),
            "spearman": lambda: _spearman(y, scores, times, size),
        },
        only,
    )


def each_class(y: np.ndarray, scores: np.ndarray, predicted: np.ndarray | None = None) -> list[dict[str, float]]:
    """One row a class: support, precision, recall, specificity, F1, ROC AUC, average precision; arguments as in :func:`classes`."""
    import numpy as np

    return _each(_classified(y, scores, np.ones((1, len(y))), predicted))


def each_label(y: np.ndarray, scores: np.ndarray) -> list[dict[str, float]]:
    """One row a label, with the columns of :func:`each_class`, Brier score and calibration error; arguments as in :func:`labels`."""
    import numpy as np

    once = np.ones((1, len(y)))
    rows = _each(_labelled(y, scores, once))
    return [
        row | {"brier": float(((score - truth) ** 2).mean()), "ece": float(calibration_error(score, truth, once)[0])}
        for row, score, truth in zip(rows, scores.T, y.T, strict=True)
    ]


def calibration_error(confidence: np.ndarray, hits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Expected calibration error: mean distance of confidence and share of hits in bins of equally many samples, those of equal
    confidence in one (equal-mass bins; Naeini et al. 2015, Nixon et al. 2019).

    A resample of n samples has min(10, n // 20) bins, at least one; a sample is in bin [k m / n] of k, where m is its rank (that in the
    middle, of equal ones).

    Args:
        confidence: float [samples], probabilities.
        hits: [samples], 1 where what was predicted came true, else 0.
        weights: as in :func:`classes`.

    Returns:
        float64 [resamples], from 0 to 1.
    """
    import numpy as np

    order, starts, place, times = _in_bins(confidence, weights)
    gaps = _runs((confidence - hits)[order][:, None] * times, starts)
    resamples = times.shape[1]
    sums = np.bincount((place + _BINS * np.arange(resamples)).ravel(), gaps.ravel(), minlength=_BINS * resamples)
    return np.abs(sums).reshape(resamples, _BINS).sum(axis=1) / times.sum(axis=0)


def calibration_bins(confidence: np.ndarray) -> list[np.ndarray]:
    """Positions of the samples in each bin of :func:`calibration_error`, from the least sure to the surest."""
    import numpy as np

    order, starts, place, _ = _in_bins(confidence, np.ones((1, len(confidence))))
    sizes = np.diff([*starts, len(confidence)])
    bins = np.repeat(place[:, 0], sizes)
    return [np.sort(order[bins == bin_]) for bin_ in np.unique(bins)]


def _in_bins(confidence: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Order of samples by confidence, where runs of equal ones start, the bin of each run [runs, resamples], and the weights in order."""
    import numpy as np

    order = np.argsort(confidence, kind="stable")
    starts = _starts(confidence[order])
    times = _upright(weights)[order]
    entering = _runs(times, starts)
    above = entering.cumsum(axis=0)
    total = above[-1]
    count = (total // _IN_BIN).clip(1, _BINS)
    place = ((2 * above - entering) * count // (2 * total)).clip(max=count - 1)  # whole numbers: nothing is rounded
    return order, starts, place.astype(int), times


def draws(strata: np.ndarray, count: int, seed: int, block: int = 0) -> Iterator[np.ndarray]:
    """Bootstrap resamples: samples drawn with replacement, within each stratum so that none disappears.

    Args:
        strata: int [samples].
        count: number of resamples.
        seed: the same seed gives the same resamples again.
        block: resamples to give at a time; as many as memory likes if 0.

    Yields:
        int64 [up to ``block``, samples]: how often each sample was drawn.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    size = len(strata)
    rows = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    block = block or max(1, _CELLS // size)
    for start in range(0, count, block):
        drawn = (np.concatenate([random.choice(members, len(members)) for members in rows]) for _ in range(min(block, count - start)))
        yield np.stack([np.bincount(chosen, minlength=size) for chosen in drawn])


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of a mean, by Student's t; NaN for fewer than two values."""
    import numpy as np
    from scipy.stats import t

    if len(values) < 2:
        return float("nan"), float("nan")
    half = float(t.ppf(0.5 + LEVEL / 200, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half


def interval(values: np.ndarray) -> tuple[float, float]:
    """Percentile interval of bootstrap values; NaN when most resamples could not tell."""
    import numpy as np

    known = values[~np.isnan(values)]
    if len(known) < len(values) / 2 or not len(known):
        return float("nan"), float("nan")
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


class _Classified:
    """What metrics of classes are made of, each found when it is first asked for: float64 [classes, resamples].

    Attributes:
        truth, predicted: float64 [samples, classes] of 0 and 1.
        scores: float64 [samples, classes].
        size: samples of each resample.
    """

    def __init__(self, truth: np.ndarray, predicted: np.ndarray, scores: np.ndarray, weights: np.ndarray):
        self.truth, self.predicted, self.scores = (item.astype("float64") for item in (truth, predicted, scores))
        self._times = _upright(weights)
        self.size = self._times.sum(axis=0)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """[resamples]: the mean of a value [samples] that each sample has."""
        return values @ self._times / self.size

    @functools.cached_property
    def support(self) -> np.ndarray:
        return self.truth.T @ self._times

    @functools.cached_property
    def taken(self) -> np.ndarray:
        """Samples taken for each class."""
        return self.predicted.T @ self._times

    @functools.cached_property
    def hits(self) -> np.ndarray:
        """Samples rightly taken for each class."""
        return (self.truth * self.predicted).T @ self._times

    @property
    def present(self) -> np.ndarray:
        """bool: whether a class was observed or predicted."""
        return self.support + self.taken > 0

    @property
    def precision(self) -> np.ndarray:
        """0 where a class is there that nothing is taken for; NaN where it is not there, as for recall and F1."""
        return _share(self.hits, self.taken, self.support)

    @property
    def recall(self) -> np.ndarray:
        return _share(self.hits, self.support, self.support)

    @property
    def specificity(self) -> np.ndarray:
        """Of the samples not of a class, the share not taken for it; NaN where there is none."""
        others = self.size - self.support
        return _share(others - (self.taken - self.hits), others, others)

    @property
    def f1(self) -> np.ndarray:
        return _share(2 * self.hits, self.support + self.taken, self.support)

    @functools.cached_property
    def ranked(self) -> np.ndarray:
        """[2, classes, resamples]: ROC AUC and average precision of each class against the rest; NaN where it, or the rest, is absent."""
        import numpy as np

        columns = range(self.truth.shape[1])
        return np.stack([_ranked(self.truth[:, code], self.scores[:, code], self._times) for code in columns], axis=1)


def _classified(y: np.ndarray, scores: np.ndarray, weights: np.ndarray, predicted: np.ndarray | None) -> _Classified:
    import numpy as np

    one = np.eye(scores.shape[1])
    return _Classified(one[y], one[scores.argmax(axis=1) if predicted is None else predicted], scores, weights)


def _labelled(y: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> _Classified:
    return _Classified(y, scores >= 0.5, scores, weights)


def _upright(weights: np.ndarray) -> np.ndarray:
    """Weights as float64 [samples, resamples]: sums over samples then run along whole rows, several times as fast."""
    import numpy as np

    return np.ascontiguousarray(weights.T, dtype="float64")


def _share(part: np.ndarray, whole: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Counts as shares, 0 of nothing being 0; NaN where there is none of the samples that are ``asked`` for, a count too."""
    import numpy as np

    return np.where(asked > 0, part / whole.clip(min=1), np.nan)


def _chosen(names: dict[str, Callable[[], np.ndarray]], only: Iterable[str] | None) -> dict[str, np.ndarray]:
    return {name: names[name]() for name in (names if only is None else only)}


def _averages(found: _Classified) -> dict[str, Callable[[], np.ndarray]]:
    """Precision, recall and F1, as the mean over classes and weighted by how frequent each is."""
    return {
        f"{name}_{average}": functools.partial(mean, found, name)
        for name in ("precision", "recall", "f1")
        for average, mean in (("macro", _macro), ("weighted", _weighted))
    }


def _macro(found: _Classified, name: str) -> np.ndarray:
    """The mean over classes that are present, to which one that was predicted, but never observed, adds 0."""
    return _per(found.present.sum(axis=0), getattr(found, name))


def _weighted(found: _Classified, name: str) -> np.ndarray:
    return _per(found.support.sum(axis=0), getattr(found, name) * found.support)


def _per(total: np.ndarray, values: np.ndarray) -> np.ndarray:
    """[resamples]: the sum over classes of what is known, per ``total``; NaN per nothing."""
    import numpy as np

    return np.nansum(values, axis=0) / np.where(total > 0, total, np.nan)


def _averages_of_ranks(found: _Classified) -> dict[str, Callable[[], np.ndarray]]:
    """Means over the classes that occur, so that one absent class does not hide the others."""
    return {
        "specificity_macro": lambda: _known_mean(found.specificity),
        "roc_auc_macro": lambda: _known_mean(found.ranked[0]),
        "average_precision_macro": lambda: _known_mean(found.ranked[1]),
    }


def _known_mean(values: np.ndarray) -> np.ndarray:
    """[resamples]: the mean over classes of what is not NaN."""
    import numpy as np

    return _per((~np.isnan(values)).sum(axis=0), values)


def _mcc(found: _Classified) -> np.ndarray:
    """Matthews' correlation coefficient; 0 where all samples are taken for one class, NaN where all are of one."""
    import numpy as np

    covariance = found.hits.sum(axis=0) * found.size - (found.support * found.taken).sum(axis=0)
    varied, spread = (found.size**2 - (counts**2).sum(axis=0) for counts in (found.support, found.taken))
    both = varied * spread
    known = covariance / np.sqrt(np.where(both > 0, both, 1))  # the covariance is 0, too, where the spread is
    return np.where(varied > 0, known, np.nan)


def _each(found: _Classified) -> list[dict[str, float]]:
    columns = {name: getattr(found, name)[:, 0] for name in ("precision", "recall", "specificity", "f1")}
    columns |= dict(zip(("roc_auc", "average_precision"), found.ranked[:, :, 0], strict=True))
    return [
        {"support": int(support), **{name: float(values[code]) for name, values in columns.items()}}
        for code, support in enumerate(found.support[:, 0])
    ]


def _ranked(truth: np.ndarray, scores: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ROC AUC and average precision [resamples], by going through the scores from the highest to the lowest.

    Args:
        truth: [samples] of 0 and 1.
        scores: [samples]; equal ones enter together.
        times: float64 [samples, resamples].
    """
    import numpy as np

    if not truth.any():
        return (np.full(times.shape[1], np.nan),) * 2
    order = np.argsort(-scores, kind="stable")
    starts = _starts(scores[order])
    times, found = times[order], np.flatnonzero(truth[order])
    entering = _runs(times, starts)
    above = entering.cumsum(axis=0)
    total = above[-1]
    # runs of equal scores without a positive add nothing to either metric
    run = np.searchsorted(starts, found, side="right") - 1
    positive = _runs(times[found], _starts(run))
    held = np.unique(run)
    entering, above, caught = entering[held], above[held], positive.cumsum(axis=0)
    positives = caught[-1]
    negatives = total - positives
    # a positive wins against the negatives below it, and half against those beside it (Mann-Whitney)
    beaten = negatives - (above - caught) + (entering - positive) / 2
    pairs = np.where(positives * negatives > 0, positives * negatives, np.nan)
    area = np.einsum("ij,ij->j", positive, beaten) / pairs
    average = np.einsum("ij,ij->j", positive, caught / above.clip(min=1)) / (pairs / negatives)
    return area, average


def _starts(values: np.ndarray) -> np.ndarray:
    """Where each run of equal values begins in sorted ``values`` [samples]."""
    import numpy as np

    return np.flatnonzero(np.r_[True, values[1:] != values[:-1]])


def _runs(times: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """[runs, resamples]: sums over the runs of rows that begin at ``starts``."""
    import numpy as np

    return times if len(starts) == len(times) else np.add.reduceat(times, starts, axis=0)


def _r2(y: np.ndarray, squares: np.ndarray, times: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Coefficient of determination: 1 for no error at all, else 0 where the truth does not vary, NaN for a single sample."""
    import numpy as np

    first = y[(times > 0).argmax(axis=0)]  # measured from a drawn value, a truth that does not vary is 0 without rounding
    away = y[:, None] - first
    away -= np.einsum("ij,ij->j", away, times) / size
    spread = np.einsum("ij,ij,ij->j", away, away, times)
    found = np.where(spread > 0, 1 - squares / np.where(spread > 0, spread, 1), 0.0)
    return np.where(size < 2, np.nan, np.where(squares == 0, 1.0, found))


def _spearman(y: np.ndarray, scores: np.ndarray, times: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Rank correlation, equal values sharing the mean of their ranks; NaN where the truth or the scores do not vary."""
    import numpy as np

    # ranks less their mean are halves of whole numbers: their sums are exact, and 0 where nothing varies
    a, b = (_ranks(values, times) - (size + 1) / 2 for values in (y, scores))
    one, two, both = (np.einsum("ij,ij,ij->j", *pair, times) for pair in ((a, a), (b, b), (a, b)))
    spread = np.sqrt(one) * np.sqrt(two)
    return (both / np.where(spread > 0, spread, np.nan)).clip(-1, 1)


def _ranks(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Float64 [samples, resamples]: the rank of each sample in each resample, from 1."""
    import numpy as np

    order = np.argsort(values, kind="stable")
    starts = _starts(values[order])
    runs = _runs(times[order], starts)
    middle = runs.cumsum(axis=0) - (runs - 1) / 2
    run = np.empty(len(values), dtype=int)
    run[order] = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(values)]))
    return middle[run]
