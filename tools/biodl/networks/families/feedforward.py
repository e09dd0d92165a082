"""Feed-forward networks for tables: fully connected layers (multilayer perceptron)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ...program.options import option
from ...program.search import Linear, Log, OneOf
from .family import Family, register
from .layers import ACTIVATIONS, batch_normalized, dense, dense_of_members, initializer, normalized_of_members, penalty


@dataclasses.dataclass(frozen=True)
class FeedForwardOptions:
    """Shape of the network between input and head."""

    hidden_layers: tuple[int, ...] = option(
        (128,),
        "units of each hidden layer, comma-separated",
        type="integers",
        low=1,
        high=65536,
        search=OneOf(((16,), (64,), (128,), (256,), (64, 32), (256, 64))),
    )
    activation: str = option(
        "relu", "activation of hidden layers", type="choice", choices=ACTIVATIONS, search=OneOf(("relu", "gelu", "tanh"))
    )
    dropout: float = option(0.3, "share of units silenced in each training step", type="float", low=0, high=0.95, search=Linear(0.0, 0.7))
    batch_normalization: bool = option(False, "normalise each hidden layer over the batch", type="bool", search=OneOf((False, True)))
    l2: float = option(0.01, "L2 penalty on the weights", type="float", low=0, high=10, search=Log(1e-5, 0.1))


def hidden(tensor: Any, valid: Any, options: FeedForwardOptions) -> Any:
    """Stack fully connected layers on ``tensor`` (float32 [rows, width]); returns float32 [rows, last units]."""
    return _stacked(tensor, options, dense, batch_normalized)


def together(tensor: Any, options: FeedForwardOptions) -> Any:
    """The same for the members of an ensemble, [rows, members, width] to [rows, members, last units]."""
    return _stacked(tensor, options, dense_of_members, normalized_of_members)


def _stacked(tensor: Any, options: FeedForwardOptions, connected: Callable[..., Any], normalized: Callable[[Any, str], Any]) -> Any:
    import keras

    for number, units in enumerate(options.hidden_layers, start=1):
        tensor = connected(
            tensor,
            units,
            kernel_initializer=initializer(options.activation),
            kernel_regularizer=penalty(options.l2),
            use_bias=not options.batch_normalization,
            name=f"dense_{number}",
        )
        if options.batch_normalization:
            tensor = normalized(tensor, f"batch_normalization_{number}")
        tensor = keras.layers.Activation(options.activation, name=f"{options.activation}_{number}")(tensor)
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout, name=f"dropout_{number}")(tensor)
    return tensor


FAMILY = register(Family("feedforward", FeedForwardOptions, hidden, title="feed-forward", together=together))
