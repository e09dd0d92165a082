"""Charts of a search for settings: every trial with the best so far, and values of a setting with what came of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...errors import counted
from .sheet import Panel
from .style import BLUE, GREY, ORANGE, few_ticks, label, legend, number, score, whole_numbers

_SAID = 8
"""Trials that are told one by one."""


def trials(values: Sequence[float], stopped: Sequence[bool], higher: bool, title: str, ylabel: str) -> Panel:
    """A panel with a mark for each trial, the first (the defaults) as a line across, and a line for the best so far.

    Args:
        values: one a trial, NaN where it has none.
        stopped: whether a trial ended early, and so does not count; one without a value has a stroke on the lower edge.
        higher: whether more is better.
        title, ylabel: of the panel.
    """
    numbers = range(1, len(values) + 1)
    best: list[float] = []
    for value, early in zip(values, stopped, strict=True):
        before = best[-1] if best else math.nan
        better = value == value and not early and (before != before or (value > before if higher else value < before))
        best.append(value if better else before)

    unknown = [number for number, value in zip(numbers, values, strict=True) if value != value]

    def draw(axes: Any) -> None:
        for early, mark, colour, name in ((False, "o", BLUE, "trial"), (True, "x", GREY, "stopped early")):
            shown = [(x, y) for x, y, was in zip(numbers, values, stopped, strict=True) if was == early and y == y]
            if shown:
                axes.plot(*zip(*shown, strict=True), mark, color=colour, markersize=6, label=name)
        if unknown:
            edge = {"transform": axes.get_xaxis_transform(), "clip_on": False}
            axes.plot(
                unknown, [0.0] * len(unknown), "|", color=GREY, markersize=12, markeredgewidth=2, **edge, label="ended without a value"
            )
        axes.step(numbers, best, where="post", color=ORANGE, linewidth=1.6, label="best so far")
        if values[0] == values[0]:
            axes.axhline(values[0], color=GREY, linestyle=":", linewidth=1.2, label="the defaults")
        axes.set(xlabel="trial", ylabel=label(ylabel, 32))
        axes.set_xlim(0.5, len(values) + 0.5)
        whole_numbers(axes.xaxis)
        few_ticks(axes.yaxis)
        legend(axes, beside=True)

    says = f"{counted(len(values), 'trial')}, the first {score(values[0])}, the best {score(best[-1])}"
    says += f"; {len(unknown)} ended without a value" if unknown else ""
    return Panel(title, says, draw, 3.2, wide=True)


def setting(values: Sequence[Any], results: Sequence[float], order: Sequence[str], by_powers: bool, xlabel: str, ylabel: str) -> Panel:
    """A panel with a mark for each trial: the value of a setting against what came of it, and a square around the first, the default.

    Args:
        values: one a trial, the first the default's; words or numbers.
        results: one a trial.
        order: of values that are words; empty for numbers.
        by_powers: whether numbers stand on a scale of powers of ten.
        xlabel: the setting.
        ylabel: what the results are.
    """
    names = list(order)
    places = [names.index(str(value)) if names else float(value) for value in values]

    def draw(axes: Any) -> None:
        axes.plot(places, results, "o", color=BLUE, markersize=5, alpha=0.75)
        axes.plot(places[:1], results[:1], "s", color="none", markeredgecolor=ORANGE, markersize=10, markeredgewidth=1.8)
        axes.set(xlabel=label(f"{xlabel} (square: default)", 34), ylabel=label(ylabel, 28))
        if names:
            axes.set_xticks(range(len(names)), [label(name, 9, 3) for name in names])
            axes.set_xlim(-0.5, len(names) - 0.5)
        elif by_powers:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_formatter(lambda value, _: "")
            axes.set_xlim(10 ** math.floor(math.log10(min(places))), 10 ** math.ceil(math.log10(max(places))))
        else:
            few_ticks(axes.xaxis)
        few_ticks(axes.yaxis)

    pairs = list(zip(values, results, strict=True))
    said = "; ".join(f"{value if names else number(float(value))} gave {score(result)}" for value, result in pairs[:_SAID])
    more = f" and {len(pairs) - _SAID} more" if len(pairs) > _SAID else ""
    return Panel(f"Trials by {xlabel}", f"the default {said}{more}", draw, 3.0)
