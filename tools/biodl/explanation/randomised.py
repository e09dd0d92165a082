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


def copied(subject: Subject) -> Subject:
    """The same network once more, to be changed."""
    model = subject.opened.model()
    model.set_weights(subject.model.get_weights())
    return subject.with_model(model)


def cascade(subject: Subject, other: Subject, seed: int) -> Iterator[str]:
    """Put the weights of ``other``, a copy, at random in place, layer by layer from the head down; gives the name of each layer then."""
    import numpy as np

    other.model.set_weights(subject.model.get_weights())
    random = np.random.default_rng(seed)
    for layer in layers_with_weights(other.model):
        layer.set_weights([shuffled(array, random) for array in layer.get_weights()])
        yield layer.name


def shuffled(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The same numbers in random order."""
    return random.permutation(array.ravel()).reshape(array.shape)
