"""Steps ahead of a series are predicted (forecasting); the task follows from the data, not from a target column's cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..errors import InputError, counted
from ..reporting import plots
from ..stored import demand
from . import measures
from .number import OfNumbers
from .task import Head, Samples, Task, predicted_name, register

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..reporting.plots import Panel
    from .conformal import Sets


@register
@dataclasses.dataclass(frozen=True)
class Forecast(OfNumbers):
    """``horizon`` numbers a sample: the steps that follow it."""

    horizon: int = 1

    name: ClassVar[str] = "forecasting"
    offered: ClassVar[bool] = False
    guess_name: ClassVar[str] = "last value"
    guess_called: ClassVar[str] = "repeat of the last value"
    breakdown_title: ClassVar[str] = "Each step ahead"

    def check_stored(self, samples: int) -> None:
        super().check_stored(samples)
        demand(self.horizon > 0, "its forecast has no steps")

    def differs(self, other: Task) -> str:
        apart = super().differs(other)
        if apart or not isinstance(other, Forecast) or self.horizon == other.horizon:
            return apart
        return f"looks {counted(self.horizon, 'step')} ahead, but the other {other.horizon}"

    @classmethod
    def suits(cls, target: pd.DataFrame) -> bool:
        return False

    @classmethod
    def from_target(cls, target: pd.DataFrame, where: str, positive: str, separator: str) -> Self:
        raise InputError("A forecast follows from a series in time order: choose the kind of samples that is forecast.")

    def encode(self, target: pd.DataFrame, where: str) -> np.ndarray:
        """float64 [samples, horizon] in the target's own unit."""
        return target.to_numpy("float64")

    def head(self) -> Head:
        return Head(self.horizon, "linear", "mean_squared_error", "mean_absolute_error")

    def explainable(self) -> tuple[str, ...]:
        """The mean of all steps, which is explained unless a step is chosen, and each step."""
        steps = tuple(f"{self.title} +{step}" for step in range(1, self.horizon + 1))
        return (f"{self.title}, mean of {counted(self.horizon, 'step')}", *steps)

    def explained(self, values: Any, targets: Any) -> Any:
        from keras import ops

        each = ops.mean(values, axis=1)
        with_mean = ops.concatenate([ops.mean(each, axis=1, keepdims=True), each], axis=1)
        return self.std * ops.take_along_axis(with_mean, targets[:, None], axis=1)[:, 0]

    def for_loss(self, y: np.ndarray, smoothing: float) -> np.ndarray:
        return self.standardised(y)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """float64 [samples, horizon]."""
        return outputs.astype("float64")

    def prediction_table(self, scores: np.ndarray, probabilities: bool = True) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(scores, columns=[f"{predicted_name(self)} +{step}" for step in range(1, self.horizon + 1)])

    def sets_for(self) -> int:
        return self.horizon

    def set_columns(self, scores: np.ndarray, sets: Sets) -> dict[str, Any]:
        low, high = scores - sets.limits, scores + sets.limits
        return {
            f"{predicted_name(self, end)} +{step + 1}": values[:, step]
            for step in range(self.horizon)
            for end, values in (("low", low), ("high", high))
        }

    def set_called(self, sets: Sets) -> str:
        return f"For each step alone, intervals that are to hold the true number for {sets.coverage:.0%} of samples"

    def on_sets(self, scores: np.ndarray, sets: Sets) -> str:
        first, last = 2 * sets.quantiles[0], 2 * sets.quantiles[-1]
        return f"an interval is {first:.4g} wide at the first step and {last:.4g} at the last"

    def on_resamples(self) -> str:
        """Windows begin at every step, so that those beside each other overlap."""
        share, are = ("are forecast", "are") if self.horizon > 1 else ("they look back on", "may be")
        return f"Neighbouring windows share steps that {share}, but count as if each stood alone: the 95 % intervals {are} too narrow."

    def breakdown(self, y: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
        """One row a step: R², MAE, RMSE and Spearman correlation."""
        import numpy as np

        once = np.ones((1, len(y)))
        steps = [measures.numbers(y[:, step], scores[:, step], once) for step in range(self.horizon)]
        return [{"step": number, **{name: float(value[0]) for name, value in step.items()}} for number, step in enumerate(steps, start=1)]

    def panels(self, y: np.ndarray, scores: Mapping[str, np.ndarray]) -> list[Panel]:
        """Also the error by step of every model, and the forecast that is in the middle by its error."""
        import numpy as np

        network = next(iter(scores.values()))
        errors = {name: [row["mae"] for row in self.breakdown(y, item)] for name, item in scores.items()}
        typical = np.argsort(np.abs(y - network).mean(axis=1))[len(y) // 2]
        steps = range(1, self.horizon + 1)
        example = {"observed": y[typical], "forecast": network[typical]}
        return [
            *super().panels(y, scores),
            plots.lines(steps, errors, "Error by step ahead", "steps ahead", "mean absolute error"),
            plots.lines(steps, example, "A typical forecast", "steps ahead", self.title),
        ]

    def traditional(self, seed: int, jobs: int) -> dict[str, Any]:
        """Boosted trees give one number: a model a step."""
        from sklearn.multioutput import MultiOutputRegressor

        models = super().traditional(seed, jobs)
        boosting = models[self.boosting_name]
        return models | {self.boosting_name: MultiOutputRegressor(boosting) if self.horizon > 1 else boosting}

    def scores_of_model(self, model: Any, x: Any) -> np.ndarray:
        """float64 [samples, horizon]; scikit-learn gives [samples] for one step."""
        return model.predict(x).reshape(-1, self.horizon)

    def guess(self, rows: int, data: Samples) -> np.ndarray:
        """The last value seen, or the training mean where none was."""
        import numpy as np

        return np.repeat(np.nan_to_num(data.last(), nan=self.mean)[:, None], self.horizon, axis=1)

    def strata(self, y: np.ndarray) -> np.ndarray:
        """None: forecasts are divided in time order."""
        import numpy as np

        return np.zeros(len(y), dtype=int)

    def what(self) -> str:
        return f"{self.horizon} steps"
