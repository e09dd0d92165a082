"""Read FASTA, in any dress that plain text comes in; standard library only."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

from ...cells import clean
from ...errors import InputError, shorten
from .plain import plain

_LETTERS = re.compile(r"[A-Za-z*.\-]+")


@dataclasses.dataclass(frozen=True)
class Record:
    """One entry: the ``line`` and text of its ``header``, and its sequence as it stands."""

    line: int
    header: str
    sequence: str

    @property
    def name(self) -> str:
        """The header's first word."""
        return self.header.split()[0]


@dataclasses.dataclass(frozen=True)
class Fasta:
    """What a file holds: its ``records``, how many lines of ``comments`` stand among them, and what was ``done`` to read it, in words."""

    records: list[Record]
    comments: int
    done: str


def is_fasta(path: str) -> bool:
    """Whether the first line of a file that is neither blank nor a comment (';') starts with '>'.

    Raises:
        InputError: when it cannot be read, or is no text.
    """
    with open(plain(path, where_of(path))[0], encoding="utf-8-sig") as handle:
        first = next((line for line in map(str.lstrip, handle) if line and not line.startswith(";")), "")
    return first.startswith(">")


def where_of(path: str) -> str:
    """The file in words, for messages."""
    return f"FASTA file {shorten(Path(path).name)}"


def read_fasta(path: str) -> list[Record]:
    """The records of a file; see :func:`read_all`."""
    return read_all(path).records


def read_all(path: str) -> Fasta:
    """The records of a file, and the number of its comments (lines that start with ';'), which are no part of them.

    Raises:
        InputError: for a file that is missing, empty or not FASTA; for a record without name or sequence, with a name
            that another one has, or with characters that stand for no residue.
    """
    where = where_of(path)
    records: list[Record] = []
    names: dict[str, int] = {}
    comments, line, header, name = 0, 0, "", ""
    parts: list[str] = []
    text_path, done = plain(path, where)
    with open(text_path, encoding="utf-8-sig") as handle:
        for number, text in enumerate(handle, start=1):
            text = text.strip()
            if text.startswith(">"):
                if line:
                    records.append(_record(where, line, header, parts))
                line, header, parts = number, clean(text[1:]), []
                name = _name(where, number, header)
                if name in names:
                    raise InputError(f"The {where} has two records named {shorten(name)} (lines {names[name]} and {number}): rename one.")
                names[name] = number
            elif text.startswith(";"):
                comments += 1
            elif text and not line:
                raise InputError(f"The {where} does not start with a '>' line: give sequences as FASTA.")
            elif text:
                parts.append(_letters(where, number, name, text))
    if line:
        records.append(_record(where, line, header, parts))
    if not records:
        raise InputError(f"The {where} is empty: give a file with sequences.")
    return Fasta(records, comments, done)


def write_fasta(records: Iterable[Record], path: Path, like: str) -> None:
    """Write records with their whole header line, sequences in lines of 80 letters; packed by gzip if the file ``like`` is."""
    with contextlib.ExitStack() as stack:
        handle: IO[bytes] = stack.enter_context(open(path, "wb"))
        if _is_gzip(like):  # without name and time, so that equal parts are equal files
            handle = cast(IO[bytes], stack.enter_context(gzip.GzipFile(filename="", mode="wb", fileobj=handle, mtime=0)))
        for record in records:
            lines = [record.sequence[start : start + 80] for start in range(0, len(record.sequence), 80)]
            handle.write("".join(f"{line}\n" for line in (f">{record.header}", *lines)).encode())


def _is_gzip(path: str) -> bool:
    with open(path, "rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


def _name(where: str, number: int, header: str) -> str:
    words = header.split()
    if not words:
        raise InputError(f"The record in line {number} of {where} has no name after '>': give it one.")
    return words[0]


def _letters(where: str, number: int, name: str, text: str) -> str:
    text = re.sub(r"\s+", "", text)
    if not _LETTERS.fullmatch(text):
        odd = next(letter for letter in text if not _LETTERS.fullmatch(letter))
        raise InputError(
            f"The record {shorten(name)} of {where} holds {shorten(odd)} in line {number}, which stands for no residue: correct it."
        )
    return text


def _record(where: str, line: int, header: str, parts: list[str]) -> Record:
    if not parts:
        raise InputError(f"The record {shorten(header.split()[0])} in line {line} of {where} has no sequence: add it or remove the record.")
    return Record(line, header, "".join(parts))
