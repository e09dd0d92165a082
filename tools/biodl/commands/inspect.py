"""Inspect data before training."""

from __future__ import annotations

import dataclasses

from ..data.forms import ALL, COLLECTION, DATA, HELD_OUT, LABELS, InspectColumns, files_of
from ..data.image.read import SKIP
from ..data.inspect import inspect
from ..data.kinds import kind_of_form
from ..data.table.dataset import TableOptions
from ..program.files import Outputs
from ..program.options import option
from ..reporting.findings import OUTPUTS, write_all

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Inspect training data: volume, types, missing values, copies, balance, outliers, leaks; with advice."
INPUTS = (DATA, LABELS, COLLECTION, *HELD_OUT)


@dataclasses.dataclass(frozen=True)
class Options(InspectColumns, TableOptions):
    """Everything the form offers."""

    kind: str = option("table", "what the samples are", type="choice", choices=ALL)


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Read, check, write."""
    held_out = files_of(inputs, SKIP, "held_out")
    given = held_out if held_out.data or held_out.collection else None
    write_all("Inspection of training data", inspect(kind_of_form(options.kind), files_of(inputs), options, given), outputs)
