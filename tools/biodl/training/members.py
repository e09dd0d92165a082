"""An ensemble: members that differ by seed and by the samples that they set aside, in one network that averages what they predict."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kind import Encoding
from ..networks.assemble import HEAD, Network
from ..networks.ensemble import Joined, stack_weights, together
from ..networks.families import Family
from ..networks.running import some
from ..program import runtime
from ..tasks import Task
from .fit import FitOptions, History, fit, of_members
from .shares import Share
from .temperature import applies, calibrate
from .together import can, fit_together
from .watching import Watch

if TYPE_CHECKING:
    import numpy as np

Ended = tuple[History, tuple[float, ...]]
"""What happened, and the temperature of each member where they were calibrated."""


def stacked(encoding: Encoding, family: Family, task: Task, options: FitOptions, shares: Sequence[Share]) -> Network | None:
    """A network whose members can be fitted together, each with the first weights of a network alone; None where that cannot be."""
    import keras

    if family.together is None or not can(options) or encoding.streams or len(encoding.shape) != 1:
        return None
    inputs, encoded = encoding.layers()

    def embed(tensor: Any) -> Any:
        return encoding.embed(tensor, options)[0]

    start = keras.Input(encoding.shape)
    embedded = embed(start)
    if keras.Model(start, embedded).weights:  # what a kind learns itself is not stacked
        return None
    first = []
    for share in shares:
        runtime.reseed(share.seed)
        start, head = keras.Input(embedded.shape[1:]), task.head()
        features = family.hidden(start, None, options)
        output = keras.layers.Dense(head.units, activation=head.activation, name=HEAD)(features)
        first.append(keras.Model(start, output).get_weights())
    runtime.reseed(options.seed)
    network = together(inputs, encoded, embed, lambda tensor: family.together(tensor, options), task, len(shares))  # type: ignore[misc]
    stack_weights(network.trainable, first)
    return network


def train_stacked(
    network: Network,
    task: Task,
    options: FitOptions,
    x: np.ndarray,
    y: np.ndarray,
    shares: Sequence[Share],
    say: Callable[[str], None],
    watch: Watch | None = None,
) -> Ended:
    """Fit members together.

    Args:
        network: as :func:`stacked` gives it; is changed.
        task: what is learned.
        options: how to train.
        x: encoded samples of the training part.
        y: their coded targets.
        shares: the samples of each member.
        say: is told how far training is.
        watch: as for :func:`biodl.training.train.train_on`.
    """
    history = fit_together(network.trainable, task, options, x, y, shares, say, watch)
    if not (options.calibrate and applies(task)):
        return history, ()
    return history, tuple(calibrate(network, x[share.held], y[share.held], task, member) for member, share in enumerate(shares))


def train_in_turn(
    networks: Sequence[Network],
    joined: Joined,
    task: Task,
    options: FitOptions,
    x: Any,
    y: np.ndarray,
    shares: Sequence[Share],
    say: Callable[[str], None],
    watch: Watch | None = None,
) -> Ended:
    """Fit networks one after another, and give their weights to the graph in which they stand; otherwise as :func:`train_stacked`.

    The first member is watched for all of them: whatever is tried, its samples are the same.
    """
    histories, temperatures = [], []
    for number, (network, share) in enumerate(zip(networks, shares, strict=True), start=1):
        say(f"member {number} of {len(networks)}")
        runtime.reseed(share.seed)
        learned, held = ((some(x, rows), y[rows]) for rows in (share.learned, share.held))
        watched = watch if number == 1 else None
        histories.append(fit(network.trainable, task, dataclasses.replace(options, seed=share.seed), learned, held, say, watched))
        if options.calibrate and applies(task):
            temperatures.append(calibrate(network, *held, task))
    joined.gather()
    return of_members(histories), tuple(temperatures)
