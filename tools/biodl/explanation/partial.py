"""Partial dependence (Friedman 2001) with individual curves (ICE; Goldstein et al. 2015): what a network says when one column is set to
each of some values, for every sample, and on average."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .attribution import Subject
from .importance import Column

if TYPE_CHECKING:
    import numpy as np

_POINTS = 20
"""Values at which a column of numbers is set, no more: quantiles from the 5th to the 95th percent."""
_MOST_CATEGORIES = 20


@dataclasses.dataclass(frozen=True)
class Dependence:
    """What a network says along one column.

    Attributes:
        column: the column.
        grid: the values that it was set to: float64 [values], or words.
        curves: float64 [samples, values, outputs]: what the network says of each sample then.
    """

    column: Column
    grid: np.ndarray
    curves: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """float64 [values, outputs]: the partial dependence."""
        return self.curves.mean(axis=0)

    @property
    def reach(self) -> np.ndarray:
        """float64 [outputs]: from the lowest to the highest of the mean."""
        return self.mean.max(axis=0) - self.mean.min(axis=0)


def dependence(subject: Subject, raw: dict[str, Any], column: Column, grid: np.ndarray | None = None) -> Dependence | None:
    """Set one column of raw inputs to each of some values; None where it has one value alone.

    Args:
        subject: the network.
        raw: inputs of samples.
        column: to set; numbers or words.
        grid: the values; those of :func:`grid_of` if not given.
    """
    import numpy as np

    values = grid_of(raw[column.input][:, column.place]) if grid is None else grid
    if len(values) < 2:
        return None
    curves = []
    for value in values:
        changed = {**raw, column.input: raw[column.input].copy()}
        changed[column.input][:, column.place] = value
        scores = subject.scores(changed)
        curves.append(scores if scores.ndim > 1 else scores[:, None])
    return Dependence(column, values, np.stack(curves, axis=1))


def grid_of(values: np.ndarray) -> np.ndarray:
    """Values at which to set a column: quantiles of numbers, or all of few; the commonest words, '' for a missing one among them."""
    import numpy as np

    if values.dtype.kind == "f":
        known = np.unique(values[np.isfinite(values)].astype("float64"))
        if len(known) <= _POINTS:
            return known
        return np.unique(np.quantile(values[np.isfinite(values)].astype("float64"), np.linspace(0.05, 0.95, _POINTS)))
    words, counts = np.unique(values.astype(str), return_counts=True)
    return np.sort(words[np.argsort(-counts, kind="stable")][:_MOST_CATEGORIES]).astype(object)
