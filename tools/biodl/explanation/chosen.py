"""Which samples are explained one by one: those chosen, the most confident mistakes, or the first."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import InputError, counted

if TYPE_CHECKING:
    import numpy as np

    from ..tasks import Task

MISTAKES, FIRST = "mistakes", "first"


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Positions of samples, int [samples], and a sentence on what was chosen."""

    rows: np.ndarray
    told: str


def choose(task: Task, scores: np.ndarray, y: np.ndarray | None, how: str, most: int, wanted: Sequence[int] = ()) -> Chosen:
    """Choose samples.

    Args:
        task: what is predicted.
        scores: of all samples.
        y: their truth, if known.
        how: ``mistakes`` or ``first``; samples that were ``wanted`` go before both.
        most: so many at most.
        wanted: numbers of samples, from 1.

    Raises:
        InputError: when a number is none of a sample.
    """
    import numpy as np

    samples = len(scores)
    if wanted:
        odd = [str(number) for number in wanted if not 1 <= number <= samples]
        if odd:
            raise InputError(f"There is no sample {', '.join(odd[:3])} to explain, since there are {samples}: choose from 1 to {samples}.")
        rows = np.array(list(dict.fromkeys(wanted))) - 1
        those = "those" if len(rows) > 1 else "that"
        return Chosen(rows[:most], f"{_explained(min(len(rows), most))}: {those} chosen{_cut(len(rows), most)}.")
    if how == MISTAKES and y is not None:
        rows, what = worst(task, y, scores)
        if len(rows):
            return Chosen(rows[:most], f"{_explained(min(len(rows), most))}: {what}{_cut(len(rows), most)}.")
        return Chosen(_first(samples, most), f"{_explained(min(samples, most))}: the first of {samples}, since no prediction is wrong.")
    why = ", since the truth that would tell mistakes is not known" if how == MISTAKES else ""
    return Chosen(_first(samples, most), f"{_explained(min(samples, most))}: the first of {samples}{why}.")


def worst(task: Task, y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, str]:
    """Positions of samples by how wrong they are, the worst first, and what they are: confident mistakes where predictions are right or
    wrong, else large errors."""
    import numpy as np

    if task.right(y, scores) is None:
        return np.argsort(-task.sample_losses(y, scores), kind="stable"), "those with the largest errors"
    return task.mistakes(y, scores, len(y))[0], "the most confident mistakes"


def _first(samples: int, most: int) -> np.ndarray:
    import numpy as np

    return np.arange(min(samples, most))


def _explained(count: int) -> str:
    return f"{counted(count, 'sample')} {'is' if count == 1 else 'are'} explained one by one"


def _cut(count: int, most: int) -> str:
    return f" (of {count}, the first {most})" if count > most else ""
