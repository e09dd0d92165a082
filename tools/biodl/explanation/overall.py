"""Attributions of many samples together: what speaks for each class on average."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .attribution import GRADCAM, Attributions, Explainer, Subject
from .budget import Budget
from .kinds.explainers import attribute

if TYPE_CHECKING:
    import numpy as np

MOST_SAMPLES = 500
"""Samples over which attributions are averaged; more change a mean hardly."""
_MOST_VALUES = 2**24
SEVERAL = 3
"""Samples in which a word must stand, or that must have a time point, lest the rarest lead every list."""
PIECE = 32
"""Samples that are explained between two looks at the clock."""


def some_rows(samples: int, values: int, most: int, seed: int) -> np.ndarray:
    """Positions of samples drawn at random, in order: no more than ``most``, and than fit in memory with so many values each."""
    import numpy as np

    count = max(1, min(samples, most, _MOST_VALUES // max(1, values)))
    return np.sort(np.random.default_rng(seed).permutation(samples)[:count])


def attributed(
    subject: Subject, raw: dict[str, Any], targets: np.ndarray, method: str, budget: Budget, share: float, piece: int = PIECE
) -> Attributions | None:
    """Attributions of as many of the first samples as the time suffices for; None where it does not for any.

    The clock is looked at after each piece, and a piece in which the time ends is not counted; pieces of networks that fill the memory,
    and so are slow, are small.
    """
    import numpy as np

    if method != GRADCAM:  # which asks the network once
        piece = max(1, min(piece, subject.cut.rows // PIECE))
    found: list[Attributions] = []
    for start in range(0, len(targets), piece):
        whole = len(targets) <= piece  # the same object, by which what is kept of it is known
        inputs = raw if whole else {name: values[start : start + piece] for name, values in raw.items()}
        asked = functools.partial(attribute, subject, inputs, np.asarray(targets[start : start + piece]), method)
        made = budget.made(share, asked)
        if made is None:
            break
        found.append(made)
    return joined(found) if found else None


def joined(pieces: Sequence[Attributions]) -> Attributions:
    """Attributions of pieces of samples one after the other."""
    import numpy as np

    if len(pieces) == 1:
        return pieces[0]
    names = [field.name for field in dataclasses.fields(pieces[0]) if isinstance(getattr(pieces[0], field.name), np.ndarray)]
    each = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in names if name != "values"}
    return dataclasses.replace(pieces[0], values=np.concatenate(padded([piece.values for piece in pieces])), **each)


def padded(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Arrays [samples, parts, ...] with as many parts each: zeros at the end where there are fewer."""
    import numpy as np

    longest = max(array.shape[1] for array in arrays)
    return [np.pad(array, [(0, 0), (0, longest - array.shape[1]), *[(0, 0)] * (array.ndim - 2)]) for array in arrays]


@dataclasses.dataclass(frozen=True)
class Averages:
    """Attributions of parts on average.

    Attributes:
        strength: float64 [parts]: mean of the absolute attributions of all samples.
        by_class: float64 [parts] by class: mean signed attribution to the class, over the samples that the network takes for it.
        samples: by class, how many there are.
        parts: what they are called; None where they do not mean the same in all samples.
    """

    strength: np.ndarray
    by_class: dict[str, np.ndarray]
    samples: dict[str, int]
    parts: list[str] | None = None


def averages(explainer: Explainer, found: Attributions, names: Sequence[str]) -> Averages:
    """Averages by what was explained; ``names``: of :meth:`biodl.tasks.Task.explainable`."""
    import numpy as np

    units = explainer.units(found).astype("float64")
    codes = [code for code in range(len(names)) if (found.targets == code).any()]
    return Averages(
        np.abs(units).mean(axis=0),
        {names[code]: units[found.targets == code].mean(axis=0) for code in codes},
        {names[code]: int((found.targets == code).sum()) for code in codes},
    )


def averages_of_words(units: np.ndarray, texts: Sequence[Sequence[str]], targets: np.ndarray, names: Sequence[str]) -> Averages:
    """Averages of words over all places where they stand, of those that stand in several samples.

    Args:
        units: float [samples, words].
        texts: the words of each sample; those beyond the last unit are not looked at.
        targets: int [samples], places in ``names``.
        names: of what was explained.
    """
    import numpy as np
    import pandas as pd

    rows = [
        (word.casefold(), sample, float(value))
        for sample, words in enumerate(texts)
        for word, value in zip(words, units[sample], strict=False)
    ]
    table = pd.DataFrame(rows, columns=["word", "sample", "value"])
    counts = table.groupby("word")["sample"].nunique()
    table = table[table["word"].isin(counts.index[counts >= SEVERAL])]
    words = sorted(table["word"].unique())
    kinds = table["sample"].map(lambda sample: targets[sample])
    codes = [code for code in range(len(names)) if (targets == code).any()]

    def mean(part: pd.DataFrame) -> np.ndarray:
        return part.groupby("word")["value"].mean().reindex(words).fillna(0.0).to_numpy("float64")

    strength = mean(table.assign(value=table["value"].abs()))
    by_class = {names[code]: mean(table[kinds == code]) for code in codes}
    return Averages(strength, by_class, {names[code]: int(np.sum(targets == code)) for code in codes}, words)
