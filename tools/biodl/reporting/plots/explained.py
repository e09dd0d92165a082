"""What a network has learned: how it answers to one column, where samples lie in its last hidden layer, what taking parts out does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import listed
from .sheet import Panel
from .style import BLUE, CYCLE, DASHES, GREY, MARKS, ORANGE, PLAIN, PURPLE, few_ticks, height_of, label, legend, number, score

if TYPE_CHECKING:
    import numpy as np

_CURVES = 50
"""Individual curves in a panel; more would be a grey field."""
_NAMED = 8
"""Classes that have a colour and a mark of their own on a map; the rest are grey."""


def dependence(grid: np.ndarray, curves: np.ndarray, column: str, output: str) -> Panel:
    """A panel of individual curves (grey) and their mean.

    Args:
        grid: float [values], or words.
        curves: float [samples, values].
        column: that is set to these values.
        output: what the curves are.
    """
    import numpy as np

    words = grid.dtype.kind not in "iuf"
    x = np.arange(len(grid)) if words else grid
    mean = curves.mean(axis=0)

    def draw(axes: Any) -> None:
        axes.plot(x, curves[:_CURVES].T, color=PLAIN, linewidth=0.6, alpha=0.5)
        axes.plot(x, mean, color=BLUE, linewidth=2.4, marker="o" if words or len(grid) < 8 else None)
        axes.set(xlabel=label(column, 34), ylabel=label(output, 30))
        if words:
            axes.set_xticks(x, [label(word or "(missing)", 12, 1) for word in grid], rotation=90 if len(grid) > 4 else 0)
        else:
            few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)

    low, high = int(mean.argmin()), int(mean.argmax())
    says = f"on average {number(mean[low])} at {_value(grid[low])} and {number(mean[high])} at {_value(grid[high])}"
    return Panel(f"Partial dependence on {column}", says, draw, 3.2 if not words or len(grid) <= 4 else 4.2)


def _value(value: Any) -> str:
    return (str(value) or "missing") if isinstance(value, str) else number(float(value))


def costs(rows: Sequence[tuple[str, float, float, float]], title: str, xlabel: str) -> Panel:
    """A panel of bars from 0 with whiskers, the first on top, values and intervals printed beside.

    Args:
        rows: name, value, and its interval's low and high end.
        title: of the panel.
        xlabel: what the values are.
    """
    names = [label(name) for name, *_ in rows]
    low, high = (min(0.0, *(row[2] for row in rows)), max(0.0, *(row[3] for row in rows))) if rows else (0.0, 1.0)
    printed = [f"{score(value)} ({score(least)} to {score(most)})" for _, value, least, most in rows]

    def draw(axes: Any) -> None:
        axes.barh(range(len(rows)), [value for _, value, *_ in rows], color=BLUE, height=0.7)
        for place, (_, _, least, most) in enumerate(rows):
            axes.plot([least, most], [place, place], color="black", linewidth=1.2, marker="|", markersize=7)
            axes.text(1.03, place, printed[place], transform=axes.get_yaxis_transform(), va="center")
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        margin = 0.04 * (high - low or 1)
        axes.set_xlim(low - margin, high + margin)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(xlabel)
        few_ticks(axes.xaxis)

    says = "; ".join(f"{name} {text}" for (name, *_), text in zip(rows, printed, strict=True)) or "none"
    return Panel(title, says, draw, 0.95 + height_of(names, 0.14), wide=True)


def map_of_samples(
    places: np.ndarray, shares: tuple[float, float], groups: np.ndarray, names: Sequence[str], wrong: np.ndarray | None, title: str
) -> Panel:
    """A panel of samples in two dimensions, a colour and a mark a class; those that the network gets wrong are ringed.

    Args:
        places: float [samples, 2].
        shares: of the variance along each direction.
        groups: int [samples], places in ``names``.
        names: of the classes.
        wrong: bool [samples], None where nobody knows.
        title: of the panel.
    """
    import numpy as np

    counts = np.bincount(groups, minlength=len(names))
    shown = [code for code in np.argsort(-counts, kind="stable") if counts[code]]

    def draw(axes: Any) -> None:
        for place, code in enumerate(shown):
            own = groups == code
            plain = place >= _NAMED
            named = f"{label(names[code], 20, 1)} ({counts[code]})" if not plain else "others" if place == _NAMED else None
            colour = PLAIN if plain else CYCLE[place % len(CYCLE)]
            mark = "." if plain else MARKS[place % len(MARKS)]
            axes.scatter(*places[own].T, s=22, marker=mark, color=colour, alpha=0.75, linewidths=0, label=named, zorder=2)
        if wrong is not None and wrong.any():
            ring = {"s": 90, "facecolors": "none", "edgecolors": "black", "linewidths": 1.2, "zorder": 3}
            axes.scatter(*places[wrong].T, label=f"wrong ({int(wrong.sum())})", **ring)
        _directions(axes, shares)
        legend(axes, beside=True)

    said = listed([f"{names[code]} {counts[code]}" for code in shown], 12)
    ringed = "" if wrong is None else f"; {int(wrong.sum())} of {len(wrong)} are predicted wrongly"
    inside = _said_of(shares)
    rows = min(len(shown), _NAMED + 1) + 2
    return Panel(title, f"{len(places)} samples ({said}){ringed}; {inside}", draw, max(4.2, 0.9 + height_of([""] * rows, 0.1)), wide=True)


def map_of_numbers(places: np.ndarray, shares: tuple[float, float], values: np.ndarray, far: np.ndarray, called: str, title: str) -> Panel:
    """A panel of samples in two dimensions, coloured by a number; the tenth that is predicted worst is ringed.

    Args:
        places: float [samples, 2].
        shares: of the variance along each direction.
        values: float [samples]: the number.
        far: bool [samples]: to ring.
        called: what the number is.
        title: of the panel.
    """

    def draw(axes: Any) -> None:
        drawn = axes.scatter(*places.T, c=values, cmap="viridis", s=22, linewidths=0, zorder=2)
        if far.any():
            ring = {"s": 90, "facecolors": "none", "edgecolors": "black", "linewidths": 1.2, "zorder": 3}
            axes.scatter(*places[far].T, label=f"predicted worst ({int(far.sum())})", **ring)
            legend(axes, beside=False)
        axes.figure.colorbar(drawn, ax=axes, label=label(called, 40))
        _directions(axes, shares)

    ringed = f"; the {int(far.sum())} predicted worst are ringed" if far.any() else ""
    says = f"{len(places)} samples, {called} from {number(values.min())} to {number(values.max())}{ringed}; {_said_of(shares)}"
    return Panel(title, says, draw, 4.2, wide=True)


def _directions(axes: Any, shares: tuple[float, float]) -> None:
    axes.set(xlabel=f"first direction ({shares[0]:.0%} of the variance)", ylabel=f"second direction ({shares[1]:.0%})")
    axes.set_xticks([])
    axes.set_yticks([])


def _said_of(shares: tuple[float, float]) -> str:
    return f"the two directions hold {shares[0]:.0%} and {shares[1]:.0%} of the variance"


def taken_out(shares: np.ndarray, curves: Mapping[str, np.ndarray], random: np.ndarray, called: str) -> Panel:
    """A panel of deletion curves: how far the prediction has moved when a share of the parts is taken out.

    Args:
        shares: float [points], from 0 to 1.
        curves: float [points] by the order in which parts go.
        random: the same for random orders.
        called: what parts are, in the plural.
    """

    def draw(axes: Any) -> None:
        for place, (name, curve) in enumerate(curves.items()):
            axes.plot(
                shares, curve, color=CYCLE[place % len(CYCLE)], linestyle=DASHES[place % len(DASHES)], marker=MARKS[place], label=name
            )
        axes.plot(shares, random, color=GREY, linestyle=":", marker="x", label="at random")
        axes.axhline(1, color=PLAIN, linewidth=0.8)
        axes.set(xlabel=f"share of {called} taken out", ylabel="way to the prediction\nof an empty sample")
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=True)

    middle = len(shares) // 2
    said = [f"{name} {number(curve[middle])}" for name, curve in (*curves.items(), ("at random", random))]
    return Panel(
        "Does taking out what matters change the prediction?", f"with {shares[middle]:.0%} out: {listed(said)}", draw, 3.4, wide=True
    )


def along(x: Sequence[int], values: Mapping[str, np.ndarray], title: str, xlabel: str, ylabel: str) -> Panel:
    """A panel of lines with signs, and a line at 0; a line has a gap where its value is not known (NaN)."""
    import numpy as np

    def draw(axes: Any) -> None:
        axes.axhline(0, color=GREY, linewidth=0.8)
        for place, (name, y) in enumerate(values.items()):
            axes.plot(x, y, color=CYCLE[place % len(CYCLE)], linestyle=DASHES[place % len(DASHES)], linewidth=1.4, label=label(name, 18, 1))
        axes.set(xlabel=xlabel, ylabel=label(ylabel, 30))
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=True)

    said = [f"{name} strongest at {x[int(np.nan_to_num(abs(y)).argmax())]}" for name, y in values.items()]
    return Panel(title, listed(said, 10), draw, 3.2, wide=True)


def pushes(names: Sequence[str], values: Sequence[float], title: str, xlabel: str) -> Panel:
    """A panel of horizontal bars to both sides of 0, the first on top, their values beside them."""
    shown = [label(name, 26) for name in names]

    def draw(axes: Any) -> None:
        push(axes, list(zip(shown, values, strict=True)))
        axes.set_xlabel(xlabel)

    said = listed([f"{name} {number(value)}" for name, value in zip(names, values, strict=True)], 12) or "none"
    return Panel(title, said, draw, 0.95 + height_of(shown))


def push(axes: Any, shown: Sequence[tuple[str, float]]) -> None:
    """The bars of :func:`pushes`: names and values."""
    numbers = [value for _, value in shown]
    axes.barh(range(len(shown)), numbers, color=[ORANGE if value >= 0 else PURPLE for value in numbers], height=0.7)
    axes.axvline(0, color=GREY, linewidth=1)
    for place, value in enumerate(numbers):
        side = 1 if value >= 0 else -1
        text = {"textcoords": "offset points", "va": "center", "ha": "left" if value >= 0 else "right"}
        axes.annotate(number(value), (value, place), (4 * side, 0), **text)
    axes.set_yticks(range(len(shown)), [text for text, _ in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    reach = max(map(abs, numbers), default=0) or 1  # room for the numbers beside the bars
    axes.set_xlim(-1.35 * reach if min(numbers, default=0) < 0 else 0, 1.35 * reach if max(numbers, default=0) > 0 else 0.02 * reach)
    axes.tick_params(axis="y", length=0)
    few_ticks(axes.xaxis)
