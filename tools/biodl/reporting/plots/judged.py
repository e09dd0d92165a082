"""Predictions beside the truth: confusion, curves, numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ...errors import listed
from .sheet import Panel
from .style import BLUE, CYCLE, DASHES, GREY, LETTER, ORANGE, PLAIN, WIDTH, few_ticks, height_of, ink, label, legend, number

if TYPE_CHECKING:
    import numpy as np

Curve: TypeAlias = "tuple[str, np.ndarray, np.ndarray, float]"
"""A line's name, x and y, and the area below it."""
_SHARED = 4
"""So many classes and no more have room for shares beside counts."""
_NAMED = 6
"""So many curves stand apart and have a name each; of more, one less does, and the others are grey."""
_DOWN, _ACROSS = 40, 24
"""So many names find room beside a matrix and below it; of more classes every n-th has its name."""


def confusion(matrix: np.ndarray, classes: Sequence[str]) -> Panel:
    """A panel with observed classes in rows and predicted ones in columns; a cell holds its count and is darker the larger its share
    of the row. Where counts find no room, a scale tells the shares."""
    count = len(classes)
    totals = matrix.sum(axis=1)
    shares = matrix / totals.reshape(-1, 1).clip(min=1)
    down, across = (max(1, -(-count // most)) for most in (_DOWN, _ACROSS))
    lines = 1 if count > _NAMED * 2 else 2
    names = [label(name, 22, lines) for name in classes]
    cell = (WIDTH - 2.6) / max(count, 1)
    numbered = cell >= len(str(int(matrix.max(initial=0)))) * LETTER + 0.08
    flat = cell >= 1.3

    def draw(axes: Any) -> None:
        import matplotlib

        shades = matplotlib.colormaps["Blues"]
        drawn = axes.imshow(shares, cmap=shades, vmin=0, vmax=1, aspect="auto")
        below = [label(name, cell / LETTER, 3) for name in classes] if flat else names
        axes.set_xticks(range(0, count, across), below[::across], rotation=0 if flat else 90)
        axes.set_yticks(range(0, count, down), names[::down])
        axes.set(xlabel="predicted", ylabel="observed")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if not numbered:
            axes.figure.colorbar(drawn, ax=axes, label="share of the observed class", fraction=0.05, pad=0.02)
            return
        for row in range(count):
            for column in range(count):
                text = str(int(matrix[row, column]))
                if count <= _SHARED:
                    text += f"\n{shares[row, column]:.0%}".replace("%", " %")
                axes.text(column, row, text, ha="center", va="center", color=ink(shades(float(shares[row, column]))))

    right = [f"{int(matrix[code, code])} of {int(totals[code])} {name}" for code, name in enumerate(classes)]
    says = " and ".join(right) + " right" if count == 2 else f"right are {listed(right, 12)}"
    row = 0.62 if count <= _SHARED else 0.17 * max(1 + name.count("\n") for name in names) + 0.06
    return Panel("Confusion matrix", says, draw, 1.2 + row * count / down + (0.3 if flat else 0.2 + LETTER * _longest(names)), wide=True)


def _longest(names: Sequence[str]) -> int:
    """Letters of the longest line of names."""
    return max(len(line) for name in names for line in name.split("\n"))


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Where on its curves a network decides: a name, and the rates there (precision NaN where nothing was taken for positive)."""

    name: str
    false_positives: float
    recall: float
    precision: float


def roc(curves: Sequence[Curve], chosen: Chosen | None = None) -> Panel:
    """A panel of ROC curves: (name, false positive rate, true positive rate, area)."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="guessing")
        if chosen:
            _point(axes, chosen.name, chosen.false_positives, chosen.recall)
        _lines(axes, curves, "area")
        axes.set(
            xlabel="false positive rate\n(1 - specificity)", ylabel="true positive rate (recall)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02)
        )

    at = f"; at {chosen.name} false positive rate {chosen.false_positives:.3f}, recall {chosen.recall:.3f}" if chosen else ""
    return _curves("ROC curve", "area below", curves, draw, at)


def precision_recall(curves: Sequence[Curve], chosen: Chosen | None = None) -> Panel:
    """A panel of precision-recall curves: (name, recall, precision, average precision)."""

    def draw(axes: Any) -> None:
        if chosen and chosen.precision == chosen.precision:
            _point(axes, chosen.name, chosen.recall, chosen.precision)
        _lines(axes, curves, "AP")
        axes.set(xlabel="recall\n(AP: average precision)", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))

    at = f"; at {chosen.name} recall {chosen.recall:.3f}, precision {number(chosen.precision)}" if chosen else ""
    return _curves("Precision-recall curve", "average precision", curves, draw, at)


def _point(axes: Any, name: str, x: float, y: float) -> None:
    axes.plot([x], [y], color=ORANGE, marker="D", markersize=7, linestyle="none", zorder=4, label=name)


def _curves(title: str, score: str, curves: Sequence[Curve], draw: Any, at: str) -> Panel:
    said = listed([f"{name} {value:.3f}" for name, *_, value in curves], 12)
    texts = [text for _, text in _styled(curves, "area") if text]
    height = max(3.4, 1.0 + height_of(texts, 0.08)) if len(curves) > 2 else 3.4
    return Panel(title, f"{score} {said}{at}", draw, height, wide=len(curves) > 2)


def _lines(axes: Any, curves: Sequence[Curve], score: str) -> None:
    for (_, x, y, _), (look, text) in zip(curves, _styled(curves, score), strict=True):
        axes.plot(x, y, label=text, **look)
    legend(axes, beside=len(curves) > 2)


def _styled(curves: Sequence[Curve], score: str) -> list[tuple[dict[str, Any], str | None]]:
    """How each curve is drawn, and its name with its area; of many, those with the smallest areas stand out, and the others are grey."""
    ranked = sorted(range(len(curves)), key=lambda place: curves[place][3])
    named = sorted(ranked if len(curves) <= _NAMED else ranked[: _NAMED - 1])
    others = ranked[len(named) :]
    told = f"{len(others)} others\n({score} {curves[others[0]][3]:.3f} to {curves[others[-1]][3]:.3f})" if others else None
    found: list[tuple[dict[str, Any], str | None]] = []
    for place, (name, *_, value) in enumerate(curves):
        if place in others:
            found.append(({"color": PLAIN, "linewidth": 0.8, "zorder": 1}, told if place == min(others) else None))
            continue
        number_ = named.index(place)
        look = {"color": CYCLE[number_ % len(CYCLE)], "linestyle": DASHES[number_ % len(DASHES)], "linewidth": 1.8}
        found.append((look, f"{label(name, 20)}{chr(10) if len(curves) > 2 else ' '}({score} {value:.3f})"))
    return found


def reliability(rows: Sequence[tuple[float, float, float, float]], of_what: str, right: str) -> Panel:
    """A panel of the share that came true against the mean probability, a mark a bin; marks of true probabilities lie on the line.

    Args:
        rows: of each bin the mean probability, the share that came true, and the low and high end of its 95 % interval.
        of_what: what the probabilities are of.
        right: what the share is called.
    """
    least = min(min(row[0], row[2]) for row in rows)
    start = 0.0 if least < 0.5 else 0.5

    def draw(axes: Any) -> None:
        axes.plot([start, 1], [start, 1], color=GREY, linestyle=":", label="as sure as right")
        for place, (sure, share, low, high) in enumerate(rows):
            axes.plot([sure, sure], [low, high], color=BLUE, linewidth=1.4, marker="_", markersize=6)
            axes.plot([sure], [share], color=BLUE, marker="o", linestyle="none", label=None if place else "a bin, 95 % interval")
        margin = 0.02 * (1 - start)
        axes.set(xlabel=label(of_what, 34), ylabel=label(right, 24), xlim=(start - margin, 1 + margin), ylim=(start - margin, 1 + margin))
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=False)

    says = listed([f"{number(share)} where it is {number(sure)} sure" for sure, share, _, _ in rows], 12)
    return Panel("Reliability", f"{right} {says}", draw, 3.6)


def observed_predicted(observed: np.ndarray, predicted: np.ndarray, name: str) -> Panel:
    """A panel of predicted against observed values; perfect predictions lie on the line."""
    low, high = min(observed.min(), predicted.min()), max(observed.max(), predicted.max())

    def draw(axes: Any) -> None:
        axes.plot([low, high], [low, high], color=GREY, linestyle=":", label="perfect")
        axes.scatter(observed, predicted, s=14, alpha=0.7, color=BLUE, linewidths=0, label="a sample")
        axes.set(xlabel=f"observed {label(name, 22)}", ylabel=f"predicted {label(name, 16)}")
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=False)

    says = (
        f"observed {number(observed.min())} to {number(observed.max())}, predicted {number(predicted.min())} to {number(predicted.max())}, "
        f"apart by {number(abs(observed - predicted).mean())} on average"
    )
    return Panel("Predicted against observed", says, draw, 3.4)


def residuals(observed: np.ndarray, predicted: np.ndarray, name: str) -> Panel:
    """A panel of errors (observed - predicted) against predictions."""
    errors = observed - predicted

    def draw(axes: Any) -> None:
        axes.axhline(0, color=GREY, linestyle=":", label="no error")
        axes.scatter(predicted, errors, s=14, alpha=0.7, color=BLUE, linewidths=0, label="a sample")
        axes.set(xlabel=f"predicted {label(name, 22)}", ylabel="observed - predicted")
        few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=False)

    says = f"errors from {number(errors.min())} to {number(errors.max())}, {number(errors.mean())} on average"
    return Panel("Residuals", says, draw, 3.4)
