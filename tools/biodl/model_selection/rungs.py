"""Trials with one validation part: what they reach as they train, and when one is hopeless, by numbers alone.

What is compared is the lowest validation loss by the same share of the training (a quarter, half), not by the same epoch: batch sizes
and numbers of epochs differ between trials, and learning rates fall over all epochs. A training that ended early has reached by later
shares what it reached in the end. The loss is that on the samples that training is watched by, whose division no setting changes; what
a trial is scored on is not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..training.watching import Reached

RUNGS = (0.25, 0.5)
"""Shares of its training after which a trial may be stopped."""
_CALLED = ("a quarter", "half")


class Hopeless(Exception):  # noqa: N818 (no error)
    """A trial was stopped as it trained."""


class Rungs:
    """Watches the training of a trial, and stops it where its loss is worse than a limit.

    Args:
        limits: one a rung; NaN: it is not stopped there.

    Attributes:
        losses: lowest validation loss by each of :data:`RUNGS` that was reached; NaN where it is no finite number.
    """

    def __init__(self, limits: Sequence[float] = ()):
        self._limits = tuple(limits) or (math.nan,) * len(RUNGS)
        self.losses: list[float] = []

    def __call__(self, reached: Reached) -> None:
        """Note what was reached by a rung.

        Raises:
            Hopeless: when that is worse than its limit, and the training is not over anyway.
        """
        while len(self.losses) < len(RUNGS) and reached.share >= RUNGS[len(self.losses)]:
            self.losses.append(reached.loss if math.isfinite(reached.loss) else math.nan)
            if reached.share < 1 and self.losses[-1] > self._limits[len(self.losses) - 1]:  # never for NaN
                raise Hopeless


def after(rungs: int) -> str:
    """The share of the training after which a trial was stopped, in words; ``rungs``: that it reached."""
    return _CALLED[rungs - 1]


def any_of() -> str:
    """The shares after which a trial may be stopped, in words."""
    return " or ".join(_CALLED)


def columns(losses: Sequence[float]) -> dict[str, float]:
    """What a trial reached by each rung, by name of a column; NaN where it did not come so far."""
    known = [*losses, *[math.nan] * (len(RUNGS) - len(losses))]
    return {f"validation_loss_after_{name.replace(' ', '_')}": loss for name, loss in zip(_CALLED, known, strict=True)}
