"""Was tuning worth it? The best of many trials is flattered by having been chosen, so it meets the defaults again on new folds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ..program.side_by_side import side_by_side
from ..tasks.measures import higher_is_better
from ..training.prepare import Samples
from .corrected import OverFolds, over_folds
from .folds import CrossValidationOptions, Fold, folds_of, sizes_of
from .tune import Beside, TrialWork, value_of

_APART = 500_000_000
"""Added to the seed, so that samples are divided, and networks begun, in ways that the search did not see."""
_FEW = 3
_LATER = 2
"""More parts for samples in time order, which can be divided in one way alone: then they are cut at other places."""


@dataclasses.dataclass(frozen=True)
class Compared:
    """Best settings and defaults on the same new folds.

    Attributes:
        folds: those that were done.
        defaults, best: the metric of each fold.
        planned: folds that were asked for.
        gain: what the best settings have more of what is better, over the folds.
        seen: folds that hold the same samples as one of the search, where groups leave few ways to divide.
    """

    folds: list[Fold]
    defaults: list[float]
    best: list[float]
    planned: int
    gain: OverFolds
    seen: int = 0

    def over(self, values: Sequence[float]) -> OverFolds:
        """The metric over the folds."""
        return over_folds(values, *sizes_of(self.folds))


def new_folds(samples: Samples, count: int, repeats: int, seed: int) -> list[Fold]:
    """Folds of divisions that the search did not see; ``count``: folds of a trial of the search (0: a validation part)."""
    parts = count or _FEW
    if samples.data.order() is not None:
        return folds_of(samples, CrossValidationOptions(folds=parts + _LATER), seed)
    return folds_of(samples, CrossValidationOptions(folds=parts, repeats=repeats), (seed + _APART) % 2**31)


def seen_before(folds: Sequence[Fold], before: Sequence[Fold]) -> int:
    """How many folds hold the same samples as one of those before."""
    known = {tuple(fold.held.tolist()) for fold in before}
    return sum(tuple(fold.held.tolist()) in known for fold in folds)


@dataclasses.dataclass(frozen=True)
class PairWork:
    """Trains with the defaults and with the best settings on a fold; goes to processes of their own."""

    work: TrialWork
    defaults: dict[str, Any]
    best: dict[str, Any]

    def __call__(self, fold: Fold) -> tuple[float, float]:
        return value_of(self.work, fold, self.defaults, _APART), value_of(self.work, fold, self.best, _APART)


def compare_on(
    folds: Sequence[Fold],
    work: Callable[[Fold], tuple[float, float]],
    metric: str,
    at_once: int,
    begin_until: float,
    say: Callable[[str], None],
    beside: Beside | None = None,
    before: Sequence[Fold] = (),
) -> Compared:
    """Train both on every fold and judge the differences by the corrected resampled t (Nadeau and Bengio 2003).

    Args:
        folds: new ones.
        work: gives the metric of the defaults and of the best settings on a fold.
        metric: that is compared.
        at_once, begin_until, beside: as for :func:`~.tune.search`.
        say: is told how far it is.
        before: folds of the search.
    """
    found: dict[int, tuple[float, float]] = {}
    for place, pair in (beside or side_by_side)(work, folds, at_once, begin_until):
        found[place] = pair
        say(f"{len(found)} of {len(folds)} new folds compared")
    done = sorted(found)
    defaults, best = [found[place][0] for place in done], [found[place][1] for place in done]
    sign = 1 if higher_is_better(metric) else -1
    of = [folds[place] for place in done]
    gain = over_folds([sign * (two - one) for one, two in zip(defaults, best, strict=True)], *sizes_of(of))
    return Compared(of, defaults, best, len(folds), gain, seen_before(of, before))
