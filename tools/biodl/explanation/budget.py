"""How long an explanation may take, and what was left out for it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable


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

    def within(self, share: float = 1.0) -> bool:
        """Whether less than this share of the minutes has passed."""
        return self.clock() - self._began < share * self.minutes * 60

    def leave_out(self, sentence: str) -> None:
        """Tell of something that was left out."""
        self.left_out.append(sentence)
