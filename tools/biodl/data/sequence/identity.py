"""How alike two sequences are: errors of the shorter one when it is laid into the longer one, for many pairs at once.

An error is a letter that is another, one too many, or one too few; letters of the shorter that lie outside the longer are errors, those
of the longer that lie outside the shorter are not (Sellers 1980, The theory and computation of evolutionary distances).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from .alphabet import reverse_complement
from .sketch import Letters

if TYPE_CHECKING:
    import numpy as np

_CELLS = 1 << 19
"""Letters that are compared at a time."""
_WIDEST = 64
"""Letters by which the one may shift against the other along the way."""
_LOOK = 16
"""Letters after which hopeless pairs are looked for."""
_LONG = 4096
"""Letters beyond which a sequence is laid on another in pieces spread evenly over it: each step of a table of edits costs a call."""
_PIECES, _OF_PIECE = 16, 256
_AT_A_TIME = 1024
"""Pairs of which pieces are looked at."""
_OUTSIDE = 1
"""A letter that is no other: what lies outside a sequence."""


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Sequences to be laid on each other.

    Attributes:
        long, short: int [pairs].
        turned: bool [pairs], whether the reverse complement of the shorter is meant.
        shift: int [pairs], where in the longer the shorter begins.
    """

    long: np.ndarray
    short: np.ndarray
    turned: np.ndarray
    shift: np.ndarray

    def __len__(self) -> int:
        return len(self.long)

    def take(self, rows: np.ndarray) -> Pairs:
        """Those at ``rows``."""
        return Pairs(self.long[rows], self.short[rows], self.turned[rows], self.shift[rows])

    @classmethod
    def joined(cls, parts: Sequence[Pairs]) -> Pairs:
        """All pairs of several."""
        import numpy as np

        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(cls)))

    def order(self) -> np.ndarray:
        """int [pairs]: an order in which the same two sequences stand beside each other, by their shift."""
        import numpy as np

        return np.lexsort((self.shift, self.turned, self.short, self.long))

    def begins(self, *also: np.ndarray) -> np.ndarray:
        """Of pairs in order, the first row of each two sequences and, if given, of each value of what else is told of them."""
        import numpy as np

        new = np.arange(len(self)) == 0
        for values in (self.long, self.short, self.turned, *also):
            new[1:] |= values[1:] != values[:-1]
        return np.flatnonzero(new)


def unlike(letters: Letters, pairs: Pairs) -> np.ndarray:
    """int [pairs]: errors when nothing may be put in or left out on the way."""
    import numpy as np

    found = np.zeros(len(pairs), dtype="int64")
    for rows, length in _pieces(letters, pairs, lambda length: length):
        some = pairs.take(rows)
        below = _inside(letters, some.long, some.shift, length)
        wrong = _short(letters, some, length) != below
        if letters.lengths[some.short].min() < length:
            wrong &= np.arange(length) < letters.lengths[some.short][:, None]
        found[rows] = np.count_nonzero(wrong, axis=1)
    return found


