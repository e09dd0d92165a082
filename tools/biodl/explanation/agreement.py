"""Whether the members of an ensemble say what they say for the same reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..networks.ensemble import MEMBERS
from .attribution import Subject

if TYPE_CHECKING:
    import numpy as np


def each_member(subject: Subject) -> Iterator[Subject]:
    """Every member of an ensemble as a network of its own."""
    import keras

    each = subject.model.get_layer(MEMBERS).output
    for number in range(subject.opened.members):
        yield subject.with_model(keras.Model(subject.model.inputs, each[:, number], name=f"member_{number + 1}"))


def mean_agreement(units: list[np.ndarray], held: np.ndarray) -> np.ndarray:
    """float64 [samples]: mean rank correlation of every two members' explanations; NaN where none can be told.

    Args:
        units: float [samples, parts] of each member.
        held: bool [samples, parts].
    """
    import itertools

    import numpy as np

    from .likewise import rank_correlation

    pairs = np.stack([rank_correlation(one, other, held) for one, other in itertools.combinations(units, 2)])
    known = ~np.isnan(pairs)
    counts = known.sum(axis=0)
    return np.divide(np.where(known, pairs, 0).sum(axis=0), counts, out=np.full(pairs.shape[1], np.nan), where=counts > 0)
