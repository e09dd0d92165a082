"""Findings about data, of whatever kind: how severe, what, and what to do; and their report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ..program.files import File, Outputs
from . import plots
from .page import Page
from .tables import write_table

OK, NOTE, WARNING, STOP = "ok", "note", "warning", "stop"
_ORDER = (STOP, WARNING, NOTE, OK)

OUTPUTS = (
    File("verdict", "what was found, in a few sentences (text)"),
    File("plots", "plots (PNG)"),
    File("report", "report (HTML)"),
    File("findings", "findings with severity and advice (tabular)"),
    File("columns", "one row a column or other part of the data (tabular)"),
)


@dataclasses.dataclass(frozen=True)
class Finding:
    """One check's result.

    Attributes:
        severity: ``ok``, ``note`` (good to know), ``warning`` (results may mislead) or ``stop`` (training would fail,
            or be worthless).
        check: what was looked at.
        finding: what was found, in a sentence.
        advice: what to do, in a sentence; empty for ``ok``.
    """

    severity: str
    check: str
    finding: str
    advice: str = ""


@dataclasses.dataclass(frozen=True)
class Inspection:
    """All that was found: ``findings``, one row a part in ``parts``, plot ``panels``, and ``facts`` for the top;
    ``read``: how the file was read, one row a choice."""

    findings: Sequence[Finding]
    parts: Sequence[dict[str, Any]]
    panels: Sequence[Callable]
    facts: Sequence[str]
    read: Sequence[dict[str, Any]] = ()


def write_all(title: str, inspection: Inspection, outputs: Outputs) -> None:
    """Print the findings and write every output that was asked for, the most severe first."""
    import pandas as pd

    findings = sorted(inspection.findings, key=lambda item: _ORDER.index(item.severity))
    for fact in inspection.facts:
        print(fact)
    for item in findings:
        print(f"{item.severity}: {item.finding} {item.advice}".rstrip())
    if "verdict" in outputs:
        outputs["verdict"].write_text("".join(f"Data: {fact}\n" for fact in inspection.facts), encoding="utf-8")
    if "findings" in outputs:
        write_table(pd.DataFrame([dataclasses.asdict(item) for item in findings]), outputs["findings"])
    if "columns" in outputs:
        write_table(pd.DataFrame(inspection.parts), outputs["columns"])
    if "plots" in outputs or "report" in outputs:
        plots.figure(inspection.panels, outputs["plots"])
    if "report" in outputs:
        page = Page(title)
        for fact in inspection.facts:
            page.text(fact)
        page.heading("Findings")
        for item in findings:
            page.finding(item.severity, f"{item.finding} {item.advice}".rstrip())
        page.image(outputs["plots"], "Plots of the data")
        page.heading("Parts of the data")
        page.table(inspection.parts)
        page.heading("How your file was read")
        page.table(inspection.read)
        page.save(outputs["report"])
