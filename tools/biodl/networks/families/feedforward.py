"""Feed-forward networks for tables: fully connected layers (multilayer perceptron)."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...program.options import option
from ...program.search import Linear, Log, OneOf
from .family import Family, register
from .layers import ACTIVATIONS, batch_normalized, initializer, penalty


@dataclasses.dataclass(frozen=True)
class FeedForwardOptions:
    """Shape of the network between input and head."""

    hidden_layers: tuple[int, ...] = option(
        (64,),
        "units of each hidden layer, comma-separated",
        type="integers",
        low=1,
        high=65536,
        search=OneOf(((16,), (64,), (256,), (64, 32), (256, 64))),
    )
    activation: str = option(
        "relu", "activation of hidden layers", type="choice", choices=ACTIVATIONS, search=OneOf(("relu", "gelu", "tanh"))
    )
    dropout: float = option(0.5, "share of units silenced in each training step", type="float", low=0, high=0.95, search=Linear(0.0, 0.7))
    batch_normalization: bool = option(False, "normalise each hidden layer over the batch", type="bool", search=OneOf((False, True)))
    l2: float = option(0.01, "L2 penalty on the weights", type="float", low=0, high=10, search=Log(1e-5, 0.1))


def hidden(tensor: Any, valid: Any, options: FeedForwardOptions) -> Any:
    """Stack fully connected layers on ``tensor`` (float32 [rows, width]); returns float32 [rows, last units]."""
    import keras

    for number, units in enumerate(options.hidden_layers, start=1):
        tensor = keras.layers.Dense(
            units,
            kernel_initializer=initializer(options.activation),
            kernel_regularizer=penalty(options.l2),
            use_bias=not options.batch_normalization,
            name=f"dense_{number}",
        )(tensor)
        if options.batch_normalization:
            tensor = batch_normalized(tensor, f"batch_normalization_{number}")
        tensor = keras.layers.Activation(options.activation, name=f"{options.activation}_{number}")(tensor)
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout, name=f"dropout_{number}")(tensor)
    return tensor


FAMILY = register(Family("feedforward", FeedForwardOptions, hidden, title="feed-forward"))
