"""Occlusion (Zeiler and Fergus 2014): what a network says once a square of an image is covered; it needs no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .attribution import OCCLUSION, Attributions, Subject
from .cut import Cut

if TYPE_CHECKING:
    import numpy as np

_ACROSS = 8
"""Squares along the shorter side of an image; neighbours overlap by half."""


def occlusion(subject: Subject, raw: dict[str, Any], targets: np.ndarray) -> Attributions:
    """Squares covered with the mean colour of training, one at a time.

    Returns:
        ``values``: float32 [samples, height, width, 1]: what the network says of the sample minus what it says with a pixel covered, the
        mean over the squares that cover it.
    """
    import numpy as np

    cut, (height, width, _) = subject.cut, subject.encoding.shape
    covers = squares(height, width)
    values, outputs = [], []
    for part, encoded in cut.pieces(raw):
        said = cut.explained(encoded, encoded, targets[part])
        outputs.append(said)
        values.append(_mean(covers, said[:, None] - _covered(cut, encoded, targets[part], covers), height, width))
    said = np.concatenate(outputs) + subject.opened.task.explained_from()
    steps, words = np.full(len(said), len(covers)), "squares in the mean colour of training"
    return Attributions.without_sum(OCCLUSION, np.concatenate(values), targets, said, steps, words, {})


def side_of(height: int, width: int) -> int:
    """Pixels of the side of a square."""
    return max(1, round(min(height, width) / _ACROSS))


def squares(height: int, width: int) -> np.ndarray:
    """int [squares, 4]: top, bottom, left and right; together they cover every pixel."""
    import numpy as np

    side = side_of(height, width)
    tops, lefts = (np.unique(np.append(np.arange(0, extent - side + 1, max(1, side // 2)), extent - side)) for extent in (height, width))
    top, left = (item.ravel() for item in np.meshgrid(tops, lefts, indexing="ij"))
    return np.stack([top, top + side, left, left + side], axis=1)


def _covered(cut: Cut, encoded: np.ndarray, targets: np.ndarray, covers: np.ndarray) -> np.ndarray:
    """float64 [samples, squares]: what the network says with each square covered; 0 is the mean colour."""
    import numpy as np

    rows, columns = np.arange(encoded.shape[1])[:, None], np.arange(encoded.shape[2])
    sample, square = (item.ravel() for item in np.meshgrid(np.arange(len(encoded)), np.arange(len(covers)), indexing="ij"))
    said = np.empty(len(sample))
    for start in range(0, len(sample), cut.rows):
        one = slice(start, start + cut.rows)
        top, bottom, left, right = covers[square[one]].T[:, :, None, None]
        free = (rows < top) | (rows >= bottom) | (columns < left) | (columns >= right)
        x = encoded[sample[one]] * free[..., None]
        said[one] = cut.explained(x, x, targets[sample[one]])
    return said.reshape(len(encoded), len(covers))


def _mean(covers: np.ndarray, falls: np.ndarray, height: int, width: int) -> np.ndarray:
    """float32 [samples, height, width, 1]: the mean of the squares that cover each pixel, by sums over both axes."""
    import numpy as np

    top, bottom, left, right = covers.T
    corners = np.zeros((height + 1, width + 1, len(falls) + 1))
    all_falls = np.concatenate([falls, np.ones((1, len(covers)))]).T
    for rows, columns, sign in ((top, left, 1), (bottom, left, -1), (top, right, -1), (bottom, right, 1)):
        np.add.at(corners, (rows, columns), sign * all_falls)
    sums = corners.cumsum(axis=0).cumsum(axis=1)[:height, :width]
    return np.moveaxis(sums[..., :-1] / sums[..., -1:], -1, 0)[..., None].astype("float32")
