"""Evaluate a trained network on data it has not seen."""

from __future__ import annotations

import dataclasses

from ..data.files.sorts import TABLE, sort_of
from ..data.forms import COLLECTION, DATA, LABELS, files_of
from ..data.image.read import BrokenOptions
from ..errors import InputError, role
from ..evaluation.compare import Rival, check_rival, compare, held_out, predict_and_look
from ..evaluation.near import near_training
from ..evaluation.report import OUTPUTS, write_all
from ..evaluation.trust import trust
from ..networks.opened import open_network
from ..networks.running import MOST_RAW
from ..program import runtime
from ..program.files import File, Outputs
from ..program.options import option

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Evaluate a network on held-out data: metrics with confidence intervals, beside a baseline and traditional models."
INPUTS = (
    File("model", "the network, as a Train command wrote it", required=True),
    DATA,
    LABELS,
    COLLECTION,
    File("training", "the samples that the network was trained on, to train traditional models for comparison"),
    File("rival", "another network, to compare with on the same samples"),
)


@dataclasses.dataclass(frozen=True)
class Options(BrokenOptions):
    """Everything the form offers."""

    resamples: int = option(1000, "bootstrap resamples for confidence intervals", type="int", low=100, high=100000)
    seed: int = option(1, "of the bootstrap, the random forest and gradient boosting", type="int", low=0, high=2**31 - 1)


OPTIONS = Options


def run(options: Options, inputs: dict[str, str], outputs: Outputs) -> None:
    """Check, open, read, predict, compare, write."""
    if not inputs["data"] and not inputs["collection"]:
        raise InputError("No held-out samples were chosen: choose the test part, which 'Split data' made and training never saw.")
    network = open_network(inputs["model"])
    other = open_network(inputs["rival"]) if inputs["rival"] else None
    if other is not None:
        check_rival(network, other)
    kind, encoding, task = network.kind, network.encoding, network.task
    files, files_of_training = files_of(inputs, options.broken), files_of(inputs, options.broken, "training")
    if files.labels and sort_of(files) == TABLE:
        raise InputError("A table of labels was chosen, but the samples are a table that holds their targets: choose no table of labels.")
    with network.reading(files):
        data = kind.read_for(files, encoding, task)
    rival = None
    if other is not None:
        with role("Another network"), other.reading(files):
            rival = Rival(other, kind.read_for(files, other.encoding, other.task))
    training = None
    if inputs["training"]:
        with role("Training samples"), network.reading(files_of_training):
            training = kind.read_for(files_of_training, encoding, task)
    held = held_out(network, data, training, rival)
    for opened, samples in ((network, data), *([(rival.network, rival.data)] if rival else [])):
        if not opened.encoding.streams:
            runtime.check_memory(min(len(samples), MOST_RAW) if training is None else len(samples), opened.encoding.shape, samples.where)
    if training is not None and not encoding.streams:  # traditional models want all samples at once
        runtime.check_memory(len(training), encoding.shape, training.where)
    runtime.start(options.seed)
    scores, seen = predict_and_look(held, options.seed)
    rivals = {held.names[1]: held.rival.network.task} if held.rival else {}
    comparison = compare(task, held.y, scores, options.resamples, options.seed, rivals)
    write_all(held, comparison, outputs, trust(held, seen), near_training(held, comparison, options.seed))
