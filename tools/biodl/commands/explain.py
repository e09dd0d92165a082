"""Explain what a trained network says, and whether the explanation can be believed."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from ..data.files.sorts import TABLE, sort_of
from ..data.forms import COLLECTION, DATA, LABELS, files_of
from ..data.image.read import BrokenOptions
from ..data.kind import Dataset, Files
from ..errors import InputError, role
from ..explanation.budget import Budget
from ..explanation.choose import MISTAKES, WHICH, wished
from ..explanation.explain_report import OUTPUTS, write_all
from ..networks.opened import Opened, open_network
from ..networks.running import MOST_RAW
from ..program import runtime
from ..program.files import File, Outputs
from ..program.options import option
from .any_family import trained_with

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Explain a network: what matters to it, why it says what it says of single samples, and whether that can be believed."
INPUTS = (
    File("model", "the network, as a Train command wrote it", required=True),
    DATA,
    LABELS,
    COLLECTION,
    File("training", "the samples that the network was trained on: for the nearest of them, and the control by shuffled targets"),
)


@dataclasses.dataclass(frozen=True)
class Options(BrokenOptions):
    """Everything the form offers."""

    which: str = option(MISTAKES, "samples to explain one by one", type="choice", choices=WHICH)
    chosen: str = option("", "names or lines of the samples to explain, comma-separated", type="text")
    count: int = option(8, "samples to explain one by one", type="int", low=1, high=100)
    minutes: float = option(10.0, "time for everything; what it does not suffice for is named", type="float", low=0.1, high=1440)
    shuffled: bool = option(False, "train another network on shuffled targets as a control", type="bool")
    seed: int = option(1, "of the shuffling and of the samples that are drawn", type="int", low=0, high=2**31 - 1)


OPTIONS = Options


def run(options: Options, inputs: dict[str, str], outputs: Outputs) -> None:
    """Check, open, read, explain, write."""
    budget = Budget(options.minutes)
    if not inputs["data"] and not inputs["collection"]:
        raise InputError("No held-out samples were chosen: choose the test part, which 'Split data' made and training never saw.")
    network = open_network(inputs["model"])
    files, files_of_training = files_of(inputs, options.broken), files_of(inputs, options.broken, "training")
    if files.labels and sort_of(files) == TABLE:
        raise InputError("A table of labels was chosen, but the samples are a table that holds their targets: choose no table of labels.")
    with network.reading(files):
        data, unknown = _read(network, files)
    said = "Explained without targets, so that nothing is said of mistakes, and no column was shuffled."
    without = f"{said} {unknown}" if unknown else ""
    training, why = None, ""
    if inputs["training"]:
        with role("Training samples"), network.reading(files_of_training):
            training, why = _read(network, files_of_training)
    if not network.encoding.streams:
        runtime.check_memory(min(len(data), MOST_RAW), network.encoding.shape, data.where)
    runtime.start(options.seed)
    _explain(options, network, data, training, (without, why), budget, outputs)


def _read(network: Opened, files: Files) -> tuple[Dataset, str]:
    """Samples; where their targets are not there, the samples alone, and why.

    Raises:
        InputError: when not even the samples can be read; or a target is none that the network knows.
    """
    try:
        return network.kind.read_for(files, network.encoding, network.task), ""
    except InputError as error:
        try:
            data = network.kind.read_for(dataclasses.replace(files, labels=None), network.encoding, None)
        except InputError:
            raise error from None
        said = str(error)
        return data, f"{said[:1].upper()}{said[1:]}"


def _explain(
    options: Options,
    network: Opened,
    data: Dataset,
    training: Dataset | None,
    without: tuple[str, str],
    budget: Budget,
    outputs: Outputs,
) -> None:
    """``without``: why there are no targets of the held-out samples, and of the training samples; empty where there are."""
    from ..explanation.explain import Wish, explain
    from ..explanation.held import opened_on

    judged = data.target is not None and not without[0]
    first = wished(network, data, options.which, options.chosen, options.count, judged)
    held = opened_on(network, data, training, trained_with(network), *without, budget, first, options.seed)
    wish = Wish(options.which, options.chosen, options.count, options.shuffled, options.seed)
    say: Any = functools.partial(print, flush=True)
    write_all(explain(held, wish, budget, say), budget, outputs)
