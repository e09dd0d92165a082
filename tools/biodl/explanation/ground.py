"""What samples of a kind are compared with, and what their parts are: all that integrated gradients and deletion ask of a kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .attribution import Subject
from .cut import Cut

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class Ground:
    """The baseline of a kind of data, and the way from what enters the network to what users know.

    Attributes:
        words: the baseline in words, to follow "compared with".
        baseline: from the cut, encoded samples and x to the baseline of each, float32 as x; see :class:`.cut.Cut`.
        folded: from the cut, encoded samples and values as x to values as :class:`.attribution.Attributions` has them; sums are kept.
        spread: from the cut and units that are gone, bool [samples, units], to bool that fits x: what stands at the baseline.
        axes: from the encoding to the names along the axes of a sample.
    """

    words: str
    baseline: Callable[[Cut, np.ndarray, np.ndarray], np.ndarray]
    folded: Callable[[Cut, np.ndarray, np.ndarray], np.ndarray]
    spread: Callable[[Cut, np.ndarray], np.ndarray]
    axes: Callable[[Any], Mapping[str, Sequence[str]]]


_LIMIT = 1e-6


def nothing(cut: Cut, encoded: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Zeros as a baseline: a mean where encoding standardises, an empty vector where words are learned."""
    import numpy as np

    return np.zeros_like(x)


def almost(baseline: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The baseline, by a millionth of the way to the sample: networks that leave out steps without content would take the baseline itself
    for an empty sample, and would jump there."""
    import numpy as np

    return baseline + np.float32(_LIMIT) * (x - baseline)


def removed(ground: Ground, subject: Subject, raw: dict[str, Any], targets: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """What the network says of the targets when some units stand at the baseline.

    Args:
        ground: of the kind of data.
        subject: the network.
        raw: inputs of the samples, which are encoded once.
        targets: int [samples].
        gone: bool [samples, units], or several of these, [variants, samples, units].

    Returns:
        float64 [samples], or [variants, samples].
    """
    import numpy as np

    cut, said = subject.cut, []
    variants = gone if gone.ndim == 3 else gone[None]
    for part, encoded in cut.pieces(raw):
        x = cut.start(encoded)
        nothing_there = almost(ground.baseline(cut, encoded, x), x)
        lefts = (np.where(ground.spread(cut, one[part]), nothing_there, x) for one in variants)
        said.append(np.stack([cut.explained(encoded, left, targets[part]) for left in lefts]))
    whole = np.concatenate(said, axis=1) + subject.opened.task.explained_from()
    return whole if gone.ndim == 3 else whole[0]
