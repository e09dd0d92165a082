"""Texts: what each word adds, drawn as words on the colour of what they add."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...data.text.dataset import words as words_of
from ...reporting.plots import Panel
from ...reporting.plots.style import LETTER, TWO_SIDED, WIDTH, few_ticks, ink, label, number, span
from ..attribution import INTEGRATED, Attributions, Explainer, Subject, heading
from ..cut import Cut
from ..gradients import integrated
from ..ground import Ground, nothing, removed

if TYPE_CHECKING:
    import numpy as np


_MOST_LINES = 14
_LINE = 0.27
"""Inches of a line of words."""
_ROOM = WIDTH - 0.95
"""Inches that a line of words may fill; the scale of colours stands beside."""
_LONGEST = 28
"""Letters of a word that are drawn."""


def _folded(cut: Cut, encoded: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What a word adds, and half of what each pair adds that it is of."""
    half = values[..., cut.of_pairs].sum(axis=-1) / 2
    each = values[..., ~cut.of_pairs].sum(axis=-1) + half
    each[:, 1:] += half[:, :-1]
    each[:, -1] += half[:, -1]  # of a pair whose other word does not count any more
    return each


def _spread(cut: Cut, gone: np.ndarray) -> np.ndarray:
    """A word takes with it both pairs that it is of."""
    import numpy as np

    broken = gone.copy()
    broken[:, :-1] |= gone[:, 1:]
    return np.where(cut.of_pairs, broken[:, :, None], gone[:, :, None])


def _held(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """bool [samples, words]."""
    import numpy as np

    lengths = np.array([len(words_of(text)) for text in raw["text"][:, 0]])
    return np.arange(subject.encoding.length) < lengths[:, None]


def panels(subject: Subject, raw: dict[str, Any], found: Mapping[str, Attributions], names: Sequence[str]) -> list[Panel]:
    """The words of each sample on the colours of what they add."""
    attributions = found[INTEGRATED]
    known = set(subject.encoding.vocabulary)
    return [
        _panel(heading(subject, attributions, row, name), words_of(raw["text"][row, 0]), attributions.values[row], known)
        for row, name in enumerate(names)
    ]


def _panel(title: str, texts: Sequence[str], values: np.ndarray, known: set[str]) -> Panel:
    import numpy as np

    seen = list(texts[: len(values)])
    shown = [label(text, _LONGEST, 1) + ("" if text in known else "?") for text in seen]
    lines = _lines(shown)
    drawn, cut = lines[:_MOST_LINES], sum(map(len, lines[_MOST_LINES:])) + len(texts) - len(seen)
    top = float(np.abs(values).max()) or 1.0

    def draw(axes: Any) -> None:
        _draw(axes, drawn, values, top)

    order = np.argsort(-np.abs(values[: len(seen)]), kind="stable")[:6]
    says = ", ".join(f"{seen[place]} adds {number(float(values[place]))}" for place in order) or "no word"
    notes = [f"{cut} more words not shown"] if cut else []
    notes += ["?: unknown word"] if any(text not in known for text in seen) else []
    return Panel(title + (f" ({'; '.join(notes)})" if notes else ""), says, draw, max(1.5, 0.6 + _LINE * len(drawn)), wide=True)


def _lines(texts: Sequence[str]) -> list[list[str]]:
    """Words in lines that are not too wide."""
    lines: list[list[str]] = [[]]
    width = 0.0
    for text in texts:
        own = _width(text)
        if lines[-1] and width + own > _ROOM:
            lines.append([])
            width = 0.0
        lines[-1].append(text)
        width += own
    return lines


def _width(text: str) -> float:
    """Inches of a word and the room around it."""
    return span(text) * LETTER + 0.13


def _draw(axes: Any, lines: Sequence[Sequence[str]], values: np.ndarray, top: float) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    colours = colormaps[TWO_SIDED]
    scale = ScalarMappable(Normalize(-top, top), colours)
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH - 0.2)
    axes.set_ylim(-max(len(lines), 3) * _LINE, 0)
    place = 0
    for row, texts in enumerate(lines):
        left = 0.0
        for text in texts:
            colour = colours(0.5 + 0.5 * float(values[place]) / top)
            bottom, width = -(row + 0.94) * _LINE, _width(text)
            axes.add_patch(Rectangle((left, bottom), width - 0.03, 0.88 * _LINE, color=colour, linewidth=0))
            axes.text(left + width / 2 - 0.015, bottom + 0.42 * _LINE, text, ha="center", va="center", color=ink(colour[:3]))
            left, place = left + width, place + 1
    bar = axes.figure.colorbar(scale, cax=axes.inset_axes((0.93, 0.02, 0.02, 0.96)))
    bar.set_label("adds")
    few_ticks(bar.ax.yaxis)


GROUND = Ground(
    "an empty vector in the place of each word",
    nothing,
    _folded,
    _spread,
    lambda encoding: {},
)
EXPLAINER = Explainer(
    ("text",),
    "word",
    {INTEGRATED: functools.partial(integrated, GROUND)},
    functools.partial(removed, GROUND),
    lambda attributions: attributions.values,
    _held,
    panels,
)
