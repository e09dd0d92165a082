"""Put a network together: raw inputs, encoding, hidden part of a family, head of the task."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from .task import BINARY, MULTICLASS, MULTILABEL, REGRESSION, Task

ENCODED = "encoded"
"""Name of the layer where raw data has become the network's numeric input."""


@dataclasses.dataclass(frozen=True)
class Head:
    """Last layer and what it is trained for, by their names in Keras."""

    units: int
    activation: str
    loss: str
    metric: str


def head_of(task: Task) -> Head:
    """The head that fits a task."""
    classes = len(task.classes)
    return {
        BINARY: Head(1, "sigmoid", "binary_crossentropy", "accuracy"),
        MULTICLASS: Head(classes, "softmax", "sparse_categorical_crossentropy", "accuracy"),
        MULTILABEL: Head(classes, "sigmoid", "binary_crossentropy", "binary_accuracy"),
        REGRESSION: Head(1, "linear", "mean_squared_error", "mean_absolute_error"),
    }[task.kind]


@dataclasses.dataclass(frozen=True)
class Network:
    """One set of weights seen twice.

    Attributes:
        model: from raw columns to predictions in the user's terms; this is what is saved.
        encoder: from raw columns to the encoded input; nothing in it is trained.
        trainable: from the encoded input to the head, on the standardised target; this is what is fitted.
    """

    model: Any
    encoder: Any
    trainable: Any


def assemble(inputs: dict[str, Any], encoded: Any, hidden: Callable[[Any], Any], task: Task) -> Network:
    """Join the parts.

    Args:
        inputs: Keras inputs for raw data, by name.
        encoded: the tensor that a data kind makes of them.
        hidden: the family's part, from tensor to tensor [rows, features].
        task: gives the head; for regression its ``mean`` and ``std`` bring predictions back to the target's unit.
    """
    import keras

    encoded = keras.layers.Identity(name=ENCODED)(encoded)
    head = head_of(task)
    output = keras.layers.Dense(head.units, activation=head.activation, name="head")(hidden(encoded))
    prediction = output
    if task.kind == REGRESSION:
        prediction = keras.layers.Rescaling(task.std, offset=task.mean, name="target_unit")(output)
    return Network(
        model=keras.Model(inputs, prediction, name="model"),
        encoder=keras.Model(inputs, encoded, name="encoder"),
        trainable=keras.Model(encoded, output, name="trainable"),
    )


def run_model(model: Any, inputs: dict[str, Any], rows: int = 8192) -> Any:
    """Outputs of ``model`` for raw inputs, in pieces of ``rows``; numpy [samples, outputs].

    Calling the model is quicker than ``predict`` on data that is in memory: nothing is traced.
    """
    import numpy as np
    import tensorflow as tf

    samples = len(next(iter(inputs.values())))
    pieces = []
    for start in range(0, samples, rows):
        piece = {
            name: tf.constant(values[start : start + rows].tolist() if values.dtype == object else values[start : start + rows])
            for name, values in inputs.items()
        }
        pieces.append(np.asarray(model(piece, training=False)))
    return np.concatenate(pieces)


def encoder_of(model: Any) -> Any:
    """The encoder inside a saved model."""
    import keras

    return keras.Model(model.inputs, model.get_layer(ENCODED).output, name="encoder")


def layer_table(model: Any) -> list[dict[str, Any]]:
    """One row a layer: name, type, output shape ('?' for the number of samples) and number of parameters."""
    rows = []
    for layer in model.layers:
        shape = layer.output.shape
        kind = type(layer).__name__
        rows.append(
            {
                "layer": layer.name,
                "type": kind,
                "output_shape": " x ".join("?" if size is None else str(size) for size in shape),
                "parameters": sum(_size(weight.shape) for weight in getattr(layer, "trainable_weights", [])),
                "fixed_parameters": sum(_size(weight.shape) for weight in getattr(layer, "non_trainable_weights", [])),
            }
        )
    return rows


def _size(shape) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size
