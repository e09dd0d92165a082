"""Nearest training samples: "it looks like these", by distance in the last hidden layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

NEIGHBOURS = 5


def nearest(features: np.ndarray, training: Iterable[np.ndarray], count: int = NEIGHBOURS) -> tuple[np.ndarray, np.ndarray, int]:
    """The ``count`` nearest of training samples for each sample, the nearest first.

    Args:
        features: float [samples, values] of the last hidden layer.
        training: the same of training samples, a piece of them after the other, of which one is held at a time.

    Returns:
        Positions of training samples, int [samples, count], and Euclidean distances, float64; fewer where there are fewer. And how many
        training samples there were.
    """
    import numpy as np
    from sklearn.neighbors import NearestNeighbors

    rows, distances, searched = np.zeros((len(features), 0), dtype=int), np.zeros((len(features), 0)), 0
    for piece in training:
        search = NearestNeighbors(n_neighbors=min(count, len(piece))).fit(piece.astype("float64"))
        further, places = search.kneighbors(features.astype("float64"))
        rows, distances = np.hstack([rows, places + searched]), np.hstack([distances, further])
        best = np.argsort(distances, axis=1, kind="stable")[:, :count]
        rows, distances = np.take_along_axis(rows, best, axis=1), np.take_along_axis(distances, best, axis=1)
        searched += len(piece)
    return rows, distances, searched
