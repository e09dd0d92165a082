"""Integrated gradients (Sundararajan, Taly and Yan 2017) along the straight path from a baseline to a sample.

Values sum to what the network says of the sample minus what it says of the baseline (completeness). Gradients are taken in the middle of
equal parts of the path (midpoint rule); where the sum is off by more than a thousandth, parts are cut into three, which keeps their
middles, until it holds or there are too many: then it is said that it does not. Activations and pooling have kinks by the hundred along a
path, so that rules for smooth functions (Gauss-Legendre) need no fewer points.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .attribution import INTEGRATED, Attributions, Subject
from .cut import Cut
from .ground import Ground, almost

if TYPE_CHECKING:
    import numpy as np

_PARTS, _FINER = 32, 3
_MOST_PARTS, _MOST_OF_LARGE = 7776, 864
"""Parts of a path; of large networks fewer, of which few samples are run at a time and each point takes long."""
_SHARE, _PRECISION = 1e-3, 3e-6
"""Of the difference of outputs by which a sum may be off; and of the outputs, since they are numbers of single precision."""
_CANCELLED = 0.05
"""Where values cancel, so that the difference is small beside them, this share of them counts as the difference."""


@dataclasses.dataclass(frozen=True)
class Path:
    """What integrated gradients found.

    Attributes:
        values: float32, as x.
        outputs, baselines: float64 [samples], without what the task adds.
        gap: float64 [samples]: sum of the values minus the difference of the outputs.
        complete: bool [samples]: whether the gap is small; see :func:`allowed_gap`.
        steps: int [samples]: points of the path.
    """

    values: np.ndarray
    outputs: np.ndarray
    baselines: np.ndarray
    gap: np.ndarray
    complete: np.ndarray
    steps: np.ndarray


def integrate(cut: Cut, encoded: np.ndarray, x: np.ndarray, baseline: np.ndarray, targets: np.ndarray, exact: bool = True) -> Path:
    """Integrated gradients of some samples.

    Args:
        cut: the network.
        encoded: the samples.
        x: float32, the samples where the network is cut.
        baseline: float32, as x: what they are compared with.
        targets: int [samples], what is explained.
        exact: whether parts are cut until the sum holds.
    """
    import numpy as np

    away = x - baseline
    outputs, baselines = cut.explained(encoded, x, targets), cut.explained(encoded, almost(baseline, x), targets)
    rise, parts = outputs - baselines, _PARTS
    most = min(_MOST_PARTS, max(_MOST_OF_LARGE, _PARTS * cut.rows)) if exact else _PARTS
    values, steps = np.zeros(x.shape), np.full(len(x), parts)
    values += _sum(cut, encoded, away, baseline, targets, _middles(parts)) / parts
    while True:
        gap, size = (np.asarray(item).reshape(len(x), -1).sum(axis=1) for item in (values, np.abs(values)))
        gap -= rise
        complete = np.abs(gap) <= allowed_gap(outputs, baselines, size, cut.opened.task.unit())
        open_ = np.flatnonzero(~complete)
        if not len(open_) or parts * _FINER > most:
            return Path(values.astype("float32"), outputs, baselines, gap, complete, steps)
        parts *= _FINER
        new = np.delete(_middles(parts), slice(_FINER // 2, None, _FINER))
        added = _sum(cut, encoded[open_], away[open_], baseline[open_], targets[open_], new)
        values[open_] = values[open_] / _FINER + added / parts
        steps[open_] = parts


def _middles(parts: int) -> np.ndarray:
    """float32: the middles of equal parts of the path."""
    import numpy as np

    return ((np.arange(parts) + 0.5) / parts).astype("float32")


def _sum(cut: Cut, encoded: np.ndarray, away: np.ndarray, baseline: np.ndarray, targets: np.ndarray, places: np.ndarray) -> np.ndarray:
    """float64, as x: the sum over places of the path of how what the network says changes with each number, times how far it has come.

    A batch holds places of one sample after those of another, so that few samples make full batches as well.
    """
    import numpy as np

    sums = np.zeros(away.shape)
    sample, place = np.repeat(np.arange(len(away)), len(places)), np.tile(places, len(away))
    for start in range(0, len(sample), cut.rows):
        one, at = sample[start : start + cut.rows], place[start : start + cut.rows].reshape(-1, *[1] * (away.ndim - 1))
        slopes = cut.gradients(encoded[one], baseline[one] + at * away[one], targets[one])
        starts = np.flatnonzero(np.diff(one, prepend=-1))
        sums[one[starts]] += np.add.reduceat(slopes, starts, axis=0, dtype="float64")
    return sums * away


def allowed_gap(outputs: np.ndarray, baselines: np.ndarray, size: np.ndarray, unit: float) -> np.ndarray:
    """float64 [samples]: by how much the sum of values may miss the difference of outputs: a thousandth of it.

    Args:
        outputs, baselines: float64 [samples].
        size: float64 [samples], the sum of the values without their signs: where they cancel, a thousandth of a twentieth of it is enough.
        unit: what outputs are measured in.
    """
    import numpy as np

    precision = _PRECISION * np.maximum(unit, np.maximum(np.abs(outputs), np.abs(baselines)))
    return np.maximum(_SHARE * np.maximum(np.abs(outputs - baselines), _CANCELLED * size), precision)


def integrated(ground: Ground, subject: Subject, raw: dict[str, Any], targets: np.ndarray) -> Attributions:
    """Integrated gradients of samples of a kind, a piece of them at a time."""
    import numpy as np

    cut = subject.cut
    paths, values = [], []
    for part, encoded in cut.pieces(raw):
        x = cut.start(encoded)
        path = integrate(cut, encoded, x, ground.baseline(cut, encoded, x), targets[part], subject.exact)
        values.append(ground.folded(cut, encoded, path.values).astype("float32"))
        paths.append(dataclasses.replace(path, values=np.zeros(0)))
    whole = {name: np.concatenate([getattr(path, name) for path in paths]) for name in ("outputs", "baselines", "gap", "complete", "steps")}
    start = subject.opened.task.explained_from()
    said = {"outputs": whole.pop("outputs") + start, "baselines": whole.pop("baselines") + start}
    return Attributions(
        INTEGRATED, np.concatenate(values), targets, **said, **whole, axes=ground.axes(subject.encoding), baseline=ground.words
    )
