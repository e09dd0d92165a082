"""Findings about data, of whatever kind: how severe, what, and what to do; and their report."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..errors import counted
from ..program.files import File, Outputs
from . import plots, verdict
from .page import Page
from .tables import write_readable, write_table
from .verdict import Line

OK, NOTE, WARNING, STOP = "ok", "note", "warning", "stop"
_ORDER = (STOP, WARNING, NOTE, OK)

OUTPUTS = (
    verdict.OUTPUT,
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


NO_TARGET = Finding(NOTE, "target", "No target column was chosen.", "Choose one to check balance and leaks.")


@dataclasses.dataclass(frozen=True)
class Inspection:
    """All that was found: ``findings``, one row a part in ``parts``, plot ``panels``, and ``facts`` for the top: how much of what there is;
    ``read``: how the file was read, one row a choice, and ``told`` in a line; ``then``: what to do next, if it is not to divide them."""

    findings: Sequence[Finding]
    parts: Sequence[dict[str, Any]]
    panels: Sequence[plots.Panel]
    facts: Sequence[str]
    read: Sequence[dict[str, Any]] = ()
    told: str = ""
    then: str = ""


def in_lines(facts: Sequence[str], findings: Sequence[Finding], otherwise: str = "") -> list[Line]:
    """The verdict on data: volume, quality, the worst findings (``findings`` come sorted), and what to do next; ``otherwise``: in place of
    to divide them."""
    stops, warnings, notes = (sum(item.severity == severity for item in findings) for severity in (STOP, WARNING, NOTE))
    if stops or warnings:
        kinds = [(stops, "would stop training or make it worthless"), (warnings, "may mislead")]
        what = " and ".join(f"{counted(count, 'finding')} {does}" for count, does in kinds if count)
        quality = f"{what}."  # not that they follow: lines that do not fit are left out
    else:
        quality = f"no warning in {counted(len(findings), 'check')}" + (
            f" ({counted(notes, 'note')} in the table of findings)." if notes else "."
        )
    worst = [
        Line({STOP: "Stop", WARNING: "Warning"}[item.severity], f"{item.finding} {item.advice}".rstrip())
        for item in findings
        if item.severity in (STOP, WARNING)
    ]
    if stops:
        then = "mend what would stop training, and inspect again."
    elif NO_TARGET in findings:
        then = "choose the target column and inspect again: without it neither balance nor leaks can be checked."
    else:
        then = otherwise or "put a test part aside with 'Split data', then train a network on the rest."
    return verdict.verdict([Line("Data", " ".join(facts)), Line("Quality", quality), *worst[:2]], Line("Next", then))


def write_all(title: str, inspection: Inspection, outputs: Outputs) -> None:
    """Print the findings and write every output that was asked for, the most severe first."""
    import pandas as pd

    findings = sorted(inspection.findings, key=lambda item: _ORDER.index(item.severity))
    lines = in_lines(inspection.facts, findings, inspection.then)
    verdict.publish(lines, outputs)
    for fact in (inspection.told, *inspection.facts):
        print(fact)
    for item in findings:
        print(f"{item.severity}: {item.finding} {item.advice}".rstrip())
    if "findings" in outputs:
        write_table(pd.DataFrame([dataclasses.asdict(item) for item in findings]), outputs["findings"])
    if "columns" in outputs:
        write_readable(pd.DataFrame(inspection.parts), outputs["columns"])
    if "plots" in outputs or "report" in outputs:
        shown = plots.figure(inspection.panels, outputs["plots"])
    if "report" in outputs:
        page = Page(title, "inspect")
        page.verdict(lines)
        for fact in (inspection.told, *inspection.facts):
            page.text(fact)
        page.heading("Findings")
        for item in findings:
            page.finding(item.severity, f"{item.finding} {item.advice}".rstrip())
        page.image(outputs["plots"], shown)
        page.heading("Parts of the data")
        page.table(inspection.parts, "One row a column or other part")
        page.heading("How your file was read")
        page.table(inspection.read, "What was chosen while the file was read")
        page.save(outputs["report"])
