"""Sequences: what each position adds, and what other letters would change."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...data.sequence.alphabet import PROTEIN, reverse_complement
from ..attribution import INTEGRATED, MUTAGENESIS, Attributions, Explainer, Subject
from ..cut import Cut
from ..gradients import integrated
from ..ground import Ground, removed
from ..logos import sequence_panels
from ..meme import words_apart
from ..motifs import Motif, gather
from . import letters
from .mutagenesis import mutagenesis

if TYPE_CHECKING:
    import numpy as np

    from ...data.tokens import TextEncoding
    from ...reporting.plots import Panel


def _baseline(cut: Cut, encoded: np.ndarray, x: np.ndarray) -> np.ndarray:
    """An equal share of each letter, or the mean vector of all of them (of all k-mers), where the sample holds something."""
    import numpy as np

    encoding = cut.encoding
    if not cut.tokens:
        return np.where(x.any(axis=-1, keepdims=True), np.float32(1 / x.shape[-1]), x)
    plain = letters.tokens_of_letters(encoding)
    mean = np.concatenate([vectors[plain].mean(axis=0) for vectors in cut.vectors()])
    return np.where(encoded[:, :, None] > 0, mean.astype("float32"), x)


def _folded(cut: Cut, encoded: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The whole of a position at the letter that stands there; where none is known, evenly at all."""
    import numpy as np

    encoding, each = cut.encoding, values.sum(axis=-1)
    sums = letters.spread_tokens(encoding, each) if encoding.kmer > 1 else each
    stand = letters.shares(encoding, encoded)
    nothing = ~stand.any(axis=-1, keepdims=True)
    return sums[:, :, None] * np.where(nothing, 1 / stand.shape[-1], stand)


def _spread(cut: Cut, gone: np.ndarray) -> np.ndarray:
    return letters.tokens_with(cut.encoding, gone)[:, :, None]


def _axes(encoding: TextEncoding) -> dict[str, Sequence[str]]:
    return {"letters": tuple(letters.plain_letters(encoding))}


def held(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """bool [samples, positions]."""
    import numpy as np

    return np.concatenate([letters.held(subject.encoding, encoded) for _, encoded in subject.cut.pieces(raw)])


def stand(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """float32 [samples, positions, letters]: the share of each plain letter in what stands there."""
    import numpy as np

    return np.concatenate([letters.shares(subject.encoding, encoded) for _, encoded in subject.cut.pieces(raw)])


def units(attributions: Attributions) -> np.ndarray:
    """float32 [samples, positions]: what each position adds; by mutagenesis, what it adds beyond the mean of other letters."""
    if attributions.method == MUTAGENESIS:
        return -attributions.values.sum(axis=-1) / (attributions.values.shape[-1] - 1)
    return attributions.values.sum(axis=-1)


def complement_of(encoding: TextEncoding) -> tuple[int, ...]:
    """The place of the complement of each plain letter; empty for proteins."""
    plain = letters.plain_letters(encoding)
    alphabet = encoding.alphabet
    return () if alphabet == PROTEIN else tuple(plain.index(reverse_complement(letter, alphabet)) for letter in plain)


def both_strands(subject: Subject) -> bool:
    """Whether the network learned from the other strand of each sequence as well, so that a motif may stand on either."""
    parameters = subject.opened.metadata["training"].get("parameters", {})
    return isinstance(parameters, dict) and bool(parameters.get("reverse_complement"))


def motifs(subject: Subject, there: np.ndarray, attributions: Attributions) -> list[Motif]:
    """Motifs that add to what the network says, of each target apart, named after it; ``there``: of :func:`stand`."""
    import numpy as np

    named = words_apart(subject.opened.task.explainable())
    complement = complement_of(subject.encoding) if both_strands(subject) else ()
    found = []
    for target in np.unique(attributions.targets):
        own = attributions.targets == target
        found += gather(attributions.values[own], there[own], named[target], complement)
    return found


def panels(subject: Subject, raw: dict[str, Any], found: Mapping[str, Attributions], names: Sequence[str]) -> list[Panel]:
    """A logo a sample, and below it what every other letter would change."""
    return sequence_panels(subject, stand(subject, raw), found, names)


GROUND = Ground("an equal share of each letter at every position", _baseline, _folded, _spread, _axes)
EXPLAINER = Explainer(
    ("sequence",),
    "position",
    {INTEGRATED: functools.partial(integrated, GROUND), MUTAGENESIS: mutagenesis},
    functools.partial(removed, GROUND),
    units,
    held,
    panels,
)
