"""Predictions as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .task import FORECASTING, MULTILABEL, REGRESSION, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def prediction_table(task: Task, scores: np.ndarray, probabilities: bool = True) -> pd.DataFrame:
    """One row a sample.

    Args:
        task: names classes and target.
        scores: as :attr:`biodl.metrics.Predicted.scores`.
        probabilities: whether to add one column ``probability_CLASS`` a class.

    Returns:
        ``predicted_TARGET`` (a value, a class, values of so many steps ahead, or the labels joined by the task's separator),
        then probabilities.
    """
    import pandas as pd

    name = f"predicted_{task.target[0]}" if len(task.target) == 1 else "predicted_labels"
    if task.kind == REGRESSION:
        return pd.DataFrame({name: scores})
    if task.kind == FORECASTING:
        return pd.DataFrame(scores, columns=[f"{name} +{step}" for step in range(1, task.horizon + 1)])
    if task.kind == MULTILABEL:
        joint = task.separator or ";"
        predicted = [joint.join(label for label, on in zip(task.classes, row, strict=True) if on) for row in scores >= 0.5]
    else:
        predicted = [task.classes[code] for code in scores.argmax(axis=1)]
    table = pd.DataFrame({name: predicted})
    if probabilities:
        for code, label in enumerate(task.classes):
            table[f"probability_{label}"] = scores[:, code]
    return table
