"""Whether two models that were judged on the same samples differ by more than chance, and what that means when there are many pairs.

Sources: Efron and Tibshirani 1993 (bootstrap), McNemar 1947 in its exact form, DeLong, DeLong and Clarke-Pearson 1988, Holm 1979.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ALPHA = 0.05
"""Chance is no explanation below this probability, once all pairs are minded."""
_FEW = 10
"""Resamples with the other sign, up to which their share says little."""


@dataclasses.dataclass(frozen=True)
class Discordant:
    """McNemar's test.

    Attributes:
        first, second: samples that the first model alone, or the second alone, has right.
        p: two-sided probability of so uneven a share, were both equally good.
    """

    first: int
    second: int
    p: float


@dataclasses.dataclass(frozen=True)
class Areas:
    """DeLong's test.

    Attributes:
        first, second: areas under the two ROC curves.
        p: two-sided probability of so large a difference, were the areas equal; NaN where the samples cannot tell.
    """

    first: float
    second: float
    p: float


def by_bootstrap(differences: np.ndarray) -> float:
    """Two-sided probability that a difference of no more than 0 (or no less) comes about by drawing samples.

    Args:
        differences: of a metric [resamples]; NaN where a resample cannot tell.

    Returns:
        No less than 2 / (resamples + 1), and no more than 1; NaN when most resamples cannot tell.
    """
    import numpy as np

    known = differences[~np.isnan(differences)]
    if not len(known) or len(known) < len(differences) / 2:
        return float("nan")
    tail = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2 * (tail + 1) / (len(known) + 1))


def by_few(differences: np.ndarray, difference: float) -> float:
    """As :func:`by_bootstrap`, of fewer resamples than small probabilities ask for: where hardly a resample has the other sign, the
    tail of a normal distribution whose deviation is that of the resamples (Efron and Tibshirani 1993, chapter 12).

    Args:
        differences: of a metric [resamples].
        difference: of the metric on the samples themselves.
    """
    import numpy as np
    from scipy.stats import norm

    counted = by_bootstrap(differences)
    known = differences[~np.isnan(differences)]
    if not counted <= 2 * (_FEW + 1) / (len(known) + 1):  # NaN as well
        return counted
    deviation = float(known.std(ddof=1))
    return min(counted, float(2 * norm.sf(abs(difference) / deviation))) if deviation > 0 else counted


def mcnemar(first: np.ndarray, second: np.ndarray) -> Discordant:
    """McNemar's exact test on what two models have right, bool [samples] each."""
    from scipy.stats import binomtest

    one, two = int((first & ~second).sum()), int((second & ~first).sum())
    return Discordant(one, two, float(binomtest(one, one + two).pvalue) if one + two else 1.0)


def delong(positive: np.ndarray, first: np.ndarray, second: np.ndarray) -> Areas:
    """DeLong's test on the areas under two ROC curves of the same samples, by ranks (Sun and Xu 2014).

    Args:
        positive: bool [samples].
        first, second: scores [samples], higher for the positive ones.
    """
    return delong_of(shares_beaten(positive, first), shares_beaten(positive, second))


def delong_of(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> Areas:
    """The same of what :func:`shares_beaten` gives for each model, which many pairs share."""
    import numpy as np
    from scipy.stats import norm

    areas = [float(wins.mean()) if wins.size else float("nan") for wins, _ in (first, second)]
    found = Areas(areas[0], areas[1], float("nan"))
    if min(map(len, first)) < 2:
        return found
    variance = sum(np.var(one - two, ddof=1) / len(one) for one, two in zip(first, second, strict=True))
    apart = areas[0] - areas[1]
    if variance <= 0:
        return dataclasses.replace(found, p=1.0) if apart == 0 else found
    return dataclasses.replace(found, p=float(2 * norm.sf(abs(apart) / np.sqrt(variance))))


def shares_beaten(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each positive sample the share of negatives below it, of each negative that of positives above it; equal scores count half."""
    import numpy as np
    from scipy.stats import rankdata

    above, below = scores[positive], scores[~positive]
    if not len(above) or not len(below):
        return np.array([]), np.array([])
    ranks = rankdata(np.concatenate([above, below]))
    wins = (ranks[: len(above)] - rankdata(above)) / len(below)
    losses = (ranks[len(above) :] - rankdata(below)) / len(above)
    return wins, 1 - losses


def holm(probabilities: Sequence[float]) -> list[float]:
    """Probabilities of several tests, each so much larger that one below :data:`ALPHA` among them is no chance find.

    Args:
        probabilities: in any order; NaN is no test and stays.
    """
    import numpy as np

    p = np.asarray(probabilities, dtype="float64")
    order = [place for place in np.argsort(p, kind="stable") if p[place] == p[place]]
    raised = [min(1.0, (len(order) - step) * p[place]) for step, place in enumerate(order)]
    found = p.copy()
    found[order] = np.maximum.accumulate(raised) if raised else []
    return found.tolist()
