"""Checks that every kind of data needs: balance, contradictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import plots
from ..errors import listing, shorten
from ..findings import OK, WARNING, Finding
from ..task import MULTILABEL, REGRESSION, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FEW_SAMPLES = 100
"""A network can hardly learn from fewer."""
_FEW_MEMBERS = 10
_IMBALANCE = 10


def balance(task: Task, target: pd.DataFrame, where: str) -> list[Finding]:
    """How evenly classes are filled, or how far a number reaches."""
    if task.kind == REGRESSION:
        values = task.encode(target, where)
        distinct = len(set(values.tolist()))
        return [Finding(OK, "target", f"The target has {distinct} different values, from {values.min():.4g} to {values.max():.4g}.")]
    counts = dict(zip(task.classes, task.fit(task.encode(target, where)).counts, strict=True))
    rare = [name for name, count in counts.items() if count < _FEW_MEMBERS]
    smallest, largest = min(counts, key=counts.get), max(counts, key=counts.get)
    found = []
    if rare:
        found.append(
            Finding(
                WARNING,
                "class size",
                f"Fewer than {_FEW_MEMBERS} rows are of class {listing(rare)}.",
                "Expect poor recognition and unsure metrics: add rows or merge classes.",
            )
        )
    if task.kind != MULTILABEL and counts[largest] > _IMBALANCE * counts[smallest]:
        found.append(
            Finding(
                WARNING,
                "class balance",
                f"Classes are unbalanced: {counts[largest]} rows of {shorten(largest)}, {counts[smallest]} of {shorten(smallest)}.",
                "Split by class, judge by F1 or balanced accuracy, and try balanced class weights.",
            )
        )
    return found or [
        Finding(OK, "class balance", f"The smallest class, {shorten(smallest)}, has {counts[smallest]} of {len(target)} rows.")
    ]


def contradictions(codes: np.ndarray, target: pd.DataFrame, called: str) -> list[Finding]:
    """Samples that are equal (share a number in ``codes``) and have different targets."""
    answers = target.agg("\t".join, axis=1).groupby(codes).nunique()
    torn = int((answers > 1).sum())
    if not torn:
        return []
    finding = f"{torn} sets of identical {called} have different targets."
    return [Finding(WARNING, "contradictions", finding, "Check them: no model can learn both.")]


def class_panel(task: Task, target: pd.DataFrame):
    """A plot of class sizes, or of the target's distribution."""
    y = task.encode(target, "the data")
    if task.kind == REGRESSION:
        return plots.histogram(y, "Target", task.title)
    return plots.bars(task.classes, task.fit(y).counts, "Samples of each class", "samples")
