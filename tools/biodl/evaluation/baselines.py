"""Models to compare a network with: guessing, and traditional machine learning from scikit-learn."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset, Encoding
from ..errors import span
from ..networks.running import encoder_of, raw_pieces, run_model
from ..program.runtime import slots
from ..tasks import Task

if TYPE_CHECKING:
    import numpy as np

LIBRARIES = ("sklearn.ensemble", "sklearn.linear_model")
"""Modules that :func:`traditional` imports."""

_WORK = 300_000
"""Columns times trees of boosting: about 10 seconds on two cores (measured on counts of words, outlines, genes and letters), half as long
again on one."""
_ROUNDS, _FEWEST_ROUNDS, _MOST_OUTPUTS, _BINS = 100, 50, 100, 255

_LEAF, _LEAVES = 20, 5
"""Samples in a leaf, as scikit-learn has it; of fewer than 100 a fifth, since 39 could not be divided (measured: of more, 20 is best)."""


@dataclasses.dataclass(frozen=True)
class Bound:
    """How far boosting goes: on so many columns, so many rounds, with each column in so many bins."""

    columns: int
    rounds: int
    bins: int


def traditional(model: Any, encoding: Encoding, task: Task, training: Dataset, held_out: Dataset, seed: int) -> dict[str, np.ndarray]:
    """Train a linear model, a random forest and boosted trees on what the network sees of samples.

    Args:
        model: the network, whose encoder encodes.
        encoding: its preprocessing.
        task: chooses the models.
        training: samples to train with.
        held_out: samples to predict.
        seed: of the forest and of boosting.

    Returns:
        Scores of the held-out samples by name of the model.
    """
    import numpy as np

    encoder = encoder_of(model)
    train, test = (
        np.concatenate([run_model(encoder, raw, encoding.reduced) for raw in raw_pieces(encoding, data)]) for data in (training, held_out)
    )
    assert training.target is not None
    y = task.encode(training.target, training.where)
    y = y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y  # scikit-learn wants one column as a list
    rows, rows_test = encoding.as_rows(train), encoding.as_rows(test)
    scores = {}
    for name, other in task.traditional(seed, slots()).items():
        x, x_test = encoding.for_linear(train, test) if name == task.linear_name else (rows, rows_test)
        if name == task.boosting_name:
            bound = bounded(rows.shape[1], task.head().units)
            if bound is None:
                continue
            kept = most_telling(rows, y, task.head().units, bound.columns)
            x, x_test = rows[:, kept], rows_test[:, kept]
            leaf = max(2, min(_LEAF, len(y) // _LEAVES))
            getattr(other, "estimator", other).set_params(max_iter=bound.rounds, max_bins=bound.bins, min_samples_leaf=leaf)
        scores[name] = task.scores_of_model(other.fit(x, y), x_test)
    return scores


def bounded(columns: int, outputs: int) -> Bound | None:
    """How far boosting goes on so many columns and outputs, each of which has trees of its own; None where it would take minutes.

    Else its settings are those of scikit-learn, but for early stopping: it would take a tenth of the samples away from learning, and fail
    where a class has one.
    """
    if outputs > _MOST_OUTPUTS:
        return None
    if columns * outputs * _ROUNDS <= _WORK:
        return Bound(columns, _ROUNDS, _BINS)
    kept = min(columns, _WORK // (outputs * _FEWEST_ROUNDS))
    return Bound(kept, min(_ROUNDS, _WORK // (outputs * kept)), 31)


def columns_of(encoding: Encoding) -> int:
    """Columns that trees learn from."""
    import numpy as np

    return encoding.as_rows(encoding.reduced(np.zeros((1, *encoding.shape), dtype=int))).shape[1]


def on_boosting(encoding: Encoding, task: Task) -> str:
    """What must be known of boosting beside a network, or nothing."""
    return on_bounds([columns_of(encoding)], task)


def on_bounds(columns: Sequence[int], task: Task) -> str:
    """The same of several trainings; ``columns``: those of each, none where no such model was trained."""
    outputs, name = task.head().units, task.boosting_name
    if columns and outputs > _MOST_OUTPUTS:
        return f"{name.capitalize()} was left out: with {outputs} outputs it would take too long."
    kept = [(bound, count) for count in columns if (bound := bounded(count, outputs)) and bound != Bound(count, _ROUNDS, _BINS)]
    if not kept:
        return ""
    rounds = span(min(bound.rounds for bound, _ in kept), max(bound.rounds for bound, _ in kept))
    fewer = [(bound.columns, count) for bound, count in kept if bound.columns < count]
    few, of = (span(min(found), max(found)) if fewer else "" for found in ([pair[place] for pair in fewer] for place in (0, 1)))
    which = f" and the {few} of {of} columns that go most with the target" if fewer else ""
    where = name.capitalize() if len(kept) == len(columns) else f"In {len(kept)} of {len(columns)} trainings {name}"
    return f"{where} was kept to {rounds} rounds{which}, since more would take too long: it might do a little better than shown."


def most_telling(x: np.ndarray, y: np.ndarray, outputs: int, most: int) -> np.ndarray:
    """Positions of the ``most`` columns of ``x`` [samples, columns] with the closest correlation to any output, in their order.

    Args:
        y: coded targets of the same samples, which must be those of training alone.
        outputs: of the head; where it has several and ``y`` is one column, these are classes.
    """
    import numpy as np

    if most >= x.shape[1]:
        return np.arange(x.shape[1])
    goals = (y[:, None] == np.unique(y)) if outputs > 1 and y.ndim == 1 else y.reshape(len(y), -1)
    goals = goals - goals.mean(axis=0)
    means = x.mean(axis=0)
    spread = np.sqrt(((x - means) ** 2).sum(axis=0))
    together = np.abs(goals.T @ (x - means)) / np.where(spread > 0, spread, np.inf)
    lengths = np.sqrt((goals**2).sum(axis=0))
    strength = (together / np.where(lengths > 0, lengths, np.inf)[:, None]).max(axis=0)
    return np.sort(np.argsort(-strength, kind="stable")[:most])
