"""Fine-tuning: start from a network trained earlier, keep its preprocessing, freeze what is wished, replace the head."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..data.kind import AnyKind
from ..errors import InputError, shorten
from ..networks.assemble import ENCODED, HEAD, Network, with_head
from ..networks.families import Family
from ..networks.opened import Opened, open_network
from ..program.options import option
from ..tasks import Task

FREEZE = ("none", "first_half", "all_but_head")


@dataclasses.dataclass(frozen=True)
class FineTuneOptions:
    """What is learned anew when training starts from a network."""

    freeze: str = option("all_but_head", "layers of the network to start from that stay as they are", type="choice", choices=FREEZE)


def read_origin(path: str, kind: AnyKind, family: Family) -> Opened:
    """Check a model file to start from.

    Raises:
        InputError: when it is refused, or is of another data kind or family.
    """
    origin = open_network(path)
    asked = (
        (origin.metadata.get("family"), family.name, "this tool trains networks of the family", "one of this tool"),
        (origin.kind.name, kind.name, "the samples here are of kind", "one that was trained on samples of the same kind"),
    )
    for name, mine, what, wanted in asked:
        if name != mine:
            raise InputError(
                f"This network ({origin.metadata.get('family')}) was trained on {origin.learned_from()}, but {what} {shorten(mine)}: "
                f"choose {wanted}."
            )
    return origin


def rebuild(origin: Opened, task: Task, options: FineTuneOptions, augmentation: list[Any]) -> tuple[Network, str]:
    """The network with a new head, and a sentence on what stays as it is."""
    base = origin.model()
    encoded = base.get_layer(ENCODED).output
    features = base.get_layer(HEAD).input
    after = base.layers[base.layers.index(base.get_layer(ENCODED)) + 1 :]
    learned = [layer for layer in after if layer.weights and layer.name != HEAD]
    count = {"none": 0, "first_half": len(learned) // 2, "all_but_head": len(learned)}[options.freeze]
    for layer in learned[:count]:
        layer.trainable = False
    network = with_head(base.input, encoded, features, task, augmentation)
    return network, f"Starting from a trained network: {count} of {len(learned)} layers with weights stay as they are, the head is new"
