"""What training, evaluation and prediction need of any kind of data.

A data kind is a module with ``read_training`` (returns a :class:`Dataset`), ``read_for`` (reads data for a trained model),
``encoding_from`` (the encoding that a model file holds) and ``beside`` (columns to copy beside predictions);
:func:`kind_named` finds it by the name that a model file holds, :func:`kind_of_form` by the choice in a form.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import math
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError, listing, shorten
from .columns import Note

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from .table import Header

KINDS = {
    "table": "tabular",
    "sequence": "sequences",
    "series": "series",
    "forecast": "forecast",
    "text": "text",
    "image": "images",
}
"""Data kinds by the name that model files hold, and the module of each."""
FORM_KINDS = {
    "table": "table",
    "sequence": "sequence",
    "fasta": "sequence",
    "series": "series",
    "series_long": "series",
    "forecast": "forecast",
    "text": "text",
    "image": "image",
    "image_collection": "image",
}
"""Choices in forms, which tell kinds apart by the files they come in, and the data kind of each."""


@dataclasses.dataclass(frozen=True)
class Files:
    """Paths of what a user handed in for one part.

    Attributes:
        data: a table, a FASTA file or a ZIP of images.
        labels: a table that names sequences or images and their targets.
        collection: Galaxy's description (JSON) of a collection of images, in the place of ``data``.
        broken: what to do with images that cannot be read: ``stop`` or ``skip``.
    """

    data: str | None
    labels: str | None = None
    collection: str | None = None
    broken: str = "stop"

    @property
    def main(self) -> str:
        """The file with the samples.

        Raises:
            InputError: when there is none.
        """
        if self.data:
            return self.data
        raise InputError("No data was given: choose the file with the samples.")

    def paths(self, name: str) -> dict[str, str]:
        """The files by name, for a fingerprint; ``name`` says which part this is."""
        named = {name: self.data, "labels": self.labels, "collection": self.collection}
        return {key: path for key, path in named.items() if path}


class Dataset(Protocol):
    """Samples of one kind, with their targets where these are known."""

    where: str
    """The source in words, for messages."""
    sha256: str
    """Fingerprint of the source."""
    frame: pd.DataFrame
    """One row a sample: its cells, or its name and labels; the index locates the sample in its file."""
    target: pd.DataFrame | None
    """Target cells as text, none missing, one row a sample; numbers of the future for forecasts."""
    notes: list[Note]
    """What was found or done while reading."""
    naming: tuple[str, ...]
    """Columns of ``frame`` that name the samples, beside their place in the file."""

    def __len__(self) -> int: ...

    def take(self, rows: np.ndarray) -> Dataset:
        """The samples at positions ``rows``."""

    def fit_encoding(self, options: Any) -> Encoding:
        """Preprocessing fitted to these samples."""

    def augmented(self, options: Any) -> Dataset:
        """These samples and changed copies of them, for the training part alone."""

    def row_hashes(self) -> np.ndarray:
        """uint64 [samples]: equal for equal features, in whatever file."""

    def order(self) -> np.ndarray | None:
        """[samples] of times where samples follow each other and may not be shuffled between parts."""


class Encoding(Protocol):
    """Preprocessing fitted to a training part."""

    shape: tuple[int, ...]
    """Shape of one encoded sample."""

    streams: bool
    """Whether samples stay on disk, so that memory does not grow with their number."""

    inputs: dict[str, list[str]]
    """Names of the model's inputs, and what each holds in order."""

    def raw(self, data: Dataset) -> dict[str, Any]:
        """The model's inputs; arrays, or objects that give arrays for slices."""

    def layers(self) -> tuple[dict[str, Any], Any]:
        """Keras inputs and the encoded tensor."""

    def fixing(self, options: Any) -> Any:
        """Options of training with what a network to start from has decided already."""

    def renamed(self, data: Dataset) -> Encoding:
        """This encoding for data of another file, whose columns may have other names.

        Raises:
            InputError: when the data is of another shape.
        """

    def entrance(self, encoded: Any, options: Any) -> tuple[Any, Any]:
        """What hidden layers start from: a float tensor, and [samples, steps, 1] of 1 where a sample has something (or None)."""

    def augmentation(self, options: Any) -> list[Any]:
        """Keras layers that change samples at random in training."""

    def flat(self, encoded: np.ndarray) -> np.ndarray:
        """Encoded samples as [samples, values], for models that want tables."""

    def notes(self, data: Dataset) -> list[str]:
        """What this encoding cannot take in of ``data``, in sentences."""

    def to_json(self) -> Any:
        """What a model file holds of it."""


