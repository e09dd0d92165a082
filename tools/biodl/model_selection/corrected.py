"""Intervals over folds. Their training parts overlap, so that folds vary less than new data would: the variance is corrected for it.

Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..reporting.tables import between, four_digits
from ..tasks.measures import LEVEL, range_of


@dataclasses.dataclass(frozen=True)
class OverFolds:
    """A value that each fold gave.

    Attributes:
        mean, deviation: over folds that have one; standard deviation with n - 1, NaN for one fold.
        low, high: corrected 95 % interval of the mean, NaN for one fold.
        folds: that have a value.
    """

    mean: float
    deviation: float
    low: float
    high: float
    folds: int

    def said(self) -> str:
        """Mean and interval for people."""
        span = between(self.low, self.high)
        return f"{four_digits(self.mean) or 'unknown'}" + (f" (95 % interval {span})" if span else "")


def half_width(deviation: float, folds: int, overlap: float) -> float:
    """Half of the corrected interval of a mean (corrected resampled t).

    Args:
        deviation: standard deviation over the folds, with n - 1.
        folds: how many.
        overlap: samples that a fold predicts, as a share of those that it learns from.
    """
    from scipy.stats import t

    return float(t.ppf(0.5 + LEVEL / 200, folds - 1)) * deviation * (1 / folds + overlap) ** 0.5


def over_folds(values: Sequence[float], learn: float, held: float) -> OverFolds:
    """Mean, standard deviation and corrected interval (corrected resampled t).

    Args:
        values: one a fold; NaN where a fold cannot tell.
        learn, held: samples that a fold learns from and that it predicts, on average.
    """
    import numpy as np

    known = np.array([value for value in values if value == value], dtype="float64")
    mean = float(known.mean()) if len(known) else float("nan")
    if len(known) < 2:
        return OverFolds(mean, float("nan"), float("nan"), float("nan"), len(known))
    deviation = float(known.std(ddof=1))
    half = half_width(deviation, len(known), held / learn)
    return OverFolds(mean, deviation, mean - half, mean + half, len(known))


def bounded(metric: str, value: OverFolds) -> OverFolds:
    """An interval ends where the metric does: no share is below 0 or above 1. What is NaN stays so."""
    lowest, highest = range_of(metric)
    if value.low != value.low:
        return value
    return dataclasses.replace(value, low=max(value.low, lowest), high=min(value.high, highest))
