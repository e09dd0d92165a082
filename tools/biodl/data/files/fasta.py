"""Read FASTA; standard library only."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from ...errors import InputError, shorten

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


def is_fasta(path: str) -> bool:
    """Whether the first character of a file that is not blank is '>'."""
    with open(path, "rb") as handle:
        for line in handle:
            if line.strip():
                return line.lstrip().startswith(b">")
    return False


def where_of(path: str) -> str:
    """The file in words, for messages."""
    return f"FASTA file {shorten(Path(path).name)}"


def read_fasta(path: str) -> list[Record]:
    """All records of a file.

    Raises:
        InputError: for a file that is missing, empty or not FASTA; for a record without name or sequence, with a name
            that another one has, or with characters that stand for no residue.
    """
    where = where_of(path)
    records: list[Record] = []
    names: dict[str, int] = {}
    try:
        with open(path, encoding="utf-8-sig") as handle:
            line, header, name = 0, "", ""
            parts: list[str] = []
            for number, text in enumerate(handle, start=1):
                text = text.strip()
                if text.startswith(">"):
                    if line:
                        records.append(_record(where, line, header, parts))
                    line, header, name, parts = number, text[1:].strip(), _name(where, number, text), []
                    if name in names:
                        raise InputError(
                            f"The {where} has two records named {shorten(name)} (lines {names[name]} and {number}): rename one."
                        )
                    names[name] = number
                elif text and not line:
                    raise InputError(f"The {where} does not start with a '>' line: give sequences as FASTA.")
                elif text:
                    parts.append(_letters(where, number, name, text))
            if line:
                records.append(_record(where, line, header, parts))
    except UnicodeDecodeError:
        raise InputError(f"The {where} is not text: give sequences as FASTA.") from None
    except OSError as error:
        raise InputError(f"The {where} cannot be read: {error.strerror}.") from None
    if not records:
        raise InputError(f"The {where} is empty: give a file with sequences.")
    return records


def write_fasta(records: Iterable[Record], path: Path) -> None:
    """Write records with their whole header line, sequences in lines of 80 letters."""
    with open(path, "w", encoding="utf-8") as handle:
        for record in records:
            handle.write(f">{record.header}\n")
            handle.writelines(record.sequence[start : start + 80] + "\n" for start in range(0, len(record.sequence), 80))


def _name(where: str, number: int, text: str) -> str:
    words = text[1:].split()
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
