"""Occlusion (Zeiler and Fergus 2014): what a network says once a square of an image is covered; it needs no gradient.

The channels of a picture in grey or in colour are covered together, since no one of them is anything by itself. Those of other images are
stains, or what a microscope sees in them: each is covered by itself while the others stay, so that it is told which of them matters. Which
of both three channels are, the files say that a network learned from, and its encoding keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .attribution import OCCLUSION, Attributions, Subject
from .cut import Cut
from .ground import Ground

if TYPE_CHECKING:
    import numpy as np

_ACROSS = 8
"""Squares along the shorter side of an image; neighbours overlap by half."""


def occlusion(ground: Ground, subject: Subject, raw: dict[str, Any], targets: np.ndarray) -> Attributions:
    """Squares covered with the mean of training, one at a time.

    Args:
        ground: of images; its axes name the channels where these are told apart.
        subject: the network.
        raw: inputs of the samples.
        targets: int [samples].

    Returns:
        ``values``: float32 [samples, height, width, 1]: what the network says of the sample minus what it says with a pixel covered, the
        mean over the squares that cover it; [samples, height, width, channels] where channels are told apart, each covered by itself.
    """
    import numpy as np

    cut, (height, width, channels) = subject.cut, subject.encoding.shape
    covers, axes = squares(height, width), ground.axes(subject.encoding)
    apart = "channels" in axes
    layers = np.eye(channels, dtype=bool) if apart else np.ones((1, channels), dtype=bool)
    values, outputs = [], []
    for part, encoded in cut.pieces(raw):
        said = cut.explained(encoded, encoded, targets[part])
        outputs.append(said)
        values.append(_mean(covers, said[:, None, None] - _covered(cut, encoded, targets[part], covers, layers), height, width))
    said = np.concatenate(outputs) + subject.opened.task.explained_from()
    steps = np.full(len(said), len(layers) * len(covers))
    words = "squares of one channel in its mean of training" if apart else "squares in the mean colour of training"
    return Attributions.without_sum(OCCLUSION, np.concatenate(values), targets, said, steps, words, axes)


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


def _covered(cut: Cut, encoded: np.ndarray, targets: np.ndarray, covers: np.ndarray, layers: np.ndarray) -> np.ndarray:
    """float64 [samples, layers, squares]: what the network says with each square of each layer covered; 0 is the mean of training.

    Args:
        cut: the network.
        encoded: the samples.
        targets: int [samples].
        covers: of :func:`squares`.
        layers: bool [layers, channels]: the channels that are covered together.
    """
    import numpy as np

    rows, columns = np.arange(encoded.shape[1])[:, None], np.arange(encoded.shape[2])
    shape = (len(encoded), len(layers), len(covers))
    sample, layer, square = (item.ravel() for item in np.indices(shape))
    said = np.empty(len(sample))
    for start in range(0, len(sample), cut.rows):
        one = slice(start, start + cut.rows)
        top, bottom, left, right = covers[square[one]].T[:, :, None, None]
        inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
        x = np.where(inside[..., None] & layers[layer[one], None, None], np.float32(0), encoded[sample[one]])
        said[one] = cut.explained(x, x, targets[sample[one]])
    return said.reshape(shape)


def _mean(covers: np.ndarray, falls: np.ndarray, height: int, width: int) -> np.ndarray:
    """float32 [samples, height, width, layers]: the mean of the squares that cover each pixel, by sums over both axes.

    Args:
        covers: of :func:`squares`.
        falls: float64 [samples, layers, squares].
        height, width: pixels.
    """
    import numpy as np

    samples, layers, count = falls.shape
    top, bottom, left, right = covers.T
    corners = np.zeros((height + 1, width + 1, samples * layers + 1))
    all_falls = np.concatenate([falls.reshape(-1, count), np.ones((1, count))]).T
    for rows, columns, sign in ((top, left, 1), (bottom, left, -1), (top, right, -1), (bottom, right, 1)):
        np.add.at(corners, (rows, columns), sign * all_falls)
    sums = corners.cumsum(axis=0).cumsum(axis=1)[:height, :width]
    means = (sums[..., :-1] / sums[..., -1:]).reshape(height, width, samples, layers)
    return np.moveaxis(means, 2, 0).astype("float32")
