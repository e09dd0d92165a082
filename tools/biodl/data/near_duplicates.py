"""Near copies: samples so alike that one in training gives away the other in a test. What all kinds of data share of the search.

No two samples are compared without a reason: samples get keys such that near copies probably have one in common, and those that do are
held against each other (banding: Broder 1997, On the resemblance and containment of documents; linear in the number of samples as in
Steinegger and Söding 2018, Clustering huge protein sequence sets in linear time).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_SMALL = 8
"""Samples of one key that are all held against each other; of more, each is held against the first and its next neighbours."""
_NEIGHBOURS = 4


def sharing(keys: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of two entries with the same key, the earlier first; a few times as many as there are entries, at most.

    Args:
        keys: [entries], equal ones beside each other.

    Yields:
        int [pairs] twice.
    """
    import numpy as np

    first = np.arange(len(keys)) == 0
    first[1:] |= keys[1:] != keys[:-1]
    start = np.flatnonzero(first)
    size = np.diff(np.r_[start, len(keys)])
    own_start, own_size = np.repeat(start, size), np.repeat(size, size)
    places = np.arange(len(keys))
    for step in range(1, _SMALL):
        left = places[: max(0, len(keys) - step)]
        mates = keys[left] == keys[left + step]
        if step > _NEIGHBOURS:
            mates &= own_size[left] <= _SMALL
        left = left[mates]
        yield left, left + step
    far = (own_size > _SMALL) & (places - own_start > _NEIGHBOURS)
    yield own_start[far], places[far]


def joined(labels: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """int [samples]: ``labels`` once samples ``left`` and ``right`` [pairs], and so on in chains, share theirs."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(left):
        return labels
    count = int(labels.max()) + 1
    graph = coo_array((np.ones(len(left), dtype=bool), (labels[left], labels[right])), shape=(count, count))
    return connected_components(graph, directed=False)[1][labels]


def scattered(values: np.ndarray) -> np.ndarray:
    """uint64 [values]: a hash of each, so that the smallest ones are as good as drawn at random (SplitMix64: Steele and others 2014)."""
    import numpy as np

    mixed = values.astype("uint64") + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
