"""Columns that say nearly the same: permuted one by one they hide each other, so they are permuted together.

Rank correlations and hierarchical clustering, as scikit-learn's user guide advises for permutation importance; average linkage, cut
where the mean absolute rank correlation falls below 0.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ALIKE = 0.8
"""Mean absolute rank correlation (Spearman) from which columns are one group."""


def rank_correlations(columns: np.ndarray) -> np.ndarray:
    """float64 [columns, columns]: Spearman's rank correlations; 0 with a column that is constant, 1 on the diagonal.

    Args:
        columns: float [samples, columns]; NaN counts as a rank in the middle.
    """
    import numpy as np
    import pandas as pd

    places = pd.DataFrame(columns).rank()
    ranks = places.fillna(places.mean()).fillna(0.0).to_numpy()
    centred = ranks - ranks.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)
    found = np.clip(unit.T @ unit, -1, 1)
    np.fill_diagonal(found, 1.0)
    return found


def groups_of_twins(columns: np.ndarray) -> list[list[int]]:
    """Positions of columns, those in one list that say nearly the same, in the order of their first; every column once.

    Args:
        columns: float [samples, columns].
    """
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    count = columns.shape[1]
    if count < 2 or len(columns) < 3:
        return [[position] for position in range(count)]
    apart = 1 - np.abs(rank_correlations(columns))
    np.fill_diagonal(apart, 0.0)
    numbers = fcluster(linkage(squareform((apart + apart.T) / 2, checks=False), "average"), 1 - ALIKE, "distance")
    groups: dict[int, list[int]] = {}
    for position, number in enumerate(numbers.tolist()):
        groups.setdefault(number, []).append(position)
    return list(groups.values())
