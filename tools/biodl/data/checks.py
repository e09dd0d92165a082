"""Checks that several kinds of data need: volume, copies, lengths, classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import counted
from ..reporting.findings import NOTE, OK, WARNING, Finding
from .fingerprints import identical
from .groups import Known, chained, near_beside

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from .kind import Dataset

FEW_SAMPLES = 100
"""A network can hardly learn from fewer."""
BETWEEN = "duplicates between parts"
_WIDE = 10
"""Longest against shortest sample beyond which padding wastes most of the work."""


def volume(data: Dataset) -> Finding:
    """Whether there are enough samples."""
    if len(data) < FEW_SAMPLES:
        advice = "Prefer a traditional model, start from a trained network, or get more data."
        return Finding(WARNING, "volume", f"{counted(len(data), 'sample', 'is', 'are')} few for a network.", advice)
    return Finding(OK, "volume", f"{len(data)} samples.")


def copies(data: Dataset, near: np.ndarray | None) -> list[Finding]:
    """Samples that repeat another, or nearly.

    Args:
        data: samples.
        near: int [samples], near duplicates share a number; nothing where that has no meaning.
    """
    codes = identical(data)
    repeated = len(data) - len(set(codes.tolist()))
    found = [Finding(OK, "duplicates", "No sample repeats another.")]
    if repeated:
        severity = WARNING if repeated > len(data) / 100 else NOTE
        advice = "A random split would put copies on both sides: 'Split data' keeps them together."
        finding = f"{repeated} of {len(data)} samples {'repeats' if repeated == 1 else 'repeat'} another."
        found = [Finding(severity, "duplicates", finding, advice)]
        if data.target is not None and data.order() is None:
            found += contradictions(codes, data.target, "samples")
    more = near_beside(codes, near)
    if more:
        advice = (
            "'Split data' and Train keep near copies together. If they come from one source, name it in a column as the group too. Counted "
            "within this file: those of another part are counted where it is given as held-out samples to compare with."
        )
        finding = f"{counted(more, 'more sample', 'differs', 'differ')} little from another."
        found.append(Finding(NOTE, "near duplicates", finding, advice))
    large = None if near is None else chained(codes, near)
    if more and large:
        finding, advice = large
        found.append(Finding(WARNING, "near duplicates", f"{finding}.", f"{advice[0].upper()}{advice[1:]}."))
    return found


def between_parts(known: Known) -> Finding:
    """Whether held-out samples are copies, or near copies, of those that are inspected."""
    if not known.count:
        near = "a copy, or a near copy," if known.nearly else "a copy"
        return Finding(OK, BETWEEN, f"None of {counted(len(known.inside), 'held-out sample')} is {near} of an inspected sample.")
    advice = (
        f"A network would be judged on what it knows: divide all samples anew ('Split data' keeps {known.kept} together), and if they "
        "come from one source (a patient, a genome), name it as the group."
    )
    return Finding(WARNING, BETWEEN, f"{known.said('inspected sample')}{known.alike}.", advice)


def contradictions(codes: np.ndarray, target: pd.DataFrame, called: str) -> list[Finding]:
    """Samples that are equal (share a number in ``codes``) and have different targets."""
    answers = target.agg("\t".join, axis=1).groupby(codes).nunique()
    torn = int((answers > 1).sum())
    if not torn:
        return []
    finding = f"{counted(torn, 'set')} of identical {called} {'has' if torn == 1 else 'have'} different targets."
    return [Finding(WARNING, "contradictions", finding, "Check them: no model can learn both.")]


def lengths(values: np.ndarray, called: str) -> Finding:
    """Whether samples are of one length; ``values``: int [samples]."""
    shortest, longest = int(values.min()), int(values.max())
    if shortest == longest:
        return Finding(OK, "lengths", f"All samples have {longest} {called}.")
    finding = f"Samples have {shortest} to {longest} {called}."
    if longest > _WIDE * shortest:
        return Finding(WARNING, "lengths", finding, "Most of the work goes into padding: remove the longest, or set a length to cut at.")
    return Finding(NOTE, "lengths", finding, "Shorter ones are padded, and the padding is ignored.")


def number_rows(names: Sequence[str], columns: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """One row a part of the data: its name and the spread of its numbers (NaN where there is none)."""
    import numpy as np

    rows = []
    for name, values in zip(names, columns, strict=True):
        known = values[~np.isnan(values)]
        rows.append(
            {
                "part": name,
                "values": len(known),
                "missing": int(len(values) - len(known)),
                "minimum": known.min() if len(known) else float("nan"),
                "mean": known.mean() if len(known) else float("nan"),
                "maximum": known.max() if len(known) else float("nan"),
                "standard_deviation": known.std() if len(known) else float("nan"),
            }
        )
    return rows
