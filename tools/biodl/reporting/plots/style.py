"""What all pictures share: width, text of ten points and more, colours that stand apart from white and from each other, labels."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

WIDTH = 7.0
"""Inches of every picture; Galaxy shows it 670 pixels wide, a report 970."""
DPI = 200
TEXT = 10.0
"""Points of the smallest text."""
BLUE, ORANGE, GREEN, PURPLE, BLACK, BROWN, GREY = "#0072B2", "#C44601", "#00795A", "#A0437E", "#000000", "#7A5C00", "#595959"
PALE, WHITE = "#E3EEF6", "#FFFFFF"
PLAIN = "#8A8A8A"
"""What stands back behind other lines."""
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, BLACK, BROWN)
"""Colours of lines, after Okabe and Ito, dark enough on white; lines differ in dashes and marks as well."""
TWO_SIDED = "PuOr_r"
"""Matplotlib's name of a scale from orange (above 0) over white to purple (below), which are told apart by everyone."""
DASHES = ("-", "--", "-.", ":")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
LETTER = 0.078
"""Inches that a letter of the smallest text takes, on average; narrow letters and wide ones even out in a line."""
_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT,
    "axes.titlesize": TEXT + 1,
    "axes.labelsize": TEXT,
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "legend.fontsize": TEXT,
    "figure.titlesize": TEXT + 1,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.formatter.use_mathtext": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
}


@contextmanager
def styled() -> Iterator[None]:
    """Within it, figures are made, drawn and saved in this style, whatever a user's own matplotlib settings are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def label(text: object, width: float = 24, lines: int = 2) -> str:
    """Text for an axis: at most ``lines`` lines as wide as ``width`` usual letters; of what is longer the middle goes, since names often
    end apart."""
    whole = " ".join(str(text).split())
    if span(whole) <= width * lines and len(_wrapped(whole, width)) <= lines:
        return "\n".join(_wrapped(whole, width))
    low, high = 0, len(whole)
    while high - low > 1:  # as many letters as find room, by halves
        kept = (low + high) // 2
        low, high = (kept, high) if len(_cut(whole, kept, width)) <= lines else (low, kept)
    return "\n".join(_cut(whole, low, width))


def _cut(text: str, kept: int, width: float) -> list[str]:
    """Lines of a text of which so many letters are kept, at both ends."""
    return _wrapped(f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}", width)


def span(text: str) -> float:
    """How many usual letters wide a line of the smallest text is."""
    return sum(map(_advance, text))


@functools.cache
def _advance(letter: str) -> float:
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont(_SETTINGS["font.family"][0]))
    font.set_size(TEXT, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / 72 / LETTER


def _wrapped(text: str, width: float) -> list[str]:
    """Lines of ``text``, broken at blanks, or after one of ``/_-.`` where a word is longer than a line, or anywhere."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and span(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
            continue
        while span(word) > width and len(word) > 1:
            most = max(1, next(end for end in range(len(word)) if span(word[: end + 1]) > width))
            cut = next((end for mark in "/_-." if (end := word.rfind(mark, most // 3, most) + 1)), most)
            lines.append(word[:cut])
            word = word[cut:]
        lines.append(word)
    return lines[1:] if len(lines) > 1 else lines


def height_of(labels: Sequence[str], padding: float = 0.1) -> float:
    """Inches that labels want when they stand below each other."""
    return sum(0.17 * (1 + text.count("\n")) + padding for text in labels)


def number(value: float) -> str:
    """A value to print beside its mark: three significant digits, counts whole; nothing that is no number."""
    if value != value:
        return "undefined"
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:#.3g}".removesuffix(".")


def score(value: float) -> str:
    """A metric: three decimals where it lies on a scale of 1, else four significant digits."""
    if value != value:
        return "undefined"
    if abs(value) <= 1:
        return f"{round(value, 3) + 0.0:.3f}"  # no minus before a zero
    return f"{value:.0f}" if 10**4 <= abs(value) < 10**6 else f"{value:.4g}"


def luminance(colour: Any) -> float:
    """Relative luminance of a colour, as the Web Content Accessibility Guidelines define it."""
    from matplotlib.colors import to_rgb

    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Any, other: Any) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink(background: Any) -> str:
    """Black or white, whichever is read better on a background; one of them always has a contrast of 4.5."""
    return BLACK if contrast(BLACK, background) >= contrast(WHITE, background) else WHITE


def whole_numbers(axis: Any) -> None:
    """Ticks of counts: whole numbers, few enough to stand beside each other."""
    _ticks(axis, integer=True)


def few_ticks(axis: Any) -> None:
    """Ticks of measures, few enough to stand beside each other."""
    _ticks(axis, integer=False)


def _ticks(axis: Any, integer: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=5, integer=integer, steps=[1, 2, 5, 10], min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.7g}"))  # no factor of ten in a corner


def legend(axes: Any, beside: bool) -> None:
    """Names of lines, where they cover none: beside the axes, or above them."""
    if beside:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        axes.legend(loc="lower left", bbox_to_anchor=(-0.05, 1.0), borderaxespad=0.2, handlelength=1.8)
