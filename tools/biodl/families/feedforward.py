"""Feed-forward networks for tables: fully connected layers (multilayer perceptron)."""

from __future__ import annotations

import dataclasses

from ..options import option

ACTIVATIONS = ("relu", "gelu", "elu", "selu", "silu", "tanh", "sigmoid")


@dataclasses.dataclass(frozen=True)
class FeedForwardOptions:
    """Shape of the network between input and head."""

    hidden_layers: tuple[int, ...] = option((64,), "units of each hidden layer, comma-separated", kind="integers", low=1, high=65536)
    activation: str = option("relu", "activation of hidden layers", kind="choice", choices=ACTIVATIONS)
    dropout: float = option(0.5, "share of units silenced in each training step", kind="float", low=0, high=0.95)
    batch_normalization: bool = option(False, "normalise each hidden layer over the batch", kind="bool")
    l2: float = option(0.01, "L2 penalty on the weights", kind="float", low=0, high=10)


def hidden(encoded, options: FeedForwardOptions):
    """Stack fully connected layers on ``encoded`` (float32 [rows, width]); returns float32 [rows, last units]."""
    import keras

    rectified = options.activation in ("relu", "gelu", "elu", "silu")
    tensor = encoded
    for number, units in enumerate(options.hidden_layers, start=1):
        tensor = keras.layers.Dense(
            units,
            kernel_initializer="he_normal" if rectified else "lecun_normal" if options.activation == "selu" else "glorot_uniform",
            kernel_regularizer=keras.regularizers.L2(options.l2) if options.l2 else None,
            use_bias=not options.batch_normalization,
            name=f"dense_{number}",
        )(tensor)
        if options.batch_normalization:
            tensor = keras.layers.BatchNormalization(name=f"batch_normalization_{number}")(tensor)
        tensor = keras.layers.Activation(options.activation, name=f"{options.activation}_{number}")(tensor)
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout, name=f"dropout_{number}")(tensor)
    return tensor
