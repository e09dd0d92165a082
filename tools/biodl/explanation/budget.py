"""How long an explanation may take, and what was left out for it.

Whoever asks a network looks at the clock before each piece of samples, in :class:`.attribution.Subject` and :class:`.cut.Cut` alone: so
no loop can forget it. Within :meth:`Budget.until` such a look ends what takes too long, in the middle of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

Made = TypeVar("Made")
SHARES = {
    "predicted": 0.2,
    "samples": 0.3,
    "many": 0.45,
    "deletion": 0.6,
    "random": 0.75,
    "members": 0.8,
    "importance": 0.9,
    "map": 0.95,
    "shuffled": 0.98,
    "compared": 1.0,
}
"""Of the minutes that may have passed when each part ends."""


class SpentError(Exception):
    """The time for a part is spent."""


@dataclasses.dataclass
class Budget:
    """Minutes for the whole job, and sentences on what they did not suffice for.

    Attributes:
        minutes: from when this is made.
        left_out: sentences on parts that were left out, for the log and the report.
        clock: gives seconds.
    """

    minutes: float
    left_out: list[str] = dataclasses.field(default_factory=list)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._ends = math.inf

    def within(self, share: float = 1.0) -> bool:
        """Whether less than this share of the minutes has passed."""
        return self._passed() < self._seconds(share)

    def share_after(self, part: float, share: float) -> float:
        """The share of the minutes that will have passed once ``part`` of the time from now until ``share`` of them has."""
        now = self._passed() / self._seconds(1.0)
        return now + part * (share - now)

    @contextlib.contextmanager
    def until(self, share: float) -> Iterator[None]:
        """Within it, :meth:`look` ends what goes on once this share of the minutes has passed.

        Raises:
            SpentError: then.
        """
        before = self._ends
        self._ends = min(before, self._seconds(share))
        try:
            yield
        finally:
            self._ends = before

    def made(self, share: float, make: Callable[[], Made]) -> Made | None:
        """What ``make`` gives; None where the time until ``share`` of the minutes has passed does not suffice for it."""
        if not self.within(share):
            return None
        try:
            with self.until(share):
                return make()
        except SpentError:
            return None

    def look(self) -> None:
        """Look at the clock, where :meth:`until` asks for it.

        Raises:
            SpentError: when the time is spent.
        """
        if self._ends < math.inf and self._passed() >= self._ends:
            raise SpentError

    def leave_out(self, sentence: str) -> None:
        """Tell of something that was left out."""
        self.left_out.append(sentence)

    def _passed(self) -> float:
        return self.clock() - self._began

    def _seconds(self, share: float) -> float:
        return share * self.minutes * 60


def at_random(samples: int, size: int, seed: int, ahead: np.ndarray | None = None) -> list[np.ndarray]:
    """Positions of samples in pieces of ``size``, each in order, all drawn at random: files stand in the order of classes, and what there
    is time for shall be no first part of them. The first piece also has those at ``ahead``.
    """
    import numpy as np

    first = np.zeros(0, dtype=int) if ahead is None else np.unique(ahead)
    others = np.random.default_rng(seed).permutation(np.setdiff1d(np.arange(samples), first))
    pieces = [np.concatenate([first, others[:size]]), *(others[start : start + size] for start in range(size, len(others), size))]
    return [np.sort(piece) for piece in pieces]


def was(count: int) -> str:
    """What goes behind so many things."""
    return "was" if count == 1 else "were"


def unlimited() -> Budget:
    """All the time there is."""
    return Budget(math.inf)
