"""Images to look at: some of each class, and the most confident mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import listed
from .sheet import Panel, blank, save
from .style import LETTER, WIDTH, label, styled

if TYPE_CHECKING:
    import numpy as np

ACROSS = 6
"""Images in a row of a contact sheet."""
_GALLERY = 4
"""Images in a row of the gallery of mistakes."""
_CLASSES = 8
"""Classes of a contact sheet."""
_MARGIN, _LINE, _HEAD = 0.06, 0.175, 0.3
"""Inches: around a picture, of a line of text, above a row."""


def contact(groups: Mapping[str, Sequence[np.ndarray]], counts: Mapping[str, int], title: str = "Contact sheet") -> Panel:
    """A panel of images in rows, one class after the other under its name; at most eight classes.

    Args:
        groups: images (float [height, width, channels]) by class; each is drawn with its own range of grey. Without classes all stand
            under an empty name.
        counts: how many images each class has.
        title: of the panel.
    """
    shown = dict(list(groups.items())[:_CLASSES])
    rows = [
        (f"{label(name, 60, 1)} ({counts[name]} images)" if name and not start else "", pictures[start : start + ACROSS])
        for name, pictures in shown.items()
        for start in range(0, len(pictures), ACROSS)
    ]
    side = WIDTH / ACROSS - 0.12
    heads = [0.28 if name else 0.04 for name, _ in rows]
    height = sum(heads) + len(rows) * (side + 0.06)

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        top = 1.0
        for head, (name, pictures) in zip(heads, rows, strict=True):
            top -= head / height
            if name:
                axes.text(0, top + 0.05 / height, name, transform=axes.transAxes, va="bottom")
            for column, picture in enumerate(pictures):
                _show(axes.inset_axes((column / ACROSS, top - side / height, 0.96 / ACROSS, side / height)), picture)
            top -= (side + 0.06) / height

    rest = len(groups) - len(shown)
    says = listed([f"{name or 'images'} {sum(counts.values()) if not name else counts[name]}" for name in groups], 12)
    return Panel(title + (f" ({rest} more classes not shown)" if rest > 0 else ""), says, draw, height + 0.4, wide=True)


def gallery(pictures: Sequence[np.ndarray] | np.ndarray, titles: Sequence[str], title: str, path: Path) -> str:
    """Draw images four a row with text below each, save them as PNG, and give the alternative text.

    Args:
        pictures: float [height, width, channels], each drawn with its own range of grey.
        titles: what stands below each, in lines: the sample's name, what was observed, what was predicted.
        title: of the whole.
        path: the file to write.
    """
    with styled():
        save(hung(pictures, titles, title), path)
    said = [", ".join(text.split("\n")) for text in titles]
    return f"{title}: {listed(said, 16)}." if said else f"{title}."


def hung(pictures: Sequence[np.ndarray] | np.ndarray, titles: Sequence[str], title: str) -> Any:
    """The matplotlib figure of :func:`gallery`."""
    side = WIDTH / _GALLERY - 2 * _MARGIN
    texts = ["\n".join(label(line, int(side / LETTER), 2) for line in text.split("\n")) for text in titles]
    head = label(title, 66)
    rows = [texts[start : start + _GALLERY] for start in range(0, len(texts), _GALLERY)]
    heights = [side + _LINE * max(1 + text.count("\n") for text in row) + 0.25 for row in rows]
    top = _HEAD + _LINE * head.count("\n") + _MARGIN
    whole = top + sum(heights)
    sheet = blank(whole)
    sheet.set_layout_engine("none")
    sheet.text(_MARGIN / WIDTH, 1 - _MARGIN / whole, head, weight="bold", va="top", size="large")
    for place, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        row, column = divmod(place, _GALLERY)
        left, bottom = column * WIDTH / _GALLERY + _MARGIN, whole - top - sum(heights[:row]) - side
        _show(sheet.add_axes((left / WIDTH, bottom / whole, side / WIDTH, side / whole)), picture)
        sheet.text(left / WIDTH, (bottom - 0.06) / whole, text, va="top", linespacing=1.15)
    return sheet


def _show(place: Any, picture: np.ndarray) -> None:
    shown = picture[:, :, :3] if picture.shape[2] >= 3 else picture[:, :, 0]
    low, high = float(shown.min()), float(shown.max())
    place.imshow((shown - low) / (high - low or 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    place.set_axis_off()
