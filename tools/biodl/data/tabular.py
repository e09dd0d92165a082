"""Tables as training data: the data kind behind feed-forward networks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..program.options import ColumnNumber, option
from ..task import KINDS, Task
from . import dataset
from .columns import CATEGORICAL, NUMERIC, Note, as_text, assign_roles, feature_kinds
from .dataset import Files, Independent, fingerprint, lacking, with_target
from .features import TableFeatures
from .table import read_header, read_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "table"
Columns = tuple[str | ColumnNumber, ...]


@dataclasses.dataclass(frozen=True)
class TargetOptions:
    """What to predict."""

    target: Columns = option((), "column to predict; several columns of 0 and 1 for several labels", kind="columns")
    task: str = option("auto", "what to predict", kind="choice", choices=("auto", *KINDS))
    positive_class: str = option("", "class whose detection counts in a binary task", kind="text")
    label_separator: str = option("", "what separates labels in a cell of a multilabel target", kind="text")


@dataclasses.dataclass(frozen=True)
class TableOptions(TargetOptions):
    """Which columns are what."""

    features: Columns = option((), "columns to learn from; all others but the target if not given", kind="columns")
    exclude: Columns = option((), "columns to leave out", kind="columns")
    categorical: Columns = option((), "columns of numbers that stand for categories", kind="columns")


@dataclasses.dataclass(frozen=True)
class TableDataset(Independent):
    """Rows of a table; see :class:`biodl.data.dataset.Dataset`."""

    where: str
    sha256: str
    frame: pd.DataFrame
    kinds: dict[str, str]
    target: pd.DataFrame | None
    notes: list[Note]

    def row_hashes(self) -> np.ndarray:
        return hash_rows(self.frame, self.kinds)

    def fit_encoding(self, options: Any) -> TableFeatures:
        return TableFeatures.fit(self.frame, self.kinds)


def need_target(target: Columns) -> None:
    """Raise InputError when no target column was chosen."""
    if not target:
        raise InputError("No target column was chosen: choose the column to predict.")


def read_training(files: Files, options: TableOptions) -> TableDataset:
    """Read rows to learn from; those without a target are left out with a note.

    Raises:
        InputError: see :func:`biodl.data.columns.feature_kinds`.
    """
    need_target(options.target)
    header = read_header(files.main)
    roles = assign_roles(header, options.target, options.features, options.exclude, options.categorical)
    frame = read_table(header, roles.text)
    frame, target, notes = with_target(frame, roles.target, header.where)
    kinds, found = feature_kinds(frame, roles, header.where)
    return TableDataset(header.where, fingerprint(header.path), frame, kinds, target, notes + found)


def read_for(files: Files, encoding: TableFeatures, task: Task | None) -> TableDataset:
    """Read rows for a trained model: its columns by name, with targets when ``task`` is given.

    Raises:
        InputError: when columns or targets are missing.
    """
    header = read_header(files.main)
    wanted = task.target if task else ()
    refusal = lacking(header, encoding.names + wanted, wanted)
    if refusal:
        raise refusal
    text = {item.name for item in encoding.of_kind(CATEGORICAL)} | set(wanted)
    frame = read_table(header, text)
    kinds = {item.name: item.kind for item in encoding.features}
    notes: list[Note] = []
    target = None
    if task:
        frame, target, notes = with_target(frame, wanted, header.where)
    notes += [
        Note(name, f"{count} missing of {len(frame)} values, replaced as in training")
        for name, count in frame[list(kinds)].isna().sum().items()
        if count
    ]
    return TableDataset(header.where, fingerprint(header.path), frame, kinds, target, notes)


def encoding_from(stored: Any) -> TableFeatures:
    """The encoding that a model file holds."""
    return TableFeatures.from_json(stored)


def hash_rows(frame: pd.DataFrame, kinds: dict[str, str]) -> np.ndarray:
    """uint64 [rows]: equal for rows with equal values in the columns of ``kinds``, in whatever file and order."""
    import pandas as pd

    plain = {name: frame[name].astype("float64") if kind == NUMERIC else as_text(frame[name]) for name, kind in sorted(kinds.items())}
    return pd.util.hash_pandas_object(pd.DataFrame(plain), index=False, categorize=False).to_numpy()


def beside(files: Files, data: TableDataset, encoding: TableFeatures, task: Task, keep: Columns) -> pd.DataFrame:
    """Columns to copy beside predictions."""
    return dataset.beside(files.main, data, {*encoding.names, *task.target}, keep)
