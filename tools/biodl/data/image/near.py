"""Near copies of images: mirrored or turned by quarters, brighter or darker, compressed or with a little noise.

Two images are near when their pictures of 32 x 32 pixels and one grey correlate by 0.99 or more in one of the eight ways in which a square
can be laid on itself. Which are compared is found by signs of their low frequencies (the idea of pHash: Zauner 2010, Implementation and
benchmarking of perceptual image hash functions), in which a mirror is a change of sign, and a turn an exchange of rows and columns too.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..near_duplicates import joined, scattered, sharing
from .shrunk import small_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from ..files.pixels import Store

_SIDE, _GREYS = 32, 255
_ALIKE = 0.99
"""Correlation of two small pictures."""
_WAVES = 5
"""Frequencies along each side that tell what a picture shows."""
_BANDS, _SIGNS = 48, 16
"""Keys of a picture, and signs that each is made of."""
_FLAT = 1e-3
"""Part of a frequency in a picture, below which it has no sign."""
_ROUNDING = 1e-6
"""Range of a picture's greys, as a share of the greatest, that comes of adding them up."""
_ROUND = 4096
"""Pictures, or pairs of them, that are held at a time."""


def near_images(stores: Sequence[Store]) -> np.ndarray:
    """int [samples]: near copies, and so on in chains, share a number.

    Args:
        stores: of images, those of one after those of the other.
    """
    import numpy as np

    greys, plain = zip(*(_in_greys(piece) for store in stores for piece in small_pieces(store, _SIDE)), strict=True)
    pictures, single = np.concatenate(greys), np.concatenate(plain)
    pictures, own = np.unique(pictures, axis=0, return_inverse=True)  # in an order that does not hang on that of samples
    own = own.reshape(-1)
    labels = np.arange(len(pictures))
    shown = np.flatnonzero(pictures.min(axis=1) < pictures.max(axis=1))
    if len(shown) < 2:
        return _apart(labels[own], single)
    keys = np.concatenate([_keys(pictures[shown[first : first + _ROUND]]) for first in range(0, len(shown), _ROUND)])
    for band in range(_BANDS):
        order = np.lexsort((shown, keys[:, (band + 1) % _BANDS], keys[:, band]))
        for first, second in sharing(keys[order, band]):
            left, right = shown[order[first]], shown[order[second]]
            apart = labels[left] != labels[right]
            left, right = left[apart], right[apart]
            alike = _alike(pictures, left, right)
            labels = joined(labels, left[alike], right[alike])
    return _apart(labels[own], single)


def _apart(labels: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Labels in which pictures of a ``single`` grey [samples], else NaN, share theirs with those of the same grey alone."""
    import numpy as np

    flat = np.flatnonzero(~np.isnan(single))
    labels = labels.copy()
    labels[flat] = len(labels) + np.unique(single[flat], return_inverse=True)[1]
    return labels


def _in_greys(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint8 [samples, pixels]: each picture in greys of its own range, all 0 where it has a single grey; float32 [samples]: that grey, or
    NaN."""
    import numpy as np

    flat = pictures.reshape(len(pictures), -1)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    seen = high - low > _ROUNDING * np.maximum(np.abs(low), np.abs(high))
    greys = np.where(seen, np.rint((flat - low) / np.where(seen, high - low, 1) * _GREYS), 0).astype("uint8")
    return greys, np.where(seen, np.nan, high)[:, 0]


def _centred(pictures: np.ndarray) -> np.ndarray:
    """float32 [pictures, side, side]: with mean 0 and length 1, so that products are correlations."""
    import numpy as np

    values = pictures.astype("float32")
    values -= values.mean(axis=1, keepdims=True)
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).reshape(-1, _SIDE, _SIDE)


def eight_ways(pictures: np.ndarray) -> list[np.ndarray]:
    """Square pictures [samples, side, side, ...], mirrored and turned in all eight ways, as they are first."""
    import numpy as np

    return [np.rot90(way, quarters, axes=(1, 2)) for way in (pictures, pictures[:, :, ::-1]) for quarters in range(4)]


def _alike(pictures: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """bool [pairs]."""
    import numpy as np

    found = np.zeros(len(left), dtype=bool)
    for first in range(0, len(left), _ROUND):
        rows = slice(first, first + _ROUND)
        one, other = _centred(pictures[left[rows]]), _centred(pictures[right[rows]])
        best = np.max([np.einsum("nij,nij->n", one, way) for way in eight_ways(other)], axis=0)
        found[rows] = best >= _ALIKE
    return found


def _keys(pictures: np.ndarray) -> np.ndarray:
    """uint64 [pictures, bands]: of the eight ways to lay a picture the smallest hash of some signs, so that all eight have the same."""
    import numpy as np

    waves, chosen = _cosines()
    found = waves @ _centred(pictures) @ waves.T
    place = np.arange(_WAVES)
    mirrored = np.where(place % 2, -1, 1).astype("float32")
    keys = np.full((len(pictures), _BANDS), np.iinfo("uint64").max, dtype="uint64")
    powers = np.uint64(1) << np.arange(_SIGNS, dtype="uint64")
    names = np.arange(_BANDS, dtype="uint64") << np.uint64(32)
    for turned in (found, found.transpose(0, 2, 1)):
        for across in (1, mirrored):
            for down in (1, mirrored[:, None]):
                signs = (turned * across * down).reshape(len(found), -1) > _FLAT
                keys = np.minimum(keys, scattered((signs[:, chosen] * powers).sum(axis=2, dtype="uint64") + names))
    return keys


@functools.cache
def _cosines() -> tuple[np.ndarray, np.ndarray]:
    """Cosines of the lowest frequencies, float32 [waves, side], and which signs make each key, int [bands, signs]; not the mean."""
    import numpy as np

    waves = np.cos(np.pi * np.arange(_WAVES)[:, None] * (2 * np.arange(_SIDE) + 1) / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    random = np.random.default_rng(0)
    chosen = [1 + random.permutation(_WAVES**2 - 1)[:_SIGNS] for _ in range(_BANDS)]
    return waves.astype("float32"), np.array(chosen)
