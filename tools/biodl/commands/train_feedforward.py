"""Train a feed-forward network on a table."""

from __future__ import annotations

import dataclasses

from ..data import table
from ..data.kind import Files
from ..data.table.dataset import TrainTableOptions
from ..networks.families import feedforward
from ..program.files import File, Outputs
from .training import OUTPUTS, TrainAndJudgeOptions, train

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Train a feed-forward network on a table: the task, the head and the loss follow from the target."
INPUTS = (
    File("data", "the table to learn from", required=True),
    File("validation", "a table to watch training by; without it a share of the rows is set aside"),
)


@dataclasses.dataclass(frozen=True)
class Options(TrainAndJudgeOptions, feedforward.FeedForwardOptions, TrainTableOptions):
    """Everything the form offers."""


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """See :func:`biodl.commands.training.train`."""
    validation = Files(inputs["validation"]) if inputs["validation"] else None
    train(feedforward.FAMILY, table.KIND, options, Files(inputs["data"]), validation, None, outputs)
