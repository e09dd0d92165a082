"""Whether new samples are like those of training: how far they lie from them in the network's last hidden layer.

The layer's values over the training part are summarised by their mean and widest directions (probabilistic principal components; Tipping
and Bishop 1999), and the distance is that of Mahalanobis (as Lee et al. 2018 have it for networks). What distance is usual is told by the
validation part, which the network did not learn: a sample is unlike training where it lies beyond the outer fence of these distances
(Tukey 1977: three times the middle half above its upper end, here of logarithms) and beyond each of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from ..errors import counted, listing
from ..stored import check_distinct, check_fields, demand, known_fields
from .assemble import HEAD

if TYPE_CHECKING:
    import numpy as np

_NUMBERS, _AXES, _DISTANCES, _LETTERS = 4000, 10, 100, 30_000
"""Bounds of what is kept, so that a file grows by less than 100 kB: numbers of mean and axes, axes, quantiles of distances, and signs of
columns with their ranges, of which each has its name and about 30 more."""
_DIGITS, _EXACT = 5, 9
"""Of numbers that make a distance, and of ranges: these are float32, and a range of dates or positions is narrow beside its numbers."""
MOST_SAMPLES = 5000
"""So many training samples and no more are looked at: a mean and some directions need no more."""
_LEAST = 8
"""Validation samples that tell which distance is usual."""
_BEYOND = 0.5
"""Widths of a column's range by which a number must lie outside of it to be told."""
_SMALL = 1e-12


