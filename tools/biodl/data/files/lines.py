"""The lines of a table: whether quotation marks enclose cells, which lines are comments or too short; refuses those too long."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator

from ...errors import InputError
from ..reading import Choice

_PIECE = 2**20


@dataclasses.dataclass(frozen=True)
class Lines:
    """What was found.

    Attributes:
        literal: whether quotation marks are letters like others, since they do not close in their cells.
        broken: whether cells in quotation marks reach over several lines.
        skipped: numbers of comment lines.
        choices: what was chosen.
    """

    literal: bool
    broken: bool
    skipped: frozenset[int]
    choices: tuple[Choice, ...]


def count_lines(path: str) -> int:
    """Number of lines of a file; the last may lack its end."""
    with open(path, "rb") as handle:
        count, last = 0, b"\n"
        while piece := handle.read(_PIECE):
            count, last = count + _count(piece, b"\n"), piece[-1:]
    return count + (last != b"\n")


def _count(piece: bytes, letter: bytes) -> int:
    """How often a letter stands in bytes; in large files faster than ``bytes.count``."""
    if len(piece) < _PIECE:
        return piece.count(letter)
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(piece, dtype="uint8") == letter[0]))


def scan(path: str, separator: str, header: int, cells: int, where: str) -> Lines:
    """Look at every line below the header of a table.

    Args:
        path: plain text.
        separator: between cells.
        header: number of the header's line.
        cells: of a row.
        where: the table in words.

    Raises:
        InputError: for a line with more cells, or a quotation mark that is not closed.
    """
    quotes = _has_quotes(path)
    if not quotes:
        if separator != " " and _even(path, separator, header, cells):
            return Lines(False, False, frozenset(), ())
        return _told(_counted(path, separator, header), False, False, cells, where)
    matching, odd = _quoted(path, separator, header, cells) if separator != " " else (False, False)
    if matching and odd:
        return Lines(True, False, frozenset(), (Choice("quotation marks", "taken as letters", "some do not close in their cells"),))
    if matching:
        return Lines(False, False, frozenset(), ())
    records = list(_records(path, separator, header, where))
    broken = any(last != first for first, last, *_ in records)
    return _told(((first, count, comment) for first, _, count, comment in records), False, broken, cells, where)


def _has_quotes(path: str) -> bool:
    with open(path, "rb") as handle:
        return any(b'"' in piece for piece in iter(lambda: handle.read(_PIECE), b""))


def _even(path: str, separator: str, header: int, cells: int) -> bool:
    """Whether the lines below the header hold as many separators as rows of so many cells do, taken together."""
    mark = separator.encode()
    with open(path, "rb") as handle:
        for _ in range(header):
            handle.readline()
        lines, marks, last = 0, 0, b"\n"
        while piece := handle.read(_PIECE):
            lines, marks, last = lines + _count(piece, b"\n"), marks + _count(piece, mark), piece[-1:]
    return marks == (cells - 1) * (lines + (last != b"\n"))


def _below(path: str, header: int) -> Iterator[tuple[int, str]]:
    """Numbers and text of the lines below the header that are not blank."""
    with open(path, encoding="utf-8-sig", newline="") as handle:
        for number, line in enumerate(handle, start=1):
            if number > header and (text := line.rstrip("\r\n")).strip(" "):
                yield number, text


def _counted(path: str, separator: str, header: int) -> Iterator[tuple[int, int, bool]]:
    """Number, cells, and whether it begins as a comment does, of each line."""
    for number, line in _below(path, header):
        count = len(line.split()) if separator == " " else line.count(separator) + 1
        yield number, count, line.startswith("#")


def _quoted(path: str, separator: str, header: int, cells: int) -> tuple[bool, bool]:
    """Whether each line has the right number of separators, whatever stands in quotation marks; and whether a mark does not close."""
    odd = False
    for _, line in _below(path, header):
        if line.count(separator) != cells - 1:
            return False, odd
        if not odd and '"' in line:
            odd = any(_opens(cell.strip()) for cell in line.split(separator))
    return True, odd


def _opens(cell: str) -> bool:
    """Whether a cell has a quotation mark at one end alone."""
    return cell.startswith('"') != (cell.endswith('"') and len(cell) > 1) and (cell.startswith('"') or cell.count('"') == 1)


def _records(path: str, separator: str, header: int, where: str) -> Iterator[tuple[int, int, int, bool]]:
    """First and last line, number of cells, and whether it begins as a comment does, of each record that is not blank."""
    begins = 0
    with open(path, encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle, delimiter=separator, strict=True, skipinitialspace=True)
        try:
            for cells in reader:
                if separator == " " and len(cells) > 1 and not cells[-1]:
                    cells.pop()
                begins, before = reader.line_num + 1, begins
                if cells and before >= header and any(cells) | (len(cells) > 1):
                    yield before + (before == 0), reader.line_num, len(cells), cells[0].startswith("#")
        except csv.Error as error:
            never = "unexpected end" in str(error)
            line = max(begins, 1)
            fault = (
                f"a quotation mark that opens a cell is never closed (the row begins in line {line}), so close or remove it"
                if never
                else f"text follows a quotation mark that closes a cell in line {reader.line_num}, so double or remove such marks"
            )
            raise InputError(f"The {where} is malformed: {fault}.") from None


def _told(rows: Iterator[tuple[int, int, bool]], literal: bool, broken: bool, cells: int, where: str) -> Lines:
    """What lines with another number of cells mean."""
    comments, short = [], []
    for number, count, comment in rows:
        if comment and count != cells:
            comments.append(number)
        elif count > cells:
            raise InputError(
                f"The {where} is malformed: line {number} has {count} cells where {cells} are expected, so remove or quote the extra ones."
            )
        elif count < cells:
            short.append(number)
    choices = []
    if comments:
        choices.append(Choice("comment lines", f"{len(comments)} left out (first line {comments[0]})"))
    if short:
        close = (
            f"{len(short)} rows of {where} have fewer cells than the header line (first in line {short[0]}). "
            "Check that the file is complete; the cells that are not there count as missing"
        )
        choices.append(Choice("short rows", f"{len(short)} (first in line {short[0]})", "cells that are not there are missing", close))
    return Lines(literal, broken, frozenset(comments), tuple(choices))
