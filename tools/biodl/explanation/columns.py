"""Bar charts of what columns add to what a network says of one sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..reporting.plots import Panel
from ..reporting.plots.style import GREY, ORANGE, PURPLE, few_ticks, height_of, label, number

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
        _bars(axes, shown)
        axes.set_xlabel("adds to what the network says (negative: speaks against it)")

    says = ", ".join(f"{columns[place]} = {cells[place]} adds {number(float(values[place]))}" for place in order[:5])
    return Panel(title, says, draw, 0.95 + height_of([text for text, _ in shown]), wide=True)


def _bars(axes: Any, shown: Sequence[tuple[str, float]]) -> None:
    numbers = [value for _, value in shown]
    axes.barh(range(len(shown)), numbers, color=[ORANGE if value >= 0 else PURPLE for value in numbers], height=0.7)
    axes.axvline(0, color=GREY, linewidth=1)
    for place, value in enumerate(numbers):
        side = 1 if value >= 0 else -1
        text = {"textcoords": "offset points", "va": "center", "ha": "left" if value >= 0 else "right"}
        axes.annotate(number(value), (value, place), (4 * side, 0), **text)
    axes.set_yticks(range(len(shown)), [text for text, _ in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    room = 0.16 * (high - low or 1.0)  # for the numbers beside the bars
    axes.set_xlim(low - (room if low < 0 else 0.02 * room), high + (room if high > 0 else 0.02 * room))
    axes.tick_params(axis="y", length=0)
    few_ticks(axes.xaxis)
