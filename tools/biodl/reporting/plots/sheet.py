"""Panels, and the sheet that they are drawn on: no panel without its content in words, none empty, no title cut."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .style import DPI, LETTER, WIDTH, label, styled


@dataclasses.dataclass(frozen=True)
class Panel:
    """One part of a picture.

    Attributes:
        title: what it shows.
        says: its content in words, for who cannot see it: numbers, not what kind of plot it is; no full stop.
        draw: fills one matplotlib axes.
        height: inches.
        wide: whether it wants the whole width; otherwise two stand beside each other.

    Raises:
        ValueError: without title or words.
    """

    title: str
    says: str
    draw: Callable[[Any], None]
    height: float = 3.2
    wide: bool = False

    def __post_init__(self) -> None:
        if not (self.title.strip() and self.says.strip()):
            raise ValueError("a panel needs a title, and its content in words")


def words_of(panels: Sequence[Panel]) -> str:
    """The alternative text of a picture of panels."""
    return " ".join(f"{panel.title}: {panel.says}." for panel in panels)


def figure(panels: Sequence[Panel], path: Path) -> str:
    """Draw panels, save them as one PNG, and give its alternative text.

    Raises:
        ValueError: when there is nothing to draw.
    """
    with styled():
        save(drawn(panels), path)
    return words_of(panels)


def drawn(panels: Sequence[Panel]) -> Any:
    """The matplotlib figure of panels, to be made and used in :func:`~.style.styled`.

    Raises:
        ValueError: when there is nothing to draw.
    """
    if not panels:
        raise ValueError("no panel to draw")
    rows = in_rows(panels)
    heights = [max(panel.height for panel in row) + 0.25 * max(_titled(panel, row).count("\n") for panel in row) for row in rows]
    sheet = blank(sum(heights))
    for row, strip in zip(rows, sheet.subfigures(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0], strict=True):
        for panel, cell in zip(row, strip.subfigures(1, len(row), squeeze=False)[0], strict=True):
            cell.suptitle(_titled(panel, row), x=0.01, ha="left", weight="bold")
            panel.draw(cell.add_subplot())
    return sheet


def in_rows(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Panels by row, in order: a wide one has a row of its own, and so has one that is left without a neighbour."""
    rows: list[list[Panel]] = []
    for panel in panels:
        if rows and not panel.wide and len(rows[-1]) == 1 and not rows[-1][0].wide:
            rows[-1].append(panel)
        else:
            rows.append([panel])
    return rows


def blank(height: float) -> Any:
    """An empty figure of the full width; ``height`` in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sheet = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(sheet)
    return sheet


def save(sheet: Any, path: Path) -> None:
    """Draw it, once: ``savefig`` draws a second time."""
    sheet.set_dpi(DPI)
    with open(path, "wb") as handle:
        sheet.canvas.print_png(handle, metadata={"Software": None})


def _titled(panel: Panel, row: Sequence[Panel]) -> str:
    """Its title in as many lines as its width asks for."""
    return label(panel.title, WIDTH / len(row) / (LETTER * 1.35), 3)