@dataclasses.dataclass(frozen=True)
class Likeness:
    """What a model file keeps; no sample is among it.

    Attributes:
        mean: of each value of the layer.
        axes: unit vectors of its widest directions.
        spreads: variance along each axis.
        rest: mean variance in what the axes leave.
        distances: of the validation part, up to 100 quantiles, from the smallest to the largest.
        columns: numeric columns of a table whose range is known.
        lows, highs: their ranges in the training part.
    """

    mean: tuple[float, ...]
    axes: tuple[tuple[float, ...], ...]
    spreads: tuple[float, ...]
    rest: float
    distances: tuple[float, ...]
    columns: tuple[str, ...] = ()
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()

    @classmethod
    def fit(cls, training: np.ndarray, validation: np.ndarray, ranges: dict[str, tuple[float, float]]) -> Self | None:
        """Summarise; None where there is nothing to go by.

        Args:
            training, validation: float [samples, values] of the layer.
            ranges: lowest and highest number of columns.
        """
        import numpy as np

        width = training.shape[1]
        if why_unchecked(training, validation):
            return None
        centred = training.astype("float64") - (mean := training.mean(axis=0, dtype="float64"))
        total = float((centred**2).sum()) / (len(training) - 1)
        spreads, axes = _widest(centred, min(_AXES, _NUMBERS // width - 1, width, len(training) - 1))
        count = len(spreads)
        rest = max(total - float(spreads.sum()), 0.0) / max(width - count, 1)
        kept = _first(ranges)
        found = cls(
            mean=_short(mean),
            axes=tuple(map(_short, axes)),
            spreads=_short(spreads),
            rest=max(rest, _SMALL, 1e-3 * float(spreads.mean() if count else 0)),
            distances=(),
            columns=tuple(kept),
            lows=_short(np.array([low for low, _ in kept.values()]), _EXACT),
            highs=_short(np.array([high for _, high in kept.values()]), _EXACT),
        )
        usual = found.distance(validation)
        return dataclasses.replace(found, distances=_short(np.quantile(usual, np.linspace(0, 1, min(len(usual), _DISTANCES)))))

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """What a model file holds.

        Raises:
            UnfitError: when it is of another type or does not hold together.
        """
        what = "what it says of its training samples"
        check_fields(cls, stored, what)
        known = known_fields(cls, stored)
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
        found = cls(**values | {"axes": tuple(map(tuple, stored["axes"]))})
        fits = len(found.axes) == len(found.spreads) and all(len(axis) == len(found.mean) for axis in found.axes)
        demand(fits and len(found.mean) > 0, f"{what} has axes that do not fit")
        demand(found.rest > 0 and all(spread > 0 for spread in found.spreads), f"{what} has no spread")
        ordered = list(found.distances) == sorted(found.distances) and len(found.distances) > 1
        demand(ordered and found.distances[0] >= 0, f"{what} has no distances in order")
        check_distinct(found.columns, "column")
        demand(len(found.columns) == len(found.lows) == len(found.highs), f"{what} has ranges that do not fit its columns")
        return found

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def distance(self, features: np.ndarray) -> np.ndarray:
        """float64 [samples] from values of the layer [samples, values]."""
        import numpy as np

        away = features.astype("float64") - np.array(self.mean)
        along = away @ np.array(self.axes).T if self.axes else np.zeros((len(away), 0))
        beside = np.maximum((away**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        return np.sqrt((along**2 / np.array(self.spreads)).sum(axis=1) + beside / self.rest)

    @property
    def limit(self) -> float:
        """Distance beyond which a sample is unlike training."""
        import numpy as np

        first, third = np.log(np.maximum(np.quantile(self.distances, [0.25, 0.75]), _SMALL))
        return float(max(np.exp(third + 3 * (third - first)), self.distances[-1]))

    def unlike(self, features: np.ndarray) -> np.ndarray:
        """bool [samples]: whether each lies far outside of what training saw."""
        return self.distance(features) > self.limit

    def out_of_range(self, ranges: Mapping[str, tuple[float, float]]) -> list[str]:
        """Columns whose lowest or highest number lies outside the range of training by more than half its width: a little outside is what
        many columns of any new file are."""
        known = {
            name: (low - _BEYOND * (high - low), high + _BEYOND * (high - low))
            for name, low, high in zip(self.columns, self.lows, self.highs, strict=True)
        }
        return [name for name, (low, high) in ranges.items() if name in known and (low < known[name][0] or high > known[name][1])]


def on_likeness(unlike: int, samples: int, columns: Sequence[str]) -> str:
    """A warning in a sentence, or nothing: so many samples lie far from training, and these columns far outside of their ranges."""
    outside = f"numbers of {listing(columns, 5)} lie far outside the range of training" if columns else ""
    if not unlike:
        return f"Mind that {outside}." if outside else ""
    lie = f"{unlike} of {samples} samples lie" if unlike > 1 else f"1 of {samples} samples lies"
    far = f"{lie} far from all that training saw: do not rely on what is predicted for them"
    return f"{far}; {outside}." if outside else f"{far}."


def why_unchecked(training: np.ndarray | None, validation: np.ndarray | None) -> str:
    """A sentence on why nothing is kept by which samples could be held against training, or nothing.

    Args:
        training, validation: float [samples, values] of the layer; None where :func:`features_of` gives none.
    """
    import numpy as np

    if training is None or validation is None or training.shape[1] > _NUMBERS:
        reason = f"its last hidden layer, over all members, has more than {_NUMBERS} values"
    elif min(len(validation), len(training)) < _LEAST:
        reason = f"that takes {_LEAST} training and {_LEAST} validation samples or more"
    elif not (np.isfinite(training).all() and np.isfinite(validation).all()):
        reason = "its last hidden layer gives values that are no numbers"
    else:
        return ""
    return f"The network cannot tell whether new samples are unlike those of training: {reason}."


def on_unwatched(kept: int, columns: int) -> str:
    """A sentence where the range in training is not known of all numeric columns, or nothing."""
    if kept >= columns:
        return ""
    watched = f"{kept} of {counted(columns, 'numeric column')}"
    return f"Numbers far outside the range of training are looked for in {watched}: of the others the model file keeps no range."


UNCHECKED = "Whether samples are unlike those of training is not known: the model file keeps nothing to tell it by."
"""What is said of a model file without any :class:`Likeness`."""


def features_of(model: Any) -> Any | None:
    """What enters the head of a network, of all members one after the other: a tensor [samples, values]; None without a head, or where
    these are too many values to keep anything of them."""
    import keras

    if HEAD not in {layer.name for layer in model.layers}:
        return None
    features = model.get_layer(HEAD).input
    if math.prod(features.shape[1:]) > _NUMBERS:
        return None
    return features if len(features.shape) == 2 else keras.layers.Flatten()(features)


def _first(ranges: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """As many ranges of columns as find room."""
    kept, letters = {}, 0
    for name, ends in ranges.items():
        letters += len(name.encode()) + 30
        if letters > _LETTERS:
            break
        kept[name] = ends
    return kept


def _widest(centred: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Variances [up to ``most`` that are not 0] along the widest directions, the largest first, and these as unit vectors.

    By the eigenvectors of the smaller square matrix: all singular vectors of 5000 samples of 1000 values would take half a minute.
    """
    import numpy as np
    from scipy.linalg import eigh

    samples, width = centred.shape
    if most < 1 or not centred.any():
        return np.zeros(0), np.zeros((0, width))
    tall = samples >= width
    square = centred.T @ centred if tall else centred @ centred.T
    found, vectors = eigh(square, subset_by_index=(len(square) - most, len(square) - 1))
    kept = found[::-1] > _SMALL * found[-1]
    found, vectors = found[::-1][kept], vectors.T[::-1][kept]
    axes = vectors if tall else vectors @ centred / np.sqrt(found)[:, None]
    return found / (samples - 1), axes


def _short(values: np.ndarray, digits: int = _DIGITS) -> tuple[float, ...]:
    """Numbers with few digits, which is all that a distance needs."""
    return tuple(float(f"{value:.{digits}g}") for value in values.tolist())
