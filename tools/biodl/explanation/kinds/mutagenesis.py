"""In-silico mutagenesis: how what a network says changes when one letter of a sequence is another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..attribution import MUTAGENESIS, Attributions, Subject
from ..cut import Cut
from . import letters

if TYPE_CHECKING:
    import numpy as np


def mutagenesis(subject: Subject, raw: dict[str, Any], targets: np.ndarray) -> Attributions:
    """Every letter of every sample changed to every other one.

    Returns:
        ``values``: float32 [samples, positions, letters], what the network says with that letter there, minus what it says of the sample;
        0 for the letter that stands there, and where nothing does.
    """
    import numpy as np

    cut, plain = subject.cut, letters.plain_letters(subject.encoding)
    values, outputs, counts = [], [], []
    for part, encoded in cut.pieces(raw):
        found, said, asked = _changes(cut, encoded, targets[part])
        values.append(found)
        outputs.append(said)
        counts.append(asked)
    return Attributions.without_sum(
        MUTAGENESIS,
        np.concatenate(values),
        targets,
        np.concatenate(outputs) + subject.opened.task.explained_from(),
        np.concatenate(counts),
        "each other letter in its place",
        {"letters": tuple(plain)},
    )


def _changes(cut: Cut, encoded: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Changes of some samples, what the network says of them as they are, and how many changes were tried of each."""
    import numpy as np

    encoding = cut.encoding
    said = cut.explained(encoded, cut.start(encoded), targets)
    present = letters.shares(encoding, encoded)
    sample, place, letter = np.nonzero(letters.held(encoding, encoded)[:, :, None] & (present < 1))
    values = np.zeros(present.shape, dtype="float32")
    for start in range(0, len(sample), cut.rows):
        one = slice(start, start + cut.rows)
        new = letters.changed(encoding, encoded[sample[one]], place[one], letter[one])
        then = cut.explained(new, cut.start(new), targets[sample[one]])
        values[sample[one], place[one], letter[one]] = then - said[sample[one]]
    return values, said, np.bincount(sample, minlength=len(encoded))
