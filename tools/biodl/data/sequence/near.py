"""Near copies of sequences: on either strand, of unequal length, with letters changed, put in or left out.

The shorter of two has at least 60 % of the letters of the longer, and 90 % of its own letters fit when it is laid into the longer (90 %
identity is that of UniRef90: Suzek and others 2015, and of CD-HIT: Li and Godzik 2006, which count along the shorter as well). Sequences
of fewer than 20 letters are near only where they are equal: chance makes short ones alike. Unclear letters and gaps (N, X, -) are not
counted among these letters: those with which sequences are filled up make none alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..near_duplicates import joined, sharing
from .alphabet import PROTEIN
from .identity import Pairs, errors, unlike
from .sketch import Letters, Sketches, sketches

if TYPE_CHECKING:
    import numpy as np

_UNLIKE = 0.1
"""Share of the shorter sequence's letters that may not fit."""
_SHARE = 0.6
"""Length of the shorter, as a share of that of the longer."""
_SHORTEST = 20
_ENOUGH = 3
"""K-mers that two sequences share at one shift, from which on they are worth an alignment."""
_ROUND = 20_000
"""Pairs that are aligned before those that turned out to be connected are left out."""


def near_sequences(texts: Sequence[str], alphabet: str) -> np.ndarray:
    """int [samples]: near copies, and so on in chains, share a number.

    Args:
        texts: sequences.
        alphabet: in which they are written.
    """
    import numpy as np

    strands = alphabet != PROTEIN
    capitals = [text.upper().replace("U", "T") if strands else text.upper() for text in texts]
    names, own = np.unique(np.array(capitals, dtype=object), return_inverse=True)  # in an order that does not hang on that of samples
    letters = Letters.of(names.tolist(), strands)
    labels = np.arange(len(names))
    if (letters.plain >= _SHORTEST).sum() > 1:
        labels = _aligned(letters, *_laid(letters, sketches(letters), labels))
    return labels[own]


def _most(letters: Letters, which: np.ndarray) -> np.ndarray:
    """int [sequences]: letters that may not fit."""
    return (letters.plain[which] * _UNLIKE + 1e-9).astype("int64")


def _laid(letters: Letters, found: Sketches, labels: np.ndarray) -> tuple[np.ndarray, Pairs, np.ndarray]:
    """Labels once those are joined that fit as they lie; pairs that do not, and how much speaks for an alignment of each."""
    import numpy as np

    left: list[Pairs] = []
    hints: list[np.ndarray] = []
    for first, second in sharing(found.hashes):
        pairs, shared = _once(_worth_it(letters, _pairs(letters, found, first, second), labels))
        wrong, most = unlike(letters, pairs), _most(letters, pairs.short)
        fit = wrong <= most
        labels = joined(labels, pairs.long[fit], pairs.short[fit])
        left.append(pairs.take(~fit))
        hints.append(np.where(wrong <= most + 2 * found.size, _ENOUGH, shared)[~fit])
    return labels, Pairs.joined(left), np.concatenate(hints)


def _pairs(letters: Letters, found: Sketches, first: np.ndarray, second: np.ndarray) -> Pairs:
    """Sequences as they lie when the k-mers that they share lie on each other."""
    import numpy as np

    long, short = found.owners[first], found.owners[second]
    turned = found.turned[first] != found.turned[second]
    place = found.places[second].astype("int64")
    place = np.where(turned, letters.lengths[short] - found.size - place, place)
    return Pairs(long, short, turned, found.places[first] - place)


def _worth_it(letters: Letters, pairs: Pairs, labels: np.ndarray) -> Pairs:
    """Those that are not joined yet and lie so that they may fit."""
    import numpy as np

    long, short = letters.lengths[pairs.long], letters.lengths[pairs.short]
    outside = np.maximum(0, -pairs.shift) + np.maximum(0, pairs.shift + short - long)
    fit = (labels[pairs.long] != labels[pairs.short]) & (letters.plain[pairs.short] >= _SHORTEST) & (short >= _SHARE * long - 1e-9)
    return pairs.take(fit & (outside <= 2 * _most(letters, pairs.short)))


def _once(pairs: Pairs) -> tuple[Pairs, np.ndarray]:
    """Each pair and shift once, and how often it was there."""
    import numpy as np

    pairs = pairs.take(pairs.order())
    starts = pairs.begins(pairs.shift)
    return pairs.take(starts), np.diff(np.r_[starts, len(pairs)])


def _aligned(letters: Letters, labels: np.ndarray, pairs: Pairs, hints: np.ndarray) -> np.ndarray:
    """Labels once those are joined that fit with letters put in or left out.

    Worth a try are pairs that share k-mers at several shifts, as where a letter was put in between them, or several at one.
    """
    import numpy as np

    if not len(pairs):
        return labels
    order = pairs.order()
    pairs, hints = pairs.take(order), hints[order]
    starts = pairs.begins()
    ends = np.r_[starts[1:], len(pairs)]
    worth = (pairs.shift[ends - 1] != pairs.shift[starts]) | (np.add.reduceat(hints, starts) >= _ENOUGH)
    pairs = pairs.take(((starts + ends - 1) // 2)[worth])  # the shift in the middle
    for first in range(0, len(pairs), _ROUND):
        some = pairs.take(np.arange(first, min(first + _ROUND, len(pairs))))
        some = some.take(labels[some.long] != labels[some.short])
        most = _most(letters, some.short)
        fit = errors(letters, some, most) <= most
        labels = joined(labels, some.long[fit], some.short[fit])
    return labels
