"""Whether the members of an ensemble say what they say for the same reasons."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from ..networks.ensemble import member_of, of_member, without_member
from .attribution import Subject
from .likewise import rank_correlation
from .randomised import layers_with_weights, lent

if TYPE_CHECKING:
    import numpy as np


def each_member(subject: Subject) -> Generator[Subject]:
    """Every member of an ensemble, as the ensemble of which all members are like this one; each ends with the next, and the network is as
    before when the last one has ended."""
    members, layers = subject.opened.members, layers_with_weights(subject.model)
    with lent(subject):
        trained = {layer.name: layer.get_weights() for layer in layers}
        for number in range(1, members + 1):
            for layer in layers:
                if member_of(layer.name):
                    layer.set_weights(trained[of_member(without_member(layer.name), number)])
                else:
                    layer.set_weights([of_one(array, number - 1, members) for array in trained[layer.name]])
            yield subject


def of_one(stacked: np.ndarray, place: int, members: int) -> np.ndarray:
    """Weights of which each member has its own, stacked along the first axis, with those of one member for all."""
    import numpy as np

    return np.tile(stacked.reshape(members, -1)[place], (members, 1)).reshape(stacked.shape)


def mean_agreement(units: Sequence[np.ndarray], held: np.ndarray) -> np.ndarray:
    """float64 [samples]: mean rank correlation of every two members' explanations; NaN where none can be told. A member that gives all
    parts of a sample the same agrees with no other: its correlations count as 0.

    Args:
        units: float [samples, parts] of each member.
        held: bool [samples, parts].
    """
    import numpy as np

    pairs = np.stack([rank_correlation(one, other, held) for one, other in itertools.combinations(units, 2)])
    return np.where(np.isnan(pairs).all(axis=0), np.nan, np.nan_to_num(pairs).mean(axis=0))
