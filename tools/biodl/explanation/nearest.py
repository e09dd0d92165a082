"""Nearest training samples: "it looks like these", by distance in the last hidden layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

NEIGHBOURS = 5


def nearest(features: np.ndarray, training: np.ndarray, count: int = NEIGHBOURS) -> tuple[np.ndarray, np.ndarray]:
    """The ``count`` nearest of training samples for each sample, the nearest first.

    Args:
        features: float [samples, values] of the last hidden layer.
        training: the same of training samples.

    Returns:
        Positions of training samples, int [samples, count], and Euclidean distances, float64; fewer where there are fewer.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(count, len(training))).fit(training.astype("float64"))
    distances, rows = search.kneighbors(features.astype("float64"))
    return rows, distances
