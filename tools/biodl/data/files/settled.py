"""Columns of which a parser could not make numbers: their cells cleaned, missing ones found, and numbers in another dress read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from ...cells import clean, word
from ...dress import PLAIN, Dress, Survey, number_in
from ...errors import listing, shorten
from ..reading import Choice

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Reading(Protocol):
    """How the cells of a file are read."""

    @property
    def literal(self) -> bool:
        """Whether quotation marks are letters, but where they enclose a cell."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Cells that count as missing."""


class Settled:
    """Settles columns, and keeps account of what was chosen."""

    def __init__(self, reading: Reading):
        self._literal = reading.literal
        self._missing = frozenset(("", *reading.missing))
        self._dressed: dict[str, list[str]] = {}
        self._absent: dict[str, Counter[str]] = {}
        self._merged: dict[str, tuple[str, str]] = {}

    def column(self, name: str, column: pd.Series, keep_words: bool, before: str, with_empty: bool) -> pd.Series:
        """A column as numbers where it can be read so without doubt, else as words.

        Args:
            name: of the column.
            column: as the parser left it.
            keep_words: whether it holds words whatever they look like.
            before: the dress of its numbers in training, if known.
            with_empty: whether an empty cell is an empty word.
        """
        codes, raw = self._distinct(column)
        missing = self._missing - {""} if with_empty else self._missing
        dress = None
        if not keep_words:
            survey = Survey(before)
            survey.add(cell for cell in map(clean, raw) if cell not in missing)
            dress = survey.dress
        return self._filled(name, column, codes, raw, dress, missing)

    def look(self, survey: Survey, piece: pd.Series) -> None:
        """Show a piece of a column to its survey."""
        if piece.dtype.kind in "iuf":
            present = piece.dropna()
            survey.add(["1" if (present == present.round()).all() else "0.5"] if len(present) else [])
            return
        survey.add(cell for cell in map(clean, self._distinct(piece)[1]) if cell not in self._missing)

    def as_found(self, name: str, column: pd.Series, dress: Dress | None) -> pd.Series:
        """A piece of a column, in the dress that a survey of all pieces found."""
        return self._filled(name, column, *self._distinct(column), dress, self._missing)

    def _distinct(self, column: pd.Series) -> tuple[np.ndarray, list[str]]:
        """Number of each cell's value (-1 where there is none), and the distinct values."""
        import pandas as pd

        codes, found = pd.factorize(column.astype(object))
        return codes, [_unquoted(str(cell)) if self._literal else str(cell) for cell in found]

    def _filled(
        self, name: str, column: pd.Series, codes: np.ndarray, raw: list[str], dress: Dress | None, missing: frozenset[str]
    ) -> pd.Series:
        import numpy as np
        import pandas as pd

        cells = list(map(clean, raw))
        if dress:
            numbers = [float("nan") if cell in missing else number_in(dress, cell) for cell in cells]
            values = np.array([*numbers, float("nan")], dtype="float64")[codes]
            if dress is not PLAIN and name not in self._dressed.setdefault(dress.name, []):
                self._dressed[dress.name].append(name)
        else:
            words = [None if cell in missing else word(cell) for cell in cells]
            self._note_spellings(name, codes, raw, cells, words)
            values = np.array([*(float("nan") if cell is None else cell for cell in words), float("nan")], dtype=object)[codes]
        return pd.Series(values, index=column.index, name=column.name)

    def _note_spellings(self, name: str, codes: np.ndarray, raw: list[str], cells: list[str], words: list[str | None]) -> None:
        """Keep which words counted as missing, and which spellings as one."""
        import numpy as np

        counts = np.bincount(codes[codes >= 0], minlength=len(cells))
        for cell, told, count in zip(cells, words, counts.tolist(), strict=True):
            if told is None and cell:
                self._absent.setdefault(name, Counter())[cell] += count
        first: dict[str, str] = {}
        for cell, told in zip(map(str.strip, raw), words, strict=True):
            if told is not None and first.setdefault(told, cell) != cell and name not in self._merged:
                self._merged[name] = (first[told], cell)

    @property
    def dresses(self) -> dict[str, str]:
        """How numbers are written, by column, where not plainly."""
        return {name: dress for dress, names in self._dressed.items() for name in names}

    def choices(self) -> list[Choice]:
        """What was chosen, for columns together."""
        found = [Choice("numbers", f"with {dress} in {listing(names, 3)}") for dress, names in self._dressed.items()]
        for name, (one, other) in list(self._merged.items())[:5]:
            how = " (which differ in what cannot be seen)" if clean(one) == clean(other) else ""
            found.append(Choice("spellings", f"{shorten(one)} and {shorten(other)}{how} of column {shorten(name)} as one"))
        for name, counts in list(self._absent.items())[:5]:
            said, count = counts.most_common(1)[0]
            close = (
                f"{shorten(said)} in {count} cells of column {shorten(name)} counts as a missing value. "
                "If it is a word there, say in the form which words mean a missing value (missing values)"
            )
            found.append(Choice("missing values", f"{listing(counts, 3)} in column {shorten(name)}", f"{counts.total()} cells", close))
        return found


def _unquoted(cell: str) -> str:
    """A cell without the quotation marks that enclose it."""
    cell = cell.strip()
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
