"""Metrics of predictions, by scikit-learn, with bootstrap confidence intervals."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING

from .task import BINARY, FORECASTING, MULTICLASS, MULTILABEL, OF_NUMBERS, REGRESSION, Task

if TYPE_CHECKING:
    import numpy as np

LEVEL = 95
"""Confidence level of intervals, percent."""
PRIMARY = {BINARY: "balanced_accuracy", MULTICLASS: "f1_macro", MULTILABEL: "f1_macro", REGRESSION: "r2", FORECASTING: "r2"}
"""The metric by which models are compared: accuracy alone would flatter a model that ignores rare classes."""
LOWER_IS_BETTER = {"log_loss", "brier", "mae", "rmse", "hamming_loss"}


@dataclasses.dataclass(frozen=True)
class Predicted:
    """Predictions of one model beside the truth.

    Attributes:
        task: what was predicted.
        y: truth as :meth:`Task.encode` codes it.
        scores: probabilities [samples, classes] (two columns for ``binary``), values [samples] for ``regression``, or
            [samples, horizon] for ``forecasting``.
    """

    task: Task
    y: np.ndarray
    scores: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """Predicted class numbers [samples], or 0 and 1 [samples, labels], or values [samples]."""
        if self.task.kind in OF_NUMBERS:
            return self.scores
        return (self.scores >= 0.5).astype(int) if self.task.kind == MULTILABEL else self.scores.argmax(axis=1)

    def take(self, rows: np.ndarray) -> Predicted:
        return dataclasses.replace(self, y=self.y[rows], scores=self.scores[rows])


def scores_of(task: Task, outputs: np.ndarray) -> np.ndarray:
    """A network's outputs [samples, units] as :attr:`Predicted.scores`."""
    import numpy as np

    outputs = outputs.astype("float64")
    if task.kind == REGRESSION:
        return outputs[:, 0]
    if task.kind == FORECASTING:
        return outputs
    return np.column_stack([1 - outputs[:, 0], outputs[:, 0]]) if task.kind == BINARY else outputs


def headline(predicted: Predicted) -> dict[str, float]:
    """The metrics by which a model is judged as a whole; NaN where the data cannot tell."""
    import sklearn

    with warnings.catch_warnings(), sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        warnings.simplefilter("ignore")
        found = _regression(predicted) if predicted.task.kind in OF_NUMBERS else _classification(predicted)
    return {name: float(value) for name, value in found.items()}


def primary(predicted: Predicted) -> float:
    """The metric of :data:`PRIMARY` alone."""
    from sklearn import metrics

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if predicted.task.kind in OF_NUMBERS:
            return float(metrics.r2_score(predicted.y.ravel(), predicted.scores.ravel()))
        if predicted.task.kind == BINARY:
            return float(metrics.balanced_accuracy_score(predicted.y, predicted.labels))
        return float(_by_class(predicted)["f1"].mean())


def _regression(predicted: Predicted) -> dict[str, float]:
    from scipy.stats import spearmanr
    from sklearn import metrics

    pair = predicted.y.ravel(), predicted.scores.ravel()
    return {
        "r2": metrics.r2_score(*pair),
        "mae": metrics.mean_absolute_error(*pair),
        "rmse": metrics.root_mean_squared_error(*pair),
        "spearman": spearmanr(*pair).statistic,
    }


def _classification(predicted: Predicted) -> dict[str, float]:
    import numpy as np
    from sklearn import metrics

    task, labels = predicted.task, predicted.labels
    found = {}
    if task.one_class_each:
        found["accuracy"] = metrics.accuracy_score(predicted.y, labels)
        found["balanced_accuracy"] = metrics.balanced_accuracy_score(predicted.y, labels)
    else:
        found["exact_match"] = metrics.accuracy_score(predicted.y, labels)
        found["hamming_loss"] = metrics.hamming_loss(predicted.y, labels)
    classes = _by_class(predicted)
    ranks = _by_rank(predicted)
    if task.kind == BINARY:
        found |= {name: classes[name][1] for name in ("precision", "recall", "specificity", "f1")}
    weights = classes["support"]
    for name in ("precision", "recall", "f1"):
        found[f"{name}_macro"] = np.mean(classes[name])
        found[f"{name}_weighted"] = np.average(classes[name], weights=weights) if weights.sum() else float("nan")
    if task.kind == BINARY:
        found |= {name: ranks[name][1] for name in ranks}
    else:
        found["specificity_macro"] = np.mean(classes["specificity"])
        # over the classes that occur, so that one absent class does not hide the others
        found |= {f"{name}_macro": np.nanmean(values) for name, values in ranks.items()}
    if task.one_class_each:
        found["mcc"] = metrics.matthews_corrcoef(predicted.y, labels)
    return found | {"log_loss": _log_loss(predicted), "brier": _brier(predicted)}


