"""A network that was trained on the same samples with shuffled targets: it had nothing to learn but noise (Adebayo et al. 2018)."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from ..data.kind import Dataset
from ..errors import InputError
from ..networks.families import FAMILIES
from ..training.prepare import Parts
from ..training.train import train_on
from .attribution import Subject
from .budget import Budget


class _OverError(Exception):
    """The minutes are spent."""


def with_shuffled_targets(training: Dataset, seed: int) -> Dataset:
    """The samples, each with the target of another."""
    import numpy as np

    assert training.target is not None
    order = np.random.default_rng(seed).permutation(len(training))
    others = training.target.iloc[order].set_axis(training.target.index)
    return cast(Dataset, dataclasses.replace(cast(Any, training), target=others))  # every dataset is a dataclass


def trained_on_shuffled(subject: Subject, training: Dataset, options: Any, seed: int, budget: Budget, share: float = 1.0) -> Subject | None:
    """A network like the subject's, trained as long on shuffled targets; None, with a word to the budget, where the minutes end before.

    Args:
        subject: the network that is explained.
        training: the samples that it was trained on.
        options: those of its Train tool, as it was trained.
        seed: of the shuffling and the training.
        budget: bounds the training; looked at after each epoch.
        share: of the budget that may be spent by the end.
    """
    opened = subject.opened
    noise = with_shuffled_targets(training, seed)
    assert noise.target is not None
    epochs = int(opened.metadata["training"]["epochs"])
    # watched by the training part itself: what counts here is that the noise was learned, and no epoch is given up
    own = dataclasses.replace(options, seed=seed, members=1, calibrate=False, patience=0, epochs=max(1, epochs))

    def look_at_the_clock(line: str) -> None:
        if not budget.within(share):
            raise _OverError

    try:
        task = opened.task.fit(opened.task.encode(noise.target, noise.where))
        parts = Parts(noise.augmented(own), noise, opened.encoding, task, [], [], [])
        trained = train_on(parts, FAMILIES[opened.metadata["family"]], own, say=look_at_the_clock)
    except _OverError:
        budget.leave_out("The control by shuffled targets was not made: the minutes ended before its training did.")
        return None
    except InputError as error:
        budget.leave_out(f"The control by shuffled targets was not made: {error}")
        return None
    return subject.with_model(trained.network.model)
