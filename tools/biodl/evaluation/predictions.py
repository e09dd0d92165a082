"""Predictions of samples whose truth is known, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..data.kind import Dataset
from ..tasks import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def predictions_beside_truth(task: Task, data: Dataset, y: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """One row a sample: its line, names and observed targets, what is predicted, and how far that is off.

    Args:
        task: what is predicted.
        data: samples with their targets.
        y: the same targets, coded.
        scores: predictions as :meth:`biodl.tasks.Task.scores` gives them.
    """
    import pandas as pd

    assert data.target is not None
    observed = data.target.add_prefix("observed_").reset_index(names="line")
    for place, name in enumerate(data.naming, start=1):
        observed.insert(place, name, data.frame[name].to_numpy())
    table = task.prediction_table(scores).assign(**task.beside_predictions(y, scores))
    return pd.concat([observed, table], axis=1)
