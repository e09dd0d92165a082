"""Which column of a table plays which part, and of which kind each feature is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..errors import InputError, listing, shorten
from .table import Header

if TYPE_CHECKING:
    import pandas as pd

NUMERIC, CATEGORICAL = "numeric", "categorical"
LARGEST = 1e30
"""Above this a number does not survive float32 arithmetic: treated as infinite."""
_ENOUGH_ROWS = 10
"""Below so many rows, distinct values say nothing of whether a column holds identifiers."""


@dataclasses.dataclass(frozen=True)
class Roles:
    """Column names by part: ``target`` columns, candidate ``features``, and those declared ``categorical``."""

    target: tuple[str, ...]
    features: tuple[str, ...]
    categorical: frozenset[str]
    chosen: bool
    """Whether the user listed the features, so that none may be left out silently."""

    @property
    def text(self) -> set[str]:
        """Columns to read as text whatever they hold."""
        return {*self.target, *self.categorical}


@dataclasses.dataclass(frozen=True)
class Note:
    """Something done to, or seen in, a column, for the log and the report."""

    column: str
    text: str

    def __str__(self) -> str:
        return f"{self.column}: {self.text}" if self.column else self.text


def assign_roles(header: Header, target=(), features=(), exclude=(), categorical=()) -> Roles:
    """Resolve column references of the form (names or 1-based numbers) into parts.

    Without ``features`` every column is one that is neither target nor in ``exclude``.

    Raises:
        InputError: when a column does not exist, or plays two parts.
    """
    target = header.resolve(target, "target")
    listed = header.resolve(features, "feature")
    excluded = set(header.resolve(exclude, "column to leave out"))
    both = [name for name in listed if name in target]
    if both:
        raise InputError(f"Column {shorten(both[0])} is both target and feature: choose it as one of them.")
    taken = [name for name in target if name in excluded]
    if taken:
        raise InputError(f"Column {shorten(taken[0])} is the target and cannot be left out: choose another.")
    candidates = tuple(name for name in listed or header.names if name not in excluded and name not in target)
    if not candidates:
        raise InputError(f"No column of {header.where} is left as a feature: choose at least one.")
    declared = frozenset(header.resolve(categorical, "categorical column"))
    return Roles(target, candidates, declared, bool(listed))


def feature_kinds(frame: pd.DataFrame, roles: Roles, where: str) -> tuple[dict[str, str], list[Note]]:
    """Find the kind of each usable feature.

    Columns that are constant or identify rows are left out with a note, unless the user listed the features:
    then they stand in the way and are refused.

    Args:
        frame: rows to learn from; its index is the line number.
        roles: the parts of the columns.
        where: the table in words, for messages.

    Returns:
        Kind by column name, in the table's order, and notes.

    Raises:
        InputError: for a column without values, with text among numbers, with infinite numbers; when none is left.
    """
    kinds: dict[str, str] = {}
    notes: list[Note] = []
    empty = [name for name in roles.features if frame[name].isna().all()]
    if empty:
        raise InputError(f"Column {listing(empty, 3)} of {where} has no values at all: fill it, remove it or leave it out.")
    for name in roles.features:
        column = frame[name]
        kind = CATEGORICAL if name in roles.categorical else column_kind(column, where)
        reason = _useless(column, kind)
        if reason and roles.chosen:
            raise InputError(f"Column {shorten(name)} of {where} was chosen as a feature, but {reason}: take it out.")
        if reason:
            notes.append(Note(name, f"left out, because {reason}"))
            continue
        kinds[name] = kind
        missing = int(column.isna().sum())
        if missing:
            how = "the training mean" if kind == NUMERIC else "a category of their own"
            notes.append(Note(name, f"{missing} missing of {len(column)} values, replaced by {how}"))
    if not kinds:
        raise InputError(f"No column of {where} can serve as a feature ({notes[0]}): add columns that vary.")
    return kinds, notes


def column_kind(column: pd.Series, where: str) -> str:
    """Tell whether a column holds numbers or categories.

    Raises:
        InputError: when most of its values are numbers and some are text, or a number is infinite.
    """
    numbers, text = split_numbers(column)
    if len(text) and len(text) > len(numbers):
        return CATEGORICAL
    if len(text):
        raise InputError(
            f"Column {shorten(column.name)} of {where} holds text among numbers in {len(text)} of "
            f"{len(text) + len(numbers)} rows (first {shorten(text.iloc[0])} in line {text.index[0]}): "
            "correct it, leave the cell empty if the value is missing, or declare the column categorical."
        )
    if column.dtype == bool:
        return CATEGORICAL
    refuse_infinite(numbers, column.name, where)
    return NUMERIC


def refuse_infinite(numbers: pd.Series, name: str, where: str) -> None:
    """Raise InputError when a number is infinite, or too large for float32."""
    infinite = numbers[numbers.abs() > LARGEST]
    if len(infinite):
        raise InputError(
            f"Column {shorten(name)} of {where} holds infinite or too large values in {len(infinite)} rows "
            f"(first in line {infinite.index[0]}): replace them or leave the cells empty."
        )


def split_numbers(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Split the values that are there into numbers (float64) and text, each with its line number."""
    import pandas as pd

    present = column.dropna()
    if present.dtype == bool:
        return present.astype("float64").iloc[:0], present.astype(str)
    if present.dtype.kind in "iuf":
        return present.astype("float64"), present.iloc[:0].astype(object)
    boolean = present.map(lambda value: isinstance(value, bool))
    numbers = pd.to_numeric(present.where(~boolean), errors="coerce")
    return numbers.dropna().astype("float64"), present[numbers.isna()].astype(str)


def as_text(column: pd.Series) -> pd.Series:
    """Categories as text; whole numbers lose the '.0' that missing neighbours gave them; missing is ''."""
    import pandas as pd

    if column.dtype.kind == "f":
        text = [("" if value != value else str(int(value)) if value == round(value) else str(value)) for value in column.tolist()]
    else:
        text = ["" if missing else str(value).strip() for value, missing in zip(column.tolist(), column.isna(), strict=True)]
    return pd.Series(text, index=column.index, name=column.name, dtype=object)


def _useless(column: pd.Series, kind: str) -> str:
    """Why a column cannot help: the reason in words, or nothing."""
    present = column.dropna()
    distinct = present.nunique()
    if distinct == 1 and present.size == column.size:
        return f"it has the same value ({shorten(present.iloc[0], 20)}) in every row"
    if looks_like_identifier(present, kind, distinct):
        return f"it looks like an identifier ({distinct} different values in {present.size} rows)"
    return ""


def looks_like_identifier(present: pd.Series, kind: str, distinct: int) -> bool:
    """Whether values name the rows, or nearly: such a column teaches nothing that carries over."""
    hardly_repeats = kind == CATEGORICAL and distinct > 50 and distinct > len(present) / 2
    return names_rows(present, kind, distinct) or (hardly_repeats and len(present) >= _ENOUGH_ROWS)


def names_rows(present: pd.Series, kind: str, distinct: int) -> bool:
    """Whether every row has a value of its own: text that never repeats, or whole numbers that count up by one."""
    if len(present) < _ENOUGH_ROWS or distinct != len(present):
        return False
    return kind == CATEGORICAL or bool((present.diff().iloc[1:] == 1).all())
