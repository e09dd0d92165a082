"""Grad-CAM (Selvaraju et al. 2017): where the last maps of a convolutional network speak for what is explained.

Each map is weighted by how what the network says changes with it on average over its places; where their sum is above 0, they speak for
it. Of an ensemble, maps of all members count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .attribution import GRADCAM, Attributions, Subject

if TYPE_CHECKING:
    import numpy as np


def gradcam(subject: Subject, raw: dict[str, Any], targets: np.ndarray) -> Attributions:
    """Grad-CAM of samples of images.

    Returns:
        ``values``: float32 [samples, height, width, 1], 0 or more, the maps enlarged to the size of images (bilinear).
    """
    import numpy as np

    cut = subject.cut_at_maps
    values, outputs = [], []
    for part, encoded in cut.pieces(raw):
        said, maps = cut.beside(encoded, encoded, targets[part])
        outputs.append(said)
        values.append(_enlarged(sum(weighted(own, slopes) for own, slopes in maps), encoded.shape[1:3]))
    said = np.concatenate(outputs) + subject.opened.task.explained_from()
    once = np.ones(len(said), dtype=int)
    return Attributions.without_sum(GRADCAM, np.concatenate(values), targets, said, once, "nothing: it has no baseline", {})


def weighted(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """float32 [samples, height, width]: maps [samples, height, width, channels] by their mean slopes, summed."""
    import numpy as np

    return np.einsum("nhwc,nc->nhw", maps, slopes.mean(axis=(1, 2)))


def _enlarged(maps: Any, size: tuple[int, ...]) -> np.ndarray:
    import numpy as np
    import tensorflow as tf

    return np.asarray(tf.image.resize(np.maximum(maps, 0)[..., None], size, method="bilinear"), dtype="float32")
