"""What Inspect finds in sequences."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...errors import listing
from ...reporting import plots
from ...reporting.findings import NOTE, OK, STOP, Finding, Inspection
from ...tasks import Task
from .. import checks
from ..kind import Files
from .alphabet import LETTERS, guess_alphabet
from .dataset import SequenceDataset, near_duplicates


def look(data: SequenceDataset, files: Files, task: Task | None) -> Inspection:
    """Lengths, letters, copies."""
    lengths = data.frame[data.column].str.len().to_numpy()
    counts: Counter[str] = Counter()
    for text in data.texts:
        counts.update(text.upper())
    alphabet = guess_alphabet(data.texts)
    total = sum(counts.values())
    letters = LETTERS[alphabet]
    unclear = sum(count for letter, count in counts.items() if len(letters.get(letter, letter)) > 1)
    strange = sorted(letter for letter in counts if letter not in letters and letter not in "-.*")
    findings = [checks.volume(data), *checks.copies(data, near_duplicates(data)), checks.lengths(lengths, "letters")]
    if strange:
        advice = "Correct them, or remove those sequences."
        findings.append(Finding(STOP, "letters", f"{listing(strange)} is no letter of {alphabet}.", advice))
    if unclear:
        finding = f"{unclear} of {total} letters are ambiguous ({unclear / total:.1%})."
        findings.append(Finding(NOTE, "letters", finding, "Each counts as the mean of what it may stand for."))
    lower = sum(1 for text in data.texts if text != text.upper())
    if lower:
        findings.append(Finding(NOTE, "letters", f"{lower} sequences have lower-case letters.", "Case is ignored."))
    if not (strange or unclear):
        findings.append(Finding(OK, "letters", f"Every letter is one of {alphabet}."))
    parts: list[dict[str, Any]] = [{"part": letter, "count": count, "share": count / total} for letter, count in sorted(counts.items())]
    panels = [
        plots.histogram(lengths, "Lengths", "letters"),
        plots.bars([row["part"] for row in parts], [row["share"] for row in parts], "Letters", "share"),
    ]
    facts = [
        f"{len(data)} samples in {data.where}.",
        f"The sequences look like {alphabet}, {lengths.min()} to {lengths.max()} letters long.",
    ]
    return Inspection(findings, parts, panels, facts)
