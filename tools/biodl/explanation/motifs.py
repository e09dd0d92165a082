"""Motifs from what positions add: the windows that add most, those that look alike put together, and what letters stand there.

A simple relative of TF-MoDISco (Shrikumar et al. 2018): windows are compared by what their letters add, not by the letters alone, at all
small shifts and, for DNA, on both strands; each joins the cluster that it is most like, or begins one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

WINDOW = 10
"""Positions of a window that is compared."""
_FLANK = 4
"""Positions beside a window that a motif may reach into, and by which windows are shifted against each other."""
_A_SAMPLE = 3
"""Windows of a sample."""
_MOST_WINDOWS = 3000
_UNUSUAL = 4.0
"""Robust standard deviations above the middle of all windows from which a window stands out."""
_ALIKE = 0.7
"""Cosine from which windows are of one motif."""
_MOST_CLUSTERS = 40
_LEAST_SITES, _LEAST_SHARE = 5, 0.02
"""A motif stands at so many places at least, and in so many windows of all."""
_LEAST_BITS = 0.25
"""Positions at the ends of a motif that tell less are left out."""
_LEAST_WIDTH = 4
MOST_MOTIFS = 10


@dataclasses.dataclass(frozen=True)
class Motif:
    """A motif.

    Attributes:
        name: without blanks.
        counts: float [positions, letters], how often each letter stands there.
        sites: places where it was found.
        adds: what its places add on average.
    """

    name: str
    counts: np.ndarray
    sites: int
    adds: float

    def probabilities(self, background: np.ndarray, pseudo: float = 1.0) -> np.ndarray:
        """float [positions, letters], each position sums to 1; ``pseudo``: letters of the background that are added, lest any be 0."""
        return (self.counts + pseudo * background) / (self.counts.sum(axis=1, keepdims=True) + pseudo)

    def clear(self, letters: str) -> str:
        """The letters that stand at their positions in more than half of the places, a dot at others, without dots at the ends."""
        shares = self.counts / self.counts.sum(axis=1, keepdims=True)
        best = zip(shares.argmax(axis=1), shares.max(axis=1), strict=True)
        return "".join(letters[place] if share > 0.5 else "." for place, share in best).strip(".") or "without a clear letter"

    def information(self, background: np.ndarray) -> np.ndarray:
        """float [positions, letters] in bits: the relative entropy of each position, shared out by its letters."""
        import numpy as np

        found = self.probabilities(background)
        return found * (found * np.log2(found / background)).sum(axis=1, keepdims=True)

    def consensus(self, letters: str) -> str:
        """The commonest letter of each position."""
        return "".join(letters[place] for place in self.counts.argmax(axis=1))


@dataclasses.dataclass(frozen=True)
class _Windows:
    """Windows of some samples with their flanks: what letters add, and which letters stand there; float [windows, positions, letters]."""

    adds: np.ndarray
    stand: np.ndarray

    def take(self, rows: np.ndarray) -> _Windows:
        return _Windows(self.adds[rows], self.stand[rows])


def gather(values: np.ndarray, stand: np.ndarray, name: str, complement: Sequence[int] = ()) -> list[Motif]:
    """Motifs that add to what a network says of samples.

    Args:
        values: float [samples, positions, letters], as :class:`.attribution.Attributions` has them.
        stand: float [samples, positions, letters], what stands there.
        name: motifs are called this and a number.
        complement: the place of the complement of each letter, if windows are to be compared with the other strand of others as well.

    Returns:
        At most ten, those that add most in all first; none where no window stands out, or none are alike.
    """
    windows = _windows(values, stand)
    if len(windows.adds) < _LEAST_SITES:
        return []
    shares, clusters = _clusters(windows.adds, complement)
    found = []
    least = max(_LEAST_SITES, _LEAST_SHARE * len(windows.adds))
    background = background_of(stand)
    for number in range(clusters):
        own = shares.cluster == number
        if own.sum() >= least:
            found.append(_motif(windows.take(own), shares.shift[own], shares.turned[own], complement, background))
    kept = sorted((motif for motif in found if len(motif.counts) >= _LEAST_WIDTH), key=lambda motif: -motif.adds * motif.sites)
    return [dataclasses.replace(motif, name=f"{name}_{place}") for place, motif in enumerate(kept[:MOST_MOTIFS], start=1)]


def background_of(stand: np.ndarray) -> np.ndarray:
    """float [letters]: the share of each letter in all sequences; none is 0."""
    counts = stand.reshape(-1, stand.shape[-1]).sum(axis=0, dtype="float64") + 1
    return counts / counts.sum()


def _windows(values: np.ndarray, stand: np.ndarray) -> _Windows:
    """The windows of each sample that add most and stand out, without overlap."""
    import numpy as np

    each = np.maximum(values.sum(axis=-1), 0)
    width = min(WINDOW, each.shape[1])
    sums = np.lib.stride_tricks.sliding_window_view(each, width, axis=1).sum(axis=-1)
    least = _unusual(sums)
    samples, places, heights = [], [], []
    left = sums.copy()
    for _ in range(_A_SAMPLE):
        best = left.argmax(axis=1)
        height = left[np.arange(len(left)), best]
        good = np.flatnonzero(height > least)
        samples.append(good)
        places.append(best[good])
        heights.append(height[good])
        left[np.abs(np.arange(left.shape[1]) - best[:, None]) < width] = 0
    order = np.argsort(-np.concatenate(heights), kind="stable")[:_MOST_WINDOWS]
    sample, place = np.concatenate(samples)[order], np.concatenate(places)[order]
    reach = place[:, None] + np.arange(width + 2 * _FLANK)
    around = ((0, 0), (_FLANK, _FLANK), (0, 0))
    return _Windows(np.pad(values, around)[sample[:, None], reach], np.pad(stand, around)[sample[:, None], reach])


def _unusual(sums: np.ndarray) -> float:
    """The sum from which a window stands out among all."""
    import numpy as np

    middle = float(np.median(sums))
    spread = 1.4826 * float(np.median(np.abs(sums - middle)))
    return middle + _UNUSUAL * spread


@dataclasses.dataclass(frozen=True)
class _Shares:
    """Which cluster each window is of, by how much it is shifted against it, and whether it is turned."""

    cluster: np.ndarray
    shift: np.ndarray
    turned: np.ndarray


def _clusters(adds: np.ndarray, complement: Sequence[int]) -> tuple[_Shares, int]:
    """Windows, those that add most first, join the cluster that they are most like or begin one; then each once more, since clusters
    have become clear."""
    import numpy as np

    views = _views(adds, complement)
    flat = views / np.maximum(np.linalg.norm(views, axis=-1, keepdims=True), 1e-12)
    sums = np.zeros((0, flat.shape[-1]))
    for view in flat:
        likeness = _likeness(view, sums)
        best = np.unravel_index(likeness.argmax(), likeness.shape) if len(sums) else (0, 0)
        if len(sums) and likeness[best] >= _ALIKE:
            sums[best[1]] += view[best[0]]
        elif len(sums) < _MOST_CLUSTERS:
            sums = np.concatenate([sums, view[_FLANK][None]])
    found = np.stack([_likeness(view, sums) for view in flat])
    best = found.reshape(len(found), -1).argmax(axis=1)
    view, cluster = best // len(sums), best % len(sums)
    alike = found.reshape(len(found), -1)[np.arange(len(found)), best] >= _ALIKE
    shifts = 2 * _FLANK + 1
    return _Shares(np.where(alike, cluster, -1), view % shifts - _FLANK, view >= shifts), len(sums)


def _likeness(view: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """float [views, clusters]: cosines."""
    import numpy as np

    return view @ (sums / np.maximum(np.linalg.norm(sums, axis=-1, keepdims=True), 1e-12)).T


def _views(adds: np.ndarray, complement: Sequence[int]) -> np.ndarray:
    """float [windows, views, values]: each window at every shift, then the same of its other strand."""
    import numpy as np

    strands = [adds, adds[:, ::-1][:, :, list(complement)]] if complement else [adds]
    shifts = range(-_FLANK, _FLANK + 1)
    views = [_shifted(item, shift) for item in strands for shift in shifts]
    return np.stack(views, axis=1).reshape(len(adds), len(views), -1)


def _shifted(windows: np.ndarray, shift: int) -> np.ndarray:
    """Windows moved to the right by so many positions, with nothing where they have left."""
    import numpy as np

    if not shift:
        return windows
    empty = np.zeros_like(windows[:, : abs(shift)])
    return np.concatenate([empty, windows[:, :-shift]] if shift > 0 else [windows[:, -shift:], empty], axis=1)


def _motif(windows: _Windows, shift: np.ndarray, turned: np.ndarray, complement: Sequence[int], background: np.ndarray) -> Motif:
    """The letters of one cluster, without ends that tell little."""
    import numpy as np

    stand = _aligned(windows.stand, shift, turned, complement).sum(axis=0)
    adds = _aligned(windows.adds, shift, turned, complement).sum(axis=(1, 2))
    whole = Motif("", stand.astype("float64"), len(shift), float(adds.mean()))
    telling = np.flatnonzero((whole.information(background).sum(axis=1) >= _LEAST_BITS) & (stand.sum(axis=1) >= 0.5 * len(shift)))
    if not len(telling):
        return dataclasses.replace(whole, counts=whole.counts[:0])
    return dataclasses.replace(whole, counts=whole.counts[telling[0] : telling[-1] + 1])


def _aligned(windows: np.ndarray, shift: np.ndarray, turned: np.ndarray, complement: Sequence[int]) -> np.ndarray:
    """Windows as their cluster has them."""
    import numpy as np

    new = windows.copy()
    if complement:
        new[turned] = windows[turned][:, ::-1][:, :, list(complement)]
    for step in np.unique(shift):
        own = shift == step
        new[own] = _shifted(new[own], int(step))
    return new
