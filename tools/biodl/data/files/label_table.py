"""Targets of samples that come without any: sequences in FASTA, images in a ZIP. A table names samples and their labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import InputError, shorten
from ...program.options import Columns
from ..kind import Note
from .table import read_header, read_table

if TYPE_CHECKING:
    import pandas as pd


def join_labels(
    frame: pd.DataFrame,
    names: Callable[[str], list[str]],
    path: str,
    identifier: Columns,
    target: Columns,
    group: Columns,
    called: str,
    where: str,
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...], list[Note]]:
    """Add the columns of a label table to samples.

    Args:
        frame: one row a sample, its name in the first column.
        names: the ways in which a label table may name a sample, the best first.
        path: the label table.
        identifier: its column of names; the first column if not given.
        target: its column or columns of targets; may be empty.
        group: its column of groups; may be empty.
        called: what a sample is called, in the plural.
        where: the samples in words.

    Returns:
        The frame with the table's columns (empty where a sample is not in it), the names of the target columns and of the group column, and
        notes.

    Raises:
        InputError: when nothing matches, or a sample has two rows.
    """
    header = read_header(path)
    key = (header.resolve(identifier, "identifier") or header.names[:1])[0]
    columns = header.resolve(target, "target")
    groups = header.resolve(group, "group")
    if key in columns:
        raise InputError(f"Column {shorten(key)} of {header.where} names the {called} and cannot be the target: choose another.")
    table = read_table(header, {key, *columns, *groups}).dropna(subset=[key])
    table[key] = table[key].str.strip()
    twice = table[key].duplicated()
    if twice.any():
        line = table.index[twice][0]
        raise InputError(f"The {header.where} names {shorten(table[key][line])} more than once (line {line}): keep one row.")
    known = set(table[key])
    found = [next((name for name in names(sample) if name in known), None) for sample in frame.iloc[:, 0]]
    matched = {name for name in found if name}
    if not matched:
        raise InputError(
            f"No name in column {shorten(key)} of {header.where} (first {shorten(table[key].iloc[0])}) is that of one of the "
            f"{called} in {where} (first {shorten(frame.iloc[0, 0])}): choose the column that names them."
        )
    notes = []
    spare = [name for name in table[key] if name not in matched]
    if spare:
        notes.append(Note("", f"{len(spare)} rows of {header.where} name none of the {called} of {where} (first {shorten(spare[0])})"))
    lost = [sample for sample, name in zip(frame.iloc[:, 0], found, strict=True) if name is None]
    if lost:
        notes.append(Note("", f"{len(lost)} {called} of {where} are not in {header.where} (first {shorten(lost[0])})"))
    rows = table.set_index(key).reindex(found)
    rows.index = frame.index
    rows = rows[[name for name in rows.columns if name not in frame.columns or name in columns + groups]]
    return frame.drop(columns=[name for name in rows.columns if name in frame.columns]).join(rows), columns, groups, notes
