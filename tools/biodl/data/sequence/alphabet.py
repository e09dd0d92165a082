"""Alphabets of sequences: their letters, what each may stand for, and the other strand."""

from __future__ import annotations

from collections import Counter

AUTO, DNA, RNA, PROTEIN = "auto", "dna", "rna", "protein"
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
_MOSTLY = 0.9
"""Share of letters that are plain bases, above which sequences are taken for nucleotides."""


def reverse_complement(text: str, alphabet: str = DNA) -> str:
    """The other strand, in its own reading direction; ambiguity codes, case and gaps are kept."""
    turned = text.translate(_COMPLEMENT)[::-1]
    return turned.replace("T", "U").replace("t", "u") if alphabet == RNA else turned


def guess_alphabet(texts: list[str]) -> str:
    """The alphabet of sequences: nucleotides if nearly all letters are plain bases."""
    counts: Counter = Counter()
    for text in texts:
        counts.update(text.upper())
    letters = sum(count for letter, count in counts.items() if letter not in GAPS)
    bases = sum(counts[letter] for letter in "ACGTUN")
    if letters and bases >= _MOSTLY * letters and set(counts) <= {*_BASES, "U", *GAPS}:
        return RNA if counts["U"] > counts["T"] else DNA
    return PROTEIN
