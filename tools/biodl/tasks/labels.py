"""Each sample has any number of labels (multilabel)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..cells import differ_in_case, split_numbers, word
from ..errors import InputError, shorten
from ..reporting import plots
from ..reporting.tables import yes_no
from ..stored import demand
from . import calibration, measures
from .classes import LEAST, MAX_CLASSES, ROUNDING, OfClasses, binary_log_odds, entropy, refuse_unknown, smoothed_binary, tree_power
from .task import FOREST_TREES, LINEAR_STEPS, Head, predicted_name, register

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..reporting.plots import Panel
    from .conformal import Sets

_SEPARATORS = (";", "|", ",", "/")
"""What may stand between labels, the likeliest first."""
_LIST = re.compile(r"(?:c|list|set|frozenset|array|tuple)?\(?[\[({]([^\[\](){}]*)[\])}]\)?|(?:set|list|frozenset|tuple)\(\)|character\(0\)")
"""Labels of a cell as Python, numpy, R or JSON write them."""
_ITEM = re.compile(r"'[^']*'|\"[^\"]*\"|[^,\s][^,]*")
_ENOUGH = 6
"""A combination of labels that fewer samples have is not shared out by itself: two for each of three parts."""


@register
@dataclasses.dataclass(frozen=True)
class Labels(OfClasses):
    """Any number of labels; ``classes`` are their names, ``separator`` stands between them where one column holds them."""

    separator: str = ""

    name: ClassVar[str] = "multilabel"
    many_columns: ClassVar[bool] = True
    empty_is_none: ClassVar[bool] = True
    primary: ClassVar[str] = "f1_macro"
    headline: ClassVar[tuple[str, ...]] = (
        *("f1_macro", "exact_match", "hamming_loss", "precision_macro", "recall_macro", "roc_auc_macro", "average_precision_macro"),
        *("specificity_macro", "f1_weighted", "precision_weighted", "recall_weighted", "log_loss", "brier", "ece"),
    )

    def check_stored(self, samples: int) -> None:
        super().check_stored(samples)
        one = bool(self.separator) and len(self.target) == 1
        demand(one or self.target == self.classes, "its labels are neither its target columns nor parts of one")

    @classmethod
    def suits(cls, target: pd.DataFrame) -> bool:
        return len(target.columns) > 1

    @classmethod
    def from_target(cls, target: pd.DataFrame, where: str, positive: str, separator: str) -> Self:
        columns = tuple(target.columns)
        if len(columns) > 1:
            for name in columns:
                _zero_or_one(target[name], where)
            task = cls(columns, classes=columns)
        else:
            found = _separator(target[columns[0]], where, separator)
            task = cls(columns, classes=_names(target[columns[0]], where, found), separator=found)
        for label, count in task.counts_of(task.encode(target, where)).items():
            if count in (0, len(target)):
                which = "no row" if count == 0 else "every row"
                raise InputError(
                    f"Label {shorten(label)} of {where} is set in {which}: there is nothing to learn about it, so leave it out."
                )
        return task

    def encode(self, target: pd.DataFrame, where: str) -> np.ndarray:
        """float32 [samples, labels] of 0 and 1."""
        import numpy as np

        return np.stack([self._membership(target, label, where) for label in self.classes], axis=1)

    def _membership(self, target: pd.DataFrame, label: str, where: str) -> np.ndarray:
        if not self.separator:
            return _zero_or_one(target[label], where).to_numpy("float32")
        column = target[self.target[0]]
        meant = {name: self.classes[code] for name, code in self.codes().items()}
        labels = column.map(lambda cell: {meant.get(name, name) for name in _labels(cell, self.separator)})
        unknown = labels.map(lambda cell: sorted(cell - set(self.classes)))
        odd = unknown[unknown.map(bool)]
        if len(odd):
            refuse_unknown(odd.map(lambda names: names[0]).rename(str(column.name)), self.classes, where)
        return labels.map(lambda cell: label in cell).to_numpy("float32")

    def described(self) -> str:
        said = f"{super().described()}"
        return f"{said}; labels of a cell are separated by {shorten(self.separator)}" if self.separator else said

    def on_training(self) -> str:
        if not self.separator:
            return ""
        alike = "".join(f" {sentence}, and are different labels." for sentence in differ_in_case(self.classes))
        return f"Labels of a cell are separated by {shorten(self.separator)}; an empty cell has none.{alike}"

    def counts_of(self, y: np.ndarray) -> dict[str, int]:
        return {name: int(count) for name, count in zip(self.classes, y.sum(axis=0), strict=True)}

    def head(self) -> Head:
        return Head(len(self.classes), "sigmoid", "binary_crossentropy", "binary_accuracy")

    def explained(self, values: Any, targets: Any) -> Any:
        from keras import ops

        return binary_log_odds(ops.take_along_axis(values, targets[:, None, None], axis=2)[:, :, 0])

    def for_loss(self, y: np.ndarray, smoothing: float) -> np.ndarray:
        return y

    def loss(self, smoothing: float) -> Any:
        return smoothed_binary(smoothing)

    def watched(self, smoothing: float, name: str) -> Any:
        import keras

        return keras.metrics.BinaryCrossentropy(name=name)

    def guessing_loss(self, rows: int) -> float:
        return sum(entropy([count / rows, 1 - count / rows]) for count in self.counts) / len(self.counts)

    def sample_losses(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        import numpy as np

        safe = scores.clip(LEAST, 1 - LEAST)
        return -(y * np.log(safe) + (1 - y) * np.log(1 - safe)).mean(axis=1)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """float64 [samples, labels]: probabilities."""
        return outputs.astype("float64")

    def apart(self, differences: np.ndarray) -> np.ndarray:
        return differences.mean(axis=1)

    def predicted(self, scores: np.ndarray) -> np.ndarray:
        """bool [samples, labels]."""
        return scores >= 0.5

    def on_explained(self) -> str:
        return (
            "Of the labels of a sample the likeliest one is explained, even where its probability is below one half; averages are over the "
            "samples whose likeliest label it is, and a label that is the likeliest of none has no average."
        )

    def prediction_table(self, scores: np.ndarray, probabilities: bool = True) -> pd.DataFrame:
        """Labels of a probability of 0.5 or more, joined by the separator."""
        import pandas as pd

        predicted = self.joined(self.predicted(scores), self.separator or ";")
        return self.with_probabilities(pd.DataFrame({predicted_name(self): predicted}), scores, probabilities)

    def check_coverage(self) -> None:
        """Each label has sets of its own, of being there and not."""

    def sets_for(self) -> int:
        return len(self.classes)

    def nonconformity(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.where(y > 0, 1 - scores, scores)

    def _sure(self, scores: np.ndarray, sets: Sets) -> np.ndarray:
        """bool [samples, labels]: whether nothing but what is predicted is possible."""
        there, absent = 1 - scores <= sets.limits, scores <= sets.limits
        return (there != absent) & (there == self.predicted(scores))

    def set_columns(self, scores: np.ndarray, sets: Sets) -> dict[str, Any]:
        possible = self.joined(1 - scores <= sets.limits, self.separator or ";")
        return {predicted_name(self, "possible"): possible, "sure": yes_no(self._sure(scores, sets).all(axis=1))}

    def set_called(self, sets: Sets) -> str:
        return f"For each label alone, sets (there, not there, or both) that are to hold the truth for {sets.coverage:.0%} of samples"

    def on_sets(self, scores: np.ndarray, sets: Sets) -> str:
        sure = self._sure(scores, sets)
        return (
            f"the network is sure of {sure.mean():.1%} of labels, and of all labels of {int(sure.all(axis=1).sum())} of {len(sure)} samples"
        )

    def metrics(self, y: np.ndarray, scores: np.ndarray, weights: np.ndarray, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        return measures.labels(y, scores, weights, only)

    def check_judged(self, y: np.ndarray, scores: np.ndarray) -> None:
        demand(y.ndim == 2 and y.shape[1] == len(self.classes), f"its targets are not those of {len(self.classes)} labels")
        super().check_judged(y, scores)
        demand(set(y.ravel().tolist()) <= {0, 1}, "its targets are not 0 and 1")
        demand(scores.min() >= 0 and scores.max() <= 1 + ROUNDING, "its predictions are no probabilities")

    def breakdown(self, y: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
        return self.named(measures.each_label(y, scores))

    def panels(self, y: np.ndarray, scores: Mapping[str, np.ndarray]) -> list[Panel]:
        network = next(iter(scores.values()))
        rows = self.breakdown(y, network)
        bars = plots.bars([row["class"] for row in rows], [row["f1"] for row in rows], "F1 of each label", "F1")
        sure = calibration.panels(network.ravel(), y.ravel(), "probability of a label", "share set")
        return [bars, *self.curves(y, network, rows, range(len(self.classes))), *sure]

    def on_calibration(self, y: np.ndarray, scores: np.ndarray) -> str:
        import numpy as np

        return calibration.sentence(np.maximum(scores, 1 - scores), self.predicted(scores) == (y > 0), len(y))

    def on_metrics(self) -> str:
        return f"The expected calibration error is the mean over labels of that of a label's probability ({calibration.ON_ECE})."

    def check_to_compare(self, y: np.ndarray, where: str) -> None:
        even = [name for name, count in self.counts_of(y).items() if count in (0, len(y))]
        if even:
            raise InputError(
                f"Label {shorten(even[0])} is set in every row or in none of {where}: give all samples that the network was trained on."
            )

    def traditional(self, seed: int, jobs: int) -> dict[str, Any]:
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.multioutput import MultiOutputClassifier

        linear = OneVsRestClassifier(LogisticRegression(max_iter=LINEAR_STEPS))
        return {
            self.linear_name: linear,
            self.forest_name: RandomForestClassifier(FOREST_TREES, random_state=seed, n_jobs=jobs),
            self.boosting_name: MultiOutputClassifier(HistGradientBoostingClassifier(early_stopping=False, random_state=seed)),
        }

    def scores_of_model(self, model: Any, x: Any) -> np.ndarray:
        """float64 [samples, labels]: probabilities."""
        import numpy as np

        found = model.predict_proba(x)
        if isinstance(found, list):  # a forest, and a model a label, give one pair of columns a label
            return np.column_stack([column[:, 1] if column.shape[1] == 2 else column[:, 0] * 0 for column in found])
        return found

    def strata(self, y: np.ndarray) -> np.ndarray:
        """The combination of labels; rare ones together."""
        import numpy as np

        _, codes, counts = np.unique(y, axis=0, return_inverse=True, return_counts=True)
        codes = codes.ravel()
        return np.unique(np.where(counts[codes] < _ENOUGH, -1, codes), return_inverse=True)[1]

    def lacking(self, y: np.ndarray) -> list[str]:
        return [name for code, name in enumerate(self.classes) if not y[:, code].any()]

    def single_power(self, x: np.ndarray, y: np.ndarray) -> float:
        return max(tree_power(x, label.astype(int)) for label in y.T)


def _names(column: pd.Series, where: str, separator: str) -> tuple[str, ...]:
    """Labels that the cells of one column hold, in order."""
    labels: list[str] = sorted(set().union(*column.map(lambda cell: _labels(cell, separator))))
    if len(labels) < 2:
        raise InputError(
            f"The target column {shorten(column.name)} of {where} holds fewer than two labels when split at "
            f"{shorten(separator)}: choose the separator that its cells use, or several columns of 0 and 1."
        )
    if len(labels) > MAX_CLASSES:
        raise InputError(f"The target column {shorten(column.name)} of {where} has {len(labels)} labels: too many.")
    for mark in _SEPARATORS:
        parts = {label: label.split(mark) for label in labels if mark in label}
        odd = [
            label
            for label, found in parts.items()
            if sum(word(part) in labels for part in found) >= (1 if found == [*map(str.strip, found)] else len(found))
        ]
        if odd:
            raise InputError(
                f"Labels of the target column {shorten(column.name)} of {where} are separated by {shorten(separator)} in some cells and by "
                f"{shorten(mark)} in others ({shorten(odd[0])}): use one of them in all."
            )
    return tuple(labels)


def _labels(cell: str, separator: str) -> set[str]:
    """The labels of a cell, which may be written as a Python list."""
    listed = _LIST.fullmatch(cell)
    parts = (_ITEM.findall(listed[1] or "") if listed else cell.split(separator)) if cell else ()
    return {label for part in parts if (label := word(part.strip().strip("'\"") if listed else part))}


def _separator(column: pd.Series, where: str, wished: str) -> str:
    """What stands between the labels of a cell.

    Raises:
        InputError: when no cell holds what was wished, or anything that could separate labels.
    """
    cells = [cell for cell in column.unique() if cell and not _LIST.fullmatch(cell)]
    found = [mark for mark in ((wished,) if wished else _SEPARATORS) if any(mark in cell.strip() for cell in cells)]
    if found or len(cells) < column.nunique() - ("" in set(column)):
        return found[0] if found else wished or _SEPARATORS[0]
    other = [mark for mark in _SEPARATORS if any(mark in cell for cell in cells)]
    advice = f"choose {shorten(other[0])}, which they hold" if other else "choose several columns of 0 and 1, or the multiclass task"
    what = shorten(wished) if wished else "a separator of labels (one of ; , | /)"
    raise InputError(f"No cell of the target column {shorten(column.name)} of {where} holds {what}: {advice}.")


def _zero_or_one(column: pd.Series, where: str) -> pd.Series:
    numbers = split_numbers(column)[0]
    odd = column[~column.index.isin(numbers.index[numbers.isin([0, 1])])]
    if len(odd):
        raise InputError(
            f"Label column {shorten(column.name)} of {where} must hold 0 or 1, but holds {shorten(odd.iloc[0])} in "
            f"line {odd.index[0]}: correct it, or choose a single target column."
        )
    return numbers
