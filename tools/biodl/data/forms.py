"""What forms share: which files they ask for, and the options of every kind of data together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ..program.files import File
from ..program.options import option
from . import image
from .image.dataset import TrainImageOptions
from .image.read import BrokenOptions
from .kind import Files
from .kinds import FORMS, STEPS
from .sequence.dataset import SequenceColumns, TrainSequenceOptions
from .series.dataset import SeriesColumns, TrainSeriesOptions
from .series.forecast import ForecastOptions, TrainForecastOptions
from .text.dataset import TextColumns, TrainTextOptions

ALL = tuple(FORMS)

DATA = File("data", "the samples: a table, FASTA, or a ZIP of images")
LABELS = File("labels", "a table of targets, for sequences in FASTA and images")
COLLECTION = File("collection", "images as a Galaxy collection: its description (JSON)")
HELD_OUT = (
    File(
        "held_out", "samples of another part, such as a test part: those that are copies or near copies of samples of the data are counted"
    ),
    File("held_out_collection", "the same, images as a Galaxy collection: its description (JSON)"),
)


@dataclasses.dataclass(frozen=True)
class SampleColumns(SeriesColumns, SequenceColumns, TextColumns):
    """Which columns are what."""


@dataclasses.dataclass(frozen=True)
class InspectColumns(ForecastOptions, SampleColumns):
    """The same, and what makes windows of a series."""


@dataclasses.dataclass(frozen=True)
class StepOptions(TrainForecastOptions, TrainTextOptions, TrainSequenceOptions, TrainSeriesOptions):
    """Sequences, series and text: which columns are what, and how they become numbers."""

    kind: str = option("sequence", "what the samples are", type="choice", choices=STEPS)


@dataclasses.dataclass(frozen=True)
class StepOrImageOptions(BrokenOptions, TrainImageOptions, StepOptions):
    """Images as well."""

    kind: str = option("image", "what the samples are", type="choice", choices=(*image.KIND.forms, *STEPS))


def files_of(inputs: Mapping[str, str | None], broken: str = "stop", name: str = "data") -> Files:
    """The files of one part, which may be a collection where the command takes one; all share the table of labels.

    Args:
        inputs: paths by name of the command's input.
        broken: what to do with images that cannot be read: ``stop`` or ``skip``.
        name: the input with the samples.
    """
    field = "collection" if name == "data" else name
    collection = None if inputs.get(name) else inputs.get("collection" if name == "data" else f"{name}_collection")
    return Files(inputs.get(name), inputs.get("labels"), collection, broken, field)
