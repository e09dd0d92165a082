"""Tables as training data: the data kind behind feed-forward networks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..errors import InputError, listing, shorten
from ..options import ColumnNumber, option
from ..split import same
from ..task import KINDS, Task, target_table
from .columns import CATEGORICAL, NUMERIC, Note, Roles, as_text, assign_roles, feature_kinds
from .dataset import fingerprint
from .features import TableFeatures
from .table import Header, read_header, read_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "table"
Columns = tuple[str | ColumnNumber, ...]


@dataclasses.dataclass(frozen=True)
class TableOptions:
    """Which columns are what."""

    target: Columns = option((), "column to predict; several columns of 0 and 1 for several labels", kind="columns")
    features: Columns = option((), "columns to learn from; all others but the target if not given", kind="columns")
    exclude: Columns = option((), "columns to leave out", kind="columns")
    categorical: Columns = option((), "columns of numbers that stand for categories", kind="columns")
    task: str = option("auto", "what to predict", kind="choice", choices=("auto", *KINDS))
    positive_class: str = option("", "class whose detection counts in a binary task", kind="text")
    label_separator: str = option("", "what separates labels in a cell of a multilabel target", kind="text")


@dataclasses.dataclass(frozen=True)
class TableDataset:
    """Rows of a table; see :class:`biodl.data.dataset.Dataset`."""

    where: str
    sha256: str
    frame: pd.DataFrame
    kinds: dict[str, str]
    target: pd.DataFrame | None
    notes: list[Note]

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: np.ndarray) -> TableDataset:
        target = None if self.target is None else self.target.iloc[rows]
        return dataclasses.replace(self, frame=self.frame.iloc[rows], target=target)

    def row_hashes(self) -> np.ndarray:
        return hash_rows(self.frame, self.kinds)

    def identical(self) -> np.ndarray:
        return same(self.row_hashes())

    def fit_encoding(self) -> TableFeatures:
        return TableFeatures.fit(self.frame, self.kinds)


def check_training(path: str, options: TableOptions) -> tuple[Header, Roles]:
    """Check header and columns, before anything heavy is imported."""
    if not options.target:
        raise InputError("No target column was chosen: choose the column to predict.")
    header = read_header(path)
    roles = assign_roles(header, options.target, options.features, options.exclude, options.categorical)
    return header, roles


def read_training(header: Header, roles: Roles) -> TableDataset:
    """Read rows to learn from; those without a target are left out with a note.

    Raises:
        InputError: see :func:`biodl.data.columns.feature_kinds`.
    """
    frame = read_table(header, roles.text)
    frame, target, notes = _with_target(frame, roles.target, header.where)
    kinds, found = feature_kinds(frame, roles, header.where)
    return TableDataset(header.where, fingerprint(header.path), frame, kinds, target, notes + found)


def read_for(path: str, encoding: TableFeatures, task: Task | None) -> TableDataset:
    """Read rows for a trained model: its columns by name, with targets when ``task`` is given.

    Raises:
        InputError: when columns or targets are missing.
    """
    header = read_header(path)
    wanted = encoding.names + (task.target if task else ())
    absent = [name for name in wanted if name not in header.names]
    if absent:
        what = "target column" if task and absent[0] in task.target else "column"
        raise InputError(
            f"The {header.where} lacks {len(absent)} of the {len(wanted)} columns that the network needs, first the "
            f"{what} {listing(absent, 3)}: add them or rename yours."
        )
    text = {item.name for item in encoding.of_kind(CATEGORICAL)} | set(task.target if task else ())
    frame = read_table(header, text)
    kinds = {item.name: item.kind for item in encoding.features}
    notes: list[Note] = []
    target = None
    if task:
        frame, target, notes = _with_target(frame, task.target, header.where)
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


def _with_target(frame: pd.DataFrame, columns: tuple[str, ...], where: str):
    target, present = target_table(frame, columns)
    notes = []
    if not present.all():
        count = int((~present).sum())
        notes.append(Note("", f"{count} rows without a target were left out (first in line {frame.index[~present][0]})"))
    if target.empty:
        raise InputError(f"The target column {shorten(columns[0])} of {where} has no values: choose another.")
    return frame[present], target, notes


def columns_beside(path: str, data: TableDataset, encoding: TableFeatures, task: Task, keep: Columns) -> pd.DataFrame:
    """Columns to copy beside predictions: those in ``keep``, else those that the network does not use.

    Without any, the number of the line in the file tells the rows apart.
    """
    header = read_header(path)
    used = {*encoding.names, *task.target}
    names = header.resolve(keep, "column to keep") or tuple(name for name in header.names if name not in used)
    if names:
        return data.frame[list(names)]
    return data.frame[[]].assign(line=data.frame.index)
