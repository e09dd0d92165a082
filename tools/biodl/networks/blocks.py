"""A network in blocks, as a reader thinks of it: input and preprocessing, what repeats, the head."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence
from typing import Any

from ..reporting.plots import Block
from .assemble import ENCODED
from .describe import layer_table, links
from .ensemble import AVERAGED, FEATURES, MEMBERS, REPEATED, member_of, without_member
from .families.layers import ONE_BY_ONE

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
_FRONT = "Input and preprocessing"
_APART, _APART_TITLE = "beside_", "Beside the layers above, from the input"
"""How the names of layers begin that lead from the input to the head past the hidden layers, and what they are called."""
_PIECES, _PIECES_SAID = "pieces_", "numbers in pieces too"
"""How the names of layers begin that give hidden layers pieces of numbers, and what they are called: nothing in them is learned."""
_PLUMBING = ("InputLayer", "Identity", "Masking", "Multiply", "GetItem")
"""Layers that carry values or masks, and change nothing that a reader would look for; the table of layers has them."""
_BY_MEMBER = (REPEATED, FEATURES, *ONE_BY_ONE)
"""How the names of layers begin that bring members together or apart."""
_ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "elu": "ELU", "selu": "SELU", "silu": "SiLU"}
_MOST = 8
"""Boxes of a drawing; where there are more, equal ones that follow each other become one."""


def blocks(model: Any) -> list[Block]:
    """The blocks of a network, from its inputs to its head; those of an ensemble once, with how many times they are there."""
    rows = layer_table(model)
    adding = {rows[place]["layer"] for place in _skipping(rows, links(model))}
    members = model.get_layer(MEMBERS).output.shape[1] if MEMBERS in [row["layer"] for row in rows] else 1
    shown = [place for place, row in enumerate(rows) if member_of(row["layer"]) <= 1]
    layers, around = [model.layers[place] for place in shown], [n for n, place in enumerate(shown) if rows[place]["layer"] in adding]
    rows = _of_one(rows, shown, members)
    made = [_block(title, places, layers, rows, around) for title, places in _groups(layers, [row["layer"] for row in rows])]
    made = _together(made) if len(made) > _MOST else made
    return made if members == 1 else [dataclasses.replace(block, title=_times(block.title, members)) for block in made]


def _times(title: str, members: int) -> str:
    return title if title == _FRONT else f"{title} × {members}"


def _of_one(rows: Sequence[dict[str, Any]], shown: Sequence[int], members: int) -> list[dict[str, Any]]:
    """Rows of the layers that are shown: named and sized as in a network alone, with the weights of all members."""
    weights: dict[tuple[str, str], int] = {}
    for row in rows:
        for what in ("parameters", "fixed_parameters"):
            key = without_member(row["layer"]), what
            weights[key] = weights.get(key, 0) + row[what]
    found, stacked = [], False
    for place in shown:
        row = rows[place]
        name, sizes = without_member(row["layer"]), row["output_shape"].split(" x ")
        stacked = (stacked or name in (REPEATED, FEATURES)) and name != AVERAGED
        if stacked and len(sizes) > 2 and sizes[1] == str(members):
            del sizes[1]
        own = {what: weights[name, what] for what in ("parameters", "fixed_parameters")}
        found.append({**row, **own, "layer": name, "output_shape": " x ".join(sizes)})
    return found


def _groups(layers: Sequence[Any], names: Sequence[str]) -> list[tuple[str, list[int]]]:
    """A title and places of layers for each block. What has no number belongs to the block that follows it, or to the head."""
    encoded = names.index(ENCODED) + 1 if ENCODED in names else 0
    keys: dict[tuple[str, str], list[int]] = {}
    waiting: list[int] = []
    apart = [place for place in range(encoded, len(layers)) if names[place].startswith(_APART)]
    pieces = [place for place in range(encoded, len(layers)) if names[place].startswith(_PIECES)]
    for place in range(encoded, len(layers)):
        number = None if type(layers[place]).__name__ == "GetItem" else _NUMBER.search(names[place])  # Keras counts operations itself
        if place in apart or place in pieces:
            continue
        if type(layers[place]).__name__ == "Embedding":
            keys[("embedding", "")] = [*waiting, place]
            waiting = []
        elif number is None:
            waiting.append(place)
        else:
            key = ("front" if names[place].startswith("front_") else "", number[1])
            keys.setdefault(key, []).extend([*waiting, place])
            waiting = []
    found = [(_FRONT, [*range(encoded), *pieces])] if encoded else []
    counts: dict[str, int] = {}
    for places in keys.values():
        title = _title([type(layers[place]).__name__ for place in places])
        counts[title] = counts.get(title, 0) + 1
        found.append((f"{title} {counts[title]}", sorted(places)))
    found = [(title.removesuffix(" 1") if counts.get(title[:-2]) == 1 else title, places) for title, places in found]
    found += [(_APART_TITLE, apart)] if apart else []
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
        if rows[place]["layer"].startswith(_PIECES):
            steps += [] if _PIECES_SAID in steps else [_PIECES_SAID]
        elif rows[place]["type"] not in _PLUMBING and not rows[place]["layer"].startswith(_BY_MEMBER):
            steps.append("add skip" if place in around else _step(layers[place], rows[place]))
    learned, fixed = (sum(row[name] for row in inside) for name in ("parameters", "fixed_parameters"))
    return Block(
        title, tuple(_counted(steps)), _size(rows[main[-1]]["output_shape"]), learned, fixed, sum(place in around for place in places)
    )


def _step(layer: Any, row: dict[str, Any]) -> str:
    """A layer in a word or two."""
    called = row["type"].replace("EinsumDense", "Dense")
    if row["layer"] == AVERAGED:
        return "mean of the members"
    if called == "Activation":
        return _activation(str(layer.get_config()["activation"]))
    if called == "Dropout":
        return f"Dropout {layer.rate:g}"
    if called == "Bidirectional":
        return f"{called} {type(layer.forward_layer).__name__} 2 × {layer.forward_layer.units}"
    if not any(part in called for part in _SIZED) or called.startswith("DepthwiseConv"):
        return str(called)
    told = f"{called} {row['output_shape'].rpartition(' x ')[2]}"
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return told if activation == "linear" or ("Conv" not in called and called != "Dense") else f"{told} {_activation(activation)}"


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
