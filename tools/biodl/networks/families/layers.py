"""Layers that several families stack, and the refusal of shapes that cannot work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...errors import InputError

_MOMENTUM = 0.9
_ENOUGH_TO_POOL = 4
STACKED = "bmi,mio->bmo"
"""What a dense layer of several members calculates: samples b, members m, from inputs i to outputs o."""
ONE_BY_ONE = ("side_by_side", "by_member")
"""How the names of layers begin that put the units of members side by side, and back."""
_MARK = 1e-30
"""Added to each step that holds something before steps of 0 are taken for padding: too little to change a value."""
ACTIVATIONS = ("relu", "gelu", "elu", "selu", "silu", "tanh", "sigmoid")


def initializer(activation: str) -> str:
    """The initial weights that fit an activation (He et al. 2015, Klambauer et al. 2017, Glorot and Bengio 2010)."""
    if activation in ("relu", "gelu", "elu", "silu"):
        return "he_normal"
    return "lecun_normal" if activation == "selu" else "glorot_uniform"


def dense(tensor: Any, units: int, **settings: Any) -> Any:
    """Fully connected, [samples, inputs] to [samples, units]; ``settings``: those of Keras' layer."""
    import keras

    return keras.layers.Dense(units, **settings)(tensor)


def dense_of_members(tensor: Any, units: int, use_bias: bool = True, **settings: Any) -> Any:
    """The same for each member of an ensemble, [samples, members, inputs] to [samples, members, units].

    Its first weights are no one's: Keras would count the inputs of a stacked kernel otherwise, so they are drawn member by member.
    """
    import keras

    axes = "mo" if use_bias else None
    return keras.layers.EinsumDense(STACKED, (tensor.shape[1], units), bias_axes=axes, **settings)(tensor)


def normalized_of_members(tensor: Any, name: str) -> Any:
    """Each unit of each member normalised over the batch: side by side for this, since Keras' layer knows one axis."""
    import keras

    _, members, units = tensor.shape
    before, after = ONE_BY_ONE
    flat = keras.layers.Reshape((members * units,), name=f"{before}_{name}")(tensor)
    return keras.layers.Reshape((members, units), name=f"{after}_{name}")(batch_normalized(flat, name))


def batch_normalized(tensor: Any, name: str) -> Any:
    """Normalised over the batch. Keras' momentum of 0.99 takes hundreds of steps to forget its start, and small data has few an epoch."""
    import keras

    return keras.layers.BatchNormalization(momentum=_MOMENTUM, name=name)(tensor)


def kernel_for(chosen: int, usual: int, tensor: Any) -> int:
    """A kernel size: the one chosen, or (0) the usual one, or less where samples are shorter."""
    return chosen or min(usual, *tensor.shape[1:-1])


MOST_STEPS = 64
"""Long samples are brought to so many steps or fewer unless layers are chosen: recurrent layers remember these, and a place behind
convolutions sees twice as much of a sample with each pooling."""


def pooling_for(chosen: int, tensor: Any) -> int:
    """How many steps are pooled into one: the number chosen, or (0) two, or one where fewer than four are left."""
    return chosen or (2 if min(tensor.shape[1:-1]) >= _ENOUGH_TO_POOL else 1)


def shortening(steps: int, pooling: int, least: int, most: int) -> int:
    """How many layers, each of which pools so many steps into one, bring samples to :data:`MOST_STEPS`; from ``least`` to ``most``."""
    count = least
    while pooling > 1 and steps // pooling**count > MOST_STEPS and count < most:
        count += 1
    return count


def numbered(network: Any, name: str) -> int:
    """How many blocks a network has whose layers are called so with a number behind, in itself or in a network inside it."""
    import keras

    inside = [numbered(layer, name) for layer in network.layers if isinstance(layer, keras.Model)]
    found = (re.search(rf"(?:^|_){name}_(\d+)", layer.name) for layer in network.layers)
    return max([0, *inside, *(int(match[1]) for match in found if match)])


def penalty(l2: float) -> Any:
    """Keras' regularizer of a strength, or nothing."""
    import keras

    return keras.regularizers.L2(l2) if l2 else None


def shown(shape: Sequence[int | None]) -> str:
    """A shape in words, without the number of samples."""
    return " x ".join(str(size) for size in shape[1:])


def refuse_kernel(tensor: Any, kernel: int, layer: str) -> None:
    """Raise InputError when a kernel is longer than what reaches it."""
    extents = tensor.shape[1:-1]
    if min(extents) < kernel:
        raise InputError(
            f"Layer '{layer}' has a kernel of {kernel}, longer than what reaches it ({shown(tensor.shape)}): "
            "choose a smaller kernel, less pooling before it, or longer samples."
        )


def refuse_pooling(tensor: Any, pooling: int, layer: str) -> None:
    """Raise InputError when pooling would leave nothing."""
    extents = tensor.shape[1:-1]
    if min(extents) < pooling:
        raise InputError(
            f"Layer '{layer}' pools {pooling} steps into one, but only {shown(tensor.shape)} reach it: "
            "choose less pooling, fewer blocks, or longer samples."
        )


def without_padding(tensor: Any, valid: Any, name: str) -> Any:
    """Set to 0 the steps at which a sample holds nothing; ``valid`` is [samples, steps, 1], or None where all hold something."""
    import keras

    return tensor if valid is None else keras.layers.Multiply(name=name)([tensor, valid])


def masked(tensor: Any, valid: Any) -> Any:
    """Have the layers behind skip the steps at which a sample holds nothing, and no others.

    Keras' layer skips each step whose values are all 0, as those of a step can be behind a ReLU or a dropout: such steps are marked before.

    Args:
        tensor: float32 [samples, steps, channels], 0 at steps that hold nothing.
        valid: float32 [samples, steps, 1], 1 where a sample holds something, or None where all do.
    """
    import keras

    if valid is None:
        return tensor
    return keras.layers.Masking(name="mask")(keras.ops.subtract(tensor, keras.layers.Rescaling(-_MARK, name="padding_mark")(valid)))


def averaged_over_steps(tensor: Any, name: str, keepdims: bool = False) -> Any:
    """The mean over the steps that hold something; over all steps of a sample that holds nothing, lest 0 be divided by 0."""
    import keras

    layer = keras.layers.GlobalAveragePooling1D(keepdims=keepdims, name=name)
    mask = getattr(tensor, "_keras_mask", None)
    if mask is None:
        return layer(tensor)
    some = keras.ops.cast(mask, "float32")
    return layer(tensor, mask=keras.ops.greater(some, keras.ops.max(some, axis=1, keepdims=True) - 0.5))


def pooled_valid(valid: Any, pooling: int, name: str) -> Any:
    """Which steps hold something after pooling."""
    import keras

    if valid is None or pooling < 2:
        return valid
    return keras.layers.MaxPooling1D(pooling, name=name)(valid)
