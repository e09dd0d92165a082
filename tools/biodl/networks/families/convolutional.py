"""Convolutional networks: one-dimensional on sequences, series and text, two-dimensional on images."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...errors import InputError
from ...program.options import option
from ...program.search import Linear, OneOf
from .family import Family, register
from .layers import (
    ACTIVATIONS,
    averaged_over_steps,
    batch_normalized,
    initializer,
    kernel_for,
    masked,
    numbered,
    penalty,
    pooled_valid,
    pooling_for,
    refuse_kernel,
    refuse_pooling,
    shortening,
    without_padding,
)

PLAIN, RESIDUAL, SEPARABLE = "plain", "residual", "separable"
AUTO, AVERAGE, MAX, FLATTEN = "auto", "average", "max", "flatten"
_FEW_PLACES = 32
"""So many places along a side, and no more, are handed to the head one by one unless that is asked for."""
_BY_LENGTH = (0,)
_FILTERS, _BLOCKS, _MOST_BLOCKS = 64, 3, 8
_MOST_FLAT = 20000
"""More values than this are not handed to the head one by one unless that is asked for."""


@dataclasses.dataclass(frozen=True)
class ConvolutionalOptions:
    """Shape of the network between input and head."""

    architecture: str = option(
        PLAIN, "what a block is made of", type="choice", choices=(PLAIN, RESIDUAL, SEPARABLE), search=OneOf((PLAIN, RESIDUAL))
    )
    filters: tuple[int, ...] = option(
        _BY_LENGTH,
        "filters of each block, comma-separated; 0: 64 in each of three blocks, or up to eight as samples have more than 64 steps",
        type="integers",
        low=0,
        high=4096,
        search=OneOf((_BY_LENGTH, (32, 32), (32, 64, 128), (128, 128))),
    )
    convolutions: int = option(1, "convolutions in each block", type="int", low=1, high=8)
    kernel_size: int = option(
        0, "size of the kernels, 0: 7 along sequences and series, 3 on images", type="int", low=0, high=101, search=OneOf((0, 3, 5, 11))
    )
    pooling: int = option(
        0, "steps or pixels that each block pools into one, 0: 2 while enough are left, 1: none", type="int", low=0, high=16
    )
    global_pooling: str = option(AUTO, "how the last block is handed to the head", type="choice", choices=(AUTO, AVERAGE, MAX, FLATTEN))
    dense_units: tuple[int, ...] = option(
        (), "units of fully connected layers before the head, comma-separated", type="integers", low=1, high=65536
    )
    activation: str = option("relu", "activation of hidden layers", type="choice", choices=ACTIVATIONS)
    dropout: float = option(
        0.2, "share of feature values silenced after each block in training", type="float", low=0, high=0.95, search=Linear(0.0, 0.5)
    )
    head_dropout: float = option(
        0.5, "share of feature values silenced before the head in training", type="float", low=0, high=0.95, search=Linear(0.0, 0.7)
    )
    batch_normalization: bool = option(True, "normalise each convolution over the batch", type="bool")
    l2: float = option(0.0, "L2 penalty on the weights", type="float", low=0, high=10)


def hidden(tensor: Any, valid: Any, options: ConvolutionalOptions) -> Any:
    """Stack blocks on ``tensor``; returns float32 [samples, features].

    Args:
        tensor: float32 [samples, steps, channels] or [samples, height, width, channels].
        valid: float32 [samples, steps, 1], 1 where a sample holds something, or None where all do.
        options: of this family.

    Raises:
        InputError: when a kernel or pooling does not fit what reaches it.
    """
    import keras

    rank = len(tensor.shape) - 2
    for number, filters in enumerate(_filters(tensor, options), start=1):
        kernel = kernel_for(options.kernel_size, 7 if rank == 1 else 3, tensor)
        tensor = _Block(rank, filters, kernel, options, number).build(tensor, valid)
        tensor = without_padding(tensor, valid, f"without_padding_{number}")
        pooling = pooling_for(options.pooling, tensor)
        if pooling > 1:
            refuse_pooling(tensor, pooling, f"pooling_{number}")
            tensor = _layer("MaxPooling", rank)(pooling, name=f"pooling_{number}")(tensor)
            valid = pooled_valid(valid, pooling, f"padding_{number}")
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout, name=f"dropout_{number}")(tensor)
    tensor = _to_features(tensor, valid, rank, options)
    for number, units in enumerate(options.dense_units, start=1):
        tensor = keras.layers.Dense(
            units,
            activation=options.activation,
            kernel_initializer=initializer(options.activation),
            kernel_regularizer=penalty(options.l2),
            name=f"dense_{number}",
        )(tensor)
    return keras.layers.Dropout(options.head_dropout, name="head_dropout")(tensor) if options.head_dropout else tensor


def _filters(tensor: Any, options: ConvolutionalOptions) -> tuple[int, ...]:
    """Filters of each block: those chosen, or as many blocks as samples are long; images have three.

    Raises:
        InputError: for 0 beside others.
    """
    if options.filters != _BY_LENGTH:
        if 0 in options.filters:
            raise InputError("Filters of each block are whole numbers from 1, or 0 alone, which leaves blocks to the length of samples.")
        return options.filters
    along_steps = len(tensor.shape) == 3
    blocks = shortening(tensor.shape[1], options.pooling or 2, _BLOCKS, _MOST_BLOCKS) if along_steps else _BLOCKS
    return (_FILTERS,) * blocks


@dataclasses.dataclass(frozen=True)
class _Block:
    """One block: ``convolutions`` of one kind, with a shortcut around them if residual."""

    rank: int
    filters: int
    kernel: int
    options: ConvolutionalOptions
    number: int

    def build(self, tensor: Any, valid: Any) -> Any:
        import keras

        start = tensor
        residual = self.options.architecture == RESIDUAL
        count = self.options.convolutions + residual  # a shortcut around a single convolution would be of little use
        for part in range(1, count + 1):
            name = f"{self.number}" if count == 1 else f"{self.number}_{part}"
            refuse_kernel(tensor, self.kernel, f"convolution_{name}")
            tensor = self._convolution(tensor, self.kernel, f"convolution_{name}")
            tensor = self._normalized(tensor, name)
            if not residual or part < count:
                tensor = keras.layers.Activation(self.options.activation, name=f"{self.options.activation}_{name}")(tensor)
            if part < count:  # lest the next convolution sees at its edge what this one made of padding
                tensor = without_padding(tensor, valid, f"without_padding_{name}")
        if not residual:
            return tensor
        if start.shape[-1] != self.filters:
            start = self._normalized(self._plain(start, 1, f"shortcut_{self.number}"), f"shortcut_{self.number}")
        tensor = keras.layers.Add(name=f"add_{self.number}")([start, tensor])
        return keras.layers.Activation(self.options.activation, name=f"{self.options.activation}_{self.number}")(tensor)

    def _convolution(self, tensor: Any, kernel: int, name: str) -> Any:
        if self.options.architecture != SEPARABLE:
            return self._plain(tensor, kernel, name)
        return _layer("SeparableConv", self.rank)(
            self.filters,
            kernel,
            padding="same",
            use_bias=not self.options.batch_normalization,
            depthwise_initializer=initializer(self.options.activation),
            pointwise_initializer=initializer(self.options.activation),
            depthwise_regularizer=penalty(self.options.l2),
            pointwise_regularizer=penalty(self.options.l2),
            name=name,
        )(tensor)

    def _plain(self, tensor: Any, kernel: int, name: str) -> Any:
        return _layer("Conv", self.rank)(
            self.filters,
            kernel,
            padding="same",
            use_bias=not self.options.batch_normalization,
            kernel_initializer=initializer(self.options.activation),
            kernel_regularizer=penalty(self.options.l2),
            name=name,
        )(tensor)

    def _normalized(self, tensor: Any, name: str) -> Any:
        return batch_normalized(tensor, f"batch_normalization_{name}") if self.options.batch_normalization else tensor


def _layer(name: str, rank: int) -> Any:
    """The Keras layer of a name for one or two dimensions."""
    import keras

    return getattr(keras.layers, f"{name}{rank}D")


def _to_features(tensor: Any, valid: Any, rank: int, options: ConvolutionalOptions) -> Any:
    """One row of features a sample. Places count in aligned samples of one length; otherwise features are pooled over them."""
    import keras

    how = options.global_pooling
    values = 1
    for extent in tensor.shape[1:]:
        values *= extent
    if how == AUTO:
        how = FLATTEN if valid is None and max(tensor.shape[1:-1]) <= _FEW_PLACES and values <= _MOST_FLAT else AVERAGE
    if how == FLATTEN:
        return keras.layers.Flatten(name="flatten")(tensor)
    if how == MAX:
        return _layer("GlobalMaxPooling", rank)(name="global_max")(tensor)
    if valid is not None:
        return averaged_over_steps(masked(tensor, valid), "global_average")
    return _layer("GlobalAveragePooling", rank)(name="global_average")(tensor)


def _chosen(network: Any, options: ConvolutionalOptions) -> dict[str, tuple[int, ...]]:
    return {"filters": (_FILTERS,) * numbered(network, "convolution")} if options.filters == _BY_LENGTH else {}


FAMILY = register(Family("convolutional", ConvolutionalOptions, hidden, chosen=_chosen))
