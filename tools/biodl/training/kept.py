"""A look at both parts with the weights that were kept, as the network will be used: nothing that acts in training alone is at work.

The losses that training records are those of a changing network under dropout and augmentation, one number an epoch. Here every
sample has its loss, so that it can be said how sure a difference is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset, Encoding
from ..networks.assemble import HEAD
from ..networks.ensemble import members_of
from ..networks.running import raw_pieces, run_model, with_beside
from ..tasks import Task
from ..tasks.measures import interval
from .shares import Share
from .temperature import uncalibrated

if TYPE_CHECKING:
    import numpy as np

_DRAWN = 10**7
"""Samples drawn in all resamples together, no more: an interval from very many samples is narrow anyway."""


@dataclasses.dataclass(frozen=True)
class Kept:
    """Losses (means over samples, without penalties and smoothing) and the validation metric.

    Attributes:
        loss, val_loss: on the training and on the validation part.
        guess, val_guess: those of always predicting the training shares (or mean).
        error: standard error of ``val_loss``, from the spread of its samples.
        gain_error: standard error of ``val_guess - val_loss``, paired by sample.
        samples: of the validation part.
        metric: name of the task's primary metric; ``value`` on the validation part, ``low`` and ``high`` its 95 % interval (bootstrap).
    """

    loss: float
    val_loss: float
    guess: float
    val_guess: float
    error: float
    gain_error: float
    samples: int
    metric: str
    value: float
    low: float
    high: float


def look(model: Any, encoding: Encoding, task: Task, training: Dataset, validation: Dataset, seed: int) -> Kept:
    """Run a network once over both parts.

    Args:
        model: from raw samples to predictions, with the weights that were kept.
        encoding: its preprocessing.
        task: what it predicts.
        training, validation: samples with their targets.
        seed: of the bootstrap.
    """
    learned, guessed, _, _ = _losses(model, encoding, task, training, len(training))
    held, held_guess, y, scores = _losses(model, encoding, task, validation, len(training))
    value, low, high = _metric(task, y, scores, seed)
    return Kept(
        loss=float(learned.mean()),
        val_loss=float(held.mean()),
        guess=float(guessed.mean()),
        val_guess=float(held_guess.mean()),
        error=_standard_error(held),
        gain_error=_standard_error(held_guess - held),
        samples=len(validation),
        metric=task.primary,
        value=value,
        low=low,
        high=high,
    )


def plain_loss(
    model: Any, encoding: Encoding, task: Task, training: Dataset, temperatures: Sequence[float], shares: Sequence[Share] = ()
) -> float:
    """The training loss as training records it, but without what acts in training alone, to be compared with its curve: before
    probabilities were calibrated, and of an ensemble the mean over members, each by itself on the samples that it learned from.

    Args:
        model: with the weights that were kept; is the same afterwards.
        encoding, task, training: as for :func:`look`.
        temperatures: that were folded into its head.
        shares: of the members of an ensemble.
    """
    import numpy as np

    assert training.target is not None
    y, units = task.encode(training.target, training.where), task.head().units
    looking = with_beside(model, [members_of(model)] if shares else [])
    head = model.get_layer(HEAD)
    weights = head.get_weights()
    try:
        head.set_weights([uncalibrated(weight, temperatures) for weight in weights])
        outputs = np.concatenate([run_model(looking, raw) for raw in raw_pieces(encoding, training)])
    finally:
        head.set_weights(weights)
    each = np.split(outputs[:, units:], len(shares), axis=1) if shares else [outputs]
    rows = [share.learned for share in shares] or [np.arange(len(y))]
    losses = [task.sample_losses(y[own], task.scores(said[own])).mean() for said, own in zip(each, rows, strict=True)]
    return float(np.mean(losses))


def _losses(model: Any, encoding: Encoding, task: Task, data: Dataset, rows: int) -> tuple[np.ndarray, ...]:
    """Losses [samples] of the network and of a guess that saw ``rows`` samples; coded targets; scores."""
    import numpy as np

    assert data.target is not None
    y = task.encode(data.target, data.where)
    scores = task.scores(np.concatenate([run_model(model, raw) for raw in raw_pieces(encoding, data)]))
    return task.sample_losses(y, scores), task.guessing_losses(y, rows), y, scores


def _standard_error(values: np.ndarray) -> float:
    """Infinite for a single sample, whose spread nobody knows."""
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else float("inf")


def _metric(task: Task, y: np.ndarray, scores: np.ndarray, seed: int) -> tuple[float, float, float]:
    """The primary metric with its interval."""
    import numpy as np

    only = (task.primary,)
    resamples = task.resamples(y, max(100, min(1000, _DRAWN // y.size)), seed)
    found = np.concatenate([task.metrics(y, scores, weights, only)[task.primary] for weights in resamples])
    return task.measured(y, scores, only)[task.primary], *interval(found)
