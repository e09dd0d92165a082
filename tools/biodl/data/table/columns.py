"""Which column of a table plays which part, and of which type each feature is."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from ...cells import clean, differ_in_case, is_number, refuse_infinite, split_numbers
from ...dress import is_error, mixed
from ...errors import InputError, listing, shorten
from ...program.options import Columns
from ..files.table import Header
from ..kind import Note

if TYPE_CHECKING:
    import pandas as pd

NUMERIC, CATEGORICAL = "numeric", "categorical"
_IDENTIFIER = re.compile(
    r"(.*[ _.\-])?(ids?|identifier|idx|index|nr|no|number|accession|barcode|row|row[ _]?names?|unnamed: \d+|key|serial)|"
    r"(sample|patient|subject|case|participant|donor|record|cell|specimen|animal|run|plate|well)[ _.\-]?(id|nr|no|number|code)?"
)
"""Names of columns of whole numbers that stand for rows, in lower case."""
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
    group: tuple[str, ...] = ()

    @property
    def text(self) -> set[str]:
        """Columns to read as text whatever they hold."""
        return {*self.target, *self.categorical, *self.group}


def assign_roles(
    header: Header, target: Columns = (), features: Columns = (), exclude: Columns = (), categorical: Columns = (), group: Columns = ()
) -> Roles:
    """Resolve column references of the form (names or 1-based numbers) into parts.

    Without ``features`` every column is one that is neither target nor group nor in ``exclude``.

    Raises:
        InputError: when a column does not exist, or plays two parts.
    """
    targets = header.resolve(target, "target")
    listed = header.resolve(features, "feature")
    groups = header.resolve(group, "group")
    excluded = set(header.resolve(exclude, "column to leave out"))
    for part, names in (("target", targets), ("group", groups)):
        both = [name for name in listed if name in names]
        if both:
            raise InputError(f"Column {shorten(both[0])} is both {part} and feature: choose it as one of them.")
    grouped = [name for name in targets if name in groups]
    if grouped:
        raise InputError(f"Column {shorten(grouped[0])} is both target and group: choose it as one of them.")
    taken = [name for name in targets if name in excluded]
    if taken:
        raise InputError(f"Column {shorten(taken[0])} is the target and cannot be left out: choose another.")
    unnamed = {header.index} - set(listed)
    candidates = tuple(name for name in listed or header.names if name not in excluded | unnamed and name not in targets + groups)
    if not candidates:
        raise InputError(f"No column of {header.where} is left as a feature: choose at least one.")
    declared = frozenset(header.resolve(categorical, "categorical column"))
    return Roles(targets, candidates, declared, bool(listed), groups)


def feature_types(frame: pd.DataFrame, roles: Roles, where: str) -> tuple[dict[str, str], list[Note]]:
    """Find the type of each usable feature.

    Columns that are constant or identify rows are left out with a note, unless the user listed the features:
    then they stand in the way and are refused.

    Args:
        frame: rows to learn from; its index is the line number.
        roles: the parts of the columns.
        where: the table in words, for messages.

    Returns:
        Type by column name, in the table's order, and notes.

    Raises:
        InputError: for a column without values, with text among numbers, with infinite numbers; when none is left.
    """
    types: dict[str, str] = {}
    notes: list[Note] = []
    empty = [name for name in roles.features if frame[name].isna().all()]
    if empty:
        raise InputError(f"Column {listing(empty, 3)} of {where} has no values at all: fill it, remove it or leave it out.")
    for name in roles.features:
        column = frame[name]
        type_ = CATEGORICAL if name in roles.categorical else column_type(column, where)
        reason = _useless(column, type_, roles.chosen)
        if reason and roles.chosen:
            raise InputError(f"Column {shorten(name)} of {where} was chosen as a feature, but {reason}: take it out.")
        if reason:
            notes.append(Note(name, f"left out, because {reason}"))
            continue
        types[name] = type_
        if type_ == CATEGORICAL and name not in roles.categorical:
            notes += [Note(name, sentence) for sentence in _worth_saying(column)]
        if type_ == NUMERIC:
            notes += [Note(name, sentence) for sentence in _stand_ins(column)]
        missing = int(column.isna().sum())
        if missing:
            how = "the training mean" if type_ == NUMERIC else "a category of their own"
            notes.append(Note(name, f"{missing} missing of {len(column)} values, replaced by {how}"))
    if not types:
        raise InputError(f"No column of {where} can serve as a feature ({notes[0]}): add columns that vary.")
    return types, notes


def column_type(column: pd.Series, where: str) -> str:
    """Tell whether a column holds numbers or categories.

    Raises:
        InputError: when most of its values are numbers and some are text, or a number is infinite.
    """
    if column.dtype.kind in "iuf":
        refuse_infinite(column, column.name, where)
        return NUMERIC
    numbers, text = split_numbers(column)
    fault = mixed(numbers, text)
    if fault:
        raise InputError(f"Column {shorten(column.name)} of {where} {fault}, or declare the column categorical.")
    if len(text):
        return CATEGORICAL
    refuse_infinite(numbers, column.name, where)
    return NUMERIC


def _worth_saying(column: pd.Series) -> list[str]:
    """What is odd about the words of a column of categories, in sentences."""
    counts = column.dropna().value_counts()
    said = [f"{sentence}, and stay apart" for sentence in differ_in_case(counts.index)]
    numbers = int(counts[[is_number(str(cell)) for cell in counts.index]].sum())
    if numbers:
        said.append(f"{numbers} of {counts.sum()} cells are numbers; the column was taken for categories")
    errors = counts[[is_error(str(cell)) for cell in counts.index]]
    if len(errors):
        said.append(
            f"{errors.sum()} cells hold errors of a spreadsheet ({listing(errors.index, 3)}) and count as categories. "
            "If they stand for missing values, name them in the form"
        )
    return said


_STAND_INS = (9.0, 99.0, 999.0, 9999.0, 99999.0)


def _stand_ins(column: pd.Series) -> list[str]:
    """A sentence on a number that may stand for a missing value: -99, 999 and the like, far from all others."""
    import numpy as np

    values = column.to_numpy("float64")
    low, high = np.nanmin(values), np.nanmax(values)
    for number, others in ((low, values[values > low]), (high, values[values < high])):
        count = int((values == number).sum())
        far = number < 0 <= others.min(initial=0) or number > 10 * np.abs(others).max(initial=0)
        if abs(number) in _STAND_INS and len(others) and count > 1 and far and (number < -9 or number > 99):
            said = f"{number:g} stands in {count} cells, far from all other values, and counts as a number"
            return [f"{said}. If it means a missing value, name it in the form"]
    return []


def _useless(column: pd.Series, type_: str, chosen: bool) -> str:
    """Why a column cannot help: the reason in words, or nothing; whole numbers that only may name rows stay where they were chosen."""
    present = column.dropna()
    distinct = present.nunique()
    if distinct == 1 and present.size == column.size:
        return f"it has the same value ({shorten(present.iloc[0], 20)}) in every row"
    sure = type_ == CATEGORICAL or not chosen or _counts_up(present)
    if sure and looks_like_identifier(present, type_, distinct):
        return f"it looks like an identifier ({distinct} different values in {present.size} rows)"
    return ""


def looks_like_identifier(present: pd.Series, type_: str, distinct: int) -> bool:
    """Whether values name the rows, or nearly: such a column teaches nothing that carries over."""
    hardly_repeats = type_ == CATEGORICAL and distinct > 50 and distinct > len(present) / 2
    return names_rows(present, type_, distinct) or (hardly_repeats and len(present) >= _ENOUGH_ROWS)


def names_rows(present: pd.Series, type_: str, distinct: int) -> bool:
    """Whether every row has a value of its own: text that never repeats, whole numbers that rise, or any whole numbers named like one."""
    if len(present) < _ENOUGH_ROWS or distinct != len(present):
        return False
    if type_ == CATEGORICAL:
        return True
    values = present.to_numpy("float64")
    if (values != values.round()).any():
        return False
    steps = values[1:] - values[:-1]
    return bool((steps > 0).all() or (steps < 0).all()) or names_identifier(present.name)


def _counts_up(present: pd.Series) -> bool:
    values = present.to_numpy("float64")
    return bool((values[1:] - values[:-1] == 1).all())


def names_identifier(name: object) -> bool:
    """Whether a column's name says that it names rows."""
    return _IDENTIFIER.fullmatch(clean(str(name)).casefold()) is not None
