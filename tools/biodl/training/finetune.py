"""Fine-tuning: start from a network trained earlier, keep its preprocessing, freeze what is wished, replace the head."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..data.kind import AnyKind, Dataset
from ..errors import InputError, shorten
from ..networks.assemble import ENCODED, HEAD, Network, with_head
from ..networks.ensemble import members_apart, taken_out
from ..networks.families import Family
from ..networks.opened import Opened, open_network
from ..program.options import option
from ..tasks import Task

_OTHER = "Start from a network that was trained on other samples, or from none"
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


def knows(origin: Opened | None, data: Dataset) -> bool:
    """Whether a network to start from learned from the very file of some samples, or was steered by it."""
    return origin is not None and data.sha256 in origin.metadata["training"]["data_sha256"].values()


def known_to(origin: Opened | None, data: Dataset) -> str:
    """A caution where a network to start from knows the very samples that folds are to set aside and predict; or nothing."""
    if not knows(origin, data):
        return ""
    return (
        "The network to start from was trained on this very file, so it has seen the samples of every fold: numbers of cross-validation "
        f"are too good. {_OTHER}"
    )


def known_validation(origin: Opened | None, validation: Dataset) -> str:
    """The same of the samples that training is watched by."""
    if not knows(origin, validation):
        return ""
    return (
        "The network to start from was trained on the very file of the validation part, so it has seen these samples: what is chosen and "
        f"said by them is too good. {_OTHER}"
    )


def rebuild(origin: Opened, task: Task, options: FineTuneOptions, augmentation: list[Any], member: int = 0) -> tuple[Network, str]:
    """The network with a new head, and a sentence on what stays as it is.

    Args:
        origin: the network to start from; of an ensemble one member is taken.
        task: gives the head.
        options: say what stays.
        augmentation: see :func:`biodl.networks.assemble.assemble`.
        member: place of the new network in an ensemble; it starts from the member of this place, or as far around as it takes.
    """
    import keras

    base = origin.model()
    encoded = base.get_layer(ENCODED).output
    features, which = _features(base, member)
    learned = [layer for layer in keras.Model(encoded, features).layers if layer.weights]
    count = {"none": 0, "first_half": len(learned) // 2, "all_but_head": len(learned)}[options.freeze]
    for layer in learned[:count]:
        layer.trainable = False
    network = with_head(base.input, encoded, features, task, augmentation)
    return network, f"Starting from {which}: {count} of {len(learned)} layers with weights stay as they are, the head is new"


def _features(base: Any, member: int) -> tuple[Any, str]:
    """What the head of a network sees, or that of one member of an ensemble; and which network it is."""
    members = members_apart(base)
    if members:
        return taken_out(base, member % members), f"an ensemble of {members} members, each network from one of them"
    features = base.get_layer(HEAD).input
    if len(features.shape) > 2:
        raise InputError(
            "The members of this ensemble were trained together and cannot be taken apart: choose a network that was trained with 1 member."
        )
    return features, "a trained network"