def errors(letters: Letters, pairs: Pairs, most: np.ndarray) -> np.ndarray:
    """int [pairs]: fewest errors near the diagonal on which a pair lies; any number above ``most`` [pairs] where it is above that.

    Where the shorter has more than 4,096 letters, so many as there are for each letter of 16 pieces of it, 256 letters each.
    """
    import numpy as np

    found = np.zeros(len(pairs), dtype="int64")
    long = letters.lengths[pairs.short] > _LONG
    if long.any():
        found[long] = _by_pieces(letters, pairs.take(np.flatnonzero(long)))
        found[~long] = errors(letters, pairs.take(np.flatnonzero(~long)), most[~long])
        return found
    for rows, length in _pieces(letters, pairs, lambda length: length * (2 * _WIDEST + 1) // 16):
        some = pairs.take(rows)
        found[rows] = _banded(letters, some, length, int(min(_WIDEST, most[rows].max())), most[rows])
    return found


def _by_pieces(letters: Letters, pairs: Pairs) -> np.ndarray:
    """int [pairs]: errors of pieces of the shorter ones, raised to their whole length."""
    import numpy as np

    found = np.zeros(len(pairs), dtype="int64")
    for first in range(0, len(pairs), _AT_A_TIME):
        some = pairs.take(np.arange(first, min(first + _AT_A_TIME, len(pairs))))
        starts, lengths = letters.starts[some.short][:, None], letters.lengths[some.short][:, None]
        at = (lengths - _OF_PIECE) * np.arange(_PIECES) // (_PIECES - 1)  # in the direction in which it is laid on
        begin = starts + np.where(some.turned[:, None], lengths - at - _OF_PIECE, at)
        pieces = dataclasses.replace(
            letters, starts=np.r_[letters.starts, begin.ravel()], lengths=np.r_[letters.lengths, np.full(begin.size, _OF_PIECE)]
        )
        own = len(letters.lengths) + np.arange(begin.size)
        laid = Pairs(np.repeat(some.long, _PIECES), own, np.repeat(some.turned, _PIECES), (some.shift[:, None] + at).ravel())
        wrong = errors(pieces, laid, np.full(len(laid), _OF_PIECE)).reshape(-1, _PIECES).sum(axis=1)
        found[first : first + len(some)] = wrong * lengths[:, 0] // (_PIECES * _OF_PIECE)
    return found


def _banded(letters: Letters, pairs: Pairs, length: int, width: int, most: np.ndarray) -> np.ndarray:
    """Columns of the table of edits along a diagonal, [2 width + 1, pairs] at each letter of the shorter.

    Pairs that have more errors than ``most`` already are left out on the way.
    """
    import numpy as np

    short = np.ascontiguousarray(_short(letters, pairs, length).T)
    below = np.ascontiguousarray(_inside(letters, pairs.long, pairs.shift - width, length + 2 * width).T)
    ends, rows = letters.lengths[pairs.short], np.arange(len(pairs))
    costs = np.zeros((2 * width + 1, len(pairs)), dtype="int16")
    along = np.arange(2 * width + 1, dtype="int16")[:, None]
    best = most + 1
    for step in range(length):
        new = costs + (short[step] != below[step : step + 2 * width + 1])
        np.minimum(new[:-1], costs[1:] + 1, out=new[:-1])
        costs = np.minimum.accumulate(new - along, axis=0) + along
        done = ends[rows] == step + 1
        if done.any():
            best[rows[done]] = costs[:, done].min(axis=0)
        if step % _LOOK == _LOOK - 1:
            going = ~done & (costs.min(axis=0) <= most[rows])
            if going.sum() < len(rows) / 2:
                rows, short, below, costs = rows[going], short[:, going], below[:, going], costs[:, going]
    return best


def _pieces(letters: Letters, pairs: Pairs, cells: Callable[[int], int]) -> Iterator[tuple[np.ndarray, int]]:
    """Rows of pairs of about one length, and the greatest length of the shorter ones."""
    import numpy as np

    lengths = letters.lengths[pairs.short]
    order = np.argsort(lengths, kind="stable")
    last = len(order)
    while last:
        length = int(lengths[order[last - 1]])
        first = max(0, last - max(1, _CELLS // max(1, cells(length))))
        yield order[first:last], length
        last = first


def _short(letters: Letters, pairs: Pairs, length: int) -> np.ndarray:
    """uint8 [pairs, length]: the shorter ones, in the direction in which they are laid on; what follows them is of no meaning."""
    import numpy as np

    starts, lengths = letters.starts[pairs.short], letters.lengths[pairs.short]
    first = np.where(pairs.turned, starts + lengths - 1, starts)
    step = np.where(pairs.turned, -1, 1)
    found = letters.flat.take(first[:, None] + step[:, None] * np.arange(length), mode="clip")
    found[pairs.turned] = _complements()[found[pairs.turned]]
    return found


def _inside(letters: Letters, which: np.ndarray, first: np.ndarray, count: int) -> np.ndarray:
    """uint8 [pairs, count]: letters of sequences from place ``first`` on."""
    import numpy as np

    found = letters.flat.take((letters.starts[which] + first)[:, None] + np.arange(count), mode="clip")
    over = np.flatnonzero((first < 0) | (first + count > letters.lengths[which]))
    at = first[over, None] + np.arange(count)
    found[over] = np.where((at < 0) | (at >= letters.lengths[which[over]][:, None]), _OUTSIDE, found[over])
    return found


def _complements() -> np.ndarray:
    """uint8 [256]: each letter on the other strand."""
    import numpy as np

    return np.frombuffer("".join(reverse_complement(chr(code)) for code in range(256)).encode("latin-1"), dtype="uint8")
