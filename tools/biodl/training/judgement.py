"""What is chosen on the validation part once a network is trained, and kept in its file: how its predictions are to be taken."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..networks.running import raw_pieces, run_model
from ..program.options import option
from ..tasks import Task
from ..tasks.threshold import GOALS, HALF, Wish

if TYPE_CHECKING:
    import numpy as np

    from .prepare import Parts
    from .train import Trained


@dataclasses.dataclass(frozen=True)
class SureOptions:
    """How sure a network has to be."""

    threshold_goal: str = option(HALF, "what the decision threshold is chosen by, on the validation part", type="choice", choices=GOALS)
    wished_recall: float = option(0.95, "recall to reach, for the goal recall", type="float", low=0.01, high=1)
    wished_precision: float = option(0.9, "precision to reach, for the goal precision", type="float", low=0.01, high=1)
    cost_false_alarm: float = option(1.0, "cost of a negative taken for positive, for the goal costs", type="float", low=0, high=1e6)
    cost_miss: float = option(1.0, "cost of a positive that is missed, for the goal costs", type="float", low=0, high=1e6)

    @property
    def wish(self) -> Wish:
        return Wish(self.threshold_goal, self.wished_recall, self.wished_precision, self.cost_false_alarm, self.cost_miss)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What was chosen.

    Attributes:
        task: with its decision threshold, if it has one.
        stored: what the model file holds beside the task, by name.
        sentences: on each choice.
    """

    task: Task
    stored: dict[str, Any]
    sentences: list[str]


def refuse_unfit(options: SureOptions, task: Task) -> None:
    """Raise InputError, before training, when what is wished does not apply to a task."""
    if options.threshold_goal != HALF:
        task.check_threshold(options.wish)


def judge(trained: Trained, parts: Parts, options: SureOptions) -> Judgement:
    """Choose by the validation part alone: neither training samples nor held-out ones are looked at.

    Args:
        trained: the network.
        parts: of which it was trained.
        options: what is wished.
    """
    y, scores = _predicted(trained, parts)
    task, sentences = trained.task, []
    if options.threshold_goal != HALF:
        task, said = task.with_threshold(y, scores, options.wish)
        sentences.append(said)
    return Judgement(task, {}, sentences)


def _predicted(trained: Trained, parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Coded targets and scores of the validation part."""
    import numpy as np

    data, model = parts.validation, trained.network.model
    assert data.target is not None
    outputs = [run_model(model, raw) for raw in raw_pieces(trained.encoding, data)]
    return trained.task.encode(data.target, data.where), trained.task.scores(np.concatenate(outputs))
