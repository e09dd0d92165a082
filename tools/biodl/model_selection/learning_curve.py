"""Would more data help? Train on parts of growing size, judge each on samples that it did not see, and draw the curve on.

The error of a model falls with the number of samples as a power of it, down to what the features cannot tell (Hestness et al. 2017,
Deep learning scaling is predictable, empirically; Viering and Loog 2023, The shape of learning curves: a review).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..data.groups import kept_together
from ..data.partition import partition
from ..errors import InputError
from ..program.options import option
from ..training.prepare import Samples
from .corrected import half_width
from .folds import CrossValidationOptions, Fold, folds_of

if TYPE_CHECKING:
    import numpy as np

_FEWEST = 10
"""Samples below which nothing is trained."""
_FIRST = 15
"""Samples at the first size, at least, where a tenth of them is less."""
_RESAMPLES = 200
_STEEPEST = 2.0
"""Exponents found in practice lie below 1 (Viering and Loog 2023)."""


@dataclasses.dataclass(frozen=True)
class LearningCurveOptions:
    """At how many sizes of the training part, and how often, a network is trained."""

    sizes: int = option(5, "numbers of samples to train with, from a tenth of all to all", type="int", low=3, high=12)
    folds: int = option(
        5, "parts that the samples are divided into; each is predicted by networks that learned from the others", type="int", low=2, high=50
    )
    simple_models: bool = option(True, "train traditional models on the same samples, to compare with", type="bool")
    minutes: float = option(
        0.0, "begin no training after so many minutes and say what is missing; 0: no limit", type="float", low=0, high=100000
    )


@dataclasses.dataclass(frozen=True)
class PowerLaw:
    """error(n) = ``floor`` + ``scale`` * n ** -``exponent``, for n samples; errors are 1 - the metric."""

    floor: float
    scale: float
    exponent: float

    def metric(self, samples: float) -> float:
        """The metric at a number of samples."""
        return float(1 - self.floor - self.scale * samples**-self.exponent)


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What a curve says of ``samples`` that were not reached: the metric, its 95 % interval, and those of the gain on ``now`` samples."""

    now: int
    samples: int
    metric: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float


def growing_folds(samples: Samples, options: LearningCurveOptions, seed: int) -> tuple[list[Fold], list[str]]:
    """For each fold one training a size, the largest first, and sentences on sizes that are left out.

    Smaller parts are drawn evenly from the classes of larger ones, copies and groups together; in time order they are the latest.

    Raises:
        InputError: when fewer than three sizes are left.
    """
    import numpy as np

    whole = _whole(samples, options.folds, seed)
    lowest = min(0.5, max(0.1, _FIRST / min(len(fold.learn) for fold in whole)))
    shares = np.geomspace(lowest, 1, options.sizes)[::-1].tolist()
    drawn = {share: [_part(samples, fold, share, seed) for fold in whole] for share in shares}
    lacks = {share: next(filter(None, (_lack(samples, rows) for rows in learn)), "") for share, learn in drawn.items()}
    fit = {share: learn for share, learn in drawn.items() if not lacks[share]}
    left_out = [
        f"{share:.0%} of the samples (about {_mean_size(drawn[share])}) {lacks[share]}, and were left out"
        for share in shares
        if share not in fit
    ]
    if len(fit) < 3:
        needed = "each class needs samples" if samples.data.group is None else "two groups and samples of each class are needed"
        raise InputError(
            f"The {samples.data.where} is too small for a learning curve ({len(samples.data)} usable rows): {needed} "
            "in small parts of them; add rows or merge rare classes."
        )
    found = []
    for fold in whole:
        for place, (share, learn) in enumerate(fit.items()):
            rows = learn[fold.number - 1]
            number = (fold.number - 1) * len(shares) + place + 1
            found.append(Fold(1, number, fold.name, f"{fold.called}, {share:.0%} of its samples ({len(rows)})", rows, fold.held))
    return found, left_out


def _whole(samples: Samples, count: int, seed: int) -> list[Fold]:
    """Folds with all that may be learned from; in time order those of the later half, which have about the same number before them."""
    order = samples.data.order()
    if order is None:
        return folds_of(samples, CrossValidationOptions(folds=count), seed)
    found = folds_of(samples, CrossValidationOptions(folds=2 * count - 1), seed)[-count:]
    most = min(len(fold.learn) for fold in found)
    return [
        dataclasses.replace(fold, number=number, name=str(number), called=f"fold {number}", learn=_latest(fold.learn, order, most))
        for number, fold in enumerate(found, start=1)
    ]


