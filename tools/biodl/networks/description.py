"""What a model file says of its network (``biodl.json``), and whether the network is the one it speaks of."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from typing import Any

from ..data.kind import Encoding
from ..errors import shorten
from ..stored import UnfitError, demand, text, whole
from ..tasks import Task
from .assemble import ENCODED, HEAD
from .ensemble import AVERAGED, MEMBERS, of_member
from .families import FAMILIES
from .shapes import Outline

FORMAT = 4
"""Raised when earlier versions would misread what a file says: 2 holds how cells were read, 3 a decision threshold, 4 pieces of numbers."""
MOST_MEMBERS = 50
"""Networks of an ensemble."""
_CLOSE = 1e-6
"""Numbers are the same that differ by no more than this share: they were calculated twice."""


class NewerFormatError(Exception):
    """The description has a format that this version does not know."""


def check_description(metadata: dict[str, Any]) -> None:
    """Check what no kind or task has to say: format, names, where the network came from.

    Raises:
        UnfitError: when something is missing or of a wrong type.
        NewerFormatError: when a newer version wrote it.
    """
    version = metadata.get("format")
    demand(whole(version) and metadata["format"] >= 1, "it does not say which format it has")
    if metadata["format"] > FORMAT:
        raise NewerFormatError
    for name in ("kind", "task", "features", "training"):
        demand(name in metadata, f"its description lacks {shorten(name)}")
    demand(text(metadata["kind"]), "its description has a 'kind' that is not text")
    demand(metadata.get("family") in list(FAMILIES), "its family is not one of this suite")
    demand(isinstance(metadata["task"], dict), "its task is not a JSON object")
    training = metadata["training"]
    demand(isinstance(training, dict), "what it says of its training is not a JSON object")
    samples, sums = training.get("samples"), training.get("data_sha256")
    counted = isinstance(samples, dict) and all(whole(samples.get(name)) and samples[name] > 0 for name in ("training", "validation"))
    demand(counted, "it does not say how many samples it was trained on")
    summed = isinstance(sums, dict) and all(isinstance(item, str) and re.fullmatch("[0-9a-f]*", item) for item in sums.values())
    demand(summed, "it does not say which data it was trained on")
    ended = all(whole(training.get(name)) and training[name] >= 0 for name in ("seed", "epochs", "best_epoch"))
    demand(ended, "it does not say how its training ended")
    members = metadata.get("members", 1)
    demand(whole(members) and 1 <= members <= MOST_MEMBERS, "it does not say how many members it has")
    objects = all(isinstance(training.get(name), dict) for name in ("parameters", "versions", "best"))
    demand(objects, "it does not say how it was trained")


def check_network(metadata: dict[str, Any], task: Task, encoding: Encoding, network: Outline) -> None:
    """Hold a description against the network of the same file.

    Raises:
        UnfitError: when they differ in anything that both say.
    """
    demand(metadata.get("inputs") == encoding.inputs, "its inputs are not those of its features")
    demand(set(network.inputs) == set(encoding.inputs), f"its network takes {sorted(network.inputs)}, not {sorted(encoding.inputs)}")
    first = next(iter(encoding.inputs.values()))[0]
    demand(task.offered or (first,) == task.target, f"it forecasts {shorten(task.title)}, but its series are of {shorten(first)}")
    head, unit = task.head(), task.stated()
    members = metadata.get("members", 1)
    of_head = {HEAD: {"units": head.units, "activation": head.activation}}
    for name, settings in itertools.chain(*(part.items() for part in (encoding.stated(), of_head, unit))):
        those = _those(name, network, members)
        demand(those <= network.layers.keys(), f"its network lacks the layer {shorten(name)} that its description speaks of")
        if name == HEAD and members > 1:
            settings = {**settings, "output_shape": [members, settings["units"]]}
            del settings["units"]
        for setting, value in settings.items():
            if not all(_alike(network.layers[each].get(setting), value) for each in those):
                raise UnfitError(f"its description and its network differ (in {setting} of the layer {shorten(name)})")
    each = network.shapes.get(MEMBERS)
    demand(each == ((members, head.units) if members > 1 else None), f"its network has not the {members} members that it speaks of")
    last = AVERAGED if members > 1 else [HEAD, *unit][-1]
    demand(network.output == last, f"its network gives {shorten(network.output)}, not {shorten(last)}")
    fits = network.shapes.get(ENCODED) == encoding.shape
    demand(fits, "its network encodes samples in another shape than its description")


def _those(name: str, network: Outline, members: int) -> set[str]:
    """The names of a layer: one, or where each member of an ensemble has its own, those of all members."""
    if name in network.layers or members == 1:
        return {name}
    return {of_member(name, number) for number in range(1, members + 1)}


def _alike(found: Any, said: Any) -> bool:
    if isinstance(said, list | tuple):
        return isinstance(found, list) and len(found) == len(said) and all(map(_alike, found, said))
    if isinstance(said, Mapping):
        return isinstance(found, dict) and found.keys() == said.keys() and all(_alike(found[name], said[name]) for name in said)
    if isinstance(said, float) and isinstance(found, float | int) and not isinstance(found, bool):
        return math.isclose(found, said, rel_tol=_CLOSE, abs_tol=1e-30)
    return type(found) is type(said) and found == said
