"""Every two of several models: how far one lies above the other, and whether chance could explain it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import listed
from .sheet import Panel
from .style import BLUE, GREY, LETTER, ORANGE, PALE, WHITE, WIDTH, height_of, ink, label

_MOST = 10
"""Models whose differences find room as numbers."""
_ROOMY = 0.55
"""Inches of a cell that has room for a zero before the point."""


def differences(names: Sequence[str], pairs: Mapping[tuple[str, str], tuple[float, bool]], title: str) -> Panel:
    """A panel with a row and a column a model, the best first; a cell holds row minus column, dark where chance is no explanation.

    Args:
        names: of the models, the best first; the best ten are drawn.
        pairs: by the names of two models, the better one first: their difference, and whether it is beyond chance.
        title: of the panel.
    """
    drawn = list(names)[:_MOST]
    rest = len(names) - len(drawn)
    cell = (WIDTH - 2.4) / max(len(drawn), 1)
    down = [label(name, 24, 2) for name in drawn]
    flat = cell >= 1.1
    across = [label(name, cell / LETTER, 3) for name in drawn] if flat else [label(name, 20, 1) for name in drawn]

    def draw(axes: Any) -> None:
        for row, one in enumerate(drawn):
            for column, other in enumerate(drawn):
                fill, text = _cell(one, other, pairs)
                axes.fill_between([column - 0.48, column + 0.48], row - 0.46, row + 0.46, color=fill, linewidth=0)
                text = text if cell >= _ROOMY else text.replace("0.", ".")
                axes.text(column, row, text, ha="center", va="center", color=ink(fill))
        axes.set_xticks(range(len(drawn)), across, rotation=0 if flat else 90)
        axes.set_yticks(range(len(drawn)), down)
        axes.set_xlim(-0.5, len(drawn) - 0.5)
        axes.set_ylim(len(drawn) - 0.5, -0.5)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("blue: better beyond chance; orange: worse; pale: chance could explain it", color=GREY)

    said = [
        f"{one} {'is better than' if sure else 'is not clearly better than'} {other} by {_signed(value)[1:]}"
        for (one, other), (value, sure) in pairs.items()
    ]
    height = 1.1 + max(height_of(down, 0.16), 0.3 * len(drawn)) + (0.45 if flat else LETTER * 20)
    return Panel(title + (f" ({rest} more not shown)" if rest > 0 else ""), listed(said, 12) or "none", draw, height, wide=True)


def _cell(one: str, other: str, pairs: Mapping[tuple[str, str], tuple[float, bool]]) -> tuple[str, str]:
    """Colour and number of a cell."""
    if one == other:
        return WHITE, ""
    sign = 1 if (one, other) in pairs else -1
    value, sure = pairs[(one, other) if sign > 0 else (other, one)]
    return ((BLUE if sign > 0 else ORANGE) if sure else PALE), _signed(sign * value)


def _signed(value: float) -> str:
    """A difference with its sign, to three decimals where it lies on a scale of 1."""
    if value != value:
        return " ?"
    if round(value, 3) == 0 and abs(value) < 1:
        return " 0" if value == 0 else f"{value:+.0e}".replace("e-0", "e-")
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}") if abs(value) < 10 else f"{value:+.3g}".replace("-", "\N{MINUS SIGN}")
