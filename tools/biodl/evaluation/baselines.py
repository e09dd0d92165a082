"""Models to compare a network with: guessing, and traditional machine learning from scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset, Encoding
from ..networks.running import encoder_of, raw_pieces, run_model
from ..program.runtime import slots
from ..tasks import Task

if TYPE_CHECKING:
    import numpy as np


def traditional(model: Any, encoding: Encoding, task: Task, training: Dataset, held_out: Dataset, seed: int) -> dict[str, np.ndarray]:
    """Train a linear model and a random forest on what the network sees of samples.

    Args:
        model: the network, whose encoder encodes.
        encoding: its preprocessing.
        task: chooses the models.
        training: samples to train with.
        held_out: samples to predict.
        seed: of the forest.

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
    scores = {}
    for name, other in task.traditional(seed, slots()).items():
        x, x_test = encoding.for_linear(train, test) if name == task.linear_name else (encoding.as_rows(train), encoding.as_rows(test))
        scores[name] = task.scores_of_model(other.fit(x, y), x_test)
    return scores
