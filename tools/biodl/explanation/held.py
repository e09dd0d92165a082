"""What is explained: a network, held-out samples, and what else was given."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset
from ..networks.opened import Opened
from ..networks.running import piece_rows, refuse_no_number
from ..tasks import Task
from .attribution import Subject
from .budget import SHARES, Budget, at_random, unlimited, was

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class Held:
    """A network and the samples by which it is explained.

    Attributes:
        subject: the network.
        data: held-out samples, those that were predicted.
        y: their coded targets; None where these are not known.
        scores: what the network says of them, as its task judges it.
        training: the samples that it was trained on, if given.
        retrain: options of its Train tool, as it was trained.
        without_targets: why the targets are not known, in a sentence.
        without_training: what was wrong with the training samples, in a sentence, where their targets cannot be read.
        first: positions in ``data`` of the samples to be explained one by one, where these were wished for.
        given: how many held-out samples there are, predicted or not.
    """

    subject: Subject
    data: Dataset
    y: np.ndarray | None
    scores: np.ndarray
    training: Dataset | None = None
    retrain: Any = None
    without_targets: str = ""
    without_training: str = ""
    first: np.ndarray | None = None
    given: int = 0

    @property
    def task(self) -> Task:
        return self.subject.opened.task

    @property
    def unseen(self) -> int:
        """Held-out samples that were not predicted."""
        return max(0, self.given - len(self.data))

    @functools.cached_property
    def names(self) -> list[str]:
        """Of the samples: those of the file, or their lines."""
        return names_of(self.data)

    def raw(self, rows: np.ndarray) -> dict[str, Any]:
        """Inputs of the samples at ``rows``."""
        return self.subject.opened.encoding.raw(self.data.take(rows))

    def described(self, row: int) -> str:
        """A sample's name, what is predicted, and what was observed."""
        table = self.task.prediction_table(self.scores[row : row + 1], probabilities=False)
        if len(table.columns) != 1 or len(self.task.target) != 1:
            return self.names[row]
        value = table.iloc[0, 0]
        said = f"{self.names[row]}: predicted {value:.4g}" if isinstance(value, float) else f"{self.names[row]}: predicted {value!s}"
        return said if self.data.target is None else f"{said}, observed {self.data.target.iloc[row, 0]!s}"


def names_of(data: Dataset) -> list[str]:
    """The name of each sample: what the file calls it, or its line."""
    if not data.naming:
        return [f"line {line}" for line in data.frame.index]
    return [" ".join(map(str, cells)) for cells in zip(*(data.frame[name] for name in data.naming), strict=True)]


def opened_on(
    opened: Opened,
    data: Dataset,
    training: Dataset | None,
    retrain: Any,
    without_targets: str,
    without_training: str = "",
    budget: Budget | None = None,
    first: np.ndarray | None = None,
    seed: int = 1,
) -> Held:
    """Open a network and have it predict held-out samples, as many as there is time for.

    Args:
        opened: the checked file.
        data: held-out samples.
        training: the samples that it was trained on, if given.
        retrain: options of its Train tool, as it was trained.
        without_targets: why targets are not known, if they are not.
        without_training: the same of the training samples.
        budget: bounds the predictions, and is told how many samples were left out; all the time there is if not given.
        first: positions of samples that are predicted whatever the time, since a user wants them explained.
        seed: of the order of the others.

    Raises:
        InputError: for a target that the network does not know.
    """
    y = None if data.target is None or without_targets else opened.task.encode(data.target, data.where)
    budget = budget or unlimited()
    subject = Subject.of(opened, budget)
    rows, scores = predicted(subject, data, budget, first, seed)
    held = Held(subject, data, y, scores, training, retrain, without_targets, without_training, first, len(data))
    return held if len(rows) == len(data) else _of(held, rows)


def predicted(subject: Subject, data: Dataset, budget: Budget, first: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the samples that were predicted, in order, and what the network says of them: those at ``first``, and as many drawn at
    random as there is time for, a piece at least.
    """
    import numpy as np

    size = piece_rows(subject.model, subject.encoding.raw(data.take(np.arange(1))))
    done: list[np.ndarray] = []
    said: list[np.ndarray] = []
    for rows in at_random(len(data), size, seed, first):
        if done and not budget.within(SHARES["predicted"]):
            break
        raw = subject.encoding.raw(data.take(rows))
        # the first by a call that says why a file cannot be run; later ones by one that is traced and kept
        said.append(refuse_no_number(subject.scores(raw), data.where) if done else subject.opened.scores(subject.model, raw, data.where))
        done.append(rows)
    found = np.concatenate(done)
    order = np.argsort(found)
    return found[order], np.concatenate(said)[order]


def _of(held: Held, rows: np.ndarray) -> Held:
    """The samples at ``rows`` alone, of which scores are those already; what is missing is told to the budget."""
    import numpy as np

    left = held.given - len(rows)
    held.subject.budget.leave_out(
        f"{left} of {held.given} held-out samples, drawn at random, {was(left)} not predicted, and nothing here is of "
        f"{'it' if left == 1 else 'them'}: the minutes were spent."
    )
    first = None if held.first is None else np.searchsorted(rows, held.first)
    return dataclasses.replace(held, data=held.data.take(rows), y=None if held.y is None else held.y[rows], first=first)
