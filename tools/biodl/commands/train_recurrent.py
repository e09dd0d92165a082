"""Train a recurrent network (or a transformer encoder) on sequences, series or text."""

from __future__ import annotations

import dataclasses

from ..data.forms import DATA, LABELS, StepOptions, files_of
from ..data.kinds import kind_of_form
from ..networks.families import recurrent
from ..program.files import File, Outputs
from ..training.finetune import FineTuneOptions
from ..training.fit import SmoothedFitOptions
from .training import OUTPUTS, TrainAndJudgeOptions, train

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = (
    "Train a recurrent network (or a transformer encoder) on sequences, series or text: shapes, head and loss follow from the data."
)
INPUTS = (
    DATA,
    LABELS,
    File("validation", "samples to watch training by; without them a share is set aside"),
    File("start", "a network to start from, as a Train command wrote it (fine-tuning)"),
)


@dataclasses.dataclass(frozen=True)
class Options(FineTuneOptions, SmoothedFitOptions, TrainAndJudgeOptions, recurrent.RecurrentOptions, StepOptions):
    """Everything the form offers."""


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """See :func:`biodl.commands.training.train`."""
    validation = files_of(inputs, "stop", "validation") if inputs["validation"] else None
    train(recurrent.FAMILY, kind_of_form(options.kind), options, files_of(inputs), validation, inputs["start"], outputs)
