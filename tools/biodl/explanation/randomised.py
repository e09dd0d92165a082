"""The network with weights put in random order, layer by layer from the head down (cascading; Adebayo et al. 2018).

An explanation that stays the same then does not tell of what the network learned. Weights are shuffled within each array, so that their
sizes stay those of the trained network.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
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


@contextlib.contextmanager
def lent(subject: Subject) -> Iterator[list[np.ndarray]]:
    """The weights of a network, which may be changed in place within; afterwards they are as before, whatever happened.

    Not a copy of the network: what asks it is traced already, and to do that again takes longer than all that is asked.
    """
    trained = subject.model.get_weights()
    try:
        yield trained
    finally:
        subject.model.set_weights(trained)


def cascade(subject: Subject, trained: Sequence[np.ndarray], seed: int) -> Iterator[str]:
    """Put weights at random in place, layer by layer from the head down; gives the name of each layer then.

    Args:
        subject: the network, of :func:`lent`.
        trained: its weights, all of which it gets first.
        seed: of the order.
    """
    import numpy as np

    subject.model.set_weights(trained)
    random = np.random.default_rng(seed)
    for layer in layers_with_weights(subject.model):
        layer.set_weights([shuffled(array, random) for array in layer.get_weights()])
        yield layer.name


def shuffled(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The same numbers in random order."""
    return random.permutation(array.ravel()).reshape(array.shape)