def _mean_size(parts: Sequence[np.ndarray]) -> int:
    return round(sum(map(len, parts)) / len(parts))


def _part(samples: Samples, fold: Fold, share: float, seed: int) -> np.ndarray:
    """int [about a share of what a fold learns from], positions."""
    data, learn = samples.data, fold.learn
    if share == 1:
        return learn
    order = data.order()
    if order is not None:
        return _latest(learn, order, max(1, round(share * len(learn))))
    return learn[partition((share, 1 - share), samples.task.strata(samples.y[learn]), kept_together(data.take(learn)), seed) == 0]


def _latest(rows: np.ndarray, order: np.ndarray, count: int) -> np.ndarray:
    """Of some positions those of the ``count`` latest samples."""
    import numpy as np

    return rows[np.sort(np.argsort(order[rows], kind="stable")[len(rows) - count :])]


def _lack(samples: Samples, rows: np.ndarray) -> str:
    """Why a part cannot be learned from, to follow its name; nothing where each class is there, and a group, to validate by."""
    if len(rows) < _FEWEST or samples.task.rarer_than(samples.y[rows], 2):
        return "are too few to learn from"
    one_group = samples.data.group is not None and not kept_together(samples.data.take(rows)).max()
    return "are of one group, so that none can be set aside to validate by" if one_group else ""


def fit_power_law(samples: Sequence[float], metrics: np.ndarray) -> PowerLaw:
    """The power law nearest to the mean metrics, each weighed by how sure it is.

    Args:
        samples: [sizes].
        metrics: [sizes, folds].
    """
    import numpy as np

    n = np.asarray(samples, dtype="float64")
    error, spread = 1 - metrics.mean(axis=1), metrics.std(axis=1, ddof=1)
    weight = 1 / np.maximum(spread, max(float(spread.mean()) / 4, 1e-6)) ** 2  # a size whose folds happen to agree shall not decide alone
    exponents = np.linspace(0.05, _STEEPEST, 196)  # for each exponent the rest is a least-squares problem with one solution
    x = (n / n[0]) ** -exponents[:, None]
    total, of_x, of_y = weight.sum(), x @ weight, weight @ error
    squares, products = x**2 @ weight, x @ (weight * error)
    scale = (total * products - of_x * of_y) / (total * squares - of_x**2)
    floor = (of_y - scale * of_x) / total
    scale, floor = np.where(floor < 0, products / squares, scale), np.maximum(floor, 0)  # neither falls below 0
    scale, floor = np.maximum(scale, 0), np.where(scale < 0, of_y / total, floor)
    best = int(np.argmin(((floor[:, None] + scale[:, None] * x - error) ** 2) @ weight))
    return PowerLaw(float(floor[best]), float(scale[best] * n[0] ** exponents[best]), float(exponents[best]))


def look_ahead(
    samples: Sequence[float],
    metrics: np.ndarray,
    now: int,
    ahead: int,
    overlap: float,
    seed: int,
    span: tuple[float, float] = (-math.inf, 1.0),
) -> Outlook:
    """What a power law says of ``ahead`` samples, beside what it says of ``now``.

    Its interval is that of a mean over folds (:func:`biodl.model_selection.corrected.half_width`), whose standard error resampled folds
    tell: the law of each is followed to ``ahead``, where they lie the wider apart the further that is beyond the last size. More samples
    never harm, says the law, so that no gain is below 0.

    Args:
        samples: [sizes], growing; the last is what was reached.
        metrics: [sizes, folds], none NaN.
        now, ahead: numbers of samples, those that there are and more; a fold learns from fewer than there are.
        overlap: samples that a fold predicts, as a share of those that it learns from.
        seed: of the resampling.
        span: the lowest and the highest value that the metric can have, where intervals end.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    folds = metrics.shape[1]
    law = fit_power_law(samples, metrics)
    drawn = [fit_power_law(samples, metrics[:, random.integers(0, folds, folds)]) for _ in range(_RESAMPLES)]
    wider = half_width(folds / (folds - 1) ** 0.5, folds, overlap)  # a standard error times this is a deviation over the folds
    there = wider * float(np.std([each.metric(ahead) for each in drawn]))
    more = wider * float(np.std([each.metric(ahead) - each.metric(now) for each in drawn]))
    metric, gain = law.metric(ahead), law.metric(ahead) - law.metric(now)
    lowest, highest = span
    low, high = max(lowest, metric - there), min(highest, metric + there)
    return Outlook(now, ahead, metric, low, high, gain, max(0.0, gain - more), min(gain + more, highest - law.metric(now)))
