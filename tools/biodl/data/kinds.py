"""All kinds of data there are; each registers itself when its folder is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InputError, shorten
from . import image, sequence, series, table, text
from .kind import KINDS, AnyKind

if TYPE_CHECKING:
    from .image.dataset import ImageDataset
    from .image.encoding import ImageEncoding
    from .kind import Dataset, Encoding
    from .sequence.dataset import SequenceDataset
    from .series.dataset import SeriesDataset
    from .series.encoding import SeriesEncoding
    from .series.forecast import ForecastDataset
    from .table.dataset import TableDataset
    from .table.encoding import TableFeatures
    from .text.dataset import TextDataset
    from .tokens import TextEncoding

    # the bounds of Kind's variables hold every class to its protocol; here the type checker says what one lacks
    def _datasets(
        table: TableDataset,
        sequence: SequenceDataset,
        series: SeriesDataset,
        forecast: ForecastDataset,
        text: TextDataset,
        image: ImageDataset,
    ) -> list[Dataset]:
        return [table, sequence, series, forecast, text, image]

    def _encodings(table: TableFeatures, text: TextEncoding, series: SeriesEncoding, image: ImageEncoding) -> list[Encoding]:
        return [table, text, series, image]


__all__ = ["FORMS", "STEPS", "image", "kind_named", "kind_of_form", "sequence", "series", "table", "text"]

FORMS = {form: kind for kind in sorted(KINDS.values(), key=lambda kind: kind.rank) for form in kind.forms}
"""Choices in forms, in their order there, and the kind behind each."""
STEPS = tuple(form for form, kind in FORMS.items() if kind.steps)
"""Choices whose samples are steps in order."""


def kind_named(name: str) -> AnyKind:
    """A kind by the name that a model file holds.

    Raises:
        InputError: when this version does not know it.
    """
    if name not in KINDS:
        raise InputError(f"The model works on data of kind {shorten(name)}, which this version lacks: update the tools.")
    return KINDS[name]


def kind_of_form(choice: str) -> AnyKind:
    """The kind behind a form's choice."""
    return FORMS[choice]
