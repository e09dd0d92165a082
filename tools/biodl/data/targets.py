"""Targets of samples: which columns they are, and which samples have one. Groups of samples likewise."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..cells import MISSING, clean, differ_in_case, word
from ..dress import PLAIN, Survey, number_in
from ..errors import InputError, listing, shorten
from ..program.options import Columns, option
from ..tasks import OFFERED, TASKS
from .kind import Note

if TYPE_CHECKING:
    import pandas as pd


_WRITTEN = re.compile(r"(predicted|probability|observed)[_. ].|residual$", re.IGNORECASE)
_FIRST_WORD = re.compile("[_. ]")
"""Columns that Evaluate and Predict write."""
_MOST_CLASSES = 1000


@dataclasses.dataclass(frozen=True)
class TargetOptions:
    """What to predict."""

    target: Columns = option((), "column to predict; several columns of 0 and 1 for several labels", type="columns")
    target_name: str = option("", "name of the column to predict, where a form cannot list columns", type="text", names="target")
    task: str = option("auto", "what to predict", type="choice", choices=("auto", *OFFERED))
    positive_class: str = option("", "class whose detection counts in a binary task", type="text")
    label_separator: str = option("", "what separates labels in a cell of a multilabel target; found if not given", type="text")
    missing: str = option("", f"words that mean a missing value, with commas between; {listing(MISSING[1:], 20)} if not given", type="text")


@dataclasses.dataclass(frozen=True)
class GroupOptions:
    """What belongs together."""

    group: Columns = option(
        (), "column whose equal values stay together (patient, cell line, slide) when a share is set aside to validate with", type="columns"
    )
    group_name: str = option("", "name of that column, where a form cannot list columns", type="text", names="group")


@dataclasses.dataclass(frozen=True)
class NearOptions(GroupOptions):
    """What belongs together, where near copies can be told."""

    near_together: bool = option(
        True, "keep near copies of sequences and images together, as copies are, when samples are divided", type="bool"
    )


def need_target(target: Columns) -> None:
    """Raise InputError when no target column was chosen."""
    if not target:
        raise InputError("No target column was chosen: choose the column to predict.")


def missing_words(named: str) -> tuple[str, ...]:
    """Cells that mean a missing value: those named in a form, with commas between, else the usual ones."""
    words = tuple(clean(part) for part in named.split(","))
    return ("", *(part for part in words if part)) if any(words) else MISSING


def empty_words(options: TargetOptions, target: tuple[str, ...]) -> tuple[str, ...]:
    """Target columns whose empty cells say something: that no label applies."""
    return target if len(target) == 1 and options.task in TASKS and TASKS[options.task].empty_is_none else ()


def refuse_predictions(names: Sequence[str], used: Sequence[str], where: str) -> None:
    """Raise InputError when columns to learn from were written by Evaluate or Predict.

    Args:
        names: of all columns of a table.
        used: those to learn from, and the target.
        where: the table in words.
    """
    written = [name for name in names if _WRITTEN.match(name)]
    kinds = {_FIRST_WORD.split(name, maxsplit=1)[0].casefold() for name in written}
    told = {_FIRST_WORD.split(name, maxsplit=1)[1] for name in written if name.casefold().startswith("predicted")} & {*names, "labels"}
    if "predicted" not in kinds or not (len(kinds) > 1 or told or "residual" in names):
        return
    taken = [name for name in used if name in written]
    if taken:
        raise InputError(
            f"Column {shorten(taken[0])} of {where} was written by a tool that evaluates or predicts, so a network would learn from "
            "answers of another: give the table without such columns, or leave them out."
        )


def target_table(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[pd.DataFrame, pd.Series, list[Note]]:
    """The target cells as text, for each row whether all of them are there, and notes on how they were read."""
    import pandas as pd

    target = frame[list(columns)]
    present = target.notna().all(axis=1)
    notes: list[Note] = []
    found = {}
    for name in columns:
        text = target.loc[present, name].astype(str).map(word)
        survey = Survey()
        survey.add(text.unique())
        dress = survey.dress
        if dress and dress is not PLAIN:
            text = pd.Series([word(repr(number_in(dress, cell))) for cell in text], index=text.index, name=text.name, dtype=object)
            notes.append(Note(name, f"numbers with {dress.name}"))
        notes += [Note(name, f"{sentence}, and are different classes. Write them alike if they are one") for sentence in _alike(text)]
        found[name] = text
    return target[present].assign(**found), present, notes


def _alike(text: pd.Series) -> list[str]:
    """Sentences on classes that differ in case alone."""
    distinct = text.unique()
    return differ_in_case(distinct) if len(distinct) <= _MOST_CLASSES else []


def with_target(
    frame: pd.DataFrame, columns: tuple[str, ...], where: str, called: str = "rows"
) -> tuple[pd.DataFrame, pd.DataFrame, list[Note]]:
    """The rows of ``frame`` that have a target, their target cells as text, and notes on those left out.

    Raises:
        InputError: when no row has one.
    """
    target, present, notes = target_table(frame, columns)
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
    text = group.astype(str).map(word)
    first: dict[str, str] = {}
    return text.map(lambda name: first.setdefault(name.casefold(), name))


def groups_as_one(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[Note]:
    """Notes on names of groups that differ in case alone, and count as one: else a patient could stand on two sides."""
    distinct = frame[columns[0]].dropna().astype(str).map(word).unique() if columns else ()
    return [Note(columns[0], f"{sentence}, and count as one group") for sentence in differ_in_case(distinct)]


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
