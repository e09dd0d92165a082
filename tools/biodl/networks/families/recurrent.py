"""Recurrent networks for sequences, series and text; convolutions may stand in front, a transformer may take their place."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...errors import InputError
from ...program.options import option
from ...program.search import Linear, OneOf
from .family import Family, register
from .layers import (
    averaged_over_steps,
    batch_normalized,
    kernel_for,
    masked,
    numbered,
    pooled_valid,
    pooling_for,
    refuse_kernel,
    refuse_pooling,
    shortening,
    shown,
    without_padding,
)

LSTM, GRU, SIMPLE, TRANSFORMER = "lstm", "gru", "simple_rnn", "transformer"
AUTO, LAST, AVERAGE, MAX, ATTENTION, ALL = "auto", "last", "average", "max", "attention", "all"
_FEW_STEPS = 32
"""So many steps, and no more, are handed to the head one by one unless that is asked for."""
_FRONT_FILTERS, _MOST_FRONTS = 64, 6


@dataclasses.dataclass(frozen=True)
class RecurrentOptions:
    """Shape of the network between input and head."""

    cell: str = option(
        GRU,
        "recurrent layer, or a transformer encoder in its place",
        type="choice",
        choices=(LSTM, GRU, SIMPLE, TRANSFORMER),
        search=OneOf((GRU, LSTM)),
    )
    units: tuple[int, ...] = option(
        (32,),
        "units of each recurrent layer, comma-separated",
        type="integers",
        low=1,
        high=4096,
        search=OneOf(((16,), (32,), (64,), (32, 32))),
    )
    bidirectional: bool = option(True, "read samples in both directions", type="bool")
    time_pooling: str = option(
        AUTO,
        "how the last recurrent layer is handed to the head",
        type="choice",
        choices=(AUTO, LAST, AVERAGE, MAX, ATTENTION, ALL),
        search=OneOf((AUTO, AVERAGE, ATTENTION)),
    )
    front_filters: tuple[int, ...] = option(
        (),
        "filters of each convolution in front, 0: none; if not given 64 in one, or in up to six as samples have more than 64 steps",
        type="integers",
        low=0,
        high=4096,
    )
    front_kernel: int = option(0, "kernel size of convolutions in front, 0: 7", type="int", low=0, high=101)
    front_pooling: int = option(
        0, "steps that each convolution in front pools into one, 0: 2 while enough are left, 1: none", type="int", low=0, high=64
    )
    dropout: float = option(
        0.3, "share of feature values silenced between layers in training", type="float", low=0, high=0.95, search=Linear(0.0, 0.6)
    )
    head_dropout: float = option(
        0.5, "share of feature values silenced before the head in training", type="float", low=0, high=0.95, search=Linear(0.0, 0.7)
    )
    heads: int = option(4, "attention heads of a transformer encoder", type="int", low=1, high=64)


def hidden(tensor: Any, valid: Any, options: RecurrentOptions) -> Any:
    """Stack convolutions and recurrent layers on ``tensor``; returns float32 [samples, features].

    Args:
        tensor: float32 [samples, steps, channels].
        valid: float32 [samples, steps, 1], 1 where a sample holds something, or None where all do.
        options: of this family.

    Raises:
        InputError: when a kernel, pooling or number of heads does not fit.
    """
    import keras

    tensor, valid = _front(tensor, valid, options)
    if options.cell != TRANSFORMER:
        tensor = masked(tensor, valid)
    how = options.time_pooling
    if how == AUTO:
        how = ALL if valid is None and tensor.shape[1] <= _FEW_STEPS else MAX
    if options.cell == TRANSFORMER and how == LAST:
        raise InputError("A transformer has no last state: choose another pooling over time.")
    for number, units in enumerate(options.units, start=1):
        last = number == len(options.units)
        if options.cell == TRANSFORMER:
            tensor = _encoder(tensor, valid, units, options, number)
        else:
            tensor = _recurrent(tensor, units, options, number, whole=not last or how != LAST)
        if options.dropout and not last:
            tensor = keras.layers.Dropout(options.dropout, name=f"dropout_{number}")(tensor)
    tensor = _pooled(tensor, valid, how)
    return keras.layers.Dropout(options.head_dropout, name="head_dropout")(tensor) if options.head_dropout else tensor


def _front(tensor: Any, valid: Any, options: RecurrentOptions) -> tuple[Any, Any]:
    """Convolutions find local motifs, and pooling shortens what the recurrent layers must remember."""
    import keras

    filters_of = [count for count in options.front_filters if count] if options.front_filters else _fronts(tensor.shape[1], options)
    for number, filters in enumerate(filters_of, start=1):
        kernel = kernel_for(options.front_kernel, 7, tensor)
        refuse_kernel(tensor, kernel, f"front_{number}")
        tensor = keras.layers.Conv1D(
            filters, kernel, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"front_{number}"
        )(tensor)
        tensor = batch_normalized(tensor, f"front_normalization_{number}")
        tensor = keras.layers.Activation("relu", name=f"front_relu_{number}")(tensor)
        tensor = without_padding(tensor, valid, f"front_without_padding_{number}")
        pooling = pooling_for(options.front_pooling, tensor)
        if pooling > 1:
            refuse_pooling(tensor, pooling, f"front_pooling_{number}")
            tensor = keras.layers.MaxPooling1D(pooling, name=f"front_pooling_{number}")(tensor)
            valid = pooled_valid(valid, pooling, f"front_padding_{number}")
        if options.dropout:
            tensor = keras.layers.Dropout(options.dropout, name=f"front_dropout_{number}")(tensor)
    return tensor, valid


def _fronts(steps: int, options: RecurrentOptions) -> list[int]:
    """As many convolutions as it takes to shorten samples to what recurrent layers remember well; one at least."""
    return [_FRONT_FILTERS] * shortening(steps, options.front_pooling or 2, 1, _MOST_FRONTS)


def _recurrent(tensor: Any, units: int, options: RecurrentOptions, number: int, whole: bool) -> Any:
    import keras

    kind = {LSTM: keras.layers.LSTM, GRU: keras.layers.GRU, SIMPLE: keras.layers.SimpleRNN}[options.cell]
    name = f"{options.cell}_{number}"
    if not options.bidirectional:
        return kind(units, return_sequences=whole, name=name)(tensor)
    return keras.layers.Bidirectional(kind(units, return_sequences=whole), name=f"bidirectional_{name}")(tensor)


def _encoder(tensor: Any, valid: Any, units: int, options: RecurrentOptions, number: int) -> Any:
    """A transformer encoder layer, normalised first (Xiong et al. 2020); a convolution tells places (Baevski et al. 2020)."""
    import keras

    layers = keras.layers
    if units % options.heads:
        raise InputError(f"A transformer of {units} units cannot be shared by {options.heads} heads: choose a multiple.")
    if number == 1 or tensor.shape[-1] != units:
        tensor = layers.Dense(units, name=f"width_{number}")(tensor)
    if number == 1:
        tensor = without_padding(tensor, valid, "width_without_padding")
        places = layers.DepthwiseConv1D(min(15, tensor.shape[1]), padding="same", name="places")(tensor)
        tensor = layers.Add(name="with_places")([tensor, places])
        tensor = masked(without_padding(tensor, valid, "places_without_padding"), valid)
    normal = layers.LayerNormalization(name=f"attention_normalization_{number}")(tensor)
    found = layers.MultiHeadAttention(options.heads, units // options.heads, dropout=options.dropout, name=f"attention_{number}")(
        normal, normal
    )
    tensor = layers.Add(name=f"attention_add_{number}")([tensor, found])
    normal = layers.LayerNormalization(name=f"feedforward_normalization_{number}")(tensor)
    wide = layers.Dense(2 * units, activation="gelu", name=f"feedforward_wide_{number}")(normal)
    narrow = layers.Dense(units, name=f"feedforward_{number}")(layers.Dropout(options.dropout, name=f"feedforward_dropout_{number}")(wide))
    return layers.Add(name=f"feedforward_add_{number}")([tensor, narrow])


def _pooled(tensor: Any, valid: Any, how: str) -> Any:
    """One row of features a sample."""
    import keras

    layers = keras.layers
    if how == LAST:
        return tensor
    if how == ALL:
        if valid is not None:
            raise InputError(
                f"Samples of different lengths cannot hand all {shown(tensor.shape)} values to the head: choose another pooling over time."
            )
        return layers.Flatten(name="all_steps")(tensor)
    if how == AVERAGE:
        return averaged_over_steps(tensor, "average_over_time")
    if how == MAX:
        return layers.GlobalMaxPooling1D(name="maximum_over_time")(without_padding(tensor, valid, "without_padding"))
    question = averaged_over_steps(tensor, "question", keepdims=True)
    question = layers.Dense(tensor.shape[-1], name="query")(question)
    return layers.Flatten(name="answer")(layers.Attention(use_scale=True, name="attention_over_time")([question, tensor]))


def _chosen(network: Any, options: RecurrentOptions) -> dict[str, tuple[int, ...]]:
    return {} if options.front_filters else {"front_filters": (_FRONT_FILTERS,) * numbered(network, "front")}


FAMILY = register(Family("recurrent", RecurrentOptions, hidden, chosen=_chosen))
