"""Charts of trainings that were repeated on parts of the same samples: values and curves of every fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ...errors import counted
from .charts import scale
from .sheet import Panel
from .style import (
    BLUE,
    CYCLE,
    DASHES,
    GREY,
    MARKS,
    ORANGE,
    PLAIN,
    WHITE,
    few_ticks,
    height_of,
    label,
    legend,
    number,
    score,
    whole_numbers,
)


def by_fold(values: Mapping[str, Sequence[float]], means: Mapping[str, tuple[float, float, float]], title: str, xlabel: str) -> Panel:
    """A panel with a row a model: a small mark for each fold, a large one for their mean, whiskers for its interval.

    Args:
        values: one a fold, NaN where a fold cannot tell, by name of the model, the network first.
        means: mean, and low and high end of its interval (NaN: none), by name of the model.
        title: of the panel.
        xlabel: what the scale is.
    """
    import math

    names = [label(name) for name in values]
    printed = [score(mean) + ("" if low != low else f" ({score(low)} to {score(high)})") for mean, low, high in means.values()]

    def draw(axes: Any) -> None:
        for place, (of_model, (mean, low, high)) in enumerate(zip(values.values(), means.values(), strict=True)):
            colour = GREY if place else BLUE
            axes.plot(of_model, [place + 0.28] * len(of_model), "|", color=colour, markersize=7, markeredgewidth=1.2)
            if math.isfinite(low):
                axes.plot([low, high], [place, place], color=colour, linewidth=2, marker="|", markersize=9)
            axes.plot(
                [mean], [place], "s" if place else "o", color=WHITE if place else BLUE, markeredgecolor=colour, markersize=8, zorder=3
            )
            axes.text(1.03, place, printed[place], transform=axes.get_yaxis_transform(), va="center")
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(xlabel)
        axes.set_axisbelow(True)
        every = [value for of_model in values.values() for value in of_model]
        scale(axes, [value for value in (*every, *(value for triple in means.values() for value in triple)) if math.isfinite(value)])

    says = "; ".join(
        f"{name} {text} over {counted(sum(value == value for value in of_model), 'fold')}"
        for (name, of_model), text in zip(values.items(), printed, strict=True)
    )
    return Panel(title, says, draw, 0.95 + height_of(names, 0.26), wide=True)


def curves_of_folds(rows: Sequence[Sequence[Mapping[str, float]]], best_epochs: Sequence[int], members: bool = False) -> Panel:
    """A panel of the validation loss by epoch, a thin line a fold, a mark at the epoch that was kept, and the median of all folds.

    Args:
        rows: by fold, one mapping an epoch with ``epoch`` and ``val_loss``.
        best_epochs: by fold, from 1.
        members: whether folds trained ensembles, of which all this is the middle.
    """
    import statistics

    mark, of_members = ("kept (median of members)", " (medians of members)") if members else ("kept epoch", "")
    losses = [[row["val_loss"] for row in of_fold] for of_fold in rows]
    least = sum(1 for epoch in range(max(map(len, losses))) if sum(len(of_fold) > epoch for of_fold in losses) * 2 >= len(losses))
    middle = [statistics.median(of_fold[epoch] for of_fold in losses if len(of_fold) > epoch) for epoch in range(least)]

    def draw(axes: Any) -> None:
        for place, (of_fold, best) in enumerate(zip(losses, best_epochs, strict=True)):
            axes.plot(range(1, len(of_fold) + 1), of_fold, color=PLAIN, linewidth=0.8, label=None if place else "each fold")
            axes.plot([best], [of_fold[best - 1]], "o", color=ORANGE, markersize=4, zorder=3, label=None if place else mark)
        axes.plot(range(1, least + 1), middle, color=BLUE, linewidth=1.8, label="median of folds")
        axes.set(xlabel="epoch", ylabel="loss on the validation part")
        whole_numbers(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=True)

    kept = sorted(best_epochs)
    lowest = [of_fold[best - 1] for of_fold, best in zip(losses, best_epochs, strict=True)]
    says = (
        f"{counted(len(losses), 'fold')}, kept at epochs {kept[0]} to {kept[-1]}{of_members} with losses {number(min(lowest))} to "
        f"{number(max(lowest))}; median of folds {number(middle[0])} to {number(middle[-1])}"
    )
    return Panel("Validation loss of every fold", says, draw, 3.2, wide=True)


Beyond: TypeAlias = "tuple[list[tuple[float, float]], tuple[float, float, float]]"
"""A drawn on curve as points, and at its end: where, and the low and high end of an interval."""


def learning_by_size(
    sizes: Sequence[float],
    values: Mapping[str, Sequence[tuple[float, float, float]]],
    beyond: Beyond | None,
    guess: tuple[str, float],
    metric: str,
) -> Panel:
    """A panel of a metric by number of samples: a line a model with the whiskers of its intervals, and the first one's curve drawn on.

    Args:
        sizes: numbers of samples, growing.
        values: mean, and low and high end of its interval (NaN: none), one a size, by name of the model, the network first.
        beyond: the curve of the first model, drawn on beyond the last size; None where that cannot be told.
        guess: name and metric of guessing.
        metric: what the values are.
    """
    import math

    def draw(axes: Any) -> None:
        for place, (name, of_model) in enumerate(values.items()):
            colour = CYCLE[place % len(CYCLE)]
            aside = [size * 1.03 ** (place - (len(values) - 1) / 2) for size in sizes]  # lest whiskers hide each other
            for x, (_, low, high) in zip(aside, of_model, strict=True):
                if math.isfinite(low):
                    axes.plot([x, x], [low, high], color=colour, linewidth=1.2, marker="_", markersize=5)
            means = [mean for mean, _, _ in of_model]
            axes.plot(
                aside, means, color=colour, marker=MARKS[place], linestyle=DASHES[place % len(DASHES)], markersize=5, label=label(name)
            )
        if beyond:
            points, (end, low, high) = beyond
            axes.plot(*zip(*points, strict=True), color=PLAIN, linewidth=1.4, linestyle=":", label="network, power law")
            axes.plot([end, end], [low, high], color=PLAIN, linewidth=1.4, marker="_", markersize=7)
            axes.plot([end], [points[-1][1]], "o", color=WHITE, markeredgecolor=PLAIN, markersize=7, label=f"forecast for {end:.0f}")
        if math.isfinite(guess[1]):
            axes.axhline(guess[1], color=GREY, linestyle=(0, (1, 3)), linewidth=1.2, label=label(f"guess ({guess[0]})"))
        axes.set_xscale("log")
        ticks = [*sizes, *([beyond[1][0]] if beyond else [])]
        axes.set_xticks(ticks, [f"{size:.0f}" for size in ticks])
        axes.minorticks_off()
        axes.set(xlabel="samples to learn from (logarithmic)", ylabel=label(metric))
        few_ticks(axes.yaxis)
        legend(axes, beside=True)

    says = "; ".join(
        f"{name} {score(of_model[0][0])} with {sizes[0]:.0f} samples, {score(of_model[-1][0])} with {sizes[-1]:.0f}"
        for name, of_model in values.items()
    )
    if beyond:
        says += f"; the network is expected to reach {score(beyond[0][-1][1])} with {beyond[1][0]:.0f}"
    return Panel(f"{metric} by number of samples, with 95 % intervals", says, draw, 4.2, wide=True)
