"""Columns that say nearly the same: permuted one by one they hide each other, so they are permuted together.

Rank correlations and hierarchical clustering, as scikit-learn's user guide advises for permutation importance; average linkage, cut
where the mean falls below 0.8. Of two categories Cramér's V stands in for the rank correlation, of a category and a number the correlation
ratio of its ranks, both without the part that many categories on few samples bring by chance (Bergsma 2013; Kelley 1935).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ALIKE = 0.8
"""Mean absolute rank correlation (Spearman) from which columns are one group."""
_MOST_CATEGORIES = 20


def rank_correlations(columns: np.ndarray) -> np.ndarray:
    """float64 [columns, columns]: Spearman's rank correlations; 0 with a column that is constant, 1 on the diagonal.

    Args:
        columns: float [samples, columns]; NaN counts as a rank in the middle.
    """
    return _correlations(_unit_ranks(columns))


def _correlations(unit: np.ndarray) -> np.ndarray:
    """float64 [columns, columns], from columns of :func:`_unit_ranks`."""
    import numpy as np

    found = np.clip(unit.T @ unit, -1, 1)
    np.fill_diagonal(found, 1.0)
    return found


def _unit_ranks(columns: np.ndarray) -> np.ndarray:
    """float64 [samples, columns]: ranks, centred and of length 1; 0 where a column is constant."""
    import numpy as np
    import pandas as pd

    places = pd.DataFrame(columns).rank()
    ranks = places.fillna(places.mean()).fillna(0.0).to_numpy()
    centred = ranks - ranks.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    return np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)


def likenesses(columns: np.ndarray, categories: np.ndarray, look: Callable[[], None] = lambda: None) -> np.ndarray:
    """float64 [columns, columns], from 0 to 1: how far each column tells every other.

    Args:
        columns: float [samples, columns]; of categories their numbers, in any order.
        categories: bool [columns]: which are categories.
        look: is called before each category, which may be compared with a thousand others.
    """
    import numpy as np

    unit = _unit_ranks(columns)
    found = np.abs(_correlations(unit))
    numbers = np.flatnonzero(~categories)
    ranks = unit[:, numbers]
    own = {place: _indicators(columns[:, place]) for place in np.flatnonzero(categories).tolist()}
    for place, shares in own.items():
        look()
        found[place, numbers] = found[numbers, place] = _ratios(shares, ranks)
        for other in (name for name in own if name < place):
            found[place, other] = found[other, place] = _cramers_v(shares, own[other])
    return found


def _indicators(values: np.ndarray) -> np.ndarray:
    """float64 [samples, categories]: 1 / sqrt(samples of the category) in its own; the rarest beyond the most count as one."""
    import numpy as np

    codes, counts = np.unique(values, return_inverse=True, return_counts=True)[1:]
    order = np.argsort(np.argsort(-counts, kind="stable"), kind="stable")
    codes = np.minimum(order[codes], _MOST_CATEGORIES)
    return np.eye(codes.max() + 1)[codes] / np.sqrt(np.bincount(codes))


def _cramers_v(one: np.ndarray, other: np.ndarray) -> float:
    """Of two columns of categories, without bias; 0 where one of them has a category a sample."""
    samples, rows, columns = len(one), one.shape[1], other.shape[1]
    squared = float(((one.T @ other) ** 2).sum()) - 1
    squared = max(0.0, squared - (rows - 1) * (columns - 1) / (samples - 1))
    least = min(size - (size - 1) ** 2 / (samples - 1) for size in (rows, columns)) - 1
    return float(min(1.0, squared / least) ** 0.5) if least > 1e-9 else 0.0


def _ratios(shares: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """float64 [numbers]: the correlation ratio of each column of ranks (centred, of length 1) within categories, without bias."""
    import numpy as np

    samples, categories = shares.shape
    if samples <= categories:
        return np.zeros(ranks.shape[1])
    within = 1 - ((shares.T @ ranks) ** 2).sum(axis=0)
    unbiased = 1 - within * (samples - 1) / (samples - categories)
    return np.where((ranks != 0).any(axis=0), np.sqrt(np.clip(unbiased, 0, 1)), 0.0)


def groups_of_twins(columns: np.ndarray, categories: np.ndarray | None = None, look: Callable[[], None] = lambda: None) -> list[list[int]]:
    """Positions of columns, those in one list that say nearly the same, in the order of their first; every column once.

    Args:
        columns: float [samples, columns]; of categories their numbers, in any order.
        categories: bool [columns]: which are categories; none if not given.
        look: looks at the clock.
    """
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    count = columns.shape[1]
    if count < 2 or len(columns) < 3:
        return [[position] for position in range(count)]
    apart = 1 - likenesses(columns, np.zeros(count, dtype=bool) if categories is None else categories, look)
    np.fill_diagonal(apart, 0.0)
    numbers = fcluster(linkage(squareform((apart + apart.T) / 2, checks=False), "average"), 1 - ALIKE, "distance")
    groups: dict[int, list[int]] = {}
    for position, number in enumerate(numbers.tolist()):
        groups.setdefault(number, []).append(position)
    return list(groups.values())