def _by_class(predicted: Predicted) -> dict[str, np.ndarray]:
    """Metrics of predicted classes, [classes] each. Specificity: of the samples not of a class, the share not taken for it."""
    from sklearn import metrics

    names = range(len(predicted.task.classes))
    truth, labels = predicted.y, predicted.labels
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, labels, labels=names, zero_division=0)
    counts = metrics.multilabel_confusion_matrix(truth, labels, labels=names)
    specificity = counts[:, 0, 0] / counts[:, 0].sum(axis=1).clip(min=1)
    return {"support": support, "precision": precision, "recall": recall, "specificity": specificity, "f1": f1}


def _by_rank(predicted: Predicted) -> dict[str, np.ndarray]:
    """ROC AUC and average precision of each class against the rest, [classes] each; NaN where it does not occur."""
    import numpy as np
    from scipy.stats import rankdata
    from sklearn.metrics import average_precision_score

    truth = one_hot(predicted)
    positive = truth.sum(axis=0)
    negative = len(truth) - positive
    # the area is the share of pairs in the right order (Mann-Whitney): one ranking serves all classes
    ranks = (rankdata(predicted.scores, axis=0) * truth).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        areas = (ranks - positive * (positive + 1) / 2) / (positive * negative)
    averages = [
        average_precision_score(truth[:, code], predicted.scores[:, code]) if positive[code] and negative[code] else np.nan
        for code in range(truth.shape[1])
    ]
    return {"roc_auc": np.where(positive * negative > 0, areas, np.nan), "average_precision": np.array(averages)}


def one_hot(predicted: Predicted) -> np.ndarray:
    """Truth as 0 and 1, [samples, classes]."""
    import numpy as np

    return predicted.y if predicted.task.kind == MULTILABEL else np.eye(len(predicted.task.classes))[predicted.y]


def _log_loss(predicted: Predicted) -> float:
    import numpy as np

    truth = one_hot(predicted)
    safe = predicted.scores.clip(1e-15, 1 - 1e-15)
    if predicted.task.kind == MULTILABEL:
        return float(-np.mean(truth * np.log(safe) + (1 - truth) * np.log(1 - safe)))
    return float(-np.mean(np.log((safe * truth).sum(axis=1))))


def _brier(predicted: Predicted) -> float:
    """Mean squared error of the probabilities: of the positive class (binary), summed over classes (multiclass)."""
    import numpy as np

    squares = (predicted.scores - one_hot(predicted)) ** 2
    if predicted.task.kind == BINARY:
        return float(np.mean(squares[:, 1]))
    return float(np.mean(squares.sum(axis=1) if predicted.task.kind == MULTICLASS else squares))


def per_class(predicted: Predicted) -> list[dict[str, float | str | int]]:
    """One row a class: support, precision, recall, specificity, F1, ROC AUC, average precision."""
    columns = {**_by_class(predicted), **_by_rank(predicted)}
    return [
        {"class": name, **{column: values[code].item() for column, values in columns.items()}}
        for code, name in enumerate(predicted.task.classes)
    ]


def per_step(predicted: Predicted) -> list[dict[str, float | str | int]]:
    """One row a forecast step: R², MAE, RMSE and Spearman correlation."""
    rows = []
    for step in range(predicted.task.horizon):
        one = dataclasses.replace(predicted, y=predicted.y[:, step], scores=predicted.scores[:, step])
        rows.append({"step": step + 1, **headline(one)})
    return rows


def resamples(predicted: Predicted, count: int, seed: int) -> list[np.ndarray]:
    """Bootstrap samples: positions drawn with replacement, within each class so that none disappears."""
    import numpy as np

    random = np.random.default_rng(seed)
    if predicted.task.one_class_each:
        strata = [np.flatnonzero(predicted.y == code) for code in np.unique(predicted.y)]
    else:
        strata = [np.arange(len(predicted.y))]
    return [np.concatenate([random.choice(rows, len(rows)) for rows in strata]) for _ in range(count)]


def bootstrap(predicted: Predicted, draws: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Every headline metric on every resample."""
    import numpy as np

    values = [headline(predicted.take(rows)) for rows in draws]
    return {name: np.array([value[name] for value in values]) for name in values[0]}


def bootstrap_primary(predicted: Predicted, draws: list[np.ndarray]) -> np.ndarray:
    """The primary metric on every resample."""
    import numpy as np

    return np.array([primary(predicted.take(rows)) for rows in draws])


def interval(values: np.ndarray) -> tuple[float, float]:
    """Percentile interval of bootstrap values; NaN when most resamples could not tell."""
    import numpy as np

    known = values[~np.isnan(values)]
    if len(known) < len(values) / 2 or not len(known):
        return float("nan"), float("nan")
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)
