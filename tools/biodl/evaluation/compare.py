"""Judge a network: metrics with bootstrap intervals, beside other models on the same samples and the same resamples."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..data.fingerprints import shared
from ..data.kind import Dataset
from ..errors import InputError, shorten
from ..networks.opened import Opened, Seen
from ..networks.running import raw_pieces
from ..reporting.tables import four_digits, roughly, roughly_between
from ..tasks import Task
from ..tasks.measures import best_named, in_a_sentence, interval
from .baselines import traditional

if TYPE_CHECKING:
    import numpy as np

NETWORK, OTHER = "network", "other network"
SMALL = 50
"""A test part below so many samples deserves a warning."""


@dataclasses.dataclass(frozen=True)
class Rival:
    """Another network that is judged on the same samples.

    Attributes:
        network: the network.
        data: the held-out samples as it reads them, in the order of those of the first network.
    """

    network: Opened
    data: Dataset


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """What a network is judged on.

    Attributes:
        network: the network.
        data: held-out samples with their targets.
        training: the samples it was trained on, if given.
        y: coded targets of the held-out samples.
        rival: another network, if given.
        left_out: held-out samples that one of the two networks does not take.
    """

    network: Opened
    data: Dataset
    training: Dataset | None
    y: np.ndarray
    rival: Rival | None = None
    left_out: int = 0

    @property
    def task(self) -> Task:
        return self.network.task

    @property
    def names(self) -> tuple[str, str]:
        """What the networks are called: by their families, where these tell them apart."""
        if self.rival is None:
            return NETWORK, OTHER
        families = [network.family_called for network in (self.network, self.rival.network)]
        return (NETWORK, OTHER) if families[0] == families[1] else (f"{families[0]} network", f"{families[1]} network")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Predictions and metrics of the network and of other models, the network first.

    Attributes:
        scores: predictions by name of the model.
        values: metrics by name of the model.
        intervals: of the network's metrics.
        beside: interval of the primary metric, by name of the model.
        differences: interval of (network - other) of the primary metric, by name of the other.
        resamples: bootstrap resamples behind the intervals.
    """

    scores: dict[str, np.ndarray]
    values: dict[str, dict[str, float]]
    intervals: dict[str, tuple[float, float]]
    beside: dict[str, tuple[float, float]]
    differences: dict[str, tuple[float, float]]
    resamples: int

    @property
    def network(self) -> str:
        """Name of the network that is judged."""
        return next(iter(self.scores))


def check_rival(network: Opened, rival: Opened) -> None:
    """Raise InputError when two networks cannot be compared, whatever the samples are."""
    mend = "give another network to compare with"
    if network.kind is not rival.kind:
        kinds = f"{shorten(network.kind.name)}, but the other of kind {shorten(rival.kind.name)}"
        raise InputError(f"The network learned from samples of kind {kinds}: {mend}.")
    apart = network.task.differs(rival.task)
    if apart:
        raise InputError(f"The network {apart}: {mend}.")


def held_out(network: Opened, data: Dataset, training: Dataset | None, rival: Rival | None = None) -> HeldOut:
    """Samples to judge a network by; with a rival, those that both networks take.

    Raises:
        InputError: when they cannot tell anything of it, or nothing can be learned from the training samples.
    """
    left_out = 0
    if rival is not None:
        count = len(data.frame.index.union(rival.data.frame.index))
        data, rival = _in_both(data, rival)
        left_out = count - len(data)
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
    return HeldOut(network, data, training, y, rival, left_out)


def _in_both(data: Dataset, rival: Rival) -> tuple[Dataset, Rival]:
    """The samples that both networks take, in one order; each place in the file is one sample."""
    import numpy as np

    _, mine, other = np.intersect1d(data.frame.index, rival.data.frame.index, return_indices=True)
    if not len(mine):
        raise InputError(f"No sample of {data.where} can be read for both networks: give another network to compare with.")
    order = np.argsort(mine)
    mine, other = mine[order], other[order]
    return data.take(mine), dataclasses.replace(rival, data=rival.data.take(other))


def predict_and_look(held: HeldOut, seed: int) -> tuple[dict[str, np.ndarray], Seen]:
    """Scores of the network, the rival if there is one, the guess, and if training samples are given of traditional models, by name; and
    what else the network says of the samples."""
    network, task, data = held.network, held.task, held.data
    name, other = held.names
    model = network.model()
    eyes = network.eyes(model)
    seen = Seen.joined([network.look(eyes, raw, data.where) for raw in raw_pieces(network.encoding, data)])
    scores = {name: seen.scores}
    if held.rival is not None:
        scores[other] = _scores(held.rival.network, held.rival.network.model(), held.rival.data)
    scores[task.guess_name] = task.guess(network.metadata["training"]["samples"]["training"], data)
    if held.training is not None:
        scores |= traditional(model, network.encoding, task, held.training, data, seed)
    return scores, seen


def _scores(network: Opened, model: object, data: Dataset) -> np.ndarray:
    import numpy as np

    return np.concatenate([network.scores(model, raw, data.where) for raw in raw_pieces(network.encoding, data)])


