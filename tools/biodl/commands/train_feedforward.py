"""Train a feed-forward network on a table."""

from __future__ import annotations

import dataclasses

from ..data import tabular
from ..data.dataset import Files
from ..families import feedforward
from ..fit import FitOptions
from ..program.files import File, Outputs
from ..training import OUTPUTS, ValidationOptions, train

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Train a feed-forward network on a table: the task, the head and the loss follow from the target."
INPUTS = (
    File("data", "the table to learn from", required=True),
    File("validation", "a table to watch training by; without it a share of the rows is set aside"),
)


@dataclasses.dataclass(frozen=True)
class Options(FitOptions, ValidationOptions, feedforward.FeedForwardOptions, tabular.TableOptions):
    """Everything the form offers."""


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """See :func:`biodl.training.train`."""
    validation = Files(inputs["validation"]) if inputs["validation"] else None
    train(feedforward, tabular, options, Files(inputs["data"]), validation, None, outputs)
