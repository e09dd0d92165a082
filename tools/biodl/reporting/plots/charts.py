"""Charts of plain numbers: bars, distributions, lines, values with intervals, parts by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import listed
from .sheet import Panel
from .style import (
    BLUE,
    CYCLE,
    DASHES,
    GREY,
    MARKS,
    ORANGE,
    PALE,
    WHITE,
    few_ticks,
    height_of,
    label,
    legend,
    number,
    score,
    whole_numbers,
)

if TYPE_CHECKING:
    import numpy as np

Interval: TypeAlias = "tuple[str, float, float, float]"
"""A name, a value, and its interval's low and high end (NaN: none)."""
_FEW = 8
"""So many epochs and no more are marked one by one."""
_MANY = 40
"""Classes that are shown by name in a picture."""


def learning_curves(rows: Sequence[dict[str, float]], metric: str, best_epoch: int, of_members: Sequence[int] = ()) -> list[Panel]:
    """Panels of loss and metric by epoch, on the training and the validation part.

    Args:
        rows: one an epoch.
        metric: its name in the rows.
        best_epoch: whose weights were kept.
        of_members: of an ensemble, the epochs that its members kept.
    """
    epochs = [row["epoch"] for row in rows]
    first, last = min(of_members, default=best_epoch), max(of_members, default=best_epoch)
    kept = f"epoch {first}" if first == last else f"epochs {first} to {last}"

    def panel(name: str, title: str) -> Panel:
        training, validation = [row[name] for row in rows], [row[f"val_{name}"] for row in rows]

        def draw(axes: Any) -> None:
            mark = len(epochs) <= _FEW
            axes.plot(epochs, training, color=BLUE, label="training", marker="o" if mark else None)
            axes.plot(epochs, validation, color=ORANGE, linestyle="--", label="validation", marker="s" if mark else None)
            axes.axvline(best_epoch, color=GREY, linestyle=":", label=f"kept: {kept}")
            if first < last:
                axes.axvspan(first, last, color=GREY, alpha=0.15, linewidth=0)
            axes.set(xlabel="epoch", ylabel=title)
            whole_numbers(axes.xaxis)
            few_ticks(axes.yaxis)
            legend(axes, beside=False)

        best = validation[epochs.index(best_epoch)]
        says = f"training {number(training[0])} to {number(training[-1])}, validation {number(validation[0])} to {number(validation[-1])}"
        which = f"{number(best)} at epoch {best_epoch}, " + (f"{len(of_members)} members kept {kept}" if of_members else "which was kept")
        return Panel(f"{title.capitalize()} by epoch", f"{says}, {which}", draw, 3.4)

    return [panel("loss", "loss"), panel(metric, metric.replace("_", " "))]


def bars(names: Sequence[str], values: Sequence[float], title: str, xlabel: str, limit: int = 25) -> Panel:
    """A panel of horizontal bars with their values, the first on top; no more than ``limit``."""
    shown = list(zip([label(name) for name in names], values, strict=True))[:limit]
    rest = len(names) - len(shown)

    def draw(axes: Any) -> None:
        places = range(len(shown))
        axes.barh(places, [value for _, value in shown], color=BLUE, height=0.7)
        for place, (_, value) in enumerate(shown):
            axes.annotate(number(value), (max(value, 0) if value == value else 0, place), (4, 0), textcoords="offset points", va="center")
        axes.set_yticks(places, [name for name, _ in shown])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(xlabel)
        if all(float(value).is_integer() for _, value in shown):
            whole_numbers(axes.xaxis)
        else:
            few_ticks(axes.xaxis)
        if not any(value for _, value in shown):
            axes.set_xlim(0, 1)

    says = listed([f"{' '.join(str(name).split())} {number(value)}" for name, value in zip(names, values, strict=True)]) or "none"
    return Panel(
        title + (f" ({rest} more not shown)" if rest > 0 else ""), says, draw, 0.95 + height_of([name for name, _ in shown]), wide=True
    )


