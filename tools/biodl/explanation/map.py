"""What a network has learned, in two dimensions: values of its last hidden layer along their two widest directions (principal components).

UMAP would show neighbourhoods better, but brings numba and llvmlite, and compiles for a minute in each job.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from ..networks.assemble import HEAD
from .attribution import Subject

if TYPE_CHECKING:
    import numpy as np

_NOTHING = 1e-7
"""Below this share of the widest direction another one is rounding: lengths are roots of what was calculated."""


def features_of(subject: Subject) -> int:
    """Values of one sample in the last hidden layer."""
    return math.prod(size or 1 for size in subject.model.get_layer(HEAD).input.shape[1:])


@dataclasses.dataclass(frozen=True)
class Map:
    """Samples in two dimensions.

    Attributes:
        places: float64 [samples, 2].
        shares: of the variance along each of the two directions.
    """

    places: np.ndarray
    shares: tuple[float, float]


def flattened(features: np.ndarray) -> Map:
    """The two widest directions of values [samples, values] (at least two samples); 0 along what is not there."""
    import numpy as np
    import scipy.linalg

    centred = features.astype("float64") - features.mean(axis=0, dtype="float64")
    total = float((centred**2).sum())
    along_samples = len(centred) <= centred.shape[1]
    products = centred @ centred.T if along_samples else centred.T @ centred
    count = min(2, len(products))
    # all vectors, singular ones above all, take far longer
    squares, found = scipy.linalg.eigh(products, subset_by_index=[len(products) - count, len(products) - 1])
    lengths = np.sqrt(np.maximum(squares[::-1], 0))
    lengths[lengths < _NOTHING * max(lengths[0], np.finfo("float64").tiny)] = 0
    widest = found[:, ::-1]
    right = centred.T @ widest if along_samples else widest
    signs = np.sign(right[np.abs(right).argmax(axis=0), np.arange(count)])  # the same picture on every machine
    places, shares = np.zeros((len(features), 2)), [0.0, 0.0]
    places[:, :count] = (widest * lengths if along_samples else centred @ widest) * signs
    if total > 0:
        shares[:count] = (lengths[:count] ** 2 / total).tolist()
    return Map(places, (shares[0], shares[1]))
