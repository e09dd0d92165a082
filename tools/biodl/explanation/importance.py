"""Permutation importance on held-out samples (Breiman 2001): how far the metric falls when a group of columns is shuffled between samples.

Shuffled and scored by scikit-learn, on a table of row numbers with a column a group, so that columns that say nearly the same are
shuffled together.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..networks.running import piece_rows
from ..tasks import Task
from ..tasks.measures import mean_interval
from . import randomised
from .attribution import Subject
from .budget import Budget, at_random, was
from .likewise import likeness

if TYPE_CHECKING:
    import numpy as np

REPEATS, _AT_RANDOM = 10, 3
"""Shuffles of each group of columns, and of these the first on which networks with weights at random are asked as well: one alone would
blur what is alike, all would cost ten times as much as the importance itself."""
MOST_SAMPLES = 2000
"""Samples that are shuffled; more tell hardly more of a metric."""
_ONE_PASS = 1 / (2 * (REPEATS + 1))
"""Of the time that is left, which to predict all samples once may take: half of what lets one group of columns be shuffled."""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of the raw inputs: the input's name, its place there, and its own name."""

    input: str
    place: int
    name: str


@dataclasses.dataclass(frozen=True)
class Importance:
    """What one group of columns is worth.

    Attributes:
        columns: that were shuffled together, the most important by attributions first.
        drops: float64 [repeats]: the metric without shuffling minus that with it.
    """

    columns: tuple[Column, ...]
    drops: np.ndarray

    @property
    def name(self) -> str:
        """The first column, and how many others there are."""
        rest = len(self.columns) - 1
        return self.columns[0].name + (f" and {rest} like it" if rest else "")

    @property
    def mean(self) -> float:
        return float(self.drops.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean over the repeats, by Student's t: what shuffling leaves unsure, not what the samples do."""
        return mean_interval(self.drops)


def columns_of(inputs: dict[str, list[str]], raw: dict[str, Any], least: int = 2) -> list[Column]:
    """What can be shuffled: the parts of inputs along their last axis, where these have names; nothing where there are fewer than
    ``least`` (a column of sequences is no feature), or where samples stay on disk."""
    import numpy as np

    found = [
        Column(name, place, called)
        for name, names in inputs.items()
        if isinstance(raw[name], np.ndarray) and raw[name].ndim in (2, 3) and raw[name].shape[-1] == len(names)
        for place, called in enumerate(names)
    ]
    return found if len(found) >= least else []


def importances(
    subject: Subject,
    raw: dict[str, Any],
    y: np.ndarray,
    groups: Sequence[Sequence[Column]],
    seed: int,
    budget: Budget,
    share: float = 1.0,
    repeats: int = REPEATS,
) -> list[Importance]:
    """Importance of each group, in the order given, as far as the time suffices.

    Args:
        subject: the network.
        raw: inputs of held-out samples.
        y: their coded targets.
        groups: columns that are shuffled together.
        seed: of the shuffling; every group is shuffled alike, as scikit-learn does it.
        budget: is told what was left out.
        share: of the budget that may be spent by the end.
        repeats: how often each group is shuffled.
    """
    found = list(_shuffled(subject, raw, y, groups, seed, budget, share, repeats))
    left = len(groups) - len(found)
    if left:
        budget.leave_out(f"{left} of {len(groups)} groups of columns {was(left)} not shuffled: the minutes were spent.")
    return found


def _shuffled(
    subject: Subject,
    raw: dict[str, Any],
    y: np.ndarray,
    groups: Sequence[Sequence[Column]],
    seed: int,
    budget: Budget,
    share: float,
    repeats: int,
) -> Iterator[Importance]:
    """Importance of one group after the other, until the time is spent."""
    import numpy as np
    from sklearn.inspection import permutation_importance

    network = _Shuffled(subject, raw, groups)
    rows = np.repeat(np.arange(len(y))[:, None], len(groups), axis=1)
    for place, group in enumerate(groups):
        network.only = place
        shuffle = functools.partial(permutation_importance, network, rows[:, [place]], y, scoring=network.score_of)
        made = budget.made(share, functools.partial(shuffle, n_repeats=repeats, random_state=seed))
        if made is None:
            return
        yield Importance(tuple(group), made.importances[0])


def beside_random(
    subject: Subject,
    raw: dict[str, Any],
    y: np.ndarray,
    found: Sequence[Importance],
    seed: int,
    networks: int,
    budget: Budget,
    share: float,
) -> np.ndarray:
    """float64 [networks]: rank correlation of importances with those of the network with all weights at random, as many times as there was
    time for. Both are over the same first shuffles of the same samples, so that chance does not tell a network from itself. 0 where all
    groups are worth the same to a network at random: that is something else.

    Args:
        subject, raw, y, seed, budget, share: as :func:`importances` had them; weights of the network are afterwards as before.
        found: what it gave, of at least :data:`.likewise.LEAST_PARTS` groups.
        networks: how many networks at random.
    """
    import numpy as np

    mine = np.array([[item.drops[:_AT_RANDOM].mean() for item in found]])
    alike: list[float] = []
    with randomised.lent(subject) as trained:
        for network in range(networks):
            if not budget.within(share):
                break
            *_, _last = randomised.cascade(subject, trained, seed + network)
            theirs = list(_shuffled(subject, raw, y, [item.columns for item in found], seed, budget, share, _AT_RANDOM))
            if len(theirs) < len(found):
                break
            means = np.array([[item.mean for item in theirs]])
            alike.append(float(likeness(mine, means, np.ones(mine.shape, dtype=bool))[0]))
    return np.array(alike)


def affordable(subject: Subject, raw: dict[str, Any], seed: int, budget: Budget, share: float) -> np.ndarray:
    """Positions of samples, drawn at random, in order: a piece, and as many others as a network predicts in a small part of the time left.

    All of them where it is fast; otherwise so few that at least one group of columns can be shuffled as often as it should.
    """
    import numpy as np

    pieces = at_random(len(next(iter(raw.values()))), piece_rows(subject.model, raw), seed)
    ends, reached = budget.share_after(_ONE_PASS, share), 1
    if len(pieces) == 1 or not budget.within(share):
        return np.arange(sum(map(len, pieces)))
    for piece in pieces:
        subject.scores({name: values[piece] for name, values in raw.items()})
        if not budget.within(ends):
            break
        reached += 1
    return np.sort(np.concatenate(pieces[:reached]))


class _Shuffled:
    """A network as scikit-learn takes it: samples are row numbers, one for each group of columns."""

    def __init__(self, subject: Subject, raw: dict[str, Any], groups: Sequence[Sequence[Column]]):
        self._subject, self._raw, self._groups = subject, raw, groups
        self._usual: float | None = None
        self.only = 0

    def fit(self, x: Any, y: Any) -> _Shuffled:
        """Nothing: it is trained. Scikit-learn asks whether it could be."""
        return self

    def score_of(self, network: Any, x: np.ndarray, y: np.ndarray) -> float:
        """The metric when the columns of one group are those of other rows; ``x``: int [samples, 1]."""
        rows = x[:, 0]
        if self._usual is not None and (rows == range(len(rows))).all():
            return self._usual
        score = metric(self._subject.opened.task, y, self._subject.scores(self._with(rows)))
        if self._usual is None:
            self._usual = score
        return score

    def _with(self, rows: np.ndarray) -> dict[str, Any]:
        changed = dict(self._raw)
        for column in self._groups[self.only]:
            if changed[column.input] is self._raw[column.input]:
                changed[column.input] = self._raw[column.input].copy()
            changed[column.input][..., column.place] = self._raw[column.input][rows][..., column.place]
        return changed


def metric(task: Task, y: np.ndarray, scores: np.ndarray) -> float:
    """The task's primary metric, by which models are compared."""
    return task.measured(y, scores, only=(task.primary,))[task.primary]
