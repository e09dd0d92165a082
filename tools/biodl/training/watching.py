"""What is told of a training as it goes on, to whoever may want to end it: shares of its epochs, and what it reached by then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Reached(NamedTuple):
    """How far a training is: the share of its epochs that are over, 1 when it has ended, and its lowest validation loss so far."""

    share: float
    loss: float


Watch = Callable[[Reached], None]
"""Is told after each epoch, and once more when a training has ended, early or not; ends it by raising."""


def with_others(watch: Watch, others: Sequence[Reached]) -> Watch:
    """Of the last of some networks of which the best will be kept: the lowest loss of all of them at the same share of their epochs.

    Args:
        watch: is told.
        others: what those before it reached.
    """

    def told(now: Reached) -> None:
        watch(now._replace(loss=min([now.loss, *(reached.loss for reached in others if reached.share <= now.share)])))

    return told
