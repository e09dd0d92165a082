"""Put a network together: raw inputs, encoding, hidden part of a family, head of the task."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .task import BINARY, FORECASTING, MULTICLASS, MULTILABEL, OF_NUMBERS, REGRESSION, Task

ENCODED = "encoded"
"""Name of the layer where raw data has become the network's numeric input."""
HEAD = "head"
"""Name of the last layer with weights."""
_PIECE_BYTES = 64 * 2**20
_MOST_ROWS = 8192


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
        FORECASTING: Head(task.horizon, "linear", "mean_squared_error", "mean_absolute_error"),
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

    head = head_of(task)
    output = keras.layers.Dense(head.units, activation=head.activation, name=HEAD)(features)
    prediction = output
    if task.kind in OF_NUMBERS:
        prediction = keras.layers.Rescaling(task.std, offset=task.mean, name="target_unit")(output)
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


def run_model(model: Any, inputs: dict[str, Any], then: Callable[[Any], Any] | None = None) -> Any:
    """Outputs of ``model`` for raw inputs, a piece at a time; numpy [samples, outputs].

    Calling the model is quicker than ``predict`` on data that is in memory, since nothing is traced; recurrent layers are
    traced, for they loop.

    Args:
        model: a Keras model.
        inputs: arrays, or objects that give arrays for slices, by name.
        then: applied to the output of each piece.
    """
    import numpy as np

    samples = len(next(iter(inputs.values())))
    rows = piece_rows(model, inputs)
    call = _caller(model)
    pieces = []
    for start in range(0, samples, rows):
        found = np.asarray(call(_tensors(inputs, slice(start, start + rows))))
        pieces.append(then(found) if then else found)
    return np.concatenate(pieces)


def piece_rows(model: Any, inputs: dict[str, Any]) -> int:
    """Number of samples whose largest layer output still fits into a piece of memory."""
    largest = max([1, *(_size(values.shape[1:]) for values in inputs.values())])
    for layer in model.layers:
        for tensor in layer.output if isinstance(layer.output, list) else [layer.output]:
            largest = max(largest, _size(extent or 1 for extent in tensor.shape[1:]))
    return max(1, min(_MOST_ROWS, _PIECE_BYTES // (4 * largest)))


def _caller(model: Any) -> Callable[[Any], Any]:
    import keras
    import tensorflow as tf

    if any(isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) for layer in model.layers):
        return tf.function(lambda tensors: model(tensors, training=False), reduce_retracing=True)
    return lambda tensors: model(tensors, training=False)


def _tensors(inputs: dict[str, Any], rows: Any) -> dict[str, Any]:
    import tensorflow as tf

    pieces = {name: values[rows] for name, values in inputs.items()}
    return {name: tf.constant(piece.tolist() if piece.dtype == object else piece) for name, piece in pieces.items()}


class EncodedLater:
    """Encoded samples that are too many for memory: encoded anew whenever a batch is asked for."""

    def __init__(self, encoder: Any, inputs: dict[str, Any]):
        self._encoder, self._inputs = encoder, inputs
        self.shape = (len(next(iter(inputs.values()))), *encoder.output.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Any:
        """float32 [samples, ...] for an array of positions or a slice."""
        import numpy as np

        return np.asarray(self._encoder(_tensors(self._inputs, rows), training=False))


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


def links(model: Any) -> list[tuple[int, int]]:
    """Pairs of positions in ``model.layers``: the output of the first enters the second, if only through plain operations."""
    place = {layer.name: position for position, layer in enumerate(model.layers)}
    entering: dict[str, set[str]] = {}
    for item in model.get_config()["layers"]:
        sources = {name for node in item["inbound_nodes"] for name in _sources(node)}
        entering[item["name"]] = {layer for name in sources for layer in ({name} if name in place else entering[name])}
    return sorted((place[source], place[name]) for name, sources in entering.items() if name in place for source in sources)


def _sources(node: Any) -> Iterable[str]:
    """Names of the layers whose outputs stand in a node of a model's configuration."""
    if isinstance(node, dict) and node.get("class_name") == "__keras_tensor__":
        yield node["config"]["keras_history"][0]
    elif isinstance(node, dict):
        for item in node.values():
            yield from _sources(item)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _sources(item)


def _size(shape: Iterable[int]) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size