def histogram(values: Sequence[float] | np.ndarray, title: str, xlabel: str) -> Panel:
    """A panel with the distribution of numbers; those that are missing or infinite are left out."""
    import numpy as np

    every = np.asarray(values, dtype="float64").ravel()
    numbers = every[np.isfinite(every)]

    def draw(axes: Any) -> None:
        spread = numbers.max() - numbers.min() if len(numbers) else 0
        counted = len(numbers) > 0 and bool((numbers == numbers.round()).all())
        bins = np.arange(numbers.min(), numbers.max() + 2) - 0.5 if counted and spread < 30 else 30
        if len(numbers) and spread == 0:
            axes.set_xlim(numbers[0] - 2, numbers[0] + 2)  # a narrow bar, not a wall
        axes.hist(numbers, bins=bins, color=BLUE, edgecolor=WHITE, linewidth=0.5)
        axes.set(xlabel=label(xlabel, 34), ylabel="count")
        whole_numbers(axes.yaxis)
        (whole_numbers if counted else few_ticks)(axes.xaxis)

    says = "no values"
    if len(numbers):
        low, first, third, high = np.quantile(numbers, [0, 0.25, 0.75, 1])
        says = f"{len(numbers)} values from {number(low)} to {number(high)}, half of them from {number(first)} to {number(third)}"
    return Panel(title, says, draw)


def lines(x: Sequence[float], values: Mapping[str, Sequence[float] | np.ndarray], title: str, xlabel: str, ylabel: str) -> Panel:
    """A panel of lines by name."""

    def draw(axes: Any) -> None:
        for place, (name, y) in enumerate(values.items()):
            axes.plot(
                x,
                y,
                color=CYCLE[place % len(CYCLE)],
                linestyle=DASHES[place % len(DASHES)],
                marker=MARKS[place % len(MARKS)],
                markevery=max(1, len(y) // 12),  # marks tell lines apart without hiding them
                markersize=4,
                linewidth=1.4,
                label=label(name),
            )
        axes.set(xlabel=xlabel, ylabel=label(ylabel))
        whole_numbers(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=True)

    says = listed([f"{name} {number(y[0])} to {number(y[-1])}" for name, y in values.items()]) or "none"
    return Panel(title, says, draw, 3.2, wide=True)


def intervals(rows: Sequence[Interval], title: str, xlabel: str, alone: Sequence[Interval] = (), among: bool = False) -> Panel:
    """A panel of values with whiskers for their intervals, and both printed beside.

    Args:
        rows: on one scale, the first on top.
        title: of the panel.
        xlabel: what the scale is.
        alone: rows on a scale of their own each, below the others: printed, not drawn.
        among: whether the first row is what the others are compared with, and so has another mark.
    """
    import math

    names = [label(row[0]) for row in (*rows, *alone)]
    printed = [_printed(row) for row in (*rows, *alone)]

    def draw(axes: Any) -> None:
        for place, (_, value, low, high) in enumerate(rows):
            first = place == 0 or not among
            if math.isfinite(low) and math.isfinite(high):
                axes.plot([low, high], [place, place], color=BLUE if first else GREY, linewidth=2, marker="|", markersize=9)
            mark = {"marker": "o" if first else "s", "color": BLUE if first else WHITE, "markeredgecolor": BLUE if first else GREY}
            axes.plot([value], [place], markersize=8, markeredgewidth=1.5, linestyle="none", zorder=3, **mark)
        for place, text in enumerate(printed):
            axes.text(1.03, place, text, transform=axes.get_yaxis_transform(), va="center")
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(xlabel)
        axes.set_axisbelow(True)
        if alone:
            axes.axhspan(len(rows) - 0.5, len(names) - 0.5, color=PALE, linewidth=0)
        scale(axes, [value for row in rows for value in row[1:] if math.isfinite(value)])

    says = "; ".join(f"{row[0]} {text}" for row, text in zip((*rows, *alone), printed, strict=True)) or "none"
    return Panel(title, says, draw, 0.95 + height_of(names, 0.16), wide=True)


def _printed(row: Interval) -> str:
    _, value, low, high = row
    known = low == low and high == high
    return score(value) + (f" ({score(low)} to {score(high)})" if known else "")


def scale(axes: Any, values: Sequence[float]) -> None:
    """Shares stand on a scale that ends with 1 and begins with 0.5 or 0, or below 0 where one is; other values on that which they want."""
    import math

    if not values:
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        return
    if all(-1 <= value <= 1 for value in values):
        low = 0.5 if min(values) >= 0.5 else 0.0 if min(values) >= 0 else math.floor(min(values) * 5 - 1e-9) / 5
        axes.set_xlim(low - 0.02 * (1 - low), 1 + 0.02 * (1 - low))
        step = 0.1 if low == 0.5 else 0.2 if low > -0.5 else 0.5
        axes.set_xticks([step * place for place in range(round(low / step), round(1 / step) + 1)])
    else:
        margin = 0.05 * (max(values) - min(values)) or 1
        axes.set_xlim(min(values) - margin, max(values) + margin)
        few_ticks(axes.xaxis)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.8)


