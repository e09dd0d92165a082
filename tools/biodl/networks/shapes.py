"""What a network's configuration comes to, found without Keras: shapes of what layers give, and of their weights.

Each layer that a Train tool writes has a rule: from its settings and the shapes that enter it to the shape that leaves it and the
shapes of its weights. Whatever a rule cannot make sense of, Keras is never asked to build.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import shorten
from ..stored import MALFORMED, UnfitError, demand

Shape = tuple[int | None, ...]
"""Without the number of samples; None is an extent that follows from the samples."""
Built = tuple[Shape, list[Shape]]
Settings = dict[str, Any]
_MOST_LAYERS = 4000
_MOST_VALUES = 2**29
"""Values (float32: 2 GB) that the layers give for one sample, all together."""
_LARGEST = 2**31


@dataclasses.dataclass(frozen=True)
class Outline:
    """What is known of a network before it is built.

    Attributes:
        layers: settings by name of the layer.
        inputs: names of the layers through which samples enter.
        output: name of the layer that gives predictions.
        shapes: of what each layer gives.
        weights: shapes of all weights.
        values: that layers give for one sample.
    """

    layers: dict[str, Settings]
    inputs: list[str]
    output: str
    shapes: dict[str, Shape]
    weights: list[Shape]
    values: int


def outline(config: dict[str, Any]) -> Outline:
    """Follow samples through a network.

    Args:
        config: as Keras stores it, its objects on the allow-list.

    Raises:
        UnfitError: when it is no network with one output, or a layer does not fit what enters it.
    """
    whole = config.get("class_name") == "Functional" and isinstance(config.get("config"), dict)
    demand(whole and isinstance(config["config"].get("layers"), list), "its network is not a functional Keras model")
    demand(config.get("build_config") in (None, {}, {"input_shape": None}), "its network is built for samples of its own")
    items = config["config"]["layers"]
    demand(len(items) <= _MOST_LAYERS, f"its layers declare an absurd size ({len(items)} layers)")
    found = Outline({}, [], _only_output(config["config"]), {}, [], 0)
    values = 0
    for item in items:
        name = _named(item)
        demand(name not in found.layers and item["config"].get("name") == name, f"its network has two layers named {shorten(name)}")
        try:
            shape, weights, inner = _follow(item, found.shapes)
        except MALFORMED:
            raise UnfitError(f"its layer {shorten(name)} does not fit what enters it") from None
        found.layers[name], found.shapes[name] = item["config"], shape
        found.weights.extend(weights)
        if item["class_name"] == "InputLayer":
            found.inputs.append(name)
        values += math.prod(extent or 1 for extent in shape) + inner
        demand(values <= _MOST_VALUES, f"its layers declare an absurd size ({values} values a sample)")
    demand(found.output in found.layers, "its network has no output")
    declared = config["config"].get("input_layers")
    demand(declared == {name: [name, 0, 0] for name in found.inputs}, "its network has inputs that are not its own")
    return dataclasses.replace(found, values=values)


def _named(item: Any) -> str:
    name = item.get("name") if isinstance(item, dict) else None
    if not isinstance(name, str) or not isinstance(item.get("config"), dict):
        raise UnfitError("its network has a layer without a name or settings")
    return name


def _only_output(settings: Settings) -> str:
    output = settings.get("output_layers")
    one = isinstance(output, list) and len(output) == 3 and isinstance(output[0], str) and output[1:] == [0, 0]
    demand(one, "its network has not exactly one output")
    return output[0] if isinstance(output, list) else ""


def _follow(item: dict[str, Any], shapes: dict[str, Shape]) -> tuple[Shape, list[Shape], int]:
    """Shape and weights of a layer, and the values that it needs inside."""
    kind, nodes, settings = item["class_name"], item["inbound_nodes"], item["config"]
    if kind == "InputLayer":
        if nodes:
            raise ValueError
        return _extents(settings["batch_shape"][1:], free=True), [], 0
    (node,) = nodes
    entering = [shapes[name] for name in _sources(node["args"])]
    _check_call(node["kwargs"], shapes)
    _check_build(item, entering)
    shape, weights = _RULES[kind](settings, entering, node["args"]) if kind == "GetItem" else _RULES[kind](settings, entering)
    return shape, weights, _attended(kind, settings, entering)


def _check_call(arguments: dict[str, Any], shapes: dict[str, Shape]) -> None:
    """Layers are told of masks, and whether they are trained."""
    mask, training = arguments.get("mask"), arguments.get("training")
    if arguments.keys() - {"mask", "training"} or not (training is None or isinstance(training, bool)):
        raise ValueError
    if mask is not None:
        (name,) = _sources(mask)
        shapes[name]


def _sources(node: Any) -> Iterator[str]:
    """Names of the layers whose outputs stand in the arguments of a call."""
    if isinstance(node, dict) and node.get("class_name") == "__keras_tensor__":
        name, *place = node["config"]["keras_history"]
        if place != [0, 0]:
            raise ValueError
        yield name
    elif isinstance(node, dict):
        for item in node.values():
            yield from _sources(item)
    elif isinstance(node, list):
        for item in node:
            yield from _sources(item)


def _check_build(item: dict[str, Any], entering: list[Shape]) -> None:
    """Keras builds weights of the shapes that a layer is said to have been built for, before anything enters it."""
    right = [[None, *shape] for shape in entering]
    pending: list[Any] = [item]
    while pending:
        layer = pending.pop()
        built = layer.get("build_config") or {}
        for name, shape in built.items():
            said = list(shape.values()) if name == "shapes_dict" else [shape]
            if not all(one in right or one == right for one in said):
                raise ValueError
        pending += [layer["config"][name] for name in ("layer", "backward_layer") if isinstance(layer["config"].get(name), dict)]


def _attended(kind: str, settings: Settings, entering: list[Shape]) -> int:
    """Values of the scores by which attention weighs pairs of steps."""
    if kind == "MultiHeadAttention":
        return _size(settings["num_heads"]) * (entering[0][0] or 1) * (entering[1][0] or 1)
    return (entering[0][0] or 1) * (entering[1][0] or 1) if kind == "Attention" else 0


def _size(value: Any) -> int:
    """A positive whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < _LARGEST:
        raise ValueError
    return value


