"""Targets of samples: which columns they are, and which samples have one. Groups of samples likewise."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..errors import InputError, listing, shorten
from ..program.options import Columns, option
from ..tasks import OFFERED
from .kind import Note

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True)
class TargetOptions:
    """What to predict."""

    target: Columns = option((), "column to predict; several columns of 0 and 1 for several labels", type="columns")
    task: str = option("auto", "what to predict", type="choice", choices=("auto", *OFFERED))
    positive_class: str = option("", "class whose detection counts in a binary task", type="text")
    label_separator: str = option("", "what separates labels in a cell of a multilabel target", type="text")


@dataclasses.dataclass(frozen=True)
class GroupOptions:
    """What belongs together."""

    group: Columns = option(
        (), "column whose equal values stay together (patient, cell line, slide) when a share is set aside to validate with", type="columns"
    )


def need_target(target: Columns) -> None:
    """Raise InputError when no target column was chosen."""
    if not target:
        raise InputError("No target column was chosen: choose the column to predict.")


def target_table(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[pd.DataFrame, pd.Series]:
    """The target cells as text, and for each row whether all of them are there."""
    target = frame[list(columns)]
    present = target.notna().all(axis=1)
    return target[present].apply(lambda column: column.astype(str).str.strip()), present


def with_target(
    frame: pd.DataFrame, columns: tuple[str, ...], where: str, called: str = "rows"
) -> tuple[pd.DataFrame, pd.DataFrame, list[Note]]:
    """The rows of ``frame`` that have a target, their target cells as text, and notes on those left out.

    Raises:
        InputError: when no row has one.
    """
    target, present = target_table(frame, columns)
    notes = []
    if not present.all():
        count = int((~present).sum())
        notes.append(Note("", f"{count} {called} without a target were left out (first in line {frame.index[~present][0]})"))
    if target.empty:
        raise InputError(f"The target column {shorten(columns[0])} of {where} has no values: choose another.")
    return frame[present], target, notes


def group_of(frame: pd.DataFrame, columns: tuple[str, ...], where: str) -> pd.Series | None:
    """Cells of the group column as text, if one was chosen.

    Raises:
        InputError: when several were chosen, or a sample has no group.
    """
    if not columns:
        return None
    if len(columns) > 1:
        raise InputError(f"One column names groups, but {len(columns)} were chosen: choose one.")
    group = frame[columns[0]]
    if group.isna().any():
        raise InputError(
            f"The group column {shorten(columns[0])} of {where} is empty in line {group.index[group.isna()][0]}: name every row's group."
        )
    return group.astype(str)


def known_group(frame: pd.DataFrame, columns: Columns) -> tuple[str, ...]:
    """The group column of samples that have no table: one of what is known of them.

    Raises:
        InputError: when it is not.
    """
    names = tuple(str(column) for column in columns)
    unknown = [name for name in names if name not in frame]
    if unknown:
        raise InputError(
            f"Column {shorten(unknown[0])}, chosen as group, is not known of the samples, "
            f"of which {listing(frame.columns)} are: choose one of these."
        )
    return names
