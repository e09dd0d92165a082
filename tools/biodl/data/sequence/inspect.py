"""What Inspect finds in sequences."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...errors import counted, listing, span
from ...reporting import plots
from ...reporting.findings import NOTE, OK, STOP, Finding, Inspection
from ...tasks import Task
from .. import checks
from ..kind import Files
from .alphabet import CALLED, LETTERS
from .dataset import SequenceDataset, odd_letters


def look(data: SequenceDataset, files: Files, task: Task | None) -> Inspection:
    """Lengths, letters, copies."""
    lengths = data.frame[data.column].str.len().to_numpy()
    counts: Counter[str] = Counter()
    for text in data.texts:
        counts.update(text.upper())
    alphabet = data.alphabet
    total = sum(counts.values())
    letters = LETTERS[alphabet]
    unclear = sum(count for letter, count in counts.items() if len(letters.get(letter, letter)) > 1)
    odd = odd_letters(data, alphabet)
    findings = [checks.volume(data), *checks.copies(data, data.near_copies()), checks.lengths(lengths, "letters")]
    if odd:
        line, first = next(iter(odd.items()))
        strange = sorted({letter.upper() for found in odd.values() for letter in found})
        finding = (
            f"{listing(strange)} is no letter of {CALLED[alphabet]}: in {len(odd)} sequences, first {listing(first, 3)} in line {line}."
        )
        findings.append(
            Finding(STOP, "letters", finding, "Correct them, remove those sequences, or choose another alphabet to train with.")
        )
    if unclear:
        finding = f"{unclear} of {total} letters are ambiguous ({unclear / total:.1%})."
        findings.append(Finding(NOTE, "letters", finding, "Each counts as the mean of what it may stand for."))
    lower = sum(1 for text in data.texts if text != text.upper())
    if lower:
        findings.append(Finding(NOTE, "letters", f"{lower} sequences have lower-case letters.", "Case is ignored."))
    if not (odd or unclear):
        findings.append(Finding(OK, "letters", f"Every letter is one of {CALLED[alphabet]}."))
    parts: list[dict[str, Any]] = [{"part": letter, "count": count, "share": count / total} for letter, count in sorted(counts.items())]
    panels = [
        plots.histogram(lengths, "Lengths", "letters"),
        plots.bars([row["part"] for row in parts], [row["share"] for row in parts], "Letters", "share"),
    ]
    facts = [
        f"{counted(len(data), 'sample')} in {data.where}.",
        f"The sequences look like {CALLED[alphabet]}, {span(lengths.min(), lengths.max())} letters long.",
    ]
    return Inspection(findings, parts, panels, facts)
