"""Charts of trainings that were repeated on parts of the same samples: values and curves of every fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import counted
from .charts import scale
from .sheet import Panel
from .style import BLUE, GREY, ORANGE, PLAIN, WHITE, few_ticks, height_of, label, legend, number, score, whole_numbers


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


def curves_of_folds(rows: Sequence[Sequence[Mapping[str, float]]], best_epochs: Sequence[int]) -> Panel:
    """A panel of the validation loss by epoch, a thin line a fold, a mark at the epoch that was kept, and the median of all folds.

    Args:
        rows: by fold, one mapping an epoch with ``epoch`` and ``val_loss``.
        best_epochs: by fold, from 1.
    """
    import statistics

    losses = [[row["val_loss"] for row in of_fold] for of_fold in rows]
    least = sum(1 for epoch in range(max(map(len, losses))) if sum(len(of_fold) > epoch for of_fold in losses) * 2 >= len(losses))
    middle = [statistics.median(of_fold[epoch] for of_fold in losses if len(of_fold) > epoch) for epoch in range(least)]

    def draw(axes: Any) -> None:
        for place, (of_fold, best) in enumerate(zip(losses, best_epochs, strict=True)):
            axes.plot(range(1, len(of_fold) + 1), of_fold, color=PLAIN, linewidth=0.8, label=None if place else "each fold")
            axes.plot([best], [of_fold[best - 1]], "o", color=ORANGE, markersize=4, zorder=3, label=None if place else "kept epoch")
        axes.plot(range(1, least + 1), middle, color=BLUE, linewidth=1.8, label="median of folds")
        axes.set(xlabel="epoch", ylabel="loss on the validation part")
        whole_numbers(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=True)

    kept = sorted(best_epochs)
    lowest = [of_fold[best - 1] for of_fold, best in zip(losses, best_epochs, strict=True)]
    says = (
        f"{counted(len(losses), 'fold')}, kept at epochs {kept[0]} to {kept[-1]} with losses {number(min(lowest))} to {number(max(lowest))}"
        f"; median of folds {number(middle[0])} to {number(middle[-1])}"
    )
    return Panel("Validation loss of every fold", says, draw, 3.2, wide=True)