class Plain:
    """What most encodings share."""

    streams = False

    def fixing(self, options):
        return options

    def renamed(self, data):
        return self

    def entrance(self, encoded, options):
        return encoded, None

    def augmentation(self, options) -> list:
        return []

    def flat(self, encoded):
        return encoded.reshape(len(encoded), -1)

    def notes(self, data) -> list[str]:
        return []


class Independent:
    """What datasets share whose samples have no order."""

    @property
    def naming(self) -> tuple[str, ...]:
        return ()

    def augmented(self, options):
        return self

    def order(self):
        return None

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows):
        target = None if self.target is None else self.target.iloc[rows]
        return dataclasses.replace(self, frame=self.frame.iloc[rows], target=target)


def kind_named(name: str) -> ModuleType:
    """The module of a data kind.

    Raises:
        InputError: when this version does not know it.
    """
    if name not in KINDS:
        raise InputError(f"The model works on data of kind {shorten(name)}, which this version lacks: update the tools.")
    return importlib.import_module(f".{KINDS[name]}", __package__)


def kind_of_form(choice: str) -> ModuleType:
    """The module of the data kind behind a form's choice."""
    return kind_named(FORM_KINDS[choice])


def identical(data: Dataset) -> np.ndarray:
    """int [samples]: samples with equal features share a number."""
    from ..split import same

    return same(data.row_hashes())


def values_in(shape: tuple[int, ...]) -> int:
    """Number of values of one encoded sample."""
    return math.prod(shape)


def hash_arrays(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """uint64 [samples]: equal for arrays with equal bytes."""
    import numpy as np

    digests = (hashlib.blake2b(np.ascontiguousarray(array), digest_size=8).digest() for array in arrays)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype="uint64")


def fingerprint(path: str) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def with_target(frame: pd.DataFrame, columns: tuple[str, ...], where: str, called: str = "rows"):
    """The rows of ``frame`` that have a target, their target cells as text, and notes on those left out.

    Raises:
        InputError: when no row has one.
    """
    from ..task import target_table

    target, present = target_table(frame, columns)
    notes = []
    if not present.all():
        count = int((~present).sum())
        notes.append(Note("", f"{count} {called} without a target were left out (first in line {frame.index[~present][0]})"))
    if target.empty:
        raise InputError(f"The target column {shorten(columns[0])} of {where} has no values: choose another.")
    return frame[present], target, notes


def lacking(header: Header, wanted: tuple[str, ...], target: tuple[str, ...]) -> InputError | None:
    """The refusal of a table that lacks columns a trained network needs, or nothing."""
    absent = [name for name in wanted if name not in header.names]
    if not absent:
        return None
    what = "target column" if absent[0] in target else "column"
    return InputError(
        f"The {header.where} lacks {len(absent)} of the {len(wanted)} columns that the network needs, first the "
        f"{what} {listing(absent, 3)}: add them or rename yours."
    )


def beside(path: str, data: Dataset, used: set[str], keep: tuple) -> pd.DataFrame:
    """Columns to copy beside predictions: those in ``keep``, else those of ``data`` that the network does not use.

    Without any, the number of the line in the file tells the samples apart.

    Raises:
        InputError: when a column of ``keep`` does not exist.
    """
    from .table import Header

    header = Header(path, "\t", tuple(data.frame.columns))
    names = header.resolve(keep, "column to keep") or tuple(name for name in header.names if name not in used)
    if names:
        return data.frame[list(names)]
    return data.frame[[]].assign(line=data.frame.index)
