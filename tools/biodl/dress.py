"""Numbers as people and programs write them: with a point, a decimal comma, marks between thousands; and what only looks like one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .cells import MINUS, clean
from .errors import listing, shorten

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True)
class Dress:
    """A way to write numbers: its ``name``, what a cell must match, and how a matching cell becomes a number."""

    name: str
    fits: re.Pattern[str]
    number: Callable[[str], float]


_EXPONENT = "([eE][-+]?[0-9]+)?"
PLAIN = Dress("plain", re.compile(f"[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+){_EXPONENT}|[-+]?(inf|Inf|INF|infinity|Infinity)"), float)
COMMA = Dress("decimal commas", re.compile(f"[-+]?([0-9]+(,[0-9]*)?|,[0-9]+){_EXPONENT}"), lambda text: float(text.replace(",", ".")))
THOUSANDS = Dress(
    "commas between thousands",
    re.compile(f"[-+]?([1-9][0-9]{{0,2}}(,[0-9]{{3}})+|[0-9]+)(\\.[0-9]*)?{_EXPONENT}"),
    lambda text: float(text.replace(",", "")),
)
EUROPEAN = Dress(
    "points between thousands and decimal commas",
    re.compile(r"[-+]?([1-9][0-9]{0,2}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?"),
    lambda text: float(text.replace(".", "").replace(",", ".")),
)
SPACED = Dress(
    "blanks or apostrophes between thousands",
    re.compile(r"[-+]?([1-9][0-9]{0,2}([ '’][0-9]{3})+|[0-9]+)([.,][0-9]+)?"),
    lambda text: float(re.sub("[ '’]", "", text).replace(",", ".")),
)
_POINTED = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_SURELY_EUROPEAN = re.compile(r".*\..*[.,].*")
_SURELY_SPACED = re.compile(r".*[0-9][ '’][0-9].*")
DRESSES = {dress.name: dress for dress in (PLAIN, COMMA, THOUSANDS, EUROPEAN, SPACED)}


class Survey:
    """Finds in which dress a column writes its numbers, from distinct cells that may come in pieces.

    Args:
        before: the dress in which the column was written in training, if that is known; it settles what could be two.
    """

    def __init__(self, before: str = ""):
        self._before = before
        self._possible = dict(DRESSES)
        self._european = self._spaced = self._pointed = self._seen = False

    def add(self, cells: Iterable[str]) -> None:
        """Look at cleaned cells, none of which is missing."""
        for cell in cells:
            if not self._possible:
                return
            self._seen = True
            cell = MINUS.sub("-", cell)
            self._possible = {name: dress for name, dress in self._possible.items() if dress.fits.fullmatch(cell)}
            self._european = self._european or _SURELY_EUROPEAN.fullmatch(cell) is not None
            self._spaced = self._spaced or _SURELY_SPACED.fullmatch(cell) is not None
            self._pointed = self._pointed or _POINTED.fullmatch(cell) is not None

    @property
    def dress(self) -> Dress | None:
        """How all cells can be read as numbers, without doubt; nothing where they cannot."""
        found = self._possible
        if not self._seen or not found:
            return None
        if self._before == EUROPEAN.name in found and self._pointed:
            return EUROPEAN
        if PLAIN.name in found:
            return PLAIN
        if self._before in found:
            return found[self._before]
        if COMMA.name in found or THOUSANDS.name in found:
            return None if self.doubtful else found.get(COMMA.name) or found.get(THOUSANDS.name)
        if self._european and EUROPEAN.name in found:
            return EUROPEAN
        return SPACED if self._spaced and SPACED.name in found else None

    @property
    def doubtful(self) -> bool:
        """Whether ``1,234`` could be a thousand or one and a bit."""
        return COMMA.name in self._possible and THOUSANDS.name in self._possible and PLAIN.name not in self._possible


_ENOUGH_OF_EACH = 3


def doubtful_points(cells: Iterable[str], commas: bool) -> str:
    """The first of distinct cells whose points could be decimal signs, but stand where those between thousands would; or nothing.

    Args:
        cells: cleaned ones, none missing.
        commas: whether other columns of the table have decimal commas; else whole numbers up to 999 must stand beside cells like ``1.234``,
            and none like ``1.2``.
    """
    cells = [MINUS.sub("-", cell) for cell in cells]
    pointed = [cell for cell in cells if "." in cell]
    whole = [cell for cell in cells if "." not in cell and cell.strip("0")]
    enough = commas or (len(pointed) >= _ENOUGH_OF_EACH and len(whole) >= _ENOUGH_OF_EACH)
    if not pointed or not enough or not all(map(_POINTED.fullmatch, pointed)) or not all(len(cell.lstrip("+-")) < 4 for cell in whole):
        return ""
    return pointed[0]


def number_in(dress: Dress, cell: str) -> float:
    """A cleaned cell that fits as a number."""
    return dress.number(MINUS.sub("-", cell))


_SIZE = r"[-+]?[0-9]+([.,][0-9]+)?"
_LETTER = "[A-Za-zµμ°ÅΩ]"
_UNIT = rf"{_LETTER}{{1,12}}([²³]|\^?-?[1-9])?([/·*. -]({_LETTER}{{1,12}}|10)([²³]|\^?-?[1-9][0-9]?)?){{0,3}}"
_LOOKS = (
    ("percentages", re.compile(f"{_SIZE} ?%"), "write them without the sign"),
    ("limits, not numbers", re.compile(f"(<|>|≤|≥|<=|>=|~|≈|±) ?{_SIZE}( ?({_LETTER}|%)\\S*)?"), "decide what such a cell counts as"),
    ("powers of ten", re.compile(rf"{_SIZE} ?[x×*·] ?10(\^|\*\*|E)?[-+−]?[0-9⁻⁺⁰¹²³⁴-⁹]+|{_SIZE}[dD][-+]?[0-9]+"), "write 1.5e3"),
    ("numbers with a unit", re.compile(f"{_SIZE} ?{_UNIT}"), "move the unit to the column's name"),
    ("amounts of money", re.compile("([€$£¥]|[A-Z]{3}) ?[-+]?[0-9][0-9.,]*|[0-9][0-9.,]* ?[€$£¥]"), "write them without the sign"),
    ("numbers that a spreadsheet keeps as text", re.compile(rf"['’]{_SIZE}|=\"{_SIZE}\""), "write the numbers alone"),
    ("numbers in digits of another script", re.compile(r"(?=.*[^\x00-\x7f])[-+]?\d+([.,．٫]\d+)?"), "write them with the digits 0 to 9"),
    ("numbers with a mark", re.compile(rf"{_SIZE} ?[*†‡#]+|\({_SIZE}\)"), "remove the mark"),
    ("two numbers in a cell", re.compile(rf"{_SIZE} ?(±|\+/-|–|/|\.\.) ?[0-9]+([.,][0-9]+)?.*"), "give each number a column of its own"),
    ("numbers with decimal commas", COMMA.fits, "write a point"),
    ("numbers with commas between thousands", THOUSANDS.fits, "write them without commas"),
    ("numbers with points between thousands", EUROPEAN.fits, "write them without these points"),
)  # fmt: skip
_NO_VALUE = re.compile(
    r"[-–—.*?_/#]+|\\n|nat|\[(not|unknown|missing).*\]|#?n\.?/?[ad]\.?|n\.? ?[abdq]\.?|"
    r"nan|none|null|nil|missing|unknown|not .*|no data|empty|undef\w*|"
    r"(below|above|under|over|out of|<|>) ?\w*( \w+)*|b?lo[dq]|b?d\.?l\.?|failed?|error|#(div/0|value|ref|name|num|null|n/a)[!?]?",
    re.IGNORECASE,
)


def look_of(cells: Iterable[str]) -> tuple[str, str]:
    """What cells that are no numbers look like, and what to do about it; nothing for words.

    Args:
        cells: cleaned ones.
    """
    cells = list(cells)
    for name, pattern, advice in _LOOKS:
        if cells and all(pattern.fullmatch(cell) for cell in cells):
            return name, advice
    return "", ""


_ERROR = re.compile(r"#(div/0|value|ref|name|num|null|n/a|n/d)[!?]?", re.IGNORECASE)


def is_error(cell: str) -> bool:
    """Whether a word is an error that a spreadsheet wrote."""
    return _ERROR.fullmatch(cell) is not None


def looks_missing(cell: str) -> bool:
    """Whether a word reads as if it stood for a missing value."""
    return _NO_VALUE.fullmatch(clean(cell)) is not None


_ENOUGH_NUMBERS = 10
"""More different numbers than this beside words are measurements, not codes."""


_MOST_UNITS = 4
_MOSTLY = 0.8
"""Share of words that look like nothing else, or like a number with a unit."""
_UNITLESS = re.compile(f"{_SIZE} ?(?={_LETTER})")


def _names_each(text: pd.Series, distinct: list[str]) -> bool:
    """Whether words name the rows, as hashes and wells do (``3f9a``, ``1A`` to ``12H``), so that numbers among them are none."""
    if 2 * len(distinct) <= len(text):
        return False
    looks = {cell: look_of([cell])[0] for cell in distinct}
    units = {_UNITLESS.sub("", cell) for cell, look in looks.items() if look == "numbers with a unit"}
    others = sum(look in ("", "numbers with a unit") for look in looks.values())
    unlike = sum(not look and not looks_missing(cell) for cell, look in looks.items())
    return others >= _MOSTLY * len(distinct) and (len(units) > _MOST_UNITS or 2 * unlike > len(distinct))


def mixed(numbers: pd.Series, text: pd.Series) -> str:
    """What is wrong with a column that should hold numbers and holds words as well; nothing where it is one of words.

    Args:
        numbers, text: values and words of the column, by line.

    Returns:
        A predicate and what to do, without an end: "holds text among numbers …: correct it".
    """
    if not len(text):
        return ""
    distinct = [str(cell) for cell in text.drop_duplicates()]
    where = f"(first {shorten(text.iloc[0])} in line {text.index[0]})"
    if len(text) > len(numbers) and _names_each(text, distinct):
        return ""
    alike = [cell for cell in distinct if look_of([cell])[0]]
    survey = Survey()
    survey.add(distinct)
    look, advice = look_of(alike)
    if survey.doubtful:
        look, advice = "numbers whose commas could be decimal signs or stand between thousands", "write them with points and without commas"
    known = len(numbers) + int(text.isin(alike).sum())
    if alike and len(alike) + numbers.nunique() > _ENOUGH_NUMBERS and 2 * known >= len(numbers) + len(text):
        rest = sorted(set(distinct) - set(alike))
        words = f"; {listing(rest, 3)} may stand for missing values: name such words in the form" if rest else ""
        return f"holds {look or 'numbers written in several ways'} {where}: {advice or 'write all of them alike'}{words}"
    if len(numbers) and (len(text) <= len(numbers) or numbers.nunique() > _ENOUGH_NUMBERS):
        absent = [cell for cell in distinct if looks_missing(cell)] if len(distinct) <= _ENOUGH_NUMBERS else []
        words = (
            f"name {listing(absent, 3)} among the words that mean a missing value"
            if absent
            else "leave the cell empty if the value is missing"
        )
        return f"holds text among numbers in {len(text)} of {len(text) + len(numbers)} rows {where}: correct it, {words}"
    return ""
