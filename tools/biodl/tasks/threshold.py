"""The decision threshold of a binary task, chosen by a goal on samples that were not trained on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..errors import counted

if TYPE_CHECKING:
    import numpy as np

HALF, YOUDEN, F1, RECALL, PRECISION, COSTS = GOALS = ("half", "youden", "f1", "recall", "precision", "costs")
"""What a threshold may be chosen by; ``half`` is 0.5 itself."""
_SECOND = 1e-9
"""Weight of what decides between thresholds that do equally well in the first place."""
_SMALL = 50
"""A choice by fewer samples of either class deserves a warning."""


@dataclasses.dataclass(frozen=True)
class Wish:
    """A goal, with the numbers that it may need.

    Attributes:
        goal: of :data:`GOALS`.
        recall, precision: what is to be reached, from 0 to 1.
        false_alarm, miss: cost of a negative that is taken for positive, and of a positive that is missed.
    """

    goal: str = HALF
    recall: float = 0.95
    precision: float = 0.9
    false_alarm: float = 1.0
    miss: float = 1.0


@dataclasses.dataclass(frozen=True)
class Counts:
    """What each of some thresholds gives, float64 [thresholds] each; a sample is positive above a threshold."""

    at: np.ndarray
    hits: np.ndarray
    alarms: np.ndarray
    positives: int
    negatives: int

    @property
    def recall(self) -> np.ndarray:
        return self.hits / self.positives

    @property
    def specificity(self) -> np.ndarray:
        return 1 - self.alarms / self.negatives

    @property
    def precision(self) -> np.ndarray:
        """0 where nothing is taken for positive."""
        return self.hits / (self.hits + self.alarms).clip(min=1)

    @property
    def f1(self) -> np.ndarray:
        return 2 * self.hits / (self.hits + self.alarms + self.positives)


def counts(y: np.ndarray, positive: np.ndarray) -> Counts:
    """Counts at every threshold that tells samples apart: in the middle between neighbouring probabilities.

    Args:
        y: [samples] of 0 and 1, both there.
        positive: float [samples], probabilities of 1.
    """
    import numpy as np

    known = np.unique(positive)
    at = (np.r_[0.0, known] + np.r_[known, 1.0]) / 2  # from all positive to none
    ones, zeros = (np.sort(positive[y == code]) for code in (1, 0))
    hits, alarms = (len(group) - np.searchsorted(group, at, side="right") for group in (ones, zeros))
    return Counts(at, hits.astype(float), alarms.astype(float), len(ones), len(zeros))


def choose(y: np.ndarray, positive: np.ndarray, wish: Wish, name: str) -> tuple[float, str]:
    """The threshold that meets a wish best on samples, and a sentence on it; of equally good ones that nearest to 0.5.

    Args:
        y: [samples] of 0 and 1.
        positive: float [samples], probabilities of 1.
        wish: the goal.
        name: of the positive class.

    Returns:
        0.5 where the wish cannot be met, which the sentence says.
    """
    import numpy as np

    samples = f"{counted(len(y), 'validation sample')}"
    if len(set(y.tolist())) < 2:
        return 0.5, f"The decision threshold stays 0.5: the {samples} are all of one class, which cannot choose one."
    found = counts(y, positive)
    fits = _worth(found, wish)
    if not np.isfinite(fits).any():
        return 0.5, _unmet(found, wish, name, samples)
    best = np.flatnonzero(fits == fits.max())
    place = best[np.argmin(np.abs(found.at[best] - 0.5))]
    reached = ", ".join(
        f"{word} {value[place]:.3f}"
        for word, value in (("recall", found.recall), ("specificity", found.specificity), ("precision", found.precision))
    )
    few = min(found.positives, found.negatives)
    unsure = f" With {counted(few, 'sample')} of the rarer class the choice is rough." if few < _SMALL else ""
    at = float(found.at[place])
    return at, f"The decision threshold is {shown(at)}, {_why(wish)}; chosen on {samples} ({reached} there).{unsure}"


def shown(threshold: float) -> str:
    """Three digits, or more of one so near to 1 that it would look like it."""
    return next((text for text in (f"{threshold:.{digits}g}" for digits in range(3, 17)) if text != "1"), f"{threshold:.3g}")


def _worth(found: Counts, wish: Wish) -> np.ndarray:
    """How good each threshold is, [thresholds]; minus infinity where it does not do what is wished, or nothing but say one class."""
    import numpy as np

    useful = (found.hits + found.alarms > 0) & (found.alarms < found.negatives)
    if wish.goal == RECALL:
        return np.where(useful & (found.recall >= wish.recall - 1e-12), found.specificity + _SECOND * found.recall, -np.inf)
    if wish.goal == PRECISION:
        return np.where(useful & (found.precision >= wish.precision - 1e-12), found.recall + _SECOND * found.precision, -np.inf)
    if wish.goal == COSTS:  # saying one class alone may be the cheapest
        return -(wish.false_alarm * found.alarms + wish.miss * (found.positives - found.hits))
    return found.f1 if wish.goal == F1 else found.recall + found.specificity - 1


def _why(wish: Wish) -> str:
    return {
        YOUDEN: "where recall and specificity together are highest (Youden's index)",
        F1: "where F1 is highest",
        RECALL: f"where specificity is highest with a recall of {wish.recall:g} or more",
        PRECISION: f"where recall is highest with a precision of {wish.precision:g} or more",
        COSTS: f"where errors cost least (a false alarm {wish.false_alarm:g}, a miss {wish.miss:g})",
    }[wish.goal]


def _unmet(found: Counts, wish: Wish, name: str, samples: str) -> str:
    if wish.goal == RECALL:
        return (
            f"The decision threshold stays 0.5: on {samples} a recall of {wish.recall:g} is reached only by taking every sample for {name}."
        )
    unmet = f"no threshold reaches a precision of {wish.precision:g} (the highest is {found.precision.max():.3f})"
    return f"The decision threshold stays 0.5: on {samples} {unmet}."
