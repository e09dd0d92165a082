"""Images as small pictures of one grey, by which they are compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ..files.pixels import Store


def small_pictures(pixels: Store, side: int = 8) -> np.ndarray:
    """float32 [samples, side, side]: the mean over channels and areas; a mirrored or turned image gives the mirrored or turned picture."""
    import numpy as np

    return np.concatenate([np.zeros((0, side, side), dtype="float32"), *small_pieces(pixels, side)])


def small_pieces(pixels: Store, side: int) -> Iterator[np.ndarray]:
    """The same, as many at a time as may be held."""
    height, width, _ = pixels.image_shape
    rows, columns = _areas(height, side), _areas(width, side)
    for piece in pixels.pieces():
        yield (rows @ piece.mean(axis=3, dtype="float64") @ columns.T).astype("float32")


def _areas(size: int, side: int) -> np.ndarray:
    """float64 [side, size]: share of each of ``size`` pixels in each of ``side`` areas of equal extent."""
    import numpy as np

    edges = np.arange(side + 1) * size / side
    pixels = np.arange(size)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.clip(covered, 0, None) * side / size
