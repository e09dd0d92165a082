"""What training, evaluation and prediction need of any kind of data.

A data kind is a module with ``read_training`` (returns a :class:`Dataset` with targets), ``read_for`` (reads data for
a trained model) and an encoding class; :func:`kind_named` finds it by the name that a model file holds.
"""

from __future__ import annotations

import hashlib
import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError, shorten
from .columns import Note

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

KINDS = {"table": "tabular"}
"""Data kinds by the name that model files hold, and the module of each."""


class Dataset(Protocol):
    """Samples of one kind, with their targets where these are known."""

    where: str
    """The source in words, for messages."""
    sha256: str
    """Fingerprint of the source."""
    target: pd.DataFrame | None
    """Target cells as text, none missing, one row a sample; the index locates the sample in its file."""
    notes: list[Note]
    """What was found or done while reading."""

    def __len__(self) -> int: ...

    def take(self, rows: np.ndarray) -> Dataset:
        """The samples at positions ``rows``."""

    def fit_encoding(self) -> Encoding:
        """Preprocessing fitted to these samples."""

    def row_hashes(self) -> np.ndarray:
        """uint64 [samples]: equal for equal features, in whatever file."""

    def identical(self) -> np.ndarray:
        """int [samples]: samples with equal features share a number."""


class Encoding(Protocol):
    """Preprocessing fitted to a training part."""

    width: int

    inputs: dict[str, list[str]]
    """Names of the model's inputs, and what each holds in order."""

    def raw(self, data: Dataset) -> dict[str, np.ndarray]:
        """The model's inputs."""

    def layers(self) -> tuple[dict[str, Any], Any]:
        """Keras inputs and the encoded tensor."""

    def to_json(self) -> Any:
        """What a model file holds of it."""


def kind_named(name: str) -> ModuleType:
    """The module of a data kind.

    Raises:
        InputError: when this version does not know it.
    """
    if name not in KINDS:
        raise InputError(f"The model works on data of kind {shorten(name)}, which this version lacks: update the tools.")
    return importlib.import_module(f".{KINDS[name]}", __package__)


def fingerprint(path: str) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
