"""Motifs as text that Tomtom, FIMO and others of the MEME Suite read (MEME motif format, version 4, minimal)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .motifs import Motif

if TYPE_CHECKING:
    import numpy as np


def meme_text(motifs: Sequence[Motif], letters: str, background: np.ndarray, both_strands: bool) -> str:
    """The file.

    Args:
        motifs: of one alphabet.
        letters: of DNA, RNA or proteins, in alphabetical order.
        background: float [letters], their shares in the sequences.
        both_strands: whether motifs were looked for on both strands.
    """
    usual = " ".join(f"{letter} {share:.6f}" for letter, share in zip(letters, _to_one(background), strict=True))
    head = ["MEME version 4", "", f"ALPHABET= {letters}", ""]
    if letters == "ACGT":
        head += [f"strands: {'+ -' if both_strands else '+'}", ""]
    head += ["Background letter frequencies (from the explained sequences):", usual, ""]
    return "\n".join([*head, *(line for motif in motifs for line in _lines(motif, letters, background))])


def _lines(motif: Motif, letters: str, background: np.ndarray) -> list[str]:
    """No test was made of a motif, so that no E-value is given: 0 would read as beyond doubt."""
    rows = [_to_one(row) for row in motif.probabilities(background)]
    return [
        f"MOTIF {word(motif.name)} {motif.consensus(letters)}",
        f"letter-probability matrix: alength= {len(letters)} w= {len(rows)} nsites= {motif.sites}",
        *(" " + "  ".join(f"{value:.6f}" for value in row) for row in rows),
        "",
    ]


def word(name: str) -> str:
    """A name without blanks and marks that MEME or a shell would trip over."""
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", name).strip("_") or "motif"


def words_apart(names: Sequence[str]) -> list[str]:
    """The same of several names, each unlike the others: two names of marks alone would be one otherwise."""
    words = [word(name) for name in names]
    return [f"{own}_no{place}" if words.count(own) > 1 else own for place, own in enumerate(words, start=1)]


def _to_one(shares: np.ndarray) -> np.ndarray:
    """Shares of six decimals whose sum is 1 exactly: what rounding leaves goes to the largest."""
    rounded = shares.round(6)
    rounded[rounded.argmax()] += 1 - rounded.sum()
    return rounded
