"""What a linear model sees of text: which words and which pairs of neighbours occur, weighted by how much they tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

_KNOWN = 2
"""The first token that is a word: 0 is padding, 1 an unknown word."""
LEAST = 2
"""A pair that occurs less often in training tells nothing of other texts."""
_MOST = 50_000
"""Words and pairs that become features, the commonest of the training part."""
_MOST_WATCHED = 2**23
"""Of more different pairs than this, those that occurred once so far are forgotten while counting (128 MB)."""
_PIECE = 2**21
"""Tokens looked at together."""
_LENGTH = 5.0
"""Length of each text's vector. The penalty of a logistic regression suits no shorter one: on validation parts of the definitions of
GO terms 1 gives an accuracy of 0.960, 3 of 0.972, 5 and 8 of 0.975, and plain counts of 0.968."""


def count_pairs(train_tokens: np.ndarray, test_tokens: np.ndarray) -> tuple[csr_matrix, csr_matrix]:
    """Features of the words and the pairs of neighbouring words in texts: sublinear tf-idf, fitted to the training texts alone.

    Words between which padding or an unknown word stands are no neighbours. Pairs that the training texts hold less than twice
    and whatever they lack are no features.

    Args:
        train_tokens, test_tokens: int [samples, length], 0 for padding and 1 for unknown words; see
            :class:`biodl.data.tokens.TextEncoding`.

    Returns:
        float32 [samples, features] for both, words first, in the order of their tokens. Memory grows with the number of tokens.
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfTransformer

    base = 1 + int(max(np.max(tokens, initial=0) for tokens in (train_tokens, test_tokens)))
    kept = _features(train_tokens, base)
    train, test = (_counts(tokens, base, kept) for tokens in (train_tokens, test_tokens))
    weights = TfidfTransformer(sublinear_tf=True).fit(train)
    return weights.transform(train) * np.float32(_LENGTH), weights.transform(test) * np.float32(_LENGTH)


def _pieces(tokens: np.ndarray, base: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Some samples at a time: how many, and the row (from 0) and the code of each word and pair in them.

    The code of a word is its token, that of a pair ``first * base + second``, which is larger than any word's.
    """
    import numpy as np

    step = max(1, _PIECE // max(1, tokens.shape[1]))
    for start in range(0, len(tokens), step):
        piece = tokens[start : start + step].astype("int64")
        known = piece >= _KNOWN
        rows, places = known.nonzero()
        pair_rows, firsts = (known[:, :-1] & known[:, 1:]).nonzero()
        pairs = piece[pair_rows, firsts] * base + piece[pair_rows, firsts + 1]
        yield len(piece), np.concatenate([rows, pair_rows]), np.concatenate([piece[rows, places], pairs])


def _features(tokens: np.ndarray, base: int) -> np.ndarray:
    """Codes of the words and pairs that are features, in order."""
    import numpy as np

    codes, counts = np.array([], dtype="int64"), np.array([], dtype="int64")
    for _, _, found in _pieces(tokens, base):
        new, times = np.unique(found, return_counts=True)
        codes, places = np.unique(np.concatenate([codes, new]), return_inverse=True)
        counts = np.bincount(places, np.concatenate([counts, times]), minlength=len(codes)).astype("int64")
        if len(codes) > _MOST_WATCHED:
            codes, counts = codes[counts > 1], counts[counts > 1]
    common = (counts >= LEAST) | (codes < base)
    codes, counts = codes[common], counts[common]
    return np.sort(codes[np.argsort(-counts, kind="stable")[:_MOST]])


def _counts(tokens: np.ndarray, base: int, kept: np.ndarray) -> csr_matrix:
    """How often each feature occurs in each sample."""
    import numpy as np
    from scipy.sparse import csr_matrix, vstack

    if not len(kept):
        return csr_matrix((len(tokens), 1), dtype="float32")
    parts = [csr_matrix((0, len(kept)), dtype="float32")]
    for samples, rows, codes in _pieces(tokens, base):
        places = np.searchsorted(kept, codes).clip(max=len(kept) - 1)
        inside = kept[places] == codes
        ones = np.ones(int(inside.sum()), dtype="float32")
        parts.append(csr_matrix((ones, (rows[inside], places[inside])), shape=(samples, len(kept))))
    return vstack(parts, format="csr")
