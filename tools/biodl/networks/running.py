"""Run networks on raw samples, a piece at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset, Encoding
from ..errors import InputError
from .assemble import ENCODED

if TYPE_CHECKING:
    import numpy as np

_PIECE_BYTES = 64 * 2**20
_MOST_ROWS = 8192
MOST_RAW = 6 * _MOST_ROWS
"""Samples whose raw inputs are held at a time."""
_BLOCK = 16
"""Samples that processors multiply together; the last digits of what a network says of samples in a block that is not full differ."""


def run_model(
    model: Any, inputs: dict[str, Any], then: Callable[[Any], Any] | None = None, call: Callable[[Any], Any] | None = None
) -> Any:
    """Outputs of ``model`` for raw inputs, a piece at a time; numpy [samples, outputs].

    Calling the model is quicker than ``predict`` on data that is in memory, since nothing is traced; recurrent layers are
    traced, for they loop. Pieces are filled up to whole blocks of samples, so that the last digits of what is said of a sample seldom
    depend on how many stand beside it; threads that share the work still can make a difference.

    Args:
        model: a Keras model.
        inputs: arrays, or objects that give arrays for slices, by name.
        then: applied to the output of each piece.
        call: of a model that is run more than once, :func:`caller`, or :func:`traced` if often.
    """
    import numpy as np

    samples = len(next(iter(inputs.values())))
    rows = piece_rows(model, inputs)
    call = call or caller(model)
    pieces = []
    for start in range(0, samples, rows):
        count = min(rows, samples - start)
        found = np.asarray(call(_tensors(inputs, slice(start, start + count), _filled(count, rows))))[:count]
        pieces.append(then(found) if then else found)
    return np.concatenate(pieces)


def with_beside(model: Any, beside: Sequence[Any]) -> Any:
    """A model that gives its output [samples, units], and after it the values of other tensors of it, [samples, values] each."""
    import keras

    return keras.Model(model.inputs, keras.layers.Concatenate()([model.output, *beside])) if beside else model


def refuse_no_number(scores: np.ndarray, where: str) -> np.ndarray:
    """The scores of samples of ``where``, all of them finite.

    Raises:
        InputError: when one is not.
    """
    import numpy as np

    if not np.isfinite(scores).all():
        raise InputError(f"The network gives no number for some rows of {where}: check them for extreme values.")
    return scores


def raw_pieces(encoding: Encoding, data: Dataset) -> Iterator[dict[str, Any]]:
    """Raw inputs of some thousand samples at a time, so that those of all are never held."""
    import numpy as np

    if len(data) <= MOST_RAW:
        yield encoding.raw(data)
        return
    for start in range(0, len(data), MOST_RAW):
        yield encoding.raw(data.take(np.arange(start, min(start + MOST_RAW, len(data)))))


def piece_rows(model: Any, inputs: dict[str, Any]) -> int:
    """Number of samples whose largest layer output still fits into a piece of memory."""
    largest = max([1, *(math.prod(values.shape[1:]) for values in inputs.values())])
    for shape in output_shapes(model):
        largest = max(largest, math.prod(extent or 1 for extent in shape))
    rows = min(_MOST_ROWS, _PIECE_BYTES // (4 * largest))
    return rows - rows % _BLOCK if rows > _BLOCK else max(1, rows)


def output_shapes(model: Any) -> Iterator[tuple[int | None, ...]]:
    """What each layer gives for one sample, layers of models inside of it as well."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from output_shapes(layer)
        for tensor in layer.output if isinstance(layer.output, list) else [layer.output]:
            yield tuple(tensor.shape[1:])


def traced(model: Any) -> Callable[[Any], Any]:
    """A call of a model that costs as much as some ten others the first time, and a tenth from then on."""
    import tensorflow as tf

    return tf.function(lambda tensors: model(tensors, training=False), reduce_retracing=True, autograph=False)


def caller(model: Any) -> Callable[[Any], Any]:
    """The cheapest way to ask a model once: traced where it loops. Who asks more than once keeps it."""
    import keras

    if any(isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) for layer in model.layers):
        return traced(model)
    return lambda tensors: model(tensors, training=False)


def _filled(count: int, most: int) -> int:
    """A number of samples in whole blocks, but no more than fit into memory."""
    return min(-(-count // _BLOCK) * _BLOCK, most)


def _tensors(inputs: dict[str, Any], rows: Any, size: int = 0) -> dict[str, Any]:
    """Pieces of the inputs; repeats of the last sample bring them to ``size``."""
    import numpy as np
    import tensorflow as tf

    pieces = {name: values[rows] for name, values in inputs.items()}
    missing = max(0, size - len(next(iter(pieces.values()))))
    if missing:
        pieces = {name: np.concatenate([piece, np.repeat(piece[-1:], missing, axis=0)]) for name, piece in pieces.items()}
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


class Some:
    """Some of the samples that are encoded later, by their positions."""

    def __init__(self, samples: EncodedLater, rows: np.ndarray):
        self._samples, self._rows = samples, rows
        self.shape = (len(rows), *samples.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Any:
        """float32 [samples, ...] for an array of positions or a slice."""
        return self._samples[self._rows[rows]]


def some(samples: Any, rows: np.ndarray) -> Any:
    """Encoded samples at ``rows``, be they in memory or encoded later."""
    return Some(samples, rows) if isinstance(samples, EncodedLater) else samples[rows]


def encoder_of(model: Any) -> Any:
    """The encoder inside a saved model."""
    import keras

    return keras.Model(model.inputs, model.get_layer(ENCODED).output, name="encoder")
