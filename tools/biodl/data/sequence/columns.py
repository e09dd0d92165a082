"""Which column of a table holds the sequences: one that looks like them, never an organism or a remark."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from ...errors import InputError, shorten
from ..reading import Choice

if TYPE_CHECKING:
    import pandas as pd

SEQUENCE = re.compile(r"[A-Za-z*.\-]+")
"""What a sequence is made of."""
_TELLING = re.compile(
    r"seqs?|sequences?|pep|peptides?|prot|proteins?|epitopes?|dna|rna|cdna|mrna|mirna|sirna|gdna|sgrna|reads?|oligos?|primers?|guides?|"
    r"promoters?|probes?|aptamers?|spacers?|protospacers?|barcodes?|amplicons?|inserts?|orf|cds|utr|cdr\d?\w*|vh|vl|heavy|light|"
    r"residues|nucleotides?|aa|nt|k?mers?|motifs?",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"orgs?|organisms?|species|taxon|taxa|genus|family|strains?|hosts?|virus|gene|genes|symbol|remarks?|comments?|notes?|descriptions?|names?|"
    r"id|ids|identifiers?|accession|tissues?|cells?|class|label|group|allele|source|country|city|method|author|status|sex|gender|"
    r"treatment|conditions?|patients?|samples?|batch|quality|type|category|kind",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[ACDEFGHIKLMNPQRSTVWYXU*.\-]+", re.IGNORECASE)
"""Residues of proteins and bases, without the letters that are rare in both."""
_NEARLY = 0.9
_FEW_DISTINCT = 0.1
"""Share of distinct cells up to which they are rather classes."""
_LOOKS = 3
"""Points of :meth:`_Candidate.points` from which on a column looks like sequences."""


@dataclasses.dataclass(frozen=True)
class _Candidate:
    """A column of letters, and what speaks for its being sequences."""

    name: str
    telling: bool
    other: bool
    plain: float
    distinct: float
    one_case: float
    length: float

    @property
    def points(self) -> int:
        letters = 2 * (self.plain >= _NEARLY) + (self.one_case >= _NEARLY) + (self.distinct > 0.5)
        return letters + 2 * self.telling - 3 * self.other - 2 * (self.distinct <= _FEW_DISTINCT)

    @property
    def why(self) -> str:
        """What can be seen of it, in words."""
        return f"letters alone, {self.distinct:.0%} of them distinct, {self.length:.0f} on average" + (
            ", and its name" if self.telling else ""
        )


def find_column(frame: pd.DataFrame, skip: tuple[str, ...], where: str) -> tuple[str, Choice]:
    """The column that looks most like sequences; of several alike the longest.

    Args:
        frame: the table.
        skip: columns with another part.
        where: the table in words.

    Raises:
        InputError: when no column looks like sequences.
    """
    found = [candidate for name in frame.columns if name not in skip and (candidate := _candidate(frame[name]))]
    looking = sorted((one for one in found if one.points >= _LOOKS), key=lambda one: (-one.points, -one.length))
    if not looking:
        hint = f" (column {shorten(found[0].name)} holds letters, but hardly sequences)" if found else ""
        raise InputError(f"No column of {where} holds sequences (letters only in every row){hint}: choose the column.")
    best, others = looking[0], looking[1:]
    close = ""
    if others:
        close = (
            f"Column {shorten(best.name)} was taken for the sequences, but {shorten(others[0].name)} looks like sequences as well. "
            "Choose the sequence column if that one is meant"
        )
    return best.name, Choice("column of sequences", shorten(best.name), best.why, close)


def _candidate(column: pd.Series) -> _Candidate | None:
    """What speaks for a column's being sequences; nothing where it holds too few letters, or more than letters."""
    if column.dtype.kind in "iufb":
        return None
    text = column.dropna().astype(str).str.strip()
    letters = text.str.fullmatch(SEQUENCE.pattern).astype(bool)
    if not len(text) or letters.sum() / len(text) < _NEARLY or text.str.len().mean() < 2:
        return None
    text = text[letters]
    words = [word for word in re.split(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])", str(column.name)) if word]
    return _Candidate(
        str(column.name),
        telling=any(_TELLING.fullmatch(word) for word in words),
        other=any(_OTHER.fullmatch(word) for word in words),
        plain=float(text.str.fullmatch(_PLAIN.pattern, flags=re.IGNORECASE).mean()),
        distinct=text.nunique() / len(text),
        one_case=float(((text == text.str.upper()) | (text == text.str.lower())).mean()),
        length=float(text.str.len().mean()),
    )
