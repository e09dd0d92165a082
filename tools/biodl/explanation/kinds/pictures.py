"""Images: what each pixel adds, where the last maps look, and what covering changes, side by side with the picture."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import counted
from ...reporting.plots import Panel
from ...reporting.plots.style import TWO_SIDED, WIDTH, label, number
from ..attribution import CALLED, GRADCAM, INTEGRATED, OCCLUSION, Attributions, Explainer, Subject, heading
from ..cut import Cut
from ..gradcam import gradcam
from ..gradients import integrated
from ..ground import Ground, nothing, removed
from ..occlusion import occlusion, side_of

if TYPE_CHECKING:
    import numpy as np

    from ...data.image.encoding import ImageEncoding

HEAT = "viridis"
_ACROSS = 4
"""Pictures of a row."""
MOST_CHANNELS = 6
"""Channels that are drawn of an image where they are told apart, those that matter most."""
_STEPS = (1, 1.5, *range(2, 10))
"""What ticks of a scale begin with."""
_HEAD, _BAR = 0.38, 0.45
"""Inches of the names above pictures, and of the scale of colours below them."""
_HIGHEST = 2.9
"""Inches of a map of many images."""


def _number_of_squares(encoding: ImageEncoding) -> tuple[int, np.ndarray]:
    """How many squares cover an image without overlap, and which of them each pixel is of, int [height, width]."""
    import numpy as np

    side = side_of(encoding.height, encoding.width)
    down, across = -(-encoding.height // side), -(-encoding.width // side)
    return down * across, np.arange(encoding.height)[:, None] // side * across + np.arange(encoding.width) // side


def _spread(cut: Cut, gone: np.ndarray) -> np.ndarray:
    return gone[:, _number_of_squares(cut.encoding)[1]][..., None]


def units(attributions: Attributions) -> np.ndarray:
    """float32 [samples, squares]: what squares of an eighth of the shorter side add."""
    import numpy as np

    side = side_of(*attributions.values.shape[1:3])
    sums = attributions.values.sum(axis=-1)
    for axis in (1, 2):
        sums = np.add.reduceat(sums, np.arange(0, sums.shape[axis], side), axis=axis)
    return sums.reshape(len(sums), -1)


def _held(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """bool [samples, squares]: all of them."""
    import numpy as np

    return np.ones((len(raw["image"]), _number_of_squares(subject.encoding)[0]), dtype=bool)


def _axes(encoding: ImageEncoding) -> dict[str, Sequence[str]]:
    """Names of channels that are told apart; colours of one picture are nothing by themselves."""
    return {"channels": encoding.inputs["image"]} if encoding.told_apart else {}


def panels(subject: Subject, raw: dict[str, Any], found: Mapping[str, Attributions], names: Sequence[str]) -> list[Panel]:
    """Each sample as the network sees it, and beside it the map of each method; of several channels, each of them as well."""
    import numpy as np

    encoding, apart = subject.encoding, subject.encoding.told_apart
    seen = np.concatenate([encoded * np.array(encoding.std) + np.array(encoding.mean) for _, encoded in subject.cut.pieces(raw)])
    first = found.get(INTEGRATED) or next(iter(found.values()))
    return [
        _panel(heading(subject, first, row, name), seen[row], {method: item.values[row] for method, item in found.items()}, apart)
        for row, name in enumerate(names)
    ]


Item = tuple[str, "np.ndarray", str, float]
"""A picture or a map: name, values [height, width] or [height, width, 3], colours, empty for a picture, and where they end."""


def _panel(title: str, picture: np.ndarray, maps: Mapping[str, np.ndarray], apart: bool) -> Panel:
    """A sample and its maps; ``apart``: whether its channels are told apart."""
    rows, left = _laid_out(picture, maps, apart)
    ratio = picture.shape[0] / picture.shape[1]
    across = min(_ACROSS, max(2, *map(len, rows)))
    side = min((WIDTH - 0.4) / across - 0.15, 3.2 / ratio)
    one = side * ratio + _HEAD + _BAR

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        for down, row in enumerate(rows):
            for place, item in enumerate(row):
                bottom = 1 - (down * one + _HEAD + side * ratio) / (one * len(rows))
                own = axes.inset_axes((place / across, bottom, 0.94 / across, side * ratio / (one * len(rows))))
                _draw(own, *item, side * ratio)

    says = "; ".join(_said(method, values, apart) for method, values in maps.items())
    title += f" ({counted(left, 'channel')} that {'matters' if left == 1 else 'matter'} less not shown)" if left else ""
    return Panel(title, says, draw, 0.3 + one * len(rows), wide=True)


def _laid_out(picture: np.ndarray, maps: Mapping[str, np.ndarray], apart: bool) -> tuple[list[list[Item]], int]:
    """What stands side by side, a list a row, and how many channels have no place.

    Where channels are told apart, each has a row: as it is, and what each method says of it; above them stands the whole.
    """
    import numpy as np

    channels, shown = picture.shape[-1], _shown(picture, maps, apart)
    by_channel = [method for method, values in maps.items() if values.shape[-1] == channels]
    if not apart or not by_channel:
        return [shown[start : start + _ACROSS] for start in range(0, len(shown), _ACROSS)], 0
    known = {item[0]: item for item in shown}
    others = [method for method in maps if method not in by_channel]
    kept = 1 + strongest(np.sum([np.abs(maps[method]) / (np.abs(maps[method]).sum() or 1.0) for method in by_channel], axis=0))
    whole: Item = ("mean of the channels", picture.mean(axis=-1, keepdims=True), "", 0.0)
    rows = [[whole, *(known[CALLED[method]] for method in (*by_channel, *others))]]
    rows += [[known[f"channel {place}"], *(known[f"{CALLED[method]}, channel {place}"] for method in by_channel)] for place in kept]
    return rows, channels - len(kept)


def strongest(sizes: np.ndarray) -> np.ndarray:
    """int: the channels that are drawn of sizes [height, width, channels], in order: those that have most."""
    import numpy as np

    return np.sort(np.argsort(-sizes.sum(axis=(0, 1)), kind="stable")[:MOST_CHANNELS])


def _shown(picture: np.ndarray, maps: Mapping[str, np.ndarray], apart: bool) -> list[Item]:
    """The picture, or each channel where these are told apart, and of each method the sum and each channel.

    The channels of a method have the colours of their sum: one that adds nothing is pale.
    """
    import numpy as np

    channels = picture.shape[-1]
    shown: list[Item] = [("picture", picture, "", 0.0)]
    if apart:
        shown = [(f"channel {place + 1}", picture[..., place : place + 1], "", 0.0) for place in range(channels)]
    for method, values in maps.items():
        whole, count = values.sum(axis=-1), values.shape[-1]
        top = max(_top(one) for one in (whole, *np.moveaxis(values, -1, 0))) or 1.0
        shown.append((CALLED[method], whole, HEAT if method == GRADCAM else TWO_SIDED, top))
        if count > 1:
            shown += [(f"{CALLED[method]}, channel {place + 1}", values[..., place], TWO_SIDED, top) for place in range(count)]
    return shown


def _top(values: np.ndarray) -> float:
    """Where the scale ends: a few pixels may tower above all others, and all but one of two hundred have their colour."""
    import numpy as np

    return float(np.quantile(np.abs(values), 0.995)) or float(np.abs(values).max())


def _draw(axes: Any, name: str, values: np.ndarray, colours: str, top: float, high: float) -> None:
    """An :data:`Item`, so many inches high."""
    axes.set_title(label(name, 20, 2), size="medium", loc="left")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if not colours:
        low, high = float(values.min()), float(values.max())
        axes.imshow((values - low) / (high - low or 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        return
    low = 0.0 if colours == HEAT else -top
    painted = axes.imshow(values, cmap=colours, vmin=low, vmax=top, interpolation="nearest")
    tick = _tick(top)
    _scale(axes, painted, [0.0, tick] if colours == HEAT else [-tick, 0.0, tick], high)


def _scale(axes: Any, painted: Any, ticks: Sequence[float], high: float) -> Any:
    """The scale of colours below a map that is ``high`` inches high: of one thickness, however flat the map is."""
    bar = axes.figure.colorbar(painted, cax=axes.inset_axes((0.0, -0.17 / high, 1.0, 0.1 / high)), orientation="horizontal")
    bar.set_ticks(ticks, labels=[f"{place:g}".replace("-", "−") for place in ticks])
    return bar


def over_images(made: Attributions) -> list[Panel]:
    """Mean absolute attribution over the picture, and over each channel where these are told apart: shades of channels mean the same."""
    import numpy as np

    sizes, names = np.abs(made.values).mean(axis=0), made.axes.get("channels", ())
    whole = sizes.sum(axis=-1)
    panels = [_heat(whole, f"Where it matters: mean of {len(made)} images", float(whole.max()))]
    if names:
        shares, kept = sizes.sum(axis=(0, 1)) / (sizes.sum() or 1.0), strongest(sizes)
        top = float(sizes[..., kept].max())
        panels += [_heat(sizes[..., at], f"In {names[at]} alone: {shares[at]:.0%} of all", top) for at in kept]
    return panels


def _heat(values: np.ndarray, title: str, top: float) -> Panel:
    """A panel of a map [height, width] in shades, darkest at ``top``; as large, and below its title, whether it has a neighbour or not."""
    import numpy as np

    called, top = "mean absolute attribution", top or 1.0
    high = min(_HIGHEST, (WIDTH / 2 - 0.2) * values.shape[0] / values.shape[1])
    below = _BAR + 0.25  # for the name of the scale, too

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        own = axes.inset_axes((0.0, below / (high + below), 1.0, high / (high + below)))
        painted = own.imshow(values, cmap="Blues", vmin=0, vmax=top, interpolation="nearest")
        own.set_anchor("NW")
        own.set_axis_off()
        _scale(own, painted, [0.0, _tick(top)], high).set_label(called, loc="left")

    row, column = np.unravel_index(int(values.argmax()), values.shape)
    at = f"at row {row + 1} and column {column + 1} of {values.shape[0]} x {values.shape[1]}"
    return Panel(title, f"{called} up to {number(float(values.max()))}, {at}", draw, 0.35 + high + below)


def _tick(top: float) -> float:
    """A short number by a half to four fifths of the way to ``top``: there its label stands clear of that of 0, and of a neighbour's."""
    power = math.floor(math.log10(0.8 * top))  # just below a power of ten the logarithm is that power's: the one below it is tried, too
    return max(tick for exponent in (power - 1, power) for step in _STEPS if (tick := float(f"{step}e{exponent}")) <= 0.8 * top)


def _said(method: str, values: np.ndarray, apart: bool) -> str:
    """Where a map is strongest, as a third of the picture, and in which channel where these are told apart."""
    import numpy as np

    sums = values if apart else values.sum(axis=-1, keepdims=True)
    place = np.unravel_index(np.argmax(np.abs(sums)), sums.shape)
    down, across = (min(2, 3 * int(at) // extent) for at, extent in zip(place[:2], sums.shape[:2], strict=True))
    where = f"{('top', 'middle', 'bottom')[down]} {('left', 'centre', 'right')[across]}"
    where += f" of channel {place[2] + 1}" if sums.shape[-1] > 1 else ""
    return f"{CALLED[method]} is strongest at the {where} ({number(float(sums[place]))})"


GROUND = Ground("the mean colour of training", nothing, lambda cut, encoded, values: values, _spread, _axes)
EXPLAINER = Explainer(
    ("image",),
    "square of pixels",
    {INTEGRATED: functools.partial(integrated, GROUND), GRADCAM: gradcam, OCCLUSION: functools.partial(occlusion, GROUND)},
    functools.partial(removed, GROUND),
    units,
    _held,
    panels,
)