def _extents(values: Any, free: bool = False) -> Shape:
    return tuple(None if free and value is None else _size(value) for value in values)


def _ints(value: Any, rank: int) -> list[int]:
    if not isinstance(value, list) or len(value) != rank:
        raise ValueError
    return [_size(item) for item in value]


def _last(axis: Any, shape: Shape) -> None:
    """Settings of layers that work along the last axis alone."""
    if axis not in (-1, [-1], len(shape), [len(shape)]):
        raise ValueError


def _known(shape: Shape) -> tuple[int, ...]:
    return tuple(_size(extent) for extent in shape)


def _same(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    return shape, []


def _broadcast(settings: Settings, entering: list[Shape]) -> Built:
    rank = max(map(len, entering))
    columns = zip(*((1,) * (rank - len(shape)) + shape for shape in entering), strict=True)
    shape = []
    for extents in columns:
        larger = {extent for extent in extents if extent != 1} or {1}
        (extent,) = larger
        shape.append(extent)
    return tuple(shape), []


def _bias(settings: Settings, *shape: int) -> list[Shape]:
    return [shape] if settings["use_bias"] else []


def _dense(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    units = _size(settings["units"])
    return (*shape[:-1], units), [(_size(shape[-1]), units), *_bias(settings, units)]


def _einsum_dense(settings: Settings, entering: list[Shape]) -> Built:
    """A dense layer of each member of an ensemble."""
    ((members, inputs),) = entering
    units = _size(settings["output_shape"][1])
    right = settings["equation"] == "bmi,mio->bmo" and settings["bias_axes"] in (None, "mo")
    if not right or settings["output_shape"] != [_size(members), units] or settings.get("lora_rank"):
        raise ValueError
    bias: list[Shape] = [(_size(members), units)] if settings["bias_axes"] else []
    return (members, units), [(_size(members), _size(inputs), units), *bias]


def _repeat_vector(settings: Settings, entering: list[Shape]) -> Built:
    ((width,),) = entering
    return (_size(settings["n"]), width), []


def _slid(settings: Settings, shape: Shape, window: list[int]) -> tuple[int, ...]:
    """Extents that a window leaves as it slides over a sample."""
    rank = len(window)
    strides, extents = _ints(settings["strides"], rank), _known(shape[:-1])
    if settings.get("dilation_rate", [1] * rank) != [1] * rank or len(extents) != rank or settings["padding"] not in ("same", "valid"):
        raise ValueError
    if settings["padding"] == "same":
        return tuple(-(-extent // stride) for extent, stride in zip(extents, strides, strict=True))
    return _known(tuple((extent - size) // stride + 1 for extent, size, stride in zip(extents, window, strides, strict=True)))


def _convolution(rank: int) -> Callable[[Settings, list[Shape]], Built]:
    def rule(settings: Settings, entering: list[Shape]) -> Built:
        (shape,) = entering
        kernel, filters = _ints(settings["kernel_size"], rank), _size(settings["filters"])
        weights = [(*kernel, _size(shape[-1]), filters), *_bias(settings, filters)]
        return (*_slid(settings, shape, kernel), filters), weights

    return rule


def _separable(rank: int) -> Callable[[Settings, list[Shape]], Built]:
    def rule(settings: Settings, entering: list[Shape]) -> Built:
        (shape,) = entering
        kernel, filters, channels = _ints(settings["kernel_size"], rank), _size(settings["filters"]), _size(shape[-1])
        weights: list[Shape] = [(*kernel, channels, 1), (*[1] * rank, channels, filters), *_bias(settings, filters)]
        return (*_slid(settings, shape, kernel), filters), weights

    return rule


def _depthwise(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    kernel, channels = _ints(settings["kernel_size"], 1), _size(shape[-1])
    return (*_slid(settings, shape, kernel), channels), [(*kernel, channels, 1), *_bias(settings, channels)]


def _batch_normalization(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    _last(settings["axis"], shape)
    return shape, [(_size(shape[-1]),)] * (2 + bool(settings["scale"]) + bool(settings["center"]))


def _layer_normalization(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    _last(settings["axis"], shape)
    return shape, [(_size(shape[-1]),)] * (bool(settings["scale"]) + bool(settings["center"]))


def _normalization(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    _last(settings["axis"], shape)
    if not len(settings["mean"]) == len(settings["variance"]) == shape[-1]:
        raise ValueError
    return shape, []


def _rescaling(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    for value in (settings["scale"], settings["offset"]):
        if isinstance(value, list) and len(value) not in (1, shape[-1]):
            raise ValueError
    return shape, []


def _resizing(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    _, _, channels = shape
    return (_size(settings["height"]), _size(settings["width"]), channels), []


def _embedding(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    table = _size(settings["input_dim"]), _size(settings["output_dim"])
    return (*shape, table[1]), [table]


def _flatten(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    return (math.prod(_known(shape)),), []


def _reshape(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    target = _extents(settings["target_shape"])
    if math.prod(_known(shape)) != math.prod(_known(target)):
        raise ValueError
    return target, []


def _concatenate(settings: Settings, entering: list[Shape]) -> Built:
    _last(settings["axis"], entering[0])
    (front,) = {shape[:-1] for shape in entering}
    return (*front, sum(_size(shape[-1]) for shape in entering)), []


def _pooling(rank: int) -> Callable[[Settings, list[Shape]], Built]:
    def rule(settings: Settings, entering: list[Shape]) -> Built:
        (shape,) = entering
        return (*_slid(settings, shape, _ints(settings["pool_size"], rank)), shape[-1]), []

    return rule


def _global_pooling(rank: int) -> Callable[[Settings, list[Shape]], Built]:
    def rule(settings: Settings, entering: list[Shape]) -> Built:
        (shape,) = entering
        if len(shape) != rank + 1:
            raise ValueError
        return ((1,) * rank if settings["keepdims"] else ()) + shape[-1:], []

    return rule


def _recurrent(gates: int, biases: Callable[[Settings], int]) -> Callable[[Settings, list[Shape]], Built]:
    def rule(settings: Settings, entering: list[Shape]) -> Built:
        ((steps, channels),) = entering
        units = _size(settings["units"])
        wide = gates * units
        weights: list[Shape] = [(_size(channels), wide), (units, wide)]
        if settings["use_bias"]:
            weights.append((2, wide) if biases(settings) == 2 else (wide,))
        return ((steps, units) if settings["return_sequences"] else (units,)), weights

    return rule


def _bidirectional(settings: Settings, entering: list[Shape]) -> Built:
    layers = settings["layer"], settings["backward_layer"]
    if any(layer["class_name"] not in ("GRU", "LSTM", "SimpleRNN") for layer in layers):
        raise ValueError
    (shape, forward), (other, backward) = (_RULES[layer["class_name"]](layer["config"], entering) for layer in layers)
    if shape[:-1] != other[:-1]:
        raise ValueError
    return (*shape[:-1], _size(shape[-1]) + _size(other[-1])), forward + backward


def _multi_head_attention(settings: Settings, entering: list[Shape]) -> Built:
    query, value, *key = entering
    steps, width = query
    heads, wide, deep = (_size(settings[name]) for name in ("num_heads", "key_dim", "value_dim"))
    if len(key) > 1 or settings["attention_axes"] not in (None, [1]):
        raise ValueError
    weights: list[Shape] = []
    for shape, size in ((query, wide), ((key or [value])[0], wide), (value, deep)):
        weights += [(_size(shape[-1]), heads, size), *_bias(settings, heads, size)]
    weights += [(heads, deep, _size(width)), *_bias(settings, _size(width))]
    return (steps, width), weights


def _attention(settings: Settings, entering: list[Shape]) -> Built:
    query, value, *_ = entering
    if settings["score_mode"] != "dot":
        raise ValueError
    return (query[0], value[-1]), [()] if settings["use_scale"] else []


def _text_vectorization(settings: Settings, entering: list[Shape]) -> Built:
    if entering != [(1,)]:
        raise ValueError
    return (_size(settings["output_sequence_length"]),), []


def _one_hot(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    if settings["axis"] != -1:
        raise ValueError
    return (*shape, _size(settings["num_classes"])), []


def _expand_dims(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    if settings["axis"] != -1:
        raise ValueError
    return (*shape, 1), []


def _get_item(settings: Settings, entering: list[Shape], args: list[Any]) -> Built:
    """Some of the columns of a table."""
    ((width,),) = entering
    _, (rows, columns) = args
    every = {"start": None, "stop": None, "step": None}
    start, stop = columns["config"]["start"] or 0, columns["config"]["stop"]
    if rows["config"] != every or columns["config"]["step"] is not None or start < 0 or _size(stop) > _size(width):
        raise ValueError
    return (_size(stop - start),), []


def _reduced(settings: Settings, entering: list[Shape]) -> Built:
    (shape,) = entering
    axis = settings["axis"]
    (axis,) = axis if isinstance(axis, list) else [axis]
    place = axis - 1 if axis > 0 else axis + len(shape)  # the axis of samples is not in the shape
    if not 0 <= place < len(shape):
        raise ValueError
    return shape[:place] + ((1,) if settings["keepdims"] else ()) + shape[place + 1 :], []


_RULES: dict[str, Callable[..., Built]] = {
    **dict.fromkeys(
        ("Activation", "Dropout", "Identity", "Masking", "ReLU", "StringLookup", "Absolute", "Cast", "Isnan", "NanToNum"), _same
    ),
    **dict.fromkeys(("Add", "Multiply", "Greater", "LogicalOr", "NotEqual", "Subtract"), _broadcast),
    **dict.fromkeys(("Any", "Max"), _reduced),
    "Attention": _attention,
    "BatchNormalization": _batch_normalization,
    "Bidirectional": _bidirectional,
    "Concatenate": _concatenate,
    "Conv1D": _convolution(1),
    "Conv2D": _convolution(2),
    "Dense": _dense,
    "DepthwiseConv1D": _depthwise,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    "ExpandDims": _expand_dims,
    "Flatten": _flatten,
    "GRU": _recurrent(3, lambda settings: 1 + bool(settings["reset_after"])),
    "GetItem": _get_item,
    "GlobalAveragePooling1D": _global_pooling(1),
    "GlobalAveragePooling2D": _global_pooling(2),
    "GlobalMaxPooling1D": _global_pooling(1),
    "GlobalMaxPooling2D": _global_pooling(2),
    "LSTM": _recurrent(4, lambda settings: 1),
    "LayerNormalization": _layer_normalization,
    "MaxPooling1D": _pooling(1),
    "MaxPooling2D": _pooling(2),
    "MultiHeadAttention": _multi_head_attention,
    "Normalization": _normalization,
    "OneHot": _one_hot,
    "RepeatVector": _repeat_vector,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Resizing": _resizing,
    "SeparableConv1D": _separable(1),
    "SeparableConv2D": _separable(2),
    "SimpleRNN": _recurrent(1, lambda settings: 1),
    "TextVectorization": _text_vectorization,
}
"""By the name of a layer or operation."""
