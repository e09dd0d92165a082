"""Sequences as letters, whatever the network reads: which letters stand where, and what a network reads once one is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data.sequence.alphabet import LETTERS
from ...data.tokens import ONE_HOT, TextEncoding

if TYPE_CHECKING:
    import numpy as np

_FIRST = 2
"""Number of the first token of a vocabulary; 0 is padding, 1 unknown."""


def plain_letters(encoding: TextEncoding) -> str:
    """The letters of the alphabet that mean one residue, in the order of one-hot vectors."""
    return "".join(name for name, of in LETTERS[encoding.alphabet].items() if name == of)


def positions(encoding: TextEncoding) -> int:
    """Letters of a sample."""
    return encoding.length + encoding.kmer - 1


def shares(encoding: TextEncoding, encoded: np.ndarray) -> np.ndarray:
    """float32 [samples, positions, letters]: the share of each plain letter in what stands there; 0 where nothing does, or a gap.

    K-mers tell letters apart alone where they are plain.
    """
    import numpy as np

    if encoding.encoding == ONE_HOT:
        return encoded
    if encoding.kmer == 1:
        return _of_tokens(encoding)[encoded]
    codes = _codes(encoding, encoded)
    return np.where(codes[:, :, None] < 0, 0, np.eye(len(plain_letters(encoding)))[codes]).astype("float32")


def held(encoding: TextEncoding, encoded: np.ndarray) -> np.ndarray:
    """bool [samples, positions]: where a sample holds something that the network sees."""
    import numpy as np

    if encoding.encoding == ONE_HOT:
        return encoded.any(axis=-1)
    return spread_tokens(encoding, (encoded > 0).astype("float32")) > 0 if encoding.kmer > 1 else np.asarray(encoded > 0)


def spread_tokens(encoding: TextEncoding, values: np.ndarray) -> np.ndarray:
    """Values of tokens [samples, tokens] shared out evenly to their letters [samples, positions]."""
    import numpy as np

    found = np.zeros((len(values), positions(encoding)), dtype=values.dtype)
    for place in range(encoding.kmer):
        found[:, place : place + encoding.length] += values / encoding.kmer
    return found


def tokens_with(encoding: TextEncoding, chosen: np.ndarray) -> np.ndarray:
    """bool [samples, tokens]: those that hold one of the letters chosen, bool [samples, positions]."""
    import numpy as np

    return np.logical_or.reduce([chosen[:, place : place + encoding.length] for place in range(encoding.kmer)])


def changed(encoding: TextEncoding, encoded: np.ndarray, place: np.ndarray, letter: np.ndarray) -> np.ndarray:
    """Encoded samples with another letter each.

    Args:
        encoding: of the network.
        encoded: samples, one for each change; not altered.
        place: int [samples], position of the letter to change.
        letter: int [samples], the plain letter to put there.
    """
    import numpy as np

    rows = np.arange(len(encoded))
    if encoding.encoding == ONE_HOT:
        new = encoded.copy()
        new[rows, place] = np.eye(encoded.shape[-1], dtype=encoded.dtype)[letter]
        return new
    if encoding.kmer == 1:
        new = encoded.copy()
        new[rows, place] = _token_of_letter(encoding)[letter]
        return new
    codes = _codes(encoding, encoded)
    codes[rows, place] = letter
    touched = np.zeros(codes.shape, dtype=bool)
    touched[rows, place] = True
    return np.where(tokens_with(encoding, touched) & (encoded > 0), _kmers(encoding, codes), encoded)  # padding stays padding


def _kmers(encoding: TextEncoding, codes: np.ndarray) -> np.ndarray:
    """int [samples, tokens]: the numbers of k-mers of letters, 1 where one of these is unknown."""
    import numpy as np

    parts = [codes[:, place : place + encoding.length] for place in range(encoding.kmer)]
    number = np.zeros(parts[0].shape, dtype="int64")
    for part in parts:
        number = number * len(plain_letters(encoding)) + part
    return np.where(np.logical_and.reduce([part >= 0 for part in parts]), number + _FIRST, 1)


def _codes(encoding: TextEncoding, encoded: np.ndarray) -> np.ndarray:
    """int [samples, positions]: plain letters that k-mers hold, -1 where none of them says."""
    import numpy as np

    letters, width = len(plain_letters(encoding)), encoding.kmer
    codes = np.full((len(encoded), positions(encoding)), -1)
    for place in range(width):
        own = codes[:, place : place + encoding.length]
        np.copyto(own, (encoded - _FIRST) // letters ** (width - 1 - place) % letters, where=encoded >= _FIRST)
    return codes


def _of_tokens(encoding: TextEncoding) -> np.ndarray:
    """float32 [tokens, letters]: the plain letters that the token of a letter may stand for."""
    import numpy as np

    stand = {name.lower(): of for name, of in LETTERS[encoding.alphabet].items()}
    plain = plain_letters(encoding)
    rows = [[(letter in stand[name]) / len(stand[name]) for letter in plain] for name in encoding.vocabulary]
    return np.array([[0.0] * len(plain)] * _FIRST + rows, dtype="float32")


def _token_of_letter(encoding: TextEncoding) -> np.ndarray:
    """int [letters]: the token of each plain letter."""
    import numpy as np

    return np.array([encoding.vocabulary.index(letter.lower()) + _FIRST for letter in plain_letters(encoding)])


def tokens_of_letters(encoding: TextEncoding) -> np.ndarray:
    """int: tokens of plain letters, or all k-mers."""
    import numpy as np

    return _token_of_letter(encoding) if encoding.kmer == 1 else np.arange(len(encoding.vocabulary)) + _FIRST
