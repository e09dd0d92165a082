"""A network from top to bottom: a box a block, filled by what it learns, with shapes and numbers of weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .sheet import blank, save
from .style import BLACK, BLUE, GREY, LETTER, WIDTH, ink, styled


@dataclasses.dataclass(frozen=True)
class Block:
    """Layers that belong together.

    Attributes:
        title: what they are.
        steps: the layers in words, in order.
        shape: of what they give, in words, without the number of samples.
        learned: number of weights that are trained.
        fixed: number of weights that are not.
        skips: connections that lead around some of its layers.
    """

    title: str
    steps: tuple[str, ...]
    shape: str
    learned: int = 0
    fixed: int = 0
    skips: int = 0

    def weights(self) -> str:
        """The numbers of its weights, in words."""
        told = [f"{count:,} {what}" for count, what in ((self.learned, "weights"), (self.fixed, "fixed")) if count]
        return ", ".join(told) or "no weights"


_FILLS = {"learns": BLUE, "fixed weights": "#B7D4E8", "no weights": "#F0F0F0"}
_LEFT, _RIGHT, _PADDING = 0.15, 6.35, 0.1
_LINE, _GAP = 0.19, 0.26
"""Inches: of a line of text, and between boxes."""


def diagram(blocks: Sequence[Block], path: Path) -> str:
    """Draw a network, save it as PNG, and give the alternative text."""
    with styled():
        save(stacked(blocks), path)
    return (
        "The network from input to output: "
        + "; ".join(f"{block.title} ({', '.join(block.steps)}) gives {block.shape}, {block.weights()}" for block in blocks)
        + "."
    )


def stacked(blocks: Sequence[Block]) -> Any:
    """The matplotlib figure of :func:`diagram`."""
    import textwrap

    from matplotlib.patches import FancyBboxPatch

    letters = int((_RIGHT - _LEFT - 2 * _PADDING) / LETTER)
    steps = [[step.replace(" ", "\u00a0") for step in block.steps] for block in blocks]  # lines break between steps
    texts = [textwrap.wrap(" → ".join(words), letters, break_on_hyphens=False) for words in steps]
    heights = [_LINE * (2 + len(text)) + 2 * _PADDING for text in texts]
    legend = 0.4
    whole = legend + sum(heights) + _GAP * (len(blocks) - 1) + 0.15
    sheet = blank(whole)
    sheet.set_layout_engine("none")
    axes = sheet.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, WIDTH), ylim=(whole, 0))
    _legend(axes)
    top = legend
    middle = (_LEFT + _RIGHT) / 2
    for place, (block, text, height) in enumerate(zip(blocks, texts, heights, strict=True)):
        fill = _fill(block)
        pen = ink(fill)
        style = "round,pad=0,rounding_size=0.06"
        axes.add_patch(FancyBboxPatch((_LEFT, top), _RIGHT - _LEFT, height, boxstyle=style, facecolor=fill, edgecolor=GREY))
        words = {"color": pen, "va": "center"}
        line = top + _PADDING + _LINE / 2
        axes.text(_LEFT + _PADDING, line, block.title, weight="bold", **words)
        for number, part in enumerate(text, start=1):
            axes.text(_LEFT + _PADDING, line + number * _LINE, part, **words)
        axes.text(_LEFT + _PADDING, line + (len(text) + 1) * _LINE, f"gives {block.shape}  ·  {block.weights()}", **words)
        if block.skips:
            _skip(axes, top - _GAP / 2 if place else top, top + height, block.skips)
        top += height
        if place + 1 < len(blocks):
            axes.annotate(
                "", (middle, top + _GAP), (middle, top), arrowprops={"arrowstyle": "->", "color": BLACK, "shrinkA": 0, "shrinkB": 0}
            )
        top += _GAP
    return sheet


def _fill(block: Block) -> str:
    return _FILLS["learns" if block.learned else "fixed weights" if block.fixed else "no weights"]


def _legend(axes: Any) -> None:
    from matplotlib.patches import Rectangle

    left = _LEFT
    for name, fill in _FILLS.items():
        axes.add_patch(Rectangle((left, 0.1), 0.24, 0.16, facecolor=fill, edgecolor=GREY))
        axes.text(left + 0.32, 0.18, name, va="center")
        left += 0.55 + (len(name) + 2) * LETTER


def _skip(axes: Any, start: float, bottom: float, count: int) -> None:
    """An arrow from above a box around its right side to its end."""
    middle, beyond, end = (_LEFT + _RIGHT) / 2, _RIGHT + 0.2, bottom - 0.16
    axes.plot([middle, beyond, beyond], [start, start, end], color=BLACK, linewidth=1.2)
    axes.annotate("", (_RIGHT, end), (beyond, end), arrowprops={"arrowstyle": "->", "color": BLACK, "shrinkA": 0, "shrinkB": 0})
    axes.text(beyond + 0.16, (start + end) / 2, "skip" if count == 1 else f"{count} skips", rotation=90, ha="center", va="center")
