"""What Inspect finds in text."""

from __future__ import annotations

from collections import Counter

from ...errors import counted, span
from ...reporting import plots
from ...reporting.findings import NOTE, OK, Finding, Inspection
from ...tasks import Task
from .. import checks
from ..kind import Files
from .dataset import TextDataset, words


def look(data: TextDataset, files: Files, task: Task | None) -> Inspection:
    """Lengths, vocabulary, copies."""
    lengths = data.lengths()
    counts = Counter(word for text in data.texts for word in words(text))
    once = sum(count == 1 for count in counts.values())
    findings = [checks.volume(data), *checks.copies(data, None), checks.lengths(lengths, "words")]
    if once > len(counts) / 2:
        finding = f"{once} of {len(counts)} words occur once."
        findings.append(Finding(NOTE, "vocabulary", finding, "They teach nothing: limit the vocabulary to commoner ones."))
    else:
        findings.append(Finding(OK, "vocabulary", f"{len(counts)} words, {once} of which occur once."))
    parts = [{"part": word, "count": count} for word, count in counts.most_common(1000)]
    common = counts.most_common(20)
    panels = [
        plots.histogram(lengths, "Lengths", "words"),
        plots.bars([word for word, _ in common], [count for _, count in common], "Commonest words", "count"),
    ]
    lengthy = f"{len(counts)} different words; {span(lengths.min(), lengths.max())} words a text."
    facts = [f"{counted(len(data), 'sample')} in {data.where}.", lengthy]
    return Inspection(findings, parts, panels, facts)
