"""Cells of one column as they stand, where words that mean a missing value elsewhere are words: the dipeptide NA, say."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ...errors import shorten
from .lines import count_lines
from .table import Header, read_table

if TYPE_CHECKING:
    import pandas as pd

_EMPTY = ("",)


def with_words(frame: pd.DataFrame, header: Header, name: str) -> pd.DataFrame:
    """The rows of a table with the cells of one column as text; only an empty cell of it is missing.

    Args:
        frame: what :func:`biodl.data.files.table.read_table` found: its index is the line number.
        header: of the table; it no longer says that words in the column counted as missing.
        name: the column. Rows that were left out, since they hold nothing but such a word, are there again.
    """
    rows = count_lines(header.text) - header.line - len(header.skipped)
    if frame[name].dtype == object and frame[name].notna().all() and len(frame) == rows:
        return frame  # no cell and no row can have been lost, so the file need not be read again
    words = read_table(dataclasses.replace(header, missing=_EMPTY, choices=[], dresses={}), {name}, only=[name])[name]
    header.choices[:] = [
        choice
        for choice in header.choices
        if not (choice.what == "missing values" and choice.chosen.endswith(f" in column {shorten(name)}"))
    ]
    lines = frame.index.union(words.index)
    found = frame if len(lines) == len(frame) else frame.reindex(lines)
    return found.assign(**{name: words.reindex(lines)})
