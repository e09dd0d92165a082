"""Options of every data kind that a form offers beside tables: where the samples stand, and how they become numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..program.files import File
from ..program.options import option
from .dataset import FORM_KINDS, Files
from .forecast import ForecastOptions
from .images import BrokenOptions, ImageOptions
from .sequences import SequenceColumns, SequenceOptions
from .series import SeriesColumns
from .tabular import TargetOptions
from .text import TextColumns, TextOptions

ALL = tuple(FORM_KINDS)
STEPS = ("sequence", "fasta", "series", "series_long", "forecast", "text")
"""Kinds of samples that are steps in order."""

DATA = File("data", "the samples: a table, FASTA, or a ZIP of images")
LABELS = File("labels", "a table of targets, for sequences in FASTA and images")
COLLECTION = File("collection", "images as a Galaxy collection: its description (JSON)")


@dataclasses.dataclass(frozen=True)
class SampleColumns(SeriesColumns, SequenceColumns, TextColumns):
    """Which columns are what."""


@dataclasses.dataclass(frozen=True)
class StepOptions(ForecastOptions, TextOptions, SequenceOptions, SampleColumns, TargetOptions):
    """Sequences, series and text: which columns are what, and how they become numbers."""

    kind: str = option("sequence", "what the samples are", kind="choice", choices=STEPS)


@dataclasses.dataclass(frozen=True)
class StepOrImageOptions(BrokenOptions, ImageOptions, StepOptions):
    """Images as well."""

    kind: str = option("image", "what the samples are", kind="choice", choices=(*STEPS, "image", "image_collection"))


def files_of(inputs: dict[str, str | None], options: Any, name: str = "data") -> Files:
    """The files of one part: ``data`` may be a collection, others are a file; all share the table of labels."""
    collection = inputs.get("collection") if name == "data" and not inputs.get("data") else None
    return Files(inputs.get(name), inputs.get("labels"), collection, getattr(options, "broken", "stop"))
