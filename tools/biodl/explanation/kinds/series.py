"""Series and forecasts: what each time point of each channel adds, drawn on the series."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...reporting.plots import Panel
from ...reporting.plots.style import BLACK, GREY, PLAIN, TWO_SIDED, WHITE, few_ticks, label, number
from ..attribution import INTEGRATED, Attributions, Explainer, Subject, heading
from ..cut import Cut
from ..gradients import integrated
from ..ground import Ground, nothing, removed

if TYPE_CHECKING:
    import numpy as np

    from ...data.series.encoding import SeriesEncoding

_MOST_CHANNELS = 6
"""Channels that are drawn of a sample, those that matter most."""


def _spread(cut: Cut, gone: np.ndarray) -> np.ndarray:
    return gone.reshape(len(gone), *cut.encoding.shape)


def _axes(encoding: SeriesEncoding) -> dict[str, Sequence[str]]:
    return {"channels": encoding.channels}


def _held(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """bool [samples, steps * channels]: where a value is known."""
    import numpy as np

    return np.isfinite(raw["series"]).reshape(len(raw["series"]), -1)


def panels(subject: Subject, raw: dict[str, Any], found: Mapping[str, Attributions], names: Sequence[str]) -> list[Panel]:
    """The series of each sample, a line a channel, each point in the colour of what it adds."""
    attributions, channels = found[INTEGRATED], subject.encoding.inputs["series"]
    return [
        _panel(heading(subject, attributions, row, name), channels, raw["series"][row], attributions.values[row])
        for row, name in enumerate(names)
    ]


def _panel(title: str, channels: Sequence[str], series: np.ndarray, values: np.ndarray) -> Panel:
    import numpy as np

    order = np.argsort(-np.abs(values).sum(axis=0), kind="stable")[:_MOST_CHANNELS]
    top = float(np.abs(values).max()) or 1.0
    held = int(np.flatnonzero(np.isfinite(series).any(axis=1))[-1]) + 1 if np.isfinite(series).any() else len(series)

    def draw(axes: Any) -> None:
        _draw(axes, [channels[place] for place in order], series[:held, order], values[:held, order], top)

    rest = len(channels) - len(order)
    says = "; ".join(_said(channels[place], values[:, place]) for place in order)
    return Panel(title + (f" ({rest} channels that matter less not shown)" if rest else ""), says, draw, 0.9 + 1.25 * len(order), wide=True)


def _said(channel: str, values: np.ndarray) -> str:
    import numpy as np

    strongest = int(np.argmax(np.abs(values)))
    return f"{channel} adds {number(float(values.sum()))} in all, most at time point {strongest + 1} ({number(float(values[strongest]))})"


def _draw(axes: Any, channels: Sequence[str], series: np.ndarray, values: np.ndarray, top: float) -> None:
    """A strip a channel, one below the other, with one scale of colours."""
    axes.set_axis_off()
    strips, painted = len(channels), None
    for place, channel in enumerate(channels):
        own = axes.inset_axes((0.0, (strips - place - 1) / strips + 0.06, 0.9, 0.94 / strips - 0.06))
        painted = _strip(own, channel, series[:, place], values[:, place], top)
        own.tick_params(axis="x", labelbottom=place == strips - 1)
    own.set_xlabel("time point")
    bar = axes.figure.colorbar(painted, cax=axes.inset_axes((0.93, 0.06, 0.02, 0.94)))
    bar.set_label("adds")
    few_ticks(bar.ax.yaxis)
    bar.ax.spines[:].set_visible(False)


def _strip(axes: Any, channel: str, series: np.ndarray, values: np.ndarray, top: float) -> Any:
    """One channel: bands behind the line in the colour of what each point adds; returns what a scale of colours is made of."""
    import numpy as np
    from matplotlib.patheffects import withStroke

    low, high = (float(np.nanmin(series)), float(np.nanmax(series))) if np.isfinite(series).any() else (0.0, 1.0)
    room = 0.08 * (high - low or 1.0)
    extent = (0.5, len(series) + 0.5, low - room, high + room)
    painted = axes.imshow(values[None], cmap=TWO_SIDED, vmin=-top, vmax=top, aspect="auto", extent=extent, interpolation="nearest")
    outlined = [withStroke(linewidth=3, foreground=WHITE)]  # else a line is lost on the darkest colours
    mark = "." if len(series) <= 60 else ""
    axes.plot(range(1, len(series) + 1), series, color=BLACK, linewidth=1.2, marker=mark, markersize=4, path_effects=outlined)
    axes.set_ylabel(label(channel, 14, 2), color=GREY if not np.isfinite(series).any() else BLACK)
    axes.spines[:].set_color(PLAIN)
    few_ticks(axes.yaxis)
    few_ticks(axes.xaxis)
    return painted


GROUND = Ground("the training mean of each channel", nothing, lambda cut, encoded, values: values, _spread, _axes)
EXPLAINER = Explainer(
    ("series", "forecast"),
    "time point",
    {INTEGRATED: functools.partial(integrated, GROUND)},
    functools.partial(removed, GROUND),
    lambda attributions: attributions.values.reshape(len(attributions), -1),
    _held,
    panels,
)
