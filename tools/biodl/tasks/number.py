"""A number is predicted (regression)."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..cells import LARGEST, split_numbers
from ..dress import mixed
from ..errors import InputError, shorten
from ..reporting import plots
from ..reporting.findings import OK, Finding
from ..stored import demand
from . import measures
from .task import FOREST_TREES, Head, Samples, Task, predicted_name, refuse_one_value, register

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..reporting.plots import Panel
    from .conformal import Sets

_BINS = 10
"""Quantiles by which a number is stratified."""


@dataclasses.dataclass(frozen=True)
class OfNumbers(Task):
    """What tasks share that predict numbers; ``mean`` and ``std`` are those of the target in the training part."""

    mean: float = 0.0
    std: float = 1.0

    primary: ClassVar[str] = "r2"
    headline: ClassVar[tuple[str, ...]] = ("r2", "mae", "rmse", "spearman")
    linear_name: ClassVar[str] = "ridge regression"
    single_power_title: ClassVar[str] = "Rank correlation with the target"

    def fit(self, y: np.ndarray) -> Self:
        std = float(y.std())
        return dataclasses.replace(self, mean=float(y.mean()), std=std if std > 0 else 1.0)

    def check_stored(self, samples: int) -> None:
        super().check_stored(samples)
        demand(self.std > 0, "its target has no standard deviation")

    def stated(self) -> dict[str, dict[str, Any]]:
        return {"target_unit": {"scale": self.std, "offset": self.mean}}

    def standardised(self, y: np.ndarray) -> np.ndarray:
        """float32: the target in standard deviations from the training mean."""
        return ((y - self.mean) / self.std).astype("float32")

    def loss(self, smoothing: float) -> Any:
        return "mean_squared_error"

    def watched(self, smoothing: float, name: str) -> Any:
        import keras

        return keras.metrics.MeanSquaredError(name=name)

    def in_unit(self, output: Any) -> Any:
        import keras

        return keras.layers.Rescaling(self.std, offset=self.mean, name="target_unit")(output)

    def unit(self) -> float:
        return self.std

    explained_as: ClassVar[str] = "prediction"

    def explainable(self) -> tuple[str, ...]:
        return (self.title,)

    def explained(self, values: Any, targets: Any) -> Any:
        from keras import ops

        return self.std * ops.mean(values, axis=(1, 2))

    def explained_from(self) -> float:
        return self.mean

    def to_explain(self, scores: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.zeros(len(scores), dtype=int)

    def guessing_loss(self, rows: int) -> float:
        return 1.0  # the target is standardised

    def guessing_losses(self, y: np.ndarray, rows: int) -> np.ndarray:
        import numpy as np

        return self.sample_losses(y, np.full(y.shape, self.mean))

    def sample_losses(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return (((scores - y) / self.std) ** 2).reshape(len(y), -1).mean(axis=1)

    def disagreement(self, scores: np.ndarray) -> np.ndarray:
        """The standard deviation of the members (sample, in the unit of the target); of several steps the mean over them."""
        return scores.std(axis=0, ddof=1).reshape(scores.shape[1], -1).mean(axis=1)

    def metrics(self, y: np.ndarray, scores: np.ndarray, weights: np.ndarray, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        return measures.numbers(y, scores, weights, only)

    def check_coverage(self) -> None:
        """Intervals reach as far to either side as most errors do; they are equally wide everywhere."""

    def nonconformity(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return abs(y - scores)

    def set_columns(self, scores: np.ndarray, sets: Sets) -> dict[str, Any]:
        ends = {"low": scores - sets.limits, "high": scores + sets.limits}
        return {predicted_name(self, end): values for end, values in ends.items()}

    def set_called(self, sets: Sets) -> str:
        return f"Intervals that are to hold the true number for {sets.coverage:.0%} of samples"

    def on_sets(self, scores: np.ndarray, sets: Sets) -> str:
        return f"an interval is {2 * sets.quantiles[0]:.4g} wide"

    def panels(self, y: np.ndarray, scores: Mapping[str, np.ndarray]) -> list[Panel]:
        observed, predicted = y.ravel(), next(iter(scores.values())).ravel()
        return [plots.observed_predicted(observed, predicted, self.title), plots.residuals(observed, predicted, self.title)]

    def traditional(self, seed: int, jobs: int) -> dict[str, Any]:
        from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
        from sklearn.linear_model import Ridge

        return {
            self.linear_name: Ridge(),
            self.forest_name: RandomForestRegressor(FOREST_TREES, random_state=seed, n_jobs=jobs),
            self.boosting_name: HistGradientBoostingRegressor(early_stopping=False, random_state=seed),
        }

    def scores_of_model(self, model: Any, x: Any) -> np.ndarray:
        return model.predict(x)

    def shares(self, y: np.ndarray) -> dict[str, float]:
        return {"target_mean": float(y.mean()), "target_standard_deviation": float(y.std())}

    def parts_panels(self, parts: Mapping[str, np.ndarray]) -> list[Panel]:
        return [plots.by_range(parts, f"Range of {self.title} in each part", self.title)]

    def balance(self, y: np.ndarray) -> list[Finding]:
        distinct = len(set(y.ravel().tolist()))
        return [Finding(OK, "target", f"The target has {distinct} different values, from {y.min():.4g} to {y.max():.4g}.")]

    def single_power(self, x: np.ndarray, y: np.ndarray) -> float:
        from scipy.stats import spearmanr

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = [abs(float(spearmanr(x, column).statistic)) for column in y.reshape(len(y), -1).T]
        return max((value for value in values if value == value), default=0.0)

    def on_loss(self) -> str:
        return f"The loss is the mean squared error of the standardised target (unit: {self.std:.4g}, its standard deviation)."


@register
@dataclasses.dataclass(frozen=True)
class Number(OfNumbers):
    """One number a sample."""

    name: ClassVar[str] = "regression"
    guess_name: ClassVar[str] = "mean"
    guess_called: ClassVar[str] = "guess of the mean"

    @classmethod
    def suits(cls, target: pd.DataFrame) -> bool:
        return len(target.columns) == 1 and not len(split_numbers(target[target.columns[0]])[1])

    @classmethod
    def from_target(cls, target: pd.DataFrame, where: str, positive: str, separator: str) -> Self:
        column = target[target.columns[0]]
        refuse_one_value(column, where)
        _numbers(column, where)
        return cls((str(column.name),))

    def encode(self, target: pd.DataFrame, where: str) -> np.ndarray:
        """float64 [samples] in the target's own unit."""
        return _numbers(target[self.target[0]], where).to_numpy()

    def head(self) -> Head:
        return Head(1, "linear", "mean_squared_error", "mean_absolute_error")

    def for_loss(self, y: np.ndarray, smoothing: float) -> np.ndarray:
        return self.standardised(y).reshape(-1, 1)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """float64 [samples]."""
        return outputs.astype("float64")[:, 0]

    def prediction_table(self, scores: np.ndarray, probabilities: bool = True) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({predicted_name(self): scores})

    def beside_predictions(self, y: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
        return {"residual": y - scores}

    def guess(self, rows: int, data: Samples) -> np.ndarray:
        import numpy as np

        return np.full(len(data), self.mean)

    def strata(self, y: np.ndarray) -> np.ndarray:
        """The target's quantile."""
        import numpy as np

        edges = np.quantile(y, np.linspace(0, 1, min(_BINS, max(len(y) // 10, 1)) + 1)[1:-1])
        return np.searchsorted(edges, y, side="right")

    def target_panels(self, y: np.ndarray) -> list[Panel]:
        return [plots.histogram(y, "Target", self.title)]

    def what(self) -> str:
        return "a number"


def _numbers(column: pd.Series, where: str) -> pd.Series:
    numbers, text = split_numbers(column)
    if len(text):
        fault = mixed(numbers, text) or f"holds text (first {shorten(text.iloc[0])} in line {text.index[0]}): correct it"
        raise InputError(
            f"The target column {shorten(column.name)} of {where} must hold numbers for regression, but {fault}, or choose another task."
        )
    if (numbers.abs() > LARGEST).any():
        line = numbers.index[numbers.abs() > LARGEST][0]
        raise InputError(f"The target column {shorten(column.name)} of {where} is infinite in line {line}: correct it.")
    return numbers
