"""Networks as tables and drawings: layers, shapes, parameters, links."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any


def layer_table(model: Any) -> list[dict[str, Any]]:
    """One row a layer: name, type, output shape ('?' for the number of samples) and number of parameters."""
    rows = []
    for layer in model.layers:
        shape = layer.output.shape
        kind = type(layer).__name__
        rows.append(
            {
                "layer": layer.name,
                "type": kind,
                "output_shape": " x ".join("?" if size is None else str(size) for size in shape),
                "parameters": sum(math.prod(weight.shape) for weight in getattr(layer, "trainable_weights", [])),
                "fixed_parameters": sum(math.prod(weight.shape) for weight in getattr(layer, "non_trainable_weights", [])),
            }
        )
    return rows


def links(model: Any) -> list[tuple[int, int]]:
    """Pairs of positions in ``model.layers``: the output of the first enters the second, if only through plain operations."""
    place = {layer.name: position for position, layer in enumerate(model.layers)}
    entering: dict[str, set[str]] = {}
    for item in model.get_config()["layers"]:
        sources = {name for node in item["inbound_nodes"] for name in _sources(node)}
        entering[item["name"]] = {layer for name in sources for layer in ({name} if name in place else entering[name])}
    return sorted((place[source], place[name]) for name, sources in entering.items() if name in place for source in sources)


def _sources(node: Any) -> Iterable[str]:
    """Names of the layers whose outputs stand in a node of a model's configuration."""
    if isinstance(node, dict) and node.get("class_name") == "__keras_tensor__":
        yield node["config"]["keras_history"][0]
    elif isinstance(node, dict):
        for item in node.values():
            yield from _sources(item)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _sources(item)
