"""Put a network together: raw inputs, encoding, hidden part of a family, head of the task."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ..tasks import Task

ENCODED = "encoded"
"""Name of the layer where raw data has become the network's numeric input."""
HEAD = "head"
"""Name of the last layer with weights."""


@dataclasses.dataclass(frozen=True)
class Network:
    """One set of weights seen twice.

    Attributes:
        model: from raw columns to predictions in the user's terms; this is what is saved.
        encoder: from raw columns to what ``trainable`` takes; nothing in it is trained.
        trainable: from the encoded input to the head, on the standardised target; this is what is fitted. Of members that train together it
            begins behind what is not learned of :meth:`biodl.data.kind.Encoding.embed`.
    """

    model: Any
    encoder: Any
    trainable: Any


def assemble(
    inputs: dict[str, Any], encoded: Any, body: Callable[[Any], Any], task: Task, augmentation: Sequence[Callable[[Any], Any]] = ()
) -> Network:
    """Join the parts.

    Args:
        inputs: Keras inputs for raw data, by name.
        encoded: the tensor that a data kind makes of them.
        body: from the encoded tensor to features [rows, features]: what the data kind learns, and the family's layers.
        task: gives the head; for numbers its ``mean`` and ``std`` bring predictions back to the target's unit.
        augmentation: layers that change encoded samples in training alone; the saved model has none of them.
    """
    import keras

    encoded = keras.layers.Identity(name=ENCODED)(encoded)
    return with_head(inputs, encoded, body(encoded), task, augmentation)


def with_head(inputs: Any, encoded: Any, features: Any, task: Task, augmentation: Sequence[Callable[[Any], Any]] = ()) -> Network:
    """A network of what leads to ``features``, and a new head for ``task``."""
    import keras

    head = task.head()
    output = keras.layers.Dense(head.units, activation=head.activation, name=HEAD)(features)
    prediction = task.in_unit(output)
    trainable = keras.Model(encoded, output, name="trainable")
    if augmentation:
        changed = start = keras.Input(encoded.shape[1:], dtype=encoded.dtype)
        for layer in augmentation:
            changed = layer(changed)
        trainable = keras.Model(start, trainable(changed), name="augmented")
    return Network(
        model=keras.Model(inputs, prediction, name="model"),
        encoder=keras.Model(inputs, encoded, name="encoder"),
        trainable=trainable,
    )
