"""A network cut where its inputs have become numbers that can change a little: behind the encoding, or behind learned vectors of tokens."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..data.tokens import TABLE_OF_PAIRS, TABLES
from ..networks.assemble import ENCODED, HEAD
from ..networks.ensemble import MEMBERS, member_of, without_member
from ..networks.opened import Opened
from ..networks.running import EncodedLater, encoder_of, output_shapes

if TYPE_CHECKING:
    import numpy as np

_PIECE_BYTES = 128 * 2**20
_MOST_ROWS = 2048


class Cut:
    """What lies behind the cut.

    Throughout, *encoded* are samples as ``encoding.layers`` gives them, and *x* float32 [samples, ...] what is changed: the same, or, where
    encoded samples are numbers of tokens, their learned vectors [samples, tokens, width] (with those of the pair that a word begins, and
    those of members trained apart, side by side).

    Attributes:
        opened: what its file says.
        tokens: whether encoded samples are numbers of tokens.
        of_pairs: where they are, bool [width]: which numbers of x are of the pair that a word begins.
        rows: samples whose layers fit into memory at a time.
        look: is called before each piece of samples; may raise :class:`.budget.SpentError`.
    """

    look: Callable[[], None]

    def __init__(self, opened: Opened, model: Any, beside: tuple[Any, ...] = ()):
        """Cut ``model``; ``beside``: tensors of it whose values and gradients are wanted, for :meth:`beside`."""
        import keras
        import numpy as np
        import tensorflow as tf

        self.look = lambda: None
        self._kept: tuple[dict[str, Any], np.ndarray] | None = None
        self.opened, self._encoder = opened, encoder_of(model)
        self._encoded, self._head = model.get_layer(ENCODED).output, model.get_layer(HEAD)
        self._tables = [layer for layer in model.layers if without_member(layer.name) in TABLES]  # each member trained apart has its own
        self.tokens = bool(self._tables)
        widths = [table.output_dim for table in self._tables]
        self.of_pairs = np.repeat([without_member(table.name) == TABLE_OF_PAIRS for table in self._tables], widths).astype(bool)
        vectors = [table.output for table in self._tables]
        self._before = keras.Model(self._encoded, vectors) if self.tokens else None
        self._behind = keras.Model([self._encoded, *vectors], [self._head.input, *beside])
        self._apart = MEMBERS in {layer.name for layer in model.layers}
        self.rows = _rows(model)
        x = (None, vectors[0].shape[1], sum(widths)) if self.tokens else self._encoded.shape
        shapes = [tf.TensorSpec(self._encoded.shape, self._encoded.dtype), tf.TensorSpec(x), tf.TensorSpec([None], "int32")]
        self._run = tf.function(self._explained, input_signature=shapes, autograph=False)
        self._climb = tf.function(self._gradients, input_signature=shapes, autograph=False)
        self._look = tf.function(self._beside, input_signature=shapes, autograph=False)

    @property
    def encoding(self) -> Any:
        """The fitted preprocessing, which modules of a kind know to be their own."""
        return self.opened.encoding

    def pieces(self, raw: dict[str, Any]) -> Iterator[tuple[slice, np.ndarray]]:
        """Encoded samples, some at a time, and which. Those of one piece are kept until others are asked for: the same few samples are
        explained by several methods, of several networks, with other parts taken out."""
        if self._kept is not None and self._kept[0] is raw:
            self.look()
            yield slice(0, len(self._kept[1])), self._kept[1]
            return
        encoded = EncodedLater(self._encoder, raw)
        for start in range(0, len(encoded), self.rows):
            self.look()
            part = slice(start, min(start + self.rows, len(encoded)))
            piece = encoded[part]
            self._kept = (raw, piece) if len(encoded) <= self.rows else None
            yield part, piece

    def start(self, encoded: np.ndarray) -> np.ndarray:
        """x of encoded samples."""
        import numpy as np

        if self._before is None:
            return encoded
        found = self._before(encoded)
        return np.concatenate([np.asarray(vectors) for vectors in (found if isinstance(found, list) else [found])], axis=-1)

    def vectors(self) -> list[np.ndarray]:
        """The table of learned vectors of each member that has its own (of words also that of pairs), float32 [tokens, width]."""
        return [table.get_weights()[0] for table in self._tables]

    def explained(self, encoded: np.ndarray, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """float64 [samples]: what the network says of the targets, without what is to be added to it."""
        import numpy as np

        found = [np.asarray(self._run(*part)) for part in self._parts(encoded, x, targets)]
        return np.concatenate(found).astype("float64") if found else np.zeros(0)

    def gradients(self, encoded: np.ndarray, x: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """float32, as x: how what it says changes with each number."""
        import numpy as np

        return np.concatenate([np.asarray(self._climb(*part)) for part in self._parts(encoded, x, targets)])

    def beside(self, encoded: np.ndarray, x: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
        """What the network says, and for each tensor asked for its values and how what it says changes with them.

        Of so few samples that they are held at once: at most :attr:`rows`.
        """
        import numpy as np

        said, tensors, slopes = self._look(*next(self._parts(encoded, x, targets)))
        return np.asarray(said, "float64"), [(np.asarray(one), np.asarray(slope)) for one, slope in zip(tensors, slopes, strict=True)]

    def _parts(self, encoded: np.ndarray, x: np.ndarray, targets: np.ndarray) -> Iterator[tuple[Any, ...]]:
        import tensorflow as tf

        for start in range(0, len(x), self.rows):
            self.look()
            part = slice(start, start + self.rows)
            kinds = (self._encoded.dtype, "float32", "int32")
            yield tuple(tf.constant(item[part], kind) for item, kind in zip((encoded, x, targets), kinds, strict=True))

    def _explained(self, encoded: Any, x: Any, targets: Any) -> Any:
        return self._said(self._values(encoded, x)[0], targets)

    def _gradients(self, encoded: Any, x: Any, targets: Any) -> Any:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            said = self._explained(encoded, x, targets)
        return tape.gradient(said, x, unconnected_gradients="zero")

    def _beside(self, encoded: Any, x: Any, targets: Any) -> Any:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            features, *tensors = self._values(encoded, x)
            said = self._said(features, targets)
        return said, tensors, tape.gradient(said, tensors, unconnected_gradients="zero")

    def _values(self, encoded: Any, x: Any) -> list[Any]:
        import tensorflow as tf

        starts = [encoded, *tf.split(x, [table.output_dim for table in self._tables], axis=-1)] if self.tokens else [x]
        found = self._behind(starts, training=False)
        return found if isinstance(found, list) else [found]

    def _said(self, features: Any, targets: Any) -> Any:
        """What the task explains, from what enters the head."""
        import tensorflow as tf

        kernel, bias = self._head.weights
        if self._apart:
            values = tf.einsum("bmi,mio->bmo", features, kernel.value) + bias.value
        else:
            values = (features @ kernel.value + bias.value)[:, None]
        return self.opened.task.explained(values, targets)


def last_maps(model: Any) -> list[Any]:
    """The last tensor that is still maps and comes right from convolutions, of each member: behind their activation, before pooling."""
    import keras

    found: dict[int, Any] = {}
    for layer in model.layers:
        if len(getattr(layer, "output", model.output).shape) != 4:
            continue
        convolves = isinstance(layer, keras.layers.Conv2D | keras.layers.SeparableConv2D)
        if convolves or (member_of(layer.name) in found and isinstance(layer, keras.layers.Activation)):
            found[member_of(layer.name)] = layer.output
    return list(found.values())


def _rows(model: Any) -> int:
    """Samples whose layers, all of which gradients need, fit into a piece of memory."""
    values = sum(math.prod(extent or 1 for extent in shape) for shape in output_shapes(model))
    return max(1, min(_MOST_ROWS, _PIECE_BYTES // (4 * max(1, values))))
