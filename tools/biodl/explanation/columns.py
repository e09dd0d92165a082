"""Bar charts of what columns add to what a network says of one sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..reporting import plots
from ..reporting.plots import Panel
from ..reporting.plots.style import height_of, label, number

if TYPE_CHECKING:
    import numpy as np

MOST = 15
"""Columns of a chart."""


def bars_of_columns(title: str, columns: Sequence[str], cells: Sequence[str], values: np.ndarray) -> Panel:
    """A panel of the columns that matter most for one row.

    Args:
        title: of the panel.
        columns: names.
        cells: what the row holds in each.
        values: float [columns], what each adds.
    """
    import numpy as np

    order = np.argsort(-np.abs(values), kind="stable")[:MOST]
    shown = [(label(f"{columns[place]} = {cells[place]}", 34, 2), float(values[place])) for place in order]
    rest = float(values.sum() - values[order].sum())
    if len(values) > MOST:
        shown.append((f"{len(values) - MOST} other columns", rest))

    def draw(axes: Any) -> None:
        plots.push(axes, shown)
        axes.set_xlabel("adds to what the network says (negative: speaks against it)")

    says = ", ".join(f"{columns[place]} = {cells[place]} adds {number(float(values[place]))}" for place in order[:5])
    return Panel(title, says, draw, 0.95 + height_of([text for text, _ in shown]), wide=True)
