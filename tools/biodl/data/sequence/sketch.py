"""Sketches of sequences: of all their k-mers the few whose hash is lowest, with their place and strand.

Near copies have most of them in common (MinHash: Broder 1997; of sequences: Ondov and others 2016, Mash). A k-mer and its reverse
complement are one.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

from ..near_duplicates import scattered

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

_KEPT = 40
"""K-mers of a sketch."""
_MOST = 8_000_000
"""K-mers of all sketches together, so that memory has a bound."""
_PIECE = 1 << 20
"""Letters, and sequences, that are looked at at a time."""
_NO_LETTER = 255
_OF_HASH = 44
"""Bits of a hash that are kept, beside those of a sequence's place in its piece."""


@dataclasses.dataclass(frozen=True)
class Letters:
    """Sequences one after the other, with a letter of none between them.

    Attributes:
        flat: uint8 [letters], capitals; U stands as T where strands count.
        starts, lengths: int64 [sequences].
        plain: int64 [sequences], letters that are neither unclear (N, X) nor gaps.
        strands: whether they may be written from either strand.
    """

    flat: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    plain: np.ndarray
    strands: bool

    @classmethod
    def of(cls, texts: Sequence[str], strands: bool) -> Letters:
        """Letters of sequences in capitals."""
        import numpy as np

        lengths = np.array([len(text) for text in texts], dtype="int64")
        flat = np.frombuffer("\n".join([*texts, ""]).encode("latin-1", "replace"), dtype="uint8")
        starts = np.r_[0, np.cumsum(lengths + 1)[:-1]]
        return cls(flat, starts, lengths, np.add.reduceat(_codes(strands)[flat] != _NO_LETTER, starts, dtype="int64"), strands)


@dataclasses.dataclass(frozen=True)
class Sketches:
    """K-mers of all sketches, equal ones beside each other, those of the longest sequence first.

    Attributes:
        size: letters of a k-mer.
        hashes: uint64 [k-mers].
        owners: int32 [k-mers], sequences.
        places: int32 [k-mers], where it begins.
        turned: bool [k-mers], whether it stands for its reverse complement.
    """

    size: int
    hashes: np.ndarray
    owners: np.ndarray
    places: np.ndarray
    turned: np.ndarray


def sketches(letters: Letters) -> Sketches:
    """Sketches of sequences."""
    import numpy as np

    size = _size(int(letters.lengths.sum()), letters.strands)
    kept = max(8, min(_KEPT, _MOST // max(1, len(letters.lengths))))
    edges = _edges(letters)
    found = [_lowest(letters, first, last, size, kept) for first, last in itertools.pairwise(edges)]
    hashes, owners, places, turned = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((owners, -letters.lengths[owners], hashes))
    return Sketches(size, hashes[order], owners[order], places[order], turned[order])


def _size(total: int, strands: bool) -> int:
    """Letters of a k-mer: so many that two sequences hardly share one by chance; odd where strands count, lest one be its own
    complement."""
    size, kinds = (7, 4**7 // 2) if strands else (4, 20**4)
    while kinds < total:
        size, kinds = (size + 2, kinds * 16) if strands else (size + 1, kinds * 20)
    return size


def _edges(letters: Letters) -> list[int]:
    """Where pieces of sequences begin and end."""
    import numpy as np

    ends = letters.starts + letters.lengths
    pieces = np.flatnonzero(np.diff(ends // _PIECE)) + 1
    return [0, *pieces.tolist(), len(ends)]


def _lowest(letters: Letters, first: int, last: int, size: int, kept: int) -> tuple[np.ndarray, ...]:
    """Hashes, owners, places and strands of the sketches of sequences ``first`` up to ``last``."""
    import numpy as np

    start = letters.starts[first]
    hashes, turned, valid = _kmers(letters.flat[start : letters.starts[last - 1] + letters.lengths[last - 1] + 1], size, letters.strands)
    owner = np.repeat(np.arange(last - first), letters.lengths[first:last] + 1)[: len(hashes)]
    at = np.flatnonzero(valid)
    keys = (owner[at].astype("uint64") << np.uint64(_OF_HASH)) | (hashes[at] >> np.uint64(64 - _OF_HASH))
    order = np.argsort(keys, kind="stable")
    at, keys = at[order], keys[order]
    once = np.r_[True, keys[1:] != keys[:-1]][: len(keys)]
    at, keys = at[once], keys[once]
    own = owner[at]
    rank = np.arange(len(at)) - np.searchsorted(own, own)
    at, keys = at[rank < kept], keys[rank < kept]
    own = owner[at] + first
    low = keys & np.uint64((1 << _OF_HASH) - 1)
    return low, own.astype("int32"), (at + start - letters.starts[own]).astype("int32"), turned[at]


def _kmers(flat: np.ndarray, size: int, strands: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hash of the k-mer at each place, whether it is that of its reverse complement, and whether it has plain letters alone."""
    import numpy as np

    codes = _codes(strands)[flat]
    count = max(0, len(flat) - size + 1)
    base = np.uint64(4 if strands else 32)
    forward, back = np.zeros(count, dtype="uint64"), np.zeros(count, dtype="uint64")
    valid = np.ones(count, dtype=bool)
    weight = np.uint64(1)
    for step in range(size):
        letter = codes[step : step + count]
        valid &= letter != _NO_LETTER
        forward = forward * base + letter
        if strands:
            back += (3 - letter).astype("uint64") * weight
            weight *= base
    turned = (back < forward) & strands
    return scattered(np.where(turned, back, forward)), turned, valid


def _codes(strands: bool) -> np.ndarray:
    """uint8 [256]: number of each plain letter."""
    import numpy as np

    codes = np.full(256, _NO_LETTER, dtype="uint8")
    plain = "ACGT" if strands else "ACDEFGHIKLMNPQRSTVWY"
    codes[np.frombuffer(plain.encode(), dtype="uint8")] = np.arange(len(plain))
    return codes
