"""Split data into a training, a validation and a test part."""

from __future__ import annotations

import dataclasses

from ..data.forms import COLLECTION, DATA, LABELS, files_of
from ..data.kinds import kind_of_form
from ..data.split import SplitOptions, split
from ..errors import InputError
from ..program.files import File, Outputs

DESCRIPTION = "Split data into train, validation and test: by class, by group or in time order; identical samples stay together."
INPUTS = (DATA, LABELS, COLLECTION)
OUTPUTS = (
    File("sizes", "samples of each part by class (PNG)"),
    File("summary", "sizes and class shares of each part (tabular)"),
    File("test", "samples to touch once, for the final evaluation", required=True),
    File("validation", "samples to watch training by"),
    File("train", "samples to train with", required=True),
)
OPTIONS = SplitOptions


def run(options: SplitOptions, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Check the columns, then read, split and write."""
    if options.validation_size + options.test_size >= 1:
        raise InputError(
            f"Validation ({options.validation_size:g}) and test ({options.test_size:g}) leave nothing to train with: lower them."
        )
    kind = kind_of_form(options.kind)
    if kind.in_order:
        options = dataclasses.replace(options, method="time", time=options.time_column, target=())
    if options.method == "time" and len(options.time) != 1:
        raise InputError("The time split needs one time column: choose it.")
    if options.method == "time" and options.group:
        raise InputError("A split in time order keeps no groups together: choose a group column or the time order.")
    if len(options.group) > 1:
        raise InputError("One column tells which samples belong together: choose one group column.")
    if options.validation_size and "validation" not in outputs:
        raise InputError("A validation part was asked for without a place to write it: give --validation, or set its size to 0.")
    fractions = (1 - options.validation_size - options.test_size, options.validation_size, options.test_size)
    split(kind, files_of(inputs, options.broken), options, fractions, outputs)
