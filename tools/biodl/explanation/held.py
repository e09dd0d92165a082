"""What is explained: a network, held-out samples, and what else was given."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset
from ..networks.opened import Opened
from ..networks.running import raw_pieces
from ..tasks import Task
from .attribution import Subject

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class Held:
    """A network and the samples by which it is explained.

    Attributes:
        subject: the network.
        data: held-out samples.
        y: their coded targets; None where these are not known.
        scores: what the network says of them, as its task judges it.
        training: the samples that it was trained on, if given.
        retrain: options of its Train tool, as it was trained.
        without_targets: why the targets are not known, in a sentence.
        without_training: what was wrong with the training samples, in a sentence, where their targets cannot be read.
    """

    subject: Subject
    data: Dataset
    y: np.ndarray | None
    scores: np.ndarray
    training: Dataset | None = None
    retrain: Any = None
    without_targets: str = ""
    without_training: str = ""

    @property
    def task(self) -> Task:
        return self.subject.opened.task

    @property
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
    opened: Opened, data: Dataset, training: Dataset | None, retrain: Any, without_targets: str, without_training: str = ""
) -> Held:
    """Open a network and have it predict held-out samples.

    Args:
        opened: the checked file.
        data: held-out samples.
        training: the samples that it was trained on, if given.
        retrain: options of its Train tool, as it was trained.
        without_targets: why targets are not known, if they are not.
        without_training: the same of the training samples.

    Raises:
        InputError: for a target that the network does not know.
    """
    import numpy as np

    y = None if data.target is None or without_targets else opened.task.encode(data.target, data.where)
    subject = Subject.of(opened)
    scores = np.concatenate([opened.scores(subject.model, raw, data.where) for raw in raw_pieces(opened.encoding, data)])
    return Held(subject, data, y, scores, training, retrain, without_targets, without_training)
