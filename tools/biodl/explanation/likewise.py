"""How alike two explanations of one sample are: Spearman's rank correlation of its parts, and of images the structural similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LEAST_PARTS = 5
"""Below so many parts a rank correlation says nothing."""


def likeness(mine: np.ndarray, other: np.ndarray, held: np.ndarray) -> np.ndarray:
    """float64 [samples]: rank correlation of explanations with those of a control; NaN where there is nothing to compare: fewer than five
    parts, or all of them said to be the same. 0 where the control alone gives all parts the same: it does say something else.

    Args:
        mine, other: float [samples, parts].
        held: bool [samples, parts].
    """
    import numpy as np

    tells = np.array([inside.sum() >= LEAST_PARTS and np.ptp(row[inside]) > 0 for row, inside in zip(mine, held, strict=True)], dtype=bool)
    return np.where(tells, np.nan_to_num(rank_correlation(mine, other, held)), np.nan)


def rank_correlation(one: np.ndarray, other: np.ndarray, held: np.ndarray) -> np.ndarray:
    """float64 [samples]: Spearman's rank correlation of the parts that a sample holds, signs and all; NaN where an explanation gives all
    parts the same, or there are fewer than five.

    Args:
        one, other: float [samples, parts].
        held: bool [samples, parts].
    """
    import numpy as np
    import pandas as pd  # scipy.stats, which ranks too, takes a second to import

    counts = held.sum(axis=1)
    found = np.full(len(one), np.nan)
    deviations = []
    for values in (one, other):
        ranks = pd.DataFrame(np.where(held, values, np.nan)).rank(axis=1).to_numpy()
        deviations.append(np.where(held, ranks - (np.nansum(ranks, axis=1) / np.maximum(counts, 1))[:, None], 0.0))
    a, b = deviations
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    tells = (counts >= LEAST_PARTS) & (spread > 0)
    found[tells] = np.clip((a * b).sum(axis=1)[tells] / spread[tells], -1, 1)
    return found


def structural_similarity(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """float64 [samples]: SSIM (Wang et al. 2004) of two maps of each image, its channels added up, each brought to a largest value of 1.

    Args:
        one, other: float [samples, height, width, channels].
    """
    import numpy as np
    import tensorflow as tf

    def scaled(maps: np.ndarray) -> np.ndarray:
        whole = maps.sum(axis=3, keepdims=True).astype("float32")
        largest = np.abs(whole).max(axis=(1, 2, 3), keepdims=True)
        return np.divide(whole, largest, out=np.zeros_like(whole), where=largest > 0)

    size = min(11, one.shape[1], one.shape[2])
    return np.asarray(tf.image.ssim(scaled(one), scaled(other), max_val=2.0, filter_size=size), dtype="float64")
