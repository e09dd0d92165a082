"""The network with weights put in random order, layer by layer from the head down (cascading; Adebayo et al. 2018).

An explanation that stays the same then does not tell of what the network learned. Weights are shuffled within each array, so that their
sizes stay those of the trained network.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..networks.assemble import ENCODED
from .attribution import Subject

if TYPE_CHECKING:
    import numpy as np


def layers_with_weights(model: Any) -> list[Any]:
    """Layers behind the encoding that learned something, the head first."""
    import keras

    learned = keras.Model(model.get_layer(ENCODED).output, model.output)
    return [layer for layer in learned.layers if layer.weights][::-1]


def cascade(subject: Subject, seed: int) -> Iterator[tuple[str, Subject]]:
    """The name of each layer, and the network with this one and all above it at random; the subject itself is left alone."""
    import numpy as np

    model = subject.opened.model()
    model.set_weights(subject.model.get_weights())
    random = np.random.default_rng(seed)
    for layer in layers_with_weights(model):
        layer.set_weights([shuffled(array, random) for array in layer.get_weights()])
        yield layer.name, subject.with_model(model)


def wholly_random(subject: Subject, seed: int) -> Subject:
    """The network with the weights of all layers at random."""
    *_, (_, last) = cascade(subject, seed)
    return last


def shuffled(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The same numbers in random order."""
    return random.permutation(array.ravel()).reshape(array.shape)
