"""Near duplicates: samples so alike that one in training gives away the other in a test."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .fingerprints import hash_arrays, number_equal

if TYPE_CHECKING:
    import numpy as np

    from .files.pixels import Store

_SHARE, _MOST_CHANGES = 0.05, 3
_LARGEST_BUCKET = 200
_SIDE, _GREYS = 8, 16


def alike_sequences(texts: list[str]) -> np.ndarray:
    """int [samples]: sequences of one length that differ in at most 5 % of letters (and at most 3) share a number, and so on in chains.

    Of two sequences with so many changes at least one piece is equal when each is cut into one piece more: only
    those that share a piece are compared.
    """
    import numpy as np

    texts = [text.upper() for text in texts]
    buckets: dict[tuple, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        pieces = _changes(len(text)) + 1
        edges = [len(text) * piece // pieces for piece in range(pieces + 1)]
        for piece in range(pieces):
            buckets[len(text), piece, text[edges[piece] : edges[piece + 1]]].append(row)
    letters = [np.frombuffer(text.encode(), dtype="uint8") for text in texts]
    pairs = []
    for (length, *_), rows in buckets.items():
        if len(rows) < 2 or length == 0:
            continue
        rows = rows[:_LARGEST_BUCKET]
        block = np.stack([letters[row] for row in rows])
        for position in range(len(rows) - 1):
            close = np.flatnonzero((block[position + 1 :] != block[position]).sum(axis=1) <= _changes(length))
            pairs += [(rows[position], rows[position + 1 + other]) for other in close]
    return _connected(pairs, len(texts))


def _changes(length: int) -> int:
    return min(_MOST_CHANGES, int(length * _SHARE))


def _connected(pairs: list[tuple[int, int]], samples: int) -> np.ndarray:
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left, right = np.array(pairs, dtype=int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(samples, samples))
    return connected_components(graph, directed=False)[1]


def alike_images(pixels: Store) -> np.ndarray:
    """int [samples]: images that are equal once shrunk to 8 x 8 pixels and 16 greys of their own range share a number."""
    import numpy as np

    codes = np.empty(len(pixels), dtype="uint64")
    for row in range(len(pixels)):
        picture = _shrunk(pixels[row : row + 1][0])
        low, high = picture.min(), picture.max()
        greys = ((picture - low) / ((high - low) or 1) * (_GREYS - 1)).round().astype("uint8")
        codes[row] = hash_arrays([greys])[0]
    return number_equal(codes)


def small_pictures(pixels: Store) -> np.ndarray:
    """float32 [samples, height, width]: images of one grey, shrunk to at most 8 x 8 pixels."""
    import numpy as np

    return np.stack([_shrunk(pixels[row : row + 1][0]) for row in range(len(pixels))]).astype("float32")


def _shrunk(image: np.ndarray) -> np.ndarray:
    """Mean over channels, and over blocks of pixels so that at most 8 x 8 are left."""
    import numpy as np

    picture = image.mean(axis=2)
    for axis in (0, 1):
        size = picture.shape[axis]
        edges = (np.arange(min(_SIDE, size)) * size) // min(_SIDE, size)
        picture = np.add.reduceat(picture, edges, axis=axis) / np.diff([*edges, size]).reshape((-1, 1) if axis == 0 else (1, -1))
    return picture
