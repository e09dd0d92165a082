"""Deletion curves: does taking out what is said to matter change the prediction faster than taking out at random? (Petsiuk et al. 2018;
in text and sequences known as comprehensiveness, DeYoung et al. 2020.)"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..tasks.measures import interval
from .attribution import Attributions, Explainer, Subject

if TYPE_CHECKING:
    import numpy as np

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
"""Of the parts of a sample that are taken out."""
_ORDERS = 5
"""Random orders beside the one that the explanation gives."""
_RESAMPLES = 2000


@dataclasses.dataclass(frozen=True)
class Deletion:
    """How far predictions move.

    Attributes:
        shares: of parts taken out, from 0 to 1.
        explained: float64 [samples, shares]: how far the prediction has moved towards that of the empty sample, when parts go in the order
            of the explanation (0: not at all, 1: as far as predictions move on average when everything is gone).
        random: the same for random orders, on average.
        unmoved: samples whose prediction stays the same when everything is taken out; they are not among the others.
        single: samples of fewer than two parts, which have no order; they are not among the others either.
    """

    shares: np.ndarray
    explained: np.ndarray
    random: np.ndarray
    unmoved: int
    single: int = 0

    @property
    def gains(self) -> np.ndarray:
        """float64 [samples]: area between the two curves; above 0 where the explanation is better than chance."""
        import numpy as np

        return np.trapezoid(self.explained - self.random, self.shares, axis=1)

    def interval(self, seed: int) -> tuple[float, float]:
        """95 % interval of the mean gain, from a bootstrap of the samples."""
        import numpy as np

        rows = np.random.default_rng(seed).integers(0, len(self.gains), (_RESAMPLES, len(self.gains)))
        return interval(self.gains[rows].mean(axis=1))


def deletion(explainer: Explainer, subject: Subject, raw: dict[str, Any], found: Attributions, seed: int) -> Deletion:
    """Take out parts of each sample, those first that are said to speak most for what the network says.

    Args:
        explainer: of the kind of data.
        subject: the network.
        raw: inputs of the samples.
        found: their attributions.
        seed: of the random orders.
    """
    import numpy as np

    held = explainer.held(subject, raw)
    units = explainer.units(found)

    def said(gone: np.ndarray) -> np.ndarray:
        return explainer.removed(subject, raw, found.targets, gone & held)

    empty = said(held)
    way = found.outputs - empty
    several = held.sum(axis=1) > 1
    moved = several & (np.abs(way) > 1e-6 * np.maximum(1.0, np.abs(found.outputs)))

    def curve(order: np.ndarray) -> np.ndarray:
        ranks = _ranks(order, held)
        middle = found.outputs - said(np.stack([ranks < np.ceil(share * held.sum(axis=1))[:, None] for share in SHARES]))
        whole = np.stack([np.zeros(len(way)), *middle, way], axis=1)
        return whole[moved] * np.sign(way[moved, None]) / (np.abs(way[moved]).mean() if moved.any() else 1.0)

    random = np.random.default_rng(seed)
    by_chance = np.mean([curve(random.random(units.shape)) for _ in range(_ORDERS)], axis=0)
    explained = curve(units * np.sign(way)[:, None])
    return Deletion(np.array([0.0, *SHARES, 1.0]), explained, by_chance, int((several & ~moved).sum()), int((~several).sum()))


def _ranks(values: np.ndarray, held: np.ndarray) -> np.ndarray:
    """int [samples, parts]: 0 for the largest value that a sample holds; what it does not hold comes last."""
    import numpy as np

    order = np.argsort(-np.where(held, values, -np.inf), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(values.shape[1])[None, :].repeat(len(values), axis=0), axis=1)
    return ranks
