"""Cells of a table as numbers, text and times: the one place that says what a cell means.

A cell is first cleaned (:func:`clean`), then a word that means a missing value or a number in the dress of its column
(:mod:`biodl.dress`), else a word; words are compared in one spelling (:func:`word`).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .errors import InputError, shorten

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "<NA>", "?")
"""Cells that count as missing. 'None' is not among them: it is often a real category."""
LARGEST = 1e30
"""Above this a number does not survive float32 arithmetic: treated as infinite."""
_NUMBER = re.compile(r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*")
MINUS = re.compile("^[\u2212\u2013\u2012\ufe63\uff0d](?=[0-9.,])")
"""What typesetters write for a minus; as a sign before a digit it means nothing else."""
_BOOLEAN = {"TRUE": "True", "FALSE": "False", "true": "True", "false": "False"}
_WHOLE = re.compile(r"([-+]?)([0-9]+)(\.0*)?")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069]")
_JOINERS = "\u200c\u200d"
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_TWINS = {0x03BC: "\u00b5", 0x2010: "-", 0x2011: "-"}
"""Letters that look as others do, and that programs put for them: the Greek mu, hyphens that do not break."""
_GAPS = re.compile(" {2,}")


@functools.lru_cache(maxsize=2**16)
def clean(text: str) -> str:
    """A cell, or a name, as it is compared: composed letters (NFC), nothing invisible, single plain blanks, none at the ends."""
    if not text.isascii():
        text = _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).translate(_TWINS).strip(_JOINERS + " ")
    if "  " in text:
        text = _GAPS.sub(" ", text)
    return text.replace("\r\n", "\n").strip()


@functools.lru_cache(maxsize=2**16)
def word(text: str) -> str:
    """A word in the spelling by which words are compared: cleaned, ``TRUE`` as ``True``, ``1.0`` as ``1``; ``01`` stays, a code."""
    text = MINUS.sub("-", clean(text))
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    number = _WHOLE.fullmatch(text)  # 1.50 stays: chapters and versions are no numbers
    if number is None:
        return text
    sign, digits, _ = number.groups()
    return f"-{digits}" if sign == "-" and digits.strip("0") else digits


def differ_in_case(words: Iterable[object]) -> list[str]:
    """Sentences on words that differ in nothing but case or inner blanks."""
    first: dict[str, str] = {}
    found = []
    for text in sorted(map(str, words)):
        key = " ".join(text.casefold().split())
        if first.setdefault(key, text) != text:
            found.append(f"{shorten(first[key])} and {shorten(text)} differ in upper and lower case or blanks alone")
    return found[:3]


def is_number(cell: str) -> bool:
    """Whether a cell's text is a number as a whole."""
    return _NUMBER.fullmatch(cell) is not None


def split_numbers(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Split the values that are there into numbers (float64) and text, each with its line number."""
    import pandas as pd

    present = column.dropna()
    if present.dtype.kind in "iuf":
        return present.astype("float64"), present.iloc[:0].astype(object)
    words = present.astype(str)
    numbers = pd.to_numeric(words.where(~words.isin(["True", "False"])), errors="coerce")
    return numbers.dropna().astype("float64"), words[numbers.isna()]


def as_text(column: pd.Series) -> pd.Series:
    """Categories as text; whole numbers lose the '.0' that missing neighbours gave them; missing is ''."""
    import pandas as pd

    if column.dtype.kind == "f":
        text = [("" if value != value else str(int(value)) if value == round(value) else str(value)) for value in column.tolist()]
    else:
        text = ["" if missing else str(value).strip() for value, missing in zip(column.tolist(), column.isna(), strict=True)]
    return pd.Series(text, index=column.index, name=column.name, dtype=object)


def refuse_infinite(numbers: pd.Series, name: object, where: str) -> None:
    """Raise InputError when a number is infinite, or too large for float32."""
    import numpy as np

    if not (np.abs(numbers.to_numpy()) > LARGEST).any():
        return
    infinite = numbers[numbers.abs() > LARGEST]
    if len(infinite):
        raise InputError(
            f"Column {shorten(name)} of {where} holds infinite or too large values in {len(infinite)} rows "
            f"(first in line {infinite.index[0]}): replace them or leave the cells empty."
        )


def as_numbers(column: pd.Series, where: str) -> np.ndarray:
    """A column as float32, NaN where it is empty.

    Raises:
        InputError: for text or infinite numbers.
    """
    found, text = split_numbers(column)
    if len(text):
        raise InputError(
            f"Column {shorten(column.name)} of {where} must hold numbers, but holds text (first {shorten(text.iloc[0])} in line "
            f"{text.index[0]}): correct it, or leave the cell empty if the value is missing."
        )
    refuse_infinite(found, column.name, where)
    return found.reindex(column.index).to_numpy("float32")


def as_times(column: pd.Series, where: str) -> pd.Series:
    """A column of times as numbers or dates that can be compared.

    Raises:
        InputError: for a cell that is neither.
    """
    import pandas as pd

    found, text = split_numbers(column)
    if len(text):
        found = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)  # offsets may differ within a column
    whole = found.reindex(column.index)
    missing = whole.isna()
    if missing.any():
        line = column.index[missing][0]
        raise InputError(
            f"The time column {shorten(column.name)} of {where} holds {shorten(column[line])} in line {line}, "
            "which is neither a number nor a date like 2026-01-31: correct it."
        )
    return whole
