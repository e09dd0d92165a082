"""A network in blocks, as a reader thinks of it: input and preprocessing, what repeats, the head."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from ..reporting.plots import Block
from .assemble import ENCODED
from .describe import layer_table, links

_NUMBER = re.compile(r"_(\d+)(?:_\d+)?$")
"""Layers of one block share its number; a second one counts within it."""
_TITLES = (
    ("MultiHeadAttention", "Transformer block"),
    ("Bidirectional", "Recurrent layer"),
    ("LSTM", "Recurrent layer"),
    ("GRU", "Recurrent layer"),
    ("SimpleRNN", "Recurrent layer"),
    ("Conv", "Convolution block"),
    ("Dense", "Dense layer"),
    ("Embedding", "Embedding"),
)
"""What a block is called by the first of these that the type of one of its layers begins with, or holds."""
_SIZED = ("Conv", "Dense", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "Embedding")
"""Types whose last size of output says how large they are."""
_INPUTS = 4
"""Inputs that are named one by one."""
_BESIDE = ("shortcut", "padding")
"""In the names of layers that stand beside others, not before or behind them: a skip, which is drawn, and where samples hold nothing."""
_PLUMBING = ("InputLayer", "Identity", "Masking", "Multiply")
"""Layers that carry values or masks, and change nothing that a reader would look for; the table of layers has them."""
_ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "elu": "ELU", "selu": "SELU", "silu": "SiLU"}
_MOST = 8
"""Boxes of a drawing; where there are more, equal ones that follow each other become one."""


def blocks(model: Any) -> list[Block]:
    """The blocks of a network, from its inputs to its head."""
    rows = layer_table(model)
    around = _skipping(rows, links(model))
    names = [row["layer"] for row in rows]
    groups = _groups(model.layers, names)
    made = [_block(title, places, model.layers, rows, around) for title, places in groups]
    return _together(made) if len(made) > _MOST else made


def _groups(layers: Sequence[Any], names: Sequence[str]) -> list[tuple[str, list[int]]]:
    """A title and places of layers for each block. What has no number belongs to the block that follows it, or to the head."""
    encoded = names.index(ENCODED) + 1 if ENCODED in names else 0
    keys: dict[tuple[str, str], list[int]] = {}
    waiting: list[int] = []
    for place in range(encoded, len(layers)):
        number = _NUMBER.search(names[place])
        if type(layers[place]).__name__ == "Embedding":
            keys[("embedding", "")] = [*waiting, place]
            waiting = []
        elif number is None:
            waiting.append(place)
        else:
            key = ("front" if names[place].startswith("front_") else "", number[1])
            keys.setdefault(key, []).extend([*waiting, place])
            waiting = []
    found = [("Input and preprocessing", list(range(encoded)))] if encoded else []
    counts: dict[str, int] = {}
    for places in keys.values():
        title = _title([type(layers[place]).__name__ for place in places])
        counts[title] = counts.get(title, 0) + 1
        found.append((f"{title} {counts[title]}", sorted(places)))
    found = [(title.removesuffix(" 1") if counts.get(title[:-2]) == 1 else title, places) for title, places in found]
    return [*found, ("Head", waiting)] if waiting else found


def _title(types: Sequence[str]) -> str:
    for start, title in _TITLES:
        if any(start in name for name in types):
            return f"Residual {title.lower()}" if title == "Convolution block" and "Add" in types else title
    return "Block"


def _block(title: str, places: Sequence[int], layers: Sequence[Any], rows: Sequence[dict[str, Any]], around: Sequence[int]) -> Block:
    inside = [rows[place] for place in places]
    main = [place for place in places if not any(word in rows[place]["layer"] for word in _BESIDE)]
    steps = [f"Input {row['layer']} ({_size(row['output_shape'])})" for row in inside if row["type"] == "InputLayer"]
    steps = [f"{len(steps)} inputs"] if len(steps) > _INPUTS else steps
    for place in main:
        if rows[place]["type"] not in _PLUMBING:
            steps.append("add skip" if place in around else _step(layers[place], rows[place]))
    learned, fixed = (sum(row[name] for row in inside) for name in ("parameters", "fixed_parameters"))
    return Block(
        title, tuple(_counted(steps)), _size(rows[main[-1]]["output_shape"]), learned, fixed, sum(place in around for place in places)
    )


def _step(layer: Any, row: dict[str, Any]) -> str:
    """A layer in a word or two."""
    kind = row["type"]
    if kind == "Activation":
        return _activation(str(layer.get_config()["activation"]))
    if kind == "Dropout":
        return f"Dropout {layer.rate:g}"
    if kind == "Bidirectional":
        return f"{kind} {type(layer.forward_layer).__name__} 2 × {layer.forward_layer.units}"
    if not any(part in kind for part in _SIZED) or kind.startswith("DepthwiseConv"):
        return str(kind)
    told = f"{kind} {row['output_shape'].rpartition(' x ')[2]}"
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return told if activation == "linear" or ("Conv" not in kind and kind != "Dense") else f"{told} {_activation(activation)}"


def _activation(name: str) -> str:
    return _ACTIVATIONS.get(name, name)


def _counted(steps: Sequence[str]) -> list[str]:
    """Equal steps that follow each other, once."""
    return [f"{count} × {step}" if (count := len(list(same))) > 1 else step for step, same in itertools.groupby(steps)]


def _size(shape: str) -> str:
    """A shape without the number of samples; an extent that is open is any."""
    return " x ".join("any" if part == "?" else part for part in shape.split(" x ")[1:]) or "1"


def _skipping(rows: Sequence[dict[str, Any]], found: Sequence[tuple[int, int]]) -> list[int]:
    """Places of the layers that add what went around others."""
    return [place for place, row in enumerate(rows) if row["type"] == "Add" and sum(end == place for _, end in found) > 1]


def _together(made: Sequence[Block]) -> list[Block]:
    """Blocks of equal steps that follow each other, as one."""
    found = []
    for _, run in itertools.groupby(made, lambda block: block.steps):
        same = list(run)
        if len(same) == 1:
            found.append(same[0])
            continue
        first, last = same[0], same[-1]
        title, _, number = first.title.rpartition(" ")
        title = f"{title}s {number} to {last.title.rpartition(' ')[2]}, alike"
        learned, fixed = sum(block.learned for block in same), sum(block.fixed for block in same)
        found.append(Block(title, first.steps, last.shape, learned, fixed, first.skips))
    return found
