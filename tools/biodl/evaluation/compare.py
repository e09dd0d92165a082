"""Judge a network: metrics with bootstrap intervals, beside other models on the same samples and the same resamples."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..data.fingerprints import shared
from ..data.kind import Dataset
from ..errors import InputError
from ..networks.opened import Opened
from ..networks.running import raw_pieces
from ..tasks import Task
from ..tasks.measures import draws, interval
from .baselines import traditional

if TYPE_CHECKING:
    import numpy as np

NETWORK = "network"
_CELLS = 2**20
"""Weights of targets that are held at a time."""
_SMALL = 50
"""A test part below so many samples deserves a warning."""


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """What a network is judged on.

    Attributes:
        network: the network.
        data: held-out samples with their targets.
        training: the samples it was trained on, if given.
        y: coded targets of the held-out samples.
    """

    network: Opened
    data: Dataset
    training: Dataset | None
    y: np.ndarray

    @property
    def task(self) -> Task:
        return self.network.task


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Predictions and metrics of the network and of other models, the network first.

    Attributes:
        scores: predictions by name of the model.
        values: headline metrics by name of the model.
        intervals: of the network's headline metrics.
        differences: interval of (network - other) of the primary metric, by name of the other.
        resamples: bootstrap resamples behind the intervals.
    """

    scores: dict[str, np.ndarray]
    values: dict[str, dict[str, float]]
    intervals: dict[str, tuple[float, float]]
    differences: dict[str, tuple[float, float]]
    resamples: int


def held_out(network: Opened, data: Dataset, training: Dataset | None) -> HeldOut:
    """Samples to judge a network by.

    Raises:
        InputError: when they cannot tell anything of it, or nothing can be learned from the training samples.
    """
    assert data.target is not None
    y = network.task.encode(data.target, data.where)
    network.task.check_held_out(y, data.where)
    if len(data) < 2:
        raise InputError(f"The {data.where} has one usable row: give more, since one row says nothing of a network.")
    if training is not None:
        assert training.target is not None
        if len(training) < 2:
            raise InputError(f"The {training.where} has one usable row: give all samples that the network was trained on.")
        network.task.check_to_compare(network.task.encode(training.target, training.where), training.where)
    return HeldOut(network, data, training, y)


def predict_all(held: HeldOut, seed: int) -> dict[str, np.ndarray]:
    """Scores of the network, the guess, and if training samples are given of traditional models, by name."""
    import numpy as np

    network, task, data = held.network, held.task, held.data
    model = network.model()
    scores = {NETWORK: np.concatenate([network.scores(model, raw, data.where) for raw in raw_pieces(network.encoding, data)])}
    scores[task.guess_name] = task.guess(network.metadata["training"]["samples"]["training"], data)
    if held.training is not None:
        scores |= traditional(model, network.encoding, task, held.training, data, seed)
    return scores


def compare(task: Task, y: np.ndarray, scores: dict[str, np.ndarray], resamples: int, seed: int) -> Comparison:
    """Metrics of models on the same samples, with intervals.

    Args:
        task: says which metrics.
        y: coded targets.
        scores: by name of the model, the network first.
        resamples: number of bootstrap resamples.
        seed: of the bootstrap.
    """
    import numpy as np

    once = np.ones((1, len(y)), dtype=int)
    values = {name: {metric: float(value[0]) for metric, value in task.metrics(y, item, once).items()} for name, item in scores.items()}
    drawn: list[dict[str, np.ndarray]] = []
    apart: list[dict[str, np.ndarray]] = []
    for weights in draws(task.resampled_within(y), resamples, seed, block=max(1, _CELLS // y.size)):
        drawn.append(task.metrics(y, scores[NETWORK], weights))
        primary = {
            name: task.metrics(y, item, weights, only=(task.primary,))[task.primary] for name, item in scores.items() if name != NETWORK
        }
        apart.append({name: drawn[-1][task.primary] - value for name, value in primary.items()})
    return Comparison(scores, values, _intervals(drawn), _intervals(apart), resamples)


def _intervals(blocks: list[dict[str, np.ndarray]]) -> dict[str, tuple[float, float]]:
    import numpy as np

    return {name: interval(np.concatenate([block[name] for block in blocks])) for name in blocks[0]}


def verdict(task: Task, comparison: Comparison) -> list[str]:
    """Plain sentences on which model did better, by the primary metric."""
    primary = task.primary
    words = primary.replace("_", " ")
    network = comparison.values[NETWORK][primary]
    sentences = []
    for name, (low, high) in comparison.differences.items():
        other = comparison.values[name][primary]
        called = task.guess_called if name == task.guess_name else name
        sure = "the difference is larger than chance explains" if low > 0 or high < 0 else "chance alone could explain the difference"
        if network == other:
            sentences.append(f"The network and the {called} did equally well ({words} {network:.3f}).")
            continue
        better, worse = ("network", called) if network > other else (called, "network")
        sentences.append(
            f"The {better} did better than the {worse}: {words} {max(network, other):.3f} against {min(network, other):.3f}; {sure} "
            f"(95 % confidence interval of network minus {called}: {low:.3f} to {high:.3f})."
        )
    others = {name: comparison.values[name][primary] for name in comparison.differences if name != task.guess_name}
    if others:
        best = max(others, key=lambda name: others[name])
        if comparison.differences[best][0] <= 0:
            sentences.append(f"Nothing shows that a network is needed here: the {best}, which is simpler, does about as well or better.")
    return sentences


def warnings(held: HeldOut) -> list[str]:
    """What makes this evaluation less trustworthy than it looks."""
    found = []
    data, provenance = held.data, held.network.metadata["training"]
    if data.sha256 in provenance["data_sha256"].values():
        found.append("The network was trained or steered with this very file: the metrics are too good. Use held-out data.")
    if held.training is not None:
        repeated = shared(data, held.training)
        if repeated:
            found.append(f"{repeated} of {len(data)} held-out samples are also in the training data: the metrics are too good.")
    if len(data) < _SMALL:
        found.append(f"Only {len(data)} samples were held out: mind the width of the confidence intervals.")
    absent = held.task.absent(held.y)
    if absent:
        found.append(f"No held-out sample is of class {', '.join(absent)}: nothing is known of how well these are recognised.")
    return found
