"""Alphabets of sequences: their letters, what each may stand for, which one sequences are written in, and the other strand."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

AUTO, DNA, RNA, PROTEIN = "auto", "dna", "rna", "protein"
CALLED = {DNA: "DNA", RNA: "RNA", PROTEIN: "protein"}
_BASES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT", "X": "ACGT",
}  # fmt: skip
_AMINO = "ACDEFGHIKLMNPQRSTVWY"
_RESIDUES = {**{letter: letter for letter in _AMINO}, "B": "DN", "Z": "EQ", "J": "IL", "X": _AMINO, "U": "C", "O": "K"}
LETTERS = {
    DNA: _BASES,
    RNA: {"U" if name == "T" else name: of.replace("T", "U") for name, of in _BASES.items()},
    PROTEIN: _RESIDUES,
}
"""Alphabets: each letter (IUPAC) and what it may stand for."""
GAPS = "-.*"
"""Characters that stand for no residue: encoded as nothing."""
_COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVNXacgturyswkmbdhvnx", "TGCAAYRSWMKVHDBNXtgcaayrswmkvhdbnx")
_MOSTLY = 0.8
"""Share of a sequence's letters that are plain bases, above which it reads as nucleotides; of residues of proteins about a quarter are."""
_HALFLY = 0.6
"""The same for one whose other letters are ambiguity codes of bases."""
_LONG = 12
"""Letters beyond which a protein hardly consists of bases alone."""
_TELLS_NOTHING = GAPS + "X"
_RARE = "BJOUZ"
_MOST_RARE = 0.05
"""Share of residues that are rare in proteins, above which the letters are hardly those of proteins."""
_PROTEIN_NAMES = re.compile(r"pep(tide)?s?|prot(ein)?s?|aa|amino.?acids?|residues?|epitopes?|cdr\d?\w*", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Guess:
    """The ``alphabet`` that sequences seem to be written in, ``why``, and in a sentence what else it could ``close``ly be."""

    alphabet: str
    why: str
    close: str = ""


def reverse_complement(text: str, alphabet: str = DNA) -> str:
    """The other strand, in its own reading direction; ambiguity codes, case and gaps are kept."""
    turned = text.translate(_COMPLEMENT)[::-1]
    return turned.replace("T", "U").replace("t", "u") if alphabet == RNA else turned


def guess_alphabet(texts: Sequence[str]) -> str:
    """The alphabet of sequences; see :func:`guess`."""
    return guess(texts).alphabet


def guess(texts: Sequence[str], called: str = "") -> Guess:
    """The alphabet that almost all sequences are written in, each by what nearly all of its letters are; the odd one does not count.

    Args:
        texts: sequences, in either case, with gaps.
        called: the name of their column, which decides where letters alone cannot.
    """
    codes_of_bases, seen = {*_BASES, "U", *GAPS}, set()
    nucleic = proteins = longest = thymines = uracils = rare = all_letters = 0
    for text in map(str.upper, texts):
        letters = len(text) - sum(map(text.count, _TELLS_NOTHING))
        if not letters:
            continue
        longest, all_letters, own = max(longest, letters), all_letters + letters, set(text)
        seen |= own
        with_t, with_u = text.count("T"), text.count("U")
        thymines, uracils = thymines + with_t, uracils + with_u
        rare += sum(map(text.count, _RARE))
        bases = with_t + with_u + sum(map(text.count, "ACGN"))
        codes = letters > _LONG and own <= codes_of_bases
        if bases >= (_HALFLY if codes else _MOSTLY) * letters:
            nucleic += 1
        else:
            proteins += 1
    total = nucleic + proteins
    if nucleic and nucleic >= proteins:
        base = RNA if uracils > thymines else DNA
        why = f"nearly all letters are bases in {nucleic} of {total} sequences"
        short = longest <= _LONG and not seen - {*_AMINO, *GAPS}
        if short and _PROTEIN_NAMES.fullmatch(called.strip()):
            return Guess(
                PROTEIN, f"the column is called {called}", _doubt(PROTEIN, CALLED[base], "all of their letters are those of bases")
            )
        if short:
            return Guess(base, why, _doubt(base, "peptides", f"none is longer than {longest} letters"))
        return Guess(base, why)
    why = f"letters other than bases in {proteins} of {total} sequences"
    if rare > _MOST_RARE * all_letters:
        return Guess(PROTEIN, why, _doubt(PROTEIN, "no sequences at all", f"{rare} of {all_letters} letters are {', '.join(_RARE)}"))
    return Guess(PROTEIN, why, _bases_among(texts, total))


def _doubt(taken: str, other: str, why: str) -> str:
    return f"The sequences were taken for {CALLED[taken]}, but could be {other}, since {why}. Set the alphabet if they are"


def _bases_among(texts: Sequence[str], total: int) -> str:
    """A sentence on sequences among proteins that can hardly be proteins."""
    strange = [text for text in texts if len(text) > _LONG and not set(text.upper()) - {*"ACGTUN", *GAPS} and set(text) - {*GAPS}]
    if not strange:
        return ""
    return (
        f"The sequences were taken for protein, but {len(strange)} of {total} hold bases alone (first {strange[0][:20]}). "
        "Take out what is no protein, or set the alphabet"
    )
