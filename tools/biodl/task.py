"""The task follows from the target: what the network predicts, and so its head, its loss and its metrics."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .data.columns import LARGEST, split_numbers
from .errors import InputError, listing, shorten

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BINARY, MULTICLASS, MULTILABEL, REGRESSION = "binary", "multiclass", "multilabel", "regression"
FORECASTING = "forecasting"
KINDS = (BINARY, MULTICLASS, MULTILABEL, REGRESSION)
"""Tasks to choose from; forecasting follows from the data."""
OF_NUMBERS = (REGRESSION, FORECASTING)
MAX_CLASSES = 1000
_FEW_INTEGERS = 10
"""Whole numbers of no more different values than this are taken for class numbers."""


@dataclasses.dataclass(frozen=True)
class Task:
    """What is predicted.

    Attributes:
        kind: one of :data:`KINDS`, or ``forecasting``.
        target: names of the target columns; several only for ``multilabel``.
        classes: class names in the order of the network's outputs; for ``binary`` the second is the positive one;
            for ``multilabel`` the labels; empty for numbers.
        separator: what separates labels in a cell, for ``multilabel`` from one column.
        mean, std: of the target in the training part, for numbers.
        horizon: steps to forecast.
        counts: training rows per class, for the baseline that knows nothing else.
    """

    kind: str
    target: tuple[str, ...]
    classes: tuple[str, ...] = ()
    separator: str = ""
    mean: float = 0.0
    std: float = 1.0
    counts: tuple[int, ...] = ()
    horizon: int = 1

    @property
    def is_classification(self) -> bool:
        return self.kind not in OF_NUMBERS

    @property
    def one_class_each(self) -> bool:
        """Whether each sample has exactly one class."""
        return self.kind in (BINARY, MULTICLASS)

    @property
    def title(self) -> str:
        return ", ".join(self.target)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Task:
        lists = {name: tuple(stored[name]) for name in ("target", "classes", "counts")}
        return cls(**{**stored, **lists})

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def encode(self, target: pd.DataFrame, where: str) -> np.ndarray:
        """Code target cells (text, none missing) as the loss wants them.

        Returns:
            int32 [rows] of class numbers (binary, multiclass), float32 [rows, labels] of 0 and 1 (multilabel),
            or float64 [rows] (regression), [rows, horizon] (forecasting) in the target's own unit.

        Raises:
            InputError: for a class the task does not know, or a value of the wrong kind.
        """
        import numpy as np

        if self.kind == REGRESSION:
            return _target_numbers(target[self.target[0]], where).to_numpy()
        if self.kind == FORECASTING:
            return target.to_numpy("float64")
        if self.kind == MULTILABEL:
            return np.stack([self._membership(target, label, where) for label in self.classes], axis=1)
        column = target[self.target[0]]
        codes = column.map({name: code for code, name in enumerate(self.classes)})
        _refuse_unknown(column[codes.isna()], self.classes, where)
        return codes.to_numpy("int32")

    def fit(self, y: np.ndarray) -> Task:
        """The task with ``mean`` and ``std``, or ``counts``, of the coded training targets ``y``."""
        import numpy as np

        if self.kind in OF_NUMBERS:
            std = float(y.std())
            return dataclasses.replace(self, mean=float(y.mean()), std=std if std > 0 else 1.0)
        if self.kind == MULTILABEL:
            return dataclasses.replace(self, counts=tuple(int(count) for count in y.sum(axis=0)))
        return dataclasses.replace(self, counts=tuple(np.bincount(y, minlength=len(self.classes)).tolist()))

    def _membership(self, target: pd.DataFrame, label: str, where: str) -> np.ndarray:
        if not self.separator:
            return _zero_or_one(target[label], where).to_numpy("float32")
        column = target[self.target[0]]
        labels = column.map(lambda cell: _labels(cell, self.separator))
        unknown = labels.map(lambda cell: sorted(cell - set(self.classes)))
        odd = unknown[unknown.map(bool)]
        if len(odd):
            _refuse_unknown(odd.map(lambda names: names[0]).rename(column.name), self.classes, where)
        return labels.map(lambda cell: label in cell).to_numpy("float32")


def find_task(target: pd.DataFrame, where: str, wanted: str = "auto", positive: str = "", separator: str = "") -> Task:
    """Find the task from target columns, or check that the one the user wants fits them.

    Args:
        target: one column, or several of 0 and 1 for ``multilabel``; text, none missing, index is the line number.
        where: the table in words, for messages.
        wanted: ``auto`` or one of :data:`KINDS`.
        positive: name of the class whose detection counts, for ``binary``; by default the last in alphabetical
            (for numbers, numerical) order.
        separator: what separates several labels in one cell, for ``multilabel`` from one column.

    Raises:
        InputError: when the target cannot serve the task: one value only, a class with one row, text for numbers.
    """
    columns = tuple(target.columns)
    if len(columns) > 1 and wanted not in ("auto", MULTILABEL):
        raise InputError(f"A {wanted} task has one target column, but {len(columns)} were chosen: choose one.")
    if len(columns) > 1 or wanted == MULTILABEL:
        return _multilabel(target, where, separator)
    column = target[columns[0]]
    kind = _kind(column) if wanted == "auto" else wanted
    if column.nunique() == 1:
        raise InputError(
            f"The target column {shorten(column.name)} of {where} has the same value ({shorten(column.iloc[0])}) in "
            f"all {len(column)} rows: there is nothing to learn, so choose another target or add other rows."
        )
    if kind == REGRESSION:
        _target_numbers(column, where)
        return Task(REGRESSION, columns)
    return _classes(column, kind, where, positive)


def target_table(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[pd.DataFrame, pd.Series]:
    """The target cells as text, and for each row whether all of them are there."""
    target = frame[list(columns)]
    present = target.notna().all(axis=1)
    return target[present].apply(lambda column: column.astype(str).str.strip()), present


def _kind(column: pd.Series) -> str:
    numbers, text = split_numbers(column)
    distinct = column.nunique()
    if len(text) or distinct == 2:
        return BINARY if distinct == 2 else MULTICLASS
    whole = bool((numbers == numbers.round()).all())
    return MULTICLASS if whole and distinct <= _FEW_INTEGERS else REGRESSION


def _classes(column: pd.Series, kind: str, where: str, positive: str) -> Task:
    counts = column.value_counts()
    names = _in_order(counts.index)
    if kind == BINARY and len(names) != 2:
        raise InputError(
            f"A binary task needs two classes, but the target column {shorten(column.name)} of {where} has "
            f"{len(names)} ({listing(names)}): choose the multiclass task or another target."
        )
    if len(names) > MAX_CLASSES or (len(names) > 20 and len(names) > len(column) / 2):
        raise InputError(
            f"The target column {shorten(column.name)} of {where} has {len(names)} different values in "
            f"{len(column)} rows, so it looks like an identifier or text, not classes: choose another target."
        )
    single = [name for name in names if counts[name] < 2]
    if single:
        raise InputError(
            f"Class {listing(single)} of the target column {shorten(column.name)} of {where} has only one row "
            f"(line {column.index[column == single[0]][0]}), too few to learn from and check: add rows, merge it "
            "with another class or remove it."
        )
    if kind == BINARY and positive:
        if positive not in names:
            raise InputError(f"The positive class {shorten(positive)} is not in {where}: choose {listing(names)}.")
        names = [name for name in names if name != positive] + [positive]
    return Task(kind, (column.name,), classes=tuple(names))


def _multilabel(target: pd.DataFrame, where: str, separator: str) -> Task:
    columns = tuple(target.columns)
    if len(columns) > 1:
        for name in columns:
            _zero_or_one(target[name], where)
        task = Task(MULTILABEL, columns, classes=columns)
    else:
        separator = separator or ";"
        labels = sorted(set().union(*target[columns[0]].map(lambda cell: _labels(cell, separator))))
        if len(labels) < 2:
            raise InputError(
                f"The target column {shorten(columns[0])} of {where} holds fewer than two labels when split at "
                f"{shorten(separator)}: choose the separator that its cells use, or several columns of 0 and 1."
            )
        if len(labels) > MAX_CLASSES:
            raise InputError(f"The target column {shorten(columns[0])} of {where} has {len(labels)} labels: too many.")
        task = Task(MULTILABEL, columns, classes=tuple(labels), separator=separator)
    counts = task.encode(target, where).sum(axis=0)
    for label, count in zip(task.classes, counts, strict=True):
        if count in (0, len(target)):
            which = "no row" if count == 0 else "every row"
            raise InputError(f"Label {shorten(label)} of {where} is set in {which}: there is nothing to learn about it, so leave it out.")
    return task


def _labels(cell: str, separator: str) -> set[str]:
    return {part.strip() for part in cell.split(separator) if part.strip()}


def _in_order(names) -> list[str]:
    """Numbers by value, words by alphabet."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def _target_numbers(column: pd.Series, where: str) -> pd.Series:
    numbers, text = split_numbers(column)
    if len(text):
        raise InputError(
            f"The target column {shorten(column.name)} of {where} must hold numbers for regression, but holds text "
            f"(first {shorten(text.iloc[0])} in line {text.index[0]}): correct it or choose another task."
        )
    if (numbers.abs() > LARGEST).any():
        line = numbers.index[numbers.abs() > LARGEST][0]
        raise InputError(f"The target column {shorten(column.name)} of {where} is infinite in line {line}: correct it.")
    return numbers


def _zero_or_one(column: pd.Series, where: str) -> pd.Series:
    numbers = split_numbers(column)[0]
    odd = column[~column.index.isin(numbers.index[numbers.isin([0, 1])])]
    if len(odd):
        raise InputError(
            f"Label column {shorten(column.name)} of {where} must hold 0 or 1, but holds {shorten(odd.iloc[0])} in "
            f"line {odd.index[0]}: correct it, or choose a single target column."
        )
    return numbers


def _refuse_unknown(unknown: pd.Series, classes: tuple[str, ...], where: str) -> None:
    if len(unknown):
        raise InputError(
            f"The target column {shorten(unknown.name)} of {where} holds {shorten(unknown.iloc[0])} in line "
            f"{unknown.index[0]}, which is none of the known classes ({listing(classes)}): correct or remove such rows."
        )
