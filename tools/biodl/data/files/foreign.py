"""Formats of sequences and series that are not read: named as what they are, with the way to one that is; standard library only."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from ...errors import InputError, shorten
from .plain import plain, refuse_other_formats

_LINES = 200
_LINE_LETTERS = 4096
_EMBOSS = "convert it to FASTA (tool 'seqret' of EMBOSS does)"
_SIGNS = (
    (r"# STOCKHOLM", "a Stockholm alignment", _EMBOSS),
    (r"(CLUSTAL|MUSCLE|PROBCONS)\b[^\t]*(multiple|alignment|\d\.\d)", "a Clustal alignment", _EMBOSS),
    (r"(?i)#NEXUS", "a Nexus file", _EMBOSS),
    (r" *\d+ +\d+ *$", "a PHYLIP alignment", _EMBOSS),
    (r"!!(NA|AA)_(SEQUENCE|MULTIPLE)|PileUp\b", "a GCG or MSF file", _EMBOSS),
    (r">(P1|F1|DL|DC|RL|RC|N1|N3|XX);", "a PIR (NBRF) file", _EMBOSS),
    (r"@(HD|SQ|RG|PG|CO)\t", "a SAM file", "convert it to FASTA (tool 'Samtools fastx' does)"),
    (r"##fileformat=VCF", "a VCF file of variants, which holds no sequences", "give sequences as FASTA or in a table"),
    (r"##gff-version", "a GFF file of places in a genome", "extract its sequences as FASTA (tool 'bedtools getfasta' does)"),
    (r"HEADER {4}.*\d{2}-[A-Z]{3}-\d{2}|ATOM {2,}\d+", "a PDB file of a structure", "give its sequence as FASTA"),
)


def refuse_foreign(path: str) -> None:
    """Raise InputError when a text is of a well-known format that is not read; what is no text is left to the reader.

    Args:
        path: of the file, packed or not.
    """
    where = f"file {shorten(Path(path).name)}"
    try:
        text, _ = plain(path, where)
    except InputError:
        return
    refuse_other_formats(text, where)
    with open(text, encoding="utf-8-sig") as handle:
        read = iter(lambda: handle.readline(_LINE_LETTERS), "")
        lines = [line for line in map(str.rstrip, itertools.islice(read, _LINES)) if line]
    first = lines[0] if lines else ""
    found = next(((what, way) for sign, what, way in _SIGNS if re.match(sign, first)), None)
    if _is_intelligenetics(lines):
        found = ("FASTA without '>', or an IG file", "put a '>' in front of each name")
    if found:
        raise InputError(f"The {where} is {found[0]}, which is not read: {found[1]}.")


def _is_intelligenetics(lines: list[str]) -> bool:
    """Whether comments (';') stand above a name, and letters below it."""
    below = list(itertools.dropwhile(lambda line: line.startswith(";"), lines))
    return lines != below and len(below) > 1 and not below[0].startswith(">") and bool(re.fullmatch(r"[A-Za-z*\-]{10,}[12]?", below[1]))