def by_class(counts: Mapping[str, Mapping[str, int]], totals: Mapping[str, int], title: str) -> Panel:
    """A panel of the samples of each class in each part, a column a part: a bar for the share of the part, count and share beside it.

    Args:
        counts: samples by class, by part.
        totals: samples of each part; those of its classes may add up to more, or less.
        title: of the panel.
    """
    classes = list(next(iter(counts.values())))
    shown = [label(name) for name in classes[:_MANY]]
    parts = list(counts)
    shares = {part: [counts[part][name] / max(totals[part], 1) for name in classes[:_MANY]] for part in parts}
    longest = max((share for row in shares.values() for share in row), default=0) or 1

    def draw(axes: Any) -> None:
        for column, part in enumerate(parts):
            axes.barh(range(len(shown)), [0.32 * share / longest for share in shares[part]], left=column, color=BLUE, height=0.7)
            axes.axvline(column, color=GREY, linewidth=1)
            for place, share in enumerate(shares[part]):
                text = f"{counts[part][classes[place]]} ({share:.0%})".replace("%", " %")
                axes.annotate(text, (column + 0.32 * share / longest, place), (4, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(shown)), shown)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(0, len(parts))
        axes.set_xticks(range(len(parts)), [f"{part}\n{totals[part]} samples" for part in parts], ha="left")
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    rest = len(classes) - len(shown)
    said = [f"{part} {totals[part]} samples ({listed([f'{name} {counts[part][name]}' for name in classes])})" for part in parts]
    return Panel(
        title + (f" ({rest} more classes not shown)" if rest > 0 else ""), "; ".join(said), draw, 1.0 + height_of(shown), wide=True
    )


def by_range(ranges: Mapping[str, np.ndarray], title: str, xlabel: str) -> Panel:
    """A panel of the numbers of each part: from lowest to highest, a mark at the mean.

    Args:
        ranges: the numbers by part, [samples] or [samples, several].
        title: of the panel.
        xlabel: what the numbers are.
    """
    said = {
        part: f"{len(values)} samples, {number(values.min())} to {number(values.max())}, mean {number(values.mean())}"
        for part, values in ranges.items()
    }

    def draw(axes: Any) -> None:
        for place, values in enumerate(ranges.values()):
            axes.plot([values.min(), values.max()], [place, place], color=BLUE, linewidth=2, marker="|", markersize=10)
            axes.plot([values.mean()], [place], color=BLUE, marker="o", markersize=8)
        axes.set_yticks(range(len(ranges)), ["\n".join((part, *text.split(", "))) for part, text in said.items()])
        axes.set_ylim(len(ranges) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"{label(xlabel, 40)}: lowest, mean, highest")
        few_ticks(axes.xaxis)

    return Panel(title, "; ".join(f"{part} {text}" for part, text in said.items()), draw, 0.95 + 0.8 * len(ranges), wide=True)
