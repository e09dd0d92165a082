"""Fine-tuning: start from a network trained earlier, keep its preprocessing, freeze what is wished, replace the head."""

from __future__ import annotations

import dataclasses
from types import ModuleType
from typing import Any

from . import modelfile
from .errors import InputError, shorten
from .network import ENCODED, HEAD, Network, with_head
from .program.options import option
from .task import Task

FREEZE = ("none", "first_half", "all_but_head")


@dataclasses.dataclass(frozen=True)
class FineTuneOptions:
    """What is learned anew when training starts from a network."""

    freeze: str = option("all_but_head", "layers of the network to start from that stay as they are", kind="choice", choices=FREEZE)


@dataclasses.dataclass(frozen=True)
class Origin:
    """A network to start from: its file, its fitted encoding, and what the file says of it."""

    path: str
    encoding: Any
    metadata: dict[str, Any]


def read_origin(path: str, kind: ModuleType, family: ModuleType) -> Origin:
    """Check a model file to start from.

    Raises:
        InputError: when it is refused, or is of another data kind or family.
    """
    metadata = modelfile.check(path)
    for what, name, mine in (("data of kind", metadata["kind"], kind.NAME), ("the family", metadata.get("family"), family.NAME)):
        if name != mine:
            raise InputError(f"The network to start from is for {what} {shorten(name)}, not {shorten(mine)}: choose one of the same sort.")
    return Origin(path, kind.encoding_from(metadata["features"]), metadata)


def rebuild(origin: Origin, task: Task, options: FineTuneOptions, augmentation) -> tuple[Network, str]:
    """The network with a new head, and a sentence on what stays as it is."""
    base = modelfile.open_model(origin.path).model
    encoded = base.get_layer(ENCODED).output
    features = base.get_layer(HEAD).input
    after = base.layers[base.layers.index(base.get_layer(ENCODED)) + 1 :]
    learned = [layer for layer in after if layer.weights and layer.name != HEAD]
    count = {"none": 0, "first_half": len(learned) // 2, "all_but_head": len(learned)}[options.freeze]
    for layer in learned[:count]:
        layer.trainable = False
    network = with_head(base.input, encoded, features, task, augmentation)
    return network, f"Starting from a trained network: {count} of {len(learned)} layers with weights stay as they are, the head is new"
