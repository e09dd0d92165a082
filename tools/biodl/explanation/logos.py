"""Logos: letters as high as what they add, in lines of sixty; below them what every other letter would change. Drawn by logomaker."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..reporting.plots import Panel
from ..reporting.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, TWO_SIDED, few_ticks, number
from .attribution import INTEGRATED, MUTAGENESIS, Attributions, Subject, heading

if TYPE_CHECKING:
    import numpy as np

    from .motifs import Motif

ACROSS = 60
"""Positions of a line."""
_MOST_LINES = 4
_LOGO, _LABELS = 1.05, 0.42
"""Inches of a line of letters, and of what stands below it."""
_CELL = 0.17
"""Inches of a row of changes."""
_BASES = {"A": GREEN, "C": BLUE, "G": ORANGE, "T": PURPLE, "U": PURPLE}
_RESIDUES = {
    "hydrophobic": ("AVLIMFWPG", BLACK),
    "polar": ("STCYNQ", GREEN),
    "basic": ("KRH", BLUE),
    "acidic": ("DE", ORANGE),
}
"""Residues of proteins by chemistry."""


def colours_of(letters: str) -> dict[str, str]:
    """The colour of each letter, told apart by people who see red and green alike."""
    if set(letters) <= set(_BASES):
        return {letter: _BASES[letter] for letter in letters}
    return {letter: colour for own, colour in _RESIDUES.values() for letter in own}


def told_colours(letters: str) -> str:
    """What colours of letters mean, or nothing where each letter has its own."""
    names = {BLACK: "black", GREEN: "green", BLUE: "blue", ORANGE: "orange"}
    return "" if set(letters) <= set(_BASES) else ", ".join(f"{names[colour]}: {what}" for what, (_, colour) in _RESIDUES.items())


@contextlib.contextmanager
def _outlines_measured_once() -> Iterator[None]:
    """Logomaker measures the outlines of two letters for each that it draws, most of its time: what it finds of the same few is kept."""
    glyphs: Any = importlib.import_module("logomaker.src.Glyph")
    usual = glyphs.TextPath

    @functools.cache
    def made(*given: Any, **more: Any) -> Any:
        outline = usual(*given, **more)
        outline.get_extents = functools.cache(outline.get_extents)
        return outline

    glyphs.TextPath = made
    try:
        yield
    finally:
        glyphs.TextPath = usual


def draw_logo(axes: Any, heights: np.ndarray, letters: str, first: int) -> None:
    """Fill axes with a logo.

    Args:
        axes: of matplotlib.
        heights: float [positions, letters], letters below 0 hang below the line.
        letters: of the columns.
        first: number of the first position.
    """
    import logomaker
    import pandas as pd

    frame = pd.DataFrame(heights, columns=list(letters), index=range(first, first + len(heights)))
    axes.add_patch = axes.add_artist  # it is told its limits: to ask the outline of each letter for its own takes a third of the time
    looks = {"font_name": "DejaVu Sans", "flip_below": False, "baseline_width": 0.8, "show_spines": False}
    with _outlines_measured_once():
        logomaker.Logo(frame, ax=axes, color_scheme=colours_of(letters), **looks)
    del axes.add_patch  # that of the class again
    axes.spines[["left", "bottom"]].set_visible(True)


def sequence_panels(subject: Subject, stand: np.ndarray, found: Mapping[str, Attributions], names: Sequence[str]) -> list[Panel]:
    """A panel a sample: its letters by what they add (integrated gradients, or else mutagenesis), and what others would change.

    Args:
        subject: the network.
        stand: float32 [samples, positions, letters], what stands there.
        found: attributions by method.
        names: of the samples.
    """
    import numpy as np

    any_of = next(iter(found.values()))
    letters = "".join(any_of.axes["letters"])
    panels = []
    for row, name in enumerate(names):
        changes = found[MUTAGENESIS].values[row] if MUTAGENESIS in found else None
        if INTEGRATED in found:
            heights = found[INTEGRATED].values[row]
        else:
            heights = stand[row] * (-found[MUTAGENESIS].values[row].sum(axis=-1, keepdims=True) / (len(letters) - 1))
        end = int(np.flatnonzero(stand[row].any(axis=-1) | heights.any(axis=-1))[-1]) + 1 if stand[row].any() else len(heights)
        panels.append(
            letters_panel(
                heading(subject, any_of, row, name), heights[:end], letters, stand[row, :end], None if changes is None else changes[:end]
            )
        )
    return panels


def average_panels(values: np.ndarray, stand: np.ndarray, groups: Mapping[str, np.ndarray], letters: str, what: str) -> list[Panel]:
    """A panel a class of aligned sequences: the mean of what each letter adds, over the samples of the class.

    Args:
        values: float [samples, positions, letters], as :class:`.attribution.Attributions` has them.
        stand: float [samples, positions, letters].
        groups: positions of samples by class.
        letters: of the columns.
        what: the number that is explained: ``log-odds``.
    """
    return [
        letters_panel(
            f"{name}: what each letter adds to the {what}, mean of {len(rows)} sequences",
            values[rows].mean(axis=0),
            letters,
            stand[rows].mean(axis=0),
            None,
        )
        for name, rows in groups.items()
        if len(rows)
    ]


def letters_panel(title: str, heights: np.ndarray, letters: str, stand: np.ndarray, changes: np.ndarray | None) -> Panel:
    """A panel of one logo in lines, each with a map of changes below it where these are given.

    Args:
        title: of the panel.
        heights: float [positions, letters].
        letters: of the columns.
        stand: float [positions, letters], what stands there.
        changes: float [positions, letters], what each other letter would change.
    """
    import numpy as np

    start, end = _stretch(np.abs(heights).sum(axis=-1))
    lines = [(first, min(first + ACROSS, end)) for first in range(start, end, ACROSS)]
    map_height = _CELL * len(letters) + 0.08 if changes is not None else 0.0
    one = _LOGO + map_height + _LABELS
    cut = end - start < len(heights)
    title += f" (positions {start + 1} to {end} of {len(heights)}, which add most)" if cut else ""
    told = told_colours(letters)

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        _draw(axes, lines, heights, letters, stand, changes, one, map_height)
        if told:
            axes.text(0, -0.02, told, transform=axes.transAxes, va="top", color=GREY)

    return Panel(title, _said(heights, letters), draw, 0.55 + one * len(lines) + (0.25 if told else 0), wide=True)


def _stretch(sizes: np.ndarray) -> tuple[int, int]:
    """From where to where to draw: all, or the stretch with the highest sum."""
    import numpy as np

    most = ACROSS * _MOST_LINES
    if len(sizes) <= most:
        return 0, len(sizes)
    sums = np.convolve(sizes, np.ones(most), "valid")
    start = int(np.argmax(sums))
    return start, start + most


def _said(heights: np.ndarray, letters: str) -> str:
    import numpy as np

    sums = heights.sum(axis=-1)
    order = np.argsort(-np.abs(sums), kind="stable")[:8]
    return ", ".join(
        f"{letters[int(np.argmax(np.abs(heights[place])))]} at {place + 1} adds {number(float(sums[place]))}" for place in order
    )


def _draw(
    axes: Any,
    lines: Sequence[tuple[int, int]],
    heights: np.ndarray,
    letters: str,
    stand: np.ndarray,
    changes: np.ndarray | None,
    one: float,
    map_height: float,
) -> None:
    """Lines below each other; one scale of heights and one of colours for all."""
    import numpy as np

    whole = one * len(lines)
    low = float(np.minimum(heights, 0).sum(axis=-1).min())
    high = float(np.maximum(heights, 0).sum(axis=-1).max())
    room = 0.05 * (high - low or 1.0)
    top = float(np.abs(changes).max()) or 1.0 if changes is not None else 1.0
    wide = ACROSS if len(lines) > 1 else lines[0][1] - lines[0][0]
    painted = None
    for place, (first, last) in enumerate(lines):
        bottom = whole - place * one - _LOGO
        own = axes.inset_axes((0.02, bottom / whole, 0.89, _LOGO / whole))
        draw_logo(own, heights[first:last], letters, first + 1)
        own.set_ylim(low - room, high + room)
        _positions(own, first, wide)
        own.set_ylabel("adds")
        few_ticks(own.yaxis)
        if changes is not None:
            own.tick_params(labelbottom=False)
            below = axes.inset_axes((0.02, (bottom - map_height) / whole, 0.89, (map_height - 0.08) / whole))
            painted = _map(below, changes[first:last], letters, stand[first:last], first, top)
            _positions(below, first, wide)
    (below if changes is not None else own).set_xlabel("position", labelpad=1)
    if painted is not None:
        bar = axes.figure.colorbar(painted, cax=axes.inset_axes((0.94, 0.1, 0.015, 0.8)))
        bar.set_label("change by this letter")
        few_ticks(bar.ax.yaxis)


def _positions(axes: Any, first: int, wide: int) -> None:
    """Positions counted from 1, with a tick every ten, or every one where there are few."""
    axes.set_xlim(first + 0.5, first + wide + 0.5)
    step = 1 if wide <= 20 else 5 if wide <= 40 else 10
    axes.set_xticks([place for place in range(first + 1, first + wide + 1) if place % step == 0 or place == first + 1])


def _map(axes: Any, changes: np.ndarray, letters: str, stand: np.ndarray, first: int, top: float) -> Any:
    """A row a letter, in the colour of the change; a dot where the letter stands."""
    import numpy as np

    extent = (first + 0.5, first + len(changes) + 0.5, len(letters) - 0.5, -0.5)
    painted = axes.imshow(changes.T, cmap=TWO_SIDED, vmin=-top, vmax=top, aspect="auto", extent=extent, interpolation="nearest")
    place, letter = np.nonzero(stand == 1)
    axes.plot(place + first + 1, letter, linestyle="", marker=".", markersize=4, color=BLACK)
    axes.set_yticks(range(len(letters)), list(letters))
    axes.tick_params(axis="y", length=0)
    return painted


def motif_panels(motifs: Sequence[Motif], letters: str, background: np.ndarray) -> list[Panel]:
    """A panel a motif, its letters as high as their information (bits) beside what is usual in the sequences."""
    return [_motif_panel(motif, letters, background) for motif in motifs]


def _motif_panel(motif: Motif, letters: str, background: np.ndarray) -> Panel:
    heights = motif.information(background)

    def draw(axes: Any) -> None:
        draw_logo(axes, heights, letters, 1)
        _positions(axes, 0, len(heights))
        axes.set_ylabel("bits")
        few_ticks(axes.yaxis)

    says = f"{motif.consensus(letters)}, found at {motif.sites} places"
    return Panel(f"{motif.name}: {motif.sites} places", says, draw, 2.0)
