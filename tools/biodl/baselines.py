"""Models to compare a network with: guessing, and traditional machine learning from scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .program.runtime import slots
from .task import FORECASTING, MULTILABEL, OF_NUMBERS, REGRESSION, Task

if TYPE_CHECKING:
    import numpy as np

    from .data.dataset import Dataset

NETWORK = "network"
FOREST_TREES = 300


def names(task: Task) -> tuple[str, str, str]:
    """Names of the guess, the linear model and the forest for a task."""
    if task.kind == FORECASTING:
        return "last value", "ridge regression", "random forest"
    if task.kind == REGRESSION:
        return "mean", "ridge regression", "random forest"
    return "majority", "logistic regression", "random forest"


def guess(task: Task, rows: int, data: Dataset) -> np.ndarray:
    """Scores of the baseline that knows only the training shares, the training mean, or the last value seen.

    Args:
        task: holds the training counts or mean.
        rows: number of training samples.
        data: samples to predict.
    """
    import numpy as np

    samples = len(data)
    if task.kind == FORECASTING:
        return np.repeat(np.nan_to_num(data.last, nan=task.mean)[:, None], task.horizon, axis=1)
    if task.kind == REGRESSION:
        return np.full(samples, task.mean)
    return np.tile(np.array(task.counts) / rows, (samples, 1))


def traditional(task: Task, x: np.ndarray, y: np.ndarray, x_test: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Train a linear model and a random forest, and return their scores on ``x_test`` by name.

    Args:
        x, y: encoded training samples [samples, width] and coded targets.
        x_test: encoded samples to predict.
        seed: of the forest.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multiclass import OneVsRestClassifier

    _, linear_name, forest_name = names(task)
    if task.kind in OF_NUMBERS:
        forest = RandomForestRegressor(FOREST_TREES, random_state=seed, n_jobs=slots())
        return {linear_name: Ridge().fit(x, y).predict(x_test), forest_name: forest.fit(x, y).predict(x_test)}
    linear: Any = LogisticRegression(max_iter=2000)
    if task.kind == MULTILABEL:
        linear = OneVsRestClassifier(linear)
    forest = RandomForestClassifier(FOREST_TREES, random_state=seed, n_jobs=slots())
    return {name: _probabilities(model.fit(x, y), x_test, task) for name, model in ((linear_name, linear), (forest_name, forest))}


def _probabilities(model: Any, x: np.ndarray, task: Task) -> np.ndarray:
    """Class probabilities [samples, classes], classes that training lacked getting 0."""
    import numpy as np

    found = model.predict_proba(x)
    if task.kind == MULTILABEL:
        if isinstance(found, list):  # a forest gives one pair of columns a label
            return np.column_stack([column[:, 1] if column.shape[1] == 2 else column[:, 0] * 0 for column in found])
        return found
    scores = np.zeros((len(x), len(task.classes)))
    scores[:, np.asarray(model.classes_, dtype=int)] = found
    return scores
