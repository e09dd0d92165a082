"""Cells of one column as they stand, where words that mean a missing value elsewhere are words: the dipeptide NA, say."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from ...cells import MISSING
from .plain import plain
from .table import Header

if TYPE_CHECKING:
    import pandas as pd


def with_words(frame: pd.DataFrame, header: Header, name: str) -> pd.DataFrame:
    """The rows of a table with the cells of one column as text that stands in them, trimmed; only an empty cell is missing.

    Args:
        frame: what :func:`biodl.data.files.table.read_table` found: its index is the line number.
        header: of the table.
        name: the column. Rows that were left out, since they hold nothing but such a word, are there again.
    """
    words, alone = _words(header, name)
    lines = sorted({*frame.index, *alone})
    found = frame if len(lines) == len(frame) else frame.reindex(lines)
    cells = found[name].astype(object)
    missing = cells.isna()
    return found.assign(**{name: cells.where(~missing, cells.index.map(words.get).to_series(cells.index))})


def _words(header: Header, name: str) -> tuple[dict[int, str], list[int]]:
    """By the line of a row, the word for a missing value in its cell; and the lines of rows that hold nothing but such words."""
    place = header.names.index(name)
    found: dict[int, str] = {}
    alone: list[int] = []
    line, below = 1, False
    csv.field_size_limit(2**31 - 1)
    with open(plain(header.path, header.where)[0], encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle, delimiter=header.delimiter)
        for row in reader:
            word = row[place].strip() if below and len(row) > place else ""
            if word and word in MISSING:
                found[line] = word
                if all(cell.strip() in MISSING for cell in row):
                    alone.append(line)
            below = below or _is_header(row, header)
            line = reader.line_num + 1
    return found, alone


def _is_header(row: list[str], header: Header) -> bool:
    names = [cell.strip() for cell in row]
    return bool(names) and [names[0].removeprefix("#").strip(), *names[1:]] == list(header.names)
