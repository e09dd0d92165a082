"""Integrated gradients (Sundararajan, Taly and Yan 2017) along the straight path from a baseline to a sample.

Values sum to what the network says of the sample minus what it says of the baseline (completeness). The path is cut into panels of four
points (Gauss-Legendre); where the sum is off by more than a thousandth, panels that are off most are cut into four, until it holds or
the path has too many points: then it is said that it does not. Most activations have kinks, which no fixed number of points hits.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .attribution import INTEGRATED, Attributions, Subject
from .cut import Cut
from .ground import Ground

if TYPE_CHECKING:
    import numpy as np

_PANELS, _POINTS, _FINER = 4, 4, 4
"""Panels to begin with, points of each, and panels that one is cut into."""
_MOST_ROUNDS = 7
_SHARE, _PRECISION = 1e-3, 3e-6
"""Of the difference of outputs by which a sum may be off; and of the outputs, since they are numbers of single precision."""
_LIMIT = 1e-6
"""Where the path begins: networks that leave out steps without content would take the baseline itself for an empty sample."""


@dataclasses.dataclass(frozen=True)
class Path:
    """What integrated gradients found.

    Attributes:
        values: float32, as x.
        outputs, baselines: float64 [samples], without what the task adds.
        gap: float64 [samples]: sum of the values minus the difference of the outputs.
        complete: bool [samples]: whether the gap is within a thousandth of the difference.
        steps: int [samples]: points of the path.
    """

    values: np.ndarray
    outputs: np.ndarray
    baselines: np.ndarray
    gap: np.ndarray
    complete: np.ndarray
    steps: np.ndarray


@dataclasses.dataclass(frozen=True)
class _Panels:
    """Parts of paths: of which sample, from where to where (0 the baseline, 1 the sample)."""

    sample: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def take(self, chosen: np.ndarray) -> _Panels:
        return _Panels(self.sample[chosen], self.low[chosen], self.high[chosen])

    def finer(self) -> _Panels:
        """Each cut into equal parts."""
        import numpy as np

        edges = self.low[:, None] + (self.high - self.low)[:, None] * np.linspace(0, 1, _FINER + 1)
        return _Panels(np.repeat(self.sample, _FINER), edges[:, :-1].ravel(), edges[:, 1:].ravel())


class _Integral:
    """The values of some samples, as panels are added and taken away."""

    def __init__(self, cut: Cut, encoded: np.ndarray, x: np.ndarray, baseline: np.ndarray, targets: np.ndarray):
        import numpy as np

        self._cut, self._encoded, self._targets = cut, encoded, targets
        self._baseline, self._away = baseline, x - baseline
        self.values = np.zeros(x.shape, dtype="float64")
        self.steps = np.zeros(len(x), dtype=int)
        self._nodes, self._weights = np.polynomial.legendre.leggauss(_POINTS)

    def at(self, sample: np.ndarray, place: np.ndarray) -> np.ndarray:
        """x of samples at places of their paths."""
        wide = place.astype("float32").reshape(-1, *[1] * (self._away.ndim - 1))
        return self._baseline[sample] + wide * self._away[sample]

    def said(self, sample: np.ndarray, place: np.ndarray) -> np.ndarray:
        """float64: what the network says there."""
        import numpy as np

        place = np.maximum(place, _LIMIT)
        found = [
            self._cut.explained(self._encoded[sample[part]], self.at(sample[part], place[part]), self._targets[sample[part]])
            for part in self._parts(len(sample))
        ]
        return np.concatenate(found)

    def add(self, panels: _Panels, sign: float) -> np.ndarray:
        """Add the values of panels, or take them away; float64 [panels], the sum of each."""
        import numpy as np

        half = (panels.high - panels.low) / 2
        place = (panels.low + half)[:, None] + half[:, None] * self._nodes
        weight = half[:, None] * self._weights
        sample, place, weight = np.repeat(panels.sample, _POINTS), place.ravel(), weight.ravel()
        sums = [self._add(sample[part], place[part], weight[part], sign) for part in self._parts(len(sample))]
        np.add.at(self.steps, panels.sample, int(sign) * _POINTS)
        return np.concatenate(sums).reshape(-1, _POINTS).sum(axis=1)

    def _add(self, sample: np.ndarray, place: np.ndarray, weight: np.ndarray, sign: float) -> np.ndarray:
        import numpy as np

        slopes = self._cut.gradients(self._encoded[sample], self.at(sample, place), self._targets[sample])
        own = slopes.reshape(len(sample), -1) * self._away[sample].reshape(len(sample), -1) * weight[:, None]
        starts = np.flatnonzero(np.diff(sample, prepend=-1))
        sums = np.add.reduceat(own, starts, axis=0).reshape(-1, *self.values.shape[1:])
        np.add.at(self.values, sample[starts], sign * sums)
        return own.sum(axis=1)

    def _parts(self, count: int) -> list[slice]:
        return [slice(start, start + self._cut.rows) for start in range(0, count, self._cut.rows)]


def integrate(cut: Cut, encoded: np.ndarray, x: np.ndarray, baseline: np.ndarray, targets: np.ndarray) -> Path:
    """Integrated gradients of some samples.

    Args:
        cut: the network.
        encoded: the samples.
        x: float32, the samples where the network is cut.
        baseline: float32, as x: what they are compared with.
        targets: int [samples], what is explained.
    """
    import numpy as np

    integral, count = _Integral(cut, encoded, x, baseline, targets), len(x)
    edges = np.tile(np.linspace(0, 1, _PANELS + 1), (count, 1))
    panels = _Panels(np.repeat(np.arange(count), _PANELS), edges[:, :-1].ravel(), edges[:, 1:].ravel())
    outputs, baselines = integral.said(np.arange(count), np.ones(count)), integral.said(np.arange(count), np.zeros(count))
    allowed = allowed_gap(outputs, baselines, cut.opened.task.unit())
    off = integral.add(panels, 1.0) - _rise(integral, panels)
    for _ in range(_MOST_ROUNDS):
        gap = np.bincount(panels.sample, off, count)
        bad = _worth_cutting(panels.sample, off, gap, allowed)
        if not bad.any():
            break
        integral.add(panels.take(bad), -1.0)
        new = panels.take(bad).finer()
        off = np.concatenate([off[~bad], integral.add(new, 1.0) - _rise(integral, new)])
        panels = _Panels(*(np.concatenate([getattr(panels.take(~bad), name), getattr(new, name)]) for name in ("sample", "low", "high")))
    gap = integral.values.reshape(count, -1).sum(axis=1) - (outputs - baselines)
    return Path(integral.values.astype("float32"), outputs, baselines, gap, np.abs(gap) <= allowed, integral.steps)


def _rise(integral: _Integral, panels: _Panels) -> np.ndarray:
    """float64 [panels]: how far what the network says goes up along each."""
    return integral.said(panels.sample, panels.high) - integral.said(panels.sample, panels.low)


def _worth_cutting(sample: np.ndarray, off: np.ndarray, gap: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """bool [panels]: those of samples whose sum is off that are off by more than an even share of what is allowed."""
    import numpy as np

    shares = allowed / np.maximum(np.bincount(sample, minlength=len(gap)), 1)
    return (np.abs(gap) > 0.5 * allowed)[sample] & (np.abs(off) > 0.5 * shares[sample])


def allowed_gap(outputs: np.ndarray, baselines: np.ndarray, unit: float) -> np.ndarray:
    """float64 [samples]: by how much the sum of values may miss the difference of outputs; ``unit``: what outputs are measured in."""
    import numpy as np

    size = np.maximum(unit, np.maximum(np.abs(outputs), np.abs(baselines)))
    return np.maximum(_SHARE * np.abs(outputs - baselines), _PRECISION * size)


def integrated(ground: Ground, subject: Subject, raw: dict[str, Any], targets: np.ndarray) -> Attributions:
    """Integrated gradients of samples of a kind, a piece of them at a time."""
    import numpy as np

    cut, encoding = subject.cut, subject.encoding
    paths, values = [], []
    for part, encoded in cut.pieces(raw):
        x = cut.start(encoded)
        path = integrate(cut, encoded, x, ground.baseline(cut, encoded, x), targets[part])
        values.append(ground.folded(encoding, encoded, path.values).astype("float32"))
        paths.append(dataclasses.replace(path, values=np.zeros(0)))
    whole = {name: np.concatenate([getattr(path, name) for path in paths]) for name in ("outputs", "baselines", "gap", "complete", "steps")}
    start = subject.opened.task.explained_from()
    said = {"outputs": whole.pop("outputs") + start, "baselines": whole.pop("baselines") + start}
    return Attributions(INTEGRATED, np.concatenate(values), targets, **said, **whole, axes=ground.axes(encoding), baseline=ground.words)
