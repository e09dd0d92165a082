"""Targets of samples that come without any: sequences in FASTA, images in a ZIP. A table names samples and their labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...cells import MISSING, word
from ...errors import InputError, counted, shorten
from ...program.options import Columns
from ..kind import Note
from ..reading import Choice
from .names import Matched
from .table import Header, read_header, read_table

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True)
class LabelColumns:
    """Which columns of a table of labels are what, and how its cells are read.

    Attributes:
        identifier: of names; the first if not given.
        target: of targets; may be empty.
        group: of groups; may be empty.
        missing: cells that count as missing.
        empty_is_none: whether an empty cell of a single target says that no label applies.
    """

    identifier: Columns
    target: Columns
    group: Columns = ()
    missing: tuple[str, ...] = MISSING
    empty_is_none: bool = False


@dataclasses.dataclass(frozen=True)
class Labelled:
    """Samples with what a table says of them.

    Attributes:
        frame: one row a sample, with the table's columns, empty where a sample is not in it.
        target: names of the target columns.
        group: name of the group column, if one was chosen.
        notes: what was left out.
        choices: what was chosen in reading the table.
        identifier: the column of names.
        missing: cells of the table that counted as missing.
    """

    frame: pd.DataFrame
    target: tuple[str, ...]
    group: tuple[str, ...]
    notes: list[Note]
    choices: list[Choice] = dataclasses.field(default_factory=list)
    identifier: str = ""
    missing: tuple[str, ...] = MISSING


def identifier_of(path: str, stored: str) -> Columns:
    """The column that named samples in training, where the table has one of that name; else none, which means the first."""
    return (stored,) if stored and stored in read_header(path).names else ()


def join_labels(
    frame: pd.DataFrame,
    match: Callable[[Sequence[str], Sequence[str], str, str], Matched],
    path: str,
    chosen: LabelColumns,
    called: str,
    where: str,
) -> Labelled:
    """Add the columns of a label table to samples.

    Args:
        frame: one row a sample, its name in the first column.
        match: finds the row of each sample; one of :mod:`.names`.
        path: the label table.
        chosen: its columns.
        called: what a sample is called, in the plural.
        where: the samples in words.

    Raises:
        InputError: when nothing matches, or a sample has two rows.
    """
    header = read_header(path, chosen.missing)
    key = (header.resolve(chosen.identifier, "identifier") or header.names[:1])[0]
    columns = header.resolve(chosen.target, "target")
    groups = header.resolve(chosen.group, "group")
    if key in columns:
        raise InputError(f"Column {shorten(key)} of {header.where} names the {called} and cannot be the target: choose another.")
    empty = columns if chosen.empty_is_none and len(columns) == 1 else ()
    table = read_table(header, {key, *columns, *groups}, with_empty=empty).dropna(subset=[key])
    twice = table[key].duplicated()
    if twice.any():
        line = table.index[twice][0]
        raise InputError(f"The {header.where} names {shorten(table[key][line])} more than once (line {line}): keep one row.")
    samples, cells = [word(name) for name in frame.iloc[:, 0]], table[key].tolist()
    found = match(samples, cells, called, header.where)
    if all(row is None for row in found.rows):
        first = f"(first {shorten(cells[0])}) " if cells else ""
        raise InputError(
            f"No name in column {shorten(key)} of {header.where} {first}is that of one of the "
            f"{called} in {where} (first {shorten(frame.iloc[0, 0])}): choose the column that names them."
        )
    notes = []
    choices = _choices(key, chosen.identifier, header, found, called)
    used = set(found.rows)
    spare = [cell for row, cell in enumerate(cells) if row not in used]
    if spare:
        many = f"{counted(len(spare), 'row')} of {header.where} {'names' if len(spare) == 1 else 'name'}"
        sentence = f"{many} none of the {called} of {where} (first {shorten(spare[0])})"
        choices.append(Choice(f"rows of {header.where} that name other {called}", f"{len(spare)}, left out", beside=sentence))
    lost = [sample for sample, row in zip(frame.iloc[:, 0], found.rows, strict=True) if row is None]
    if lost:
        notes.append(Note("", f"{len(lost)} {called} of {where} are not in {header.where} (first {shorten(lost[0])})"))
    rows = table.set_index(key).reindex([None if row is None else cells[row] for row in found.rows])
    rows.index = frame.index
    rows = rows[[name for name in rows.columns if name not in frame.columns or name in columns + groups]]
    joined = frame.drop(columns=[name for name in rows.columns if name in frame.columns]).join(rows)
    return Labelled(joined, columns, groups, notes, choices, key, chosen.missing)


def _choices(key: str, identifier: Columns, header: Header, found: Matched, called: str) -> list[Choice]:
    where = header.where
    why = "" if identifier else f"the first column of {where}, since none was chosen"
    choices = [dataclasses.replace(choice, what=f"{choice.what} of {where}") for choice in header.choices]
    choices.append(Choice(f"names of {called}", f"column {shorten(key)}", why))
    if found.differing:
        how = [f"{count} differ {words}" for words, count in found.differing.items()]
        sentence = f"{' and '.join(how)} from those of the {called}, and each fits one alone"
        choices.append(Choice(f"names in {where}", "taken for the same", sentence))
    return choices
