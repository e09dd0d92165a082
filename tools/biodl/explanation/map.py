"""What a network has learned, in two dimensions: values of its last hidden layer along their two widest directions (principal components).

UMAP would show neighbourhoods better, but brings numba and llvmlite, and compiles for a minute in each job.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from ..networks.assemble import HEAD
from ..networks.running import run_model
from .attribution import Subject

if TYPE_CHECKING:
    import numpy as np


def features_of(subject: Subject) -> int:
    """Values of one sample in the last hidden layer."""
    return math.prod(size or 1 for size in subject.model.get_layer(HEAD).input.shape[1:])


def hidden_layer(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """float32 [samples, values] of what enters the head, of all members of an ensemble one after the other."""
    import keras

    features = subject.model.get_layer(HEAD).input
    flat = features if len(features.shape) == 2 else keras.layers.Flatten()(features)
    return run_model(keras.Model(subject.model.inputs, flat), raw)


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

    centred = features.astype("float64") - features.mean(axis=0, dtype="float64")
    total = float((centred**2).sum())
    left, lengths, right = np.linalg.svd(centred, full_matrices=False)
    count = min(2, len(lengths))
    signs = np.sign(right[np.arange(count), np.abs(right[:count]).argmax(axis=1)])  # the same picture on every machine
    places, shares = np.zeros((len(features), 2)), [0.0, 0.0]
    places[:, :count] = left[:, :count] * lengths[:count] * signs
    if total > 0:
        shares[:count] = (lengths[:count] ** 2 / total).tolist()
    return Map(places, (shares[0], shares[1]))