def compare(
    task: Task, y: np.ndarray, scores: dict[str, np.ndarray], resamples: int, seed: int, rivals: Mapping[str, Task] | None = None
) -> Comparison:
    """Metrics of models on the same samples, with intervals.

    Args:
        task: of the first model; says which metrics.
        y: coded targets.
        scores: by name of the model, the network first.
        resamples: number of bootstrap resamples.
        seed: of the bootstrap.
        rivals: tasks of other networks by their names; models without one are judged without a decision threshold.
    """

    tasks = dict.fromkeys(scores, task.plain()) | dict(rivals or {}) | {next(iter(scores)): task}
    values = {name: tasks[name].measured(y, item) for name, item in scores.items()}
    network, *others = scores
    drawn: list[dict[str, np.ndarray]] = []
    primary: list[dict[str, np.ndarray]] = []
    for weights in task.resamples(y, resamples, seed):
        drawn.append(task.metrics(y, scores[network], weights))
        judged = {name: tasks[name].metrics(y, scores[name], weights, only=(task.primary,))[task.primary] for name in others}
        primary.append({network: drawn[-1][task.primary], **judged})
    apart = [{name: block[network] - block[name] for name in others} for block in primary]
    return Comparison(scores, values, _intervals(drawn), _intervals(primary), _intervals(apart), resamples)


def _intervals(blocks: list[dict[str, np.ndarray]]) -> dict[str, tuple[float, float]]:
    import numpy as np

    return {name: interval(np.concatenate([block[name] for block in blocks])) for name in blocks[0]}


def sentence_on(task: Task, comparison: Comparison, other: str) -> str:
    """Which of two models did better, the network or ``other``, by the primary metric, and whether chance could explain it."""
    metric, network = in_a_sentence(task.primary), comparison.network
    mine, theirs = (comparison.values[name][task.primary] for name in (network, other))
    low, high = comparison.differences[other]
    called = task.guess_called if other == task.guess_name else other
    if mine == theirs:
        unsure = f"; 95 % interval of the difference {roughly_between(low, high)}" if low < high else ""
        return f"The {network} and the {called} did equally well ({metric} {four_digits(mine)}{unsure})."
    one, two = (four_digits(round(value, 4)) or "unknown" for value in (mine, theirs))
    against = f"{metric} {one} against {two}"
    if low > 0:
        gain = f"by {roughly(mine - theirs)} (95 % interval {roughly_between(low, high)})"
        return f"The {network} did better than the {called} {gain}: {against}."
    if high < 0:
        gain = f"by {roughly(theirs - mine)} (95 % interval {roughly_between(-high, -low)})"
        return f"The {called} did better than the {network} {gain}: {metric} {two} against {one}."
    return (
        f"Chance alone could explain the difference between the {network} and the {called}: {against} "
        f"(95 % interval of the difference {roughly_between(low, high)})."
    )


def best_simpler(task: Task, comparison: Comparison, networks: Sequence[str]) -> str:
    """The best of the models beside the ``networks`` that learned; nothing if there is none."""
    return best_named(
        {name: values[task.primary] for name, values in comparison.values.items() if name not in (*networks, task.guess_name)}
    )


def rival_leads(held: HeldOut, comparison: Comparison) -> bool:
    """Whether the other network is clearly the better one."""
    return held.rival is not None and comparison.differences[held.names[1]][1] < 0


def needless(held: HeldOut, comparison: Comparison, simpler: str) -> bool:
    """Whether nothing shows that a network is needed beside a simpler model."""
    if simpler and rival_leads(held, comparison):
        return not comparison.values[held.names[1]][held.task.primary] > comparison.values[simpler][held.task.primary]
    return bool(simpler) and not comparison.differences[simpler][0] > 0


def judged(held: HeldOut, comparison: Comparison) -> list[str]:
    """Plain sentences on which model did better, by the primary metric."""
    sentences = [sentence_on(held.task, comparison, name) for name in comparison.differences]
    best = best_simpler(held.task, comparison, held.names)
    if needless(held, comparison, best):
        sentences.append(f"Nothing shows that a network is needed here: the {best}, which is simpler, does about as well or better.")
    return sentences


def seen_in_training(held: HeldOut) -> list[str]:
    """How far the held-out samples are no such: what makes every number here too good."""
    found = []
    data = held.data
    for network, name in ((held.network, "network"), (held.rival.network if held.rival else None, "other network")):
        prints = network.metadata["training"]["data_sha256"] if network else {}
        parts = sorted(part for part, print_ in prints.items() if print_ == data.sha256)
        if parts:
            how = "its training was steered by it" if parts == ["validation"] else "it was trained on it"
            found.append(
                f"The {name} knows this very file ({how}): the numbers are too good. "
                "Use samples that it never saw, such as the test part of 'Split data'."
            )
    if held.training is not None:
        repeated = shared(data, held.training)
        if repeated:
            found.append(
                f"{repeated} of {len(data)} held-out samples are also in the training data: the numbers are too good. "
                "'Split data' keeps copies in one part."
            )
    return found


def warnings(held: HeldOut) -> list[str]:
    """What makes this evaluation less trustworthy than it looks, the worst first."""
    found = seen_in_training(held)
    data = held.data
    if len(data) < SMALL:
        found.append(f"Only {len(data)} samples were held out: mind the width of the 95 % intervals.")
    absent = held.task.absent(held.y)
    if absent:
        found.append(f"No held-out sample is of class {', '.join(absent)}: nothing is known of how well these are recognised.")
    if held.left_out:
        found.append(f"{held.left_out} held-out samples were left out, since only one of the two networks can read them.")
    return found
