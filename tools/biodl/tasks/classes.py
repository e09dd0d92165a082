"""Each sample has one class: of two (binary) or of several (multiclass)."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..cells import split_numbers, word
from ..errors import InputError, listing, shorten
from ..reporting import plots
from ..reporting.findings import OK, WARNING, Finding
from ..reporting.tables import yes_no
from ..stored import check_distinct, demand
from . import calibration, measures
from .task import FOREST_TREES, LINEAR_STEPS, Head, Samples, Task, predicted_name, refuse_mixed, refuse_one_value, register
from .threshold import COSTS, Wish, choose, shown

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..reporting.plots import Panel
    from .conformal import Sets

MAX_CLASSES = 1000
LEAST = 1e-7
"""Probabilities count as no less, as in Keras, so that one bold mistake does not make a mean infinite."""
ROUNDING = 1e-5
"""Sums of probabilities and means of several may pass 1 by so much."""
_FEW_INTEGERS = 10
"""Whole numbers of no more different values than this are taken for class numbers."""
_FEW_MEMBERS = 10
_NEVER = 1e30
"""Taken from a logarithm, it leaves no probability."""
_IMBALANCE = 10


@dataclasses.dataclass(frozen=True)
class OfClasses(Task):
    """What tasks share that name classes (or labels).

    Attributes:
        classes: names in the order of the network's outputs; for ``binary`` the second is the positive one.
        counts: training rows per class, for the baseline that knows nothing else.
    """

    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()

    guess_name: ClassVar[str] = "majority"
    guess_called: ClassVar[str] = "majority guess"
    linear_name: ClassVar[str] = "logistic regression"
    single_power_title: ClassVar[str] = "What single columns tell of the target"
    breakdown_title: ClassVar[str] = "Each class"
    explained_as: ClassVar[str] = "log-odds"

    def explainable(self) -> tuple[str, ...]:
        return self.classes

    def to_explain(self, scores: np.ndarray) -> np.ndarray:
        """The likeliest class."""
        return scores.argmax(axis=1)

    def fit(self, y: np.ndarray) -> Self:
        return dataclasses.replace(self, counts=tuple(self.counts_of(y).values()))

    def check_stored(self, samples: int) -> None:
        super().check_stored(samples)
        check_distinct(self.classes, "class")
        demand(len(self.classes) > 1, f"its {self.name} task has fewer than two classes")
        demand(len(self.counts) == len(self.classes), f"it counts samples of {len(self.counts)} classes, but has {len(self.classes)}")
        fits = all(0 <= count <= samples for count in self.counts)
        demand(fits, f"its counts of samples do not fit the {samples} that it was trained on")

    def guess(self, rows: int, data: Samples) -> np.ndarray:
        """The training shares, for every sample."""
        return self._shares(rows, len(data))

    def guessing_losses(self, y: np.ndarray, rows: int) -> np.ndarray:
        return self.sample_losses(y, self._shares(rows, len(y)))

    def _shares(self, rows: int, samples: int) -> np.ndarray:
        import numpy as np

        return np.tile(np.array(self.counts) / rows, (samples, 1))

    def disagreement(self, scores: np.ndarray) -> np.ndarray:
        """The mean distance in total variation from the mean of the members: 0 where all say the same, near 1 where each is sure of
        another class; for labels the mean over them."""
        import numpy as np

        apart = np.abs(scores - scores.mean(axis=0)).mean(axis=0)
        return self.apart(apart)

    @abc.abstractmethod
    def apart(self, differences: np.ndarray) -> np.ndarray:
        """float64 [samples] from absolute differences of probabilities [samples, classes]."""

    def differs(self, other: Task) -> str:
        apart = super().differs(other)
        if apart or not isinstance(other, OfClasses) or self.classes == other.classes:
            return apart
        if set(self.classes) == set(other.classes):
            return f"has the classes in the order {listing(self.classes)}, but the other {listing(other.classes)} (another positive class)"
        return f"knows the classes {listing(self.classes)}, but the other {listing(other.classes)}"

    def balance(self, y: np.ndarray) -> list[Finding]:
        counts = self.counts_of(y)
        rare = [name for name, count in counts.items() if count < _FEW_MEMBERS]
        found = []
        if rare:
            finding = f"Fewer than {_FEW_MEMBERS} rows are of class {listing(rare)}."
            found.append(Finding(WARNING, "class size", finding, "Expect poor recognition and unsure metrics: add rows or merge classes."))
        found += self.imbalance(counts)
        smallest = min(counts, key=lambda name: counts[name])
        return found or [Finding(OK, "class balance", f"The smallest class, {shorten(smallest)}, has {counts[smallest]} of {len(y)} rows.")]

    def imbalance(self, counts: Mapping[str, int]) -> list[Finding]:
        """What unequal sizes of classes mean; labels are never even."""
        return []

    def codes(self) -> dict[str, int]:
        """The number of each class by its name, as it stands and in the spelling by which words are compared."""
        numbered = {name: code for code, name in enumerate(self.classes)}
        return {word(name): code for name, code in numbered.items()} | numbered

    @abc.abstractmethod
    def counts_of(self, y: np.ndarray) -> dict[str, int]:
        """Samples of each class."""

    def rarer_than(self, y: np.ndarray, count: int) -> dict[str, int]:
        return {name: members for name, members in self.counts_of(y).items() if members < count}

    def target_panels(self, y: np.ndarray) -> list[Panel]:
        return [plots.bars(self.classes, list(self.counts_of(y).values()), "Samples of each class", "samples")]

    def parts_panels(self, parts: Mapping[str, np.ndarray]) -> list[Panel]:
        counts = {part: self.counts_of(y) for part, y in parts.items()}
        return [plots.by_class(counts, {part: len(y) for part, y in parts.items()}, f"Samples of each class of {self.title}")]

    def shares(self, y: np.ndarray) -> dict[str, float]:
        counts = self.counts_of(y)
        return {f"samples_{name}": count for name, count in counts.items()} | {
            f"share_{name}": count / len(y) for name, count in counts.items()
        }

    def described(self) -> str:
        return f"{self.name} task, classes: {listing(self.classes, 10)}"

    def what(self) -> str:
        return f"{len(self.classes)} classes"

    def known_names(self) -> tuple[str, ...]:
        return self.classes

    def counts_table(self) -> list[dict[str, Any]]:
        return [{"class": name, "training_samples": count} for name, count in zip(self.classes, self.counts, strict=True)]

    def joined(self, chosen: np.ndarray, mark: str) -> list[str]:
        """The names of some classes of each sample, with a mark between; ``chosen``: bool [samples, classes]."""
        return [mark.join(name for name, on in zip(self.classes, row, strict=True) if on) for row in chosen]

    def with_probabilities(self, table: pd.DataFrame, scores: np.ndarray, wished: bool) -> pd.DataFrame:
        """The table of predictions with a column a class."""
        import pandas as pd

        if not wished:
            return table
        columns = {f"probability_{label}": scores[:, code] for code, label in enumerate(self.classes)}
        return pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)

    def named(self, rows: list[dict[str, float]]) -> list[dict[str, Any]]:
        """Metrics of each class with its name."""
        return [{"class": name, **row} for name, row in zip(self.classes, rows, strict=True)]

    def curves(
        self,
        truth: np.ndarray,
        scores: np.ndarray,
        rows: list[dict[str, Any]],
        codes: Iterable[int],
        chosen: plots.Chosen | None = None,
    ) -> list[Panel]:
        """ROC and precision-recall curves of the classes ``codes``.

        Args:
            truth: [samples, classes] of 0 and 1.
            scores: [samples, classes].
            rows: metrics of each class.
            codes: whose curves are drawn.
            chosen: where on the curves a network decides, if it does so at one threshold.
        """
        from sklearn.metrics import precision_recall_curve, roc_curve

        of_roc, of_precision = [], []
        for code in codes:
            if rows[code]["roc_auc"] != rows[code]["roc_auc"]:
                continue
            false, true, _ = roc_curve(truth[:, code], scores[:, code])
            precision, recall, _ = precision_recall_curve(truth[:, code], scores[:, code])
            of_roc.append((self.classes[code], false, true, rows[code]["roc_auc"]))
            of_precision.append((self.classes[code], recall, precision, rows[code]["average_precision"]))
        return [plots.roc(of_roc, chosen), plots.precision_recall(of_precision, chosen)] if of_roc else []


@dataclasses.dataclass(frozen=True)
class OneClass(OfClasses):
    """What binary and multiclass tasks share."""

    resampling: ClassVar[str] = ", drawn within each class"

    def check_stored(self, samples: int) -> None:
        super().check_stored(samples)
        demand(sum(self.counts) == samples, f"its counts of samples do not fit the {samples} that it was trained on")

    @classmethod
    def from_target(cls, target: pd.DataFrame, where: str, positive: str, separator: str) -> Self:
        column = target[target.columns[0]]
        refuse_one_value(column, where)
        counts = column.value_counts()
        names = in_order(counts.index)
        refuse_mixed(column, where)
        cls.check_number_of_classes(names, column, where)
        if len(names) > MAX_CLASSES or (len(names) > 20 and len(names) > len(column) / 2):
            raise InputError(
                f"The target column {shorten(column.name)} of {where} has {len(names)} different values in "
                f"{len(column)} rows, so it looks like an identifier or text, not classes: choose another target."
            )
        single = [name for name in names if counts[name] < 2]
        if single:
            raise InputError(
                f"Class {listing(single)} of the target column {shorten(column.name)} of {where} has only one row "
                f"(line {column.index[column == single[0]][0]}), too few to learn from and check: add rows, merge it "
                "with another class or remove it."
            )
        return cls((str(column.name),), tuple(cls.with_positive(names, positive, where)))

    @classmethod
    def check_number_of_classes(cls, names: list[str], column: pd.Series, where: str) -> None:
        """Raise InputError when this task cannot have so many classes."""

    @classmethod
    def with_positive(cls, names: list[str], positive: str, where: str) -> list[str]:
        """Class names with the positive one last, where there is one."""
        return names

    def encode(self, target: pd.DataFrame, where: str) -> np.ndarray:
        """int32 [samples] of class numbers."""
        column = target[self.target[0]]
        codes = column.map(self.codes())
        refuse_unknown(column[codes.isna()], self.classes, where)
        return codes.to_numpy("int32")

    def counts_of(self, y: np.ndarray) -> dict[str, int]:
        import numpy as np

        return dict(zip(self.classes, np.bincount(y, minlength=len(self.classes)).tolist(), strict=True))

    def class_weights(self) -> dict[int, float]:
        total, classes = sum(self.counts), len(self.classes)
        return {code: total / (classes * count) for code, count in enumerate(self.counts)}

    def guessing_loss(self, rows: int) -> float:
        return entropy(count / rows for count in self.counts)

    def sample_losses(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        import numpy as np

        return -np.log(scores[np.arange(len(y)), y].clip(LEAST, 1))

    def predicted(self, scores: np.ndarray) -> np.ndarray:
        """int [samples]: class numbers."""
        return scores.argmax(axis=1)

    def prediction_table(self, scores: np.ndarray, probabilities: bool = True) -> pd.DataFrame:
        import pandas as pd

        table = pd.DataFrame({predicted_name(self): [self.classes[code] for code in self.predicted(scores)]})
        return self.with_probabilities(table, scores, probabilities)

    def apart(self, differences: np.ndarray) -> np.ndarray:
        return differences.sum(axis=1) / 2

    def right(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return self.predicted(scores) == y

    def check_judged(self, y: np.ndarray, scores: np.ndarray) -> None:
        demand(y.ndim == 1 and scores.shape == (len(y), len(self.classes)), f"its predictions are not those of a {self.name} task")
        demand(y.dtype.kind == "i" and y.min() >= 0 and y.max() < len(self.classes), "its targets are no numbers of its classes")
        demand(scores.min() >= 0 and scores.max() <= 1 + ROUNDING, "its predictions are no probabilities")

    def resampled_within(self, y: np.ndarray) -> np.ndarray:
        return y

    def breakdown(self, y: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
        return self.named(measures.each_class(y, scores, self.predicted(scores)))

    def confusion(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """int [observed, predicted]."""
        from sklearn.metrics import confusion_matrix

        return confusion_matrix(y, self.predicted(scores), labels=range(len(self.classes)))

    def details(self, y: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
        return {"confusion_matrix": self.confusion(y, scores).tolist()}

    def panels(self, y: np.ndarray, scores: Mapping[str, np.ndarray]) -> list[Panel]:
        return self.panels_of_several(y, scores, [(self, range(len(y)))])

    def panels_of_several(
        self, y: np.ndarray, scores: Mapping[str, np.ndarray], deciding: Sequence[tuple[Task, Sequence[int]]]
    ) -> list[Panel]:
        """Confusion matrix and the point on the curves are of what was said of each sample."""
        import numpy as np

        network = next(iter(scores.values()))
        tasks = [(task, places) for task, places in deciding if isinstance(task, OneClass)]
        matrix = np.sum([task.confusion(y[places], network[places]) for task, places in tasks], axis=0)
        chosen = self.chosen(matrix, [task for task, _ in tasks])
        curves = self.curves(np.eye(len(self.classes))[y], network, self.breakdown(y, network), self.curved(), chosen)
        sure = calibration.panels(*calibration.top_label(y, network), "probability of the likeliest class", "share right")
        return [plots.confusion(matrix, self.classes), *curves, *sure]

    def chosen(self, matrix: np.ndarray, deciding: Sequence[OneClass]) -> plots.Chosen | None:
        """Where on the curves networks decide, if they do so at thresholds; ``matrix``: int [observed, predicted]."""
        return None

    def on_calibration(self, y: np.ndarray, scores: np.ndarray) -> str:
        return calibration.sentence(*calibration.top_label(y, scores), len(y))

    def on_metrics(self) -> str:
        return f"The expected calibration error is that of the likeliest class (top label; {calibration.ON_ECE})."

    def curved(self) -> Iterable[int]:
        """Classes whose curves are drawn."""
        return range(len(self.classes))

    def mistakes(self, y: np.ndarray, scores: np.ndarray, most: int) -> tuple[np.ndarray, list[str], int]:
        import numpy as np

        predicted = self.predicted(scores)
        sure = scores[np.arange(len(y)), predicted]
        wrong = np.flatnonzero(predicted != y)
        worst = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
        titles = [f"observed: {self.classes[y[row]]}\npredicted: {self.classes[predicted[row]]} ({sure[row]:.2f})" for row in worst]
        return worst, titles, len(wrong)

    def on_mistakes(self, count: int, samples: int) -> str:
        if not count:
            return f"No mistake among {samples} images"
        return "The only mistake" if count == 1 else f"Most confident of {count} mistakes"

    def check_coverage(self) -> None:
        """One minus the probability of the true class is what counts: its sets are the smallest on average (Sadinle et al. 2019)."""

    def nonconformity(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        import numpy as np

        return 1 - scores[np.arange(len(y)), y]

    def _possible(self, scores: np.ndarray, sets: Sets) -> np.ndarray:
        """bool [samples, classes]: classes that cannot be excluded."""
        return 1 - scores <= sets.quantiles[0]

    def _sure(self, scores: np.ndarray, sets: Sets) -> np.ndarray:
        """bool [samples]: whether nothing but the predicted class is possible."""
        import numpy as np

        possible = self._possible(scores, sets)
        return (possible.sum(axis=1) == 1) & possible[np.arange(len(scores)), self.predicted(scores)]

    def set_columns(self, scores: np.ndarray, sets: Sets) -> dict[str, Any]:
        joint = next((mark for mark in ";|,/" if not any(mark in name for name in self.classes)), ";")
        return {
            predicted_name(self, "possible"): self.joined(self._possible(scores, sets), joint),
            "sure": yes_no(self._sure(scores, sets)),
        }

    def set_called(self, sets: Sets) -> str:
        return f"Sets of classes that are to hold the true one for {sets.coverage:.0%} of samples"

    def on_sets(self, scores: np.ndarray, sets: Sets) -> str:
        size, sure = self._possible(scores, sets).sum(axis=1).mean(), self._sure(scores, sets)
        return f"a set holds {size:.2f} classes on average, and the network is sure of {int(sure.sum())} of {len(sure)} samples"

    def check_held_out(self, y: np.ndarray, where: str) -> None:
        if len(set(y.tolist())) < 2:
            raise InputError(f"All {len(y)} rows of {where} are of class '{self.classes[y[0]]}': give held-out data with all classes.")

    def check_to_compare(self, y: np.ndarray, where: str) -> None:
        if len(set(y.tolist())) < 2:
            raise InputError(
                f"All {len(y)} rows of {where} are of class '{self.classes[y[0]]}': give all samples that the network was trained on."
            )

    def absent(self, y: np.ndarray) -> list[str]:
        return [name for name, count in self.counts_of(y).items() if not count]

    def traditional(self, seed: int, jobs: int) -> dict[str, Any]:
        from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
        from sklearn.linear_model import LogisticRegression

        forest = RandomForestClassifier(FOREST_TREES, random_state=seed, n_jobs=jobs)
        return {
            self.linear_name: LogisticRegression(max_iter=LINEAR_STEPS),
            self.forest_name: forest,
            self.boosting_name: HistGradientBoostingClassifier(early_stopping=False, random_state=seed),
        }

    def scores_of_model(self, model: Any, x: Any) -> np.ndarray:
        """float64 [samples, classes]: probabilities, 0 for classes that training lacked."""
        import numpy as np

        scores = np.zeros((x.shape[0], len(self.classes)))
        scores[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(x)
        return scores

    def strata(self, y: np.ndarray) -> np.ndarray:
        return y.astype(int)

    def lacking(self, y: np.ndarray) -> list[str]:
        return self.absent(y)

    def imbalance(self, counts: Mapping[str, int]) -> list[Finding]:
        smallest, largest = min(counts, key=lambda name: counts[name]), max(counts, key=lambda name: counts[name])
        if counts[largest] <= _IMBALANCE * counts[smallest]:
            return []
        finding = f"Classes are unbalanced: {counts[largest]} rows of {shorten(largest)}, {counts[smallest]} of {shorten(smallest)}."
        advice = "Split by class, judge by F1 or balanced accuracy, and try balanced class weights."
        return [Finding(WARNING, "class balance", finding, advice)]

    def single_power(self, x: np.ndarray, y: np.ndarray) -> float:
        return tree_power(x, y)


@register
@dataclasses.dataclass(frozen=True)
class Binary(OneClass):
    """One of two classes; the second is the one whose detection counts, and is said where its probability is above ``threshold``."""

    threshold: float = 0.5

    name: ClassVar[str] = "binary"
    primary: ClassVar[str] = "balanced_accuracy"
    headline: ClassVar[tuple[str, ...]] = (
        *("balanced_accuracy", "accuracy", "roc_auc", "f1", "recall", "specificity", "precision"),
        *("average_precision", "mcc", "log_loss", "brier", "ece"),
    )

    @classmethod
    def suits(cls, target: pd.DataFrame) -> bool:
        return len(target.columns) == 1 and target[target.columns[0]].nunique() == 2

    def check_stored(self, samples: int) -> None:
        super().check_stored(samples)
        demand(len(self.classes) == 2, f"its binary task has {len(self.classes)} classes")
        demand(0 <= self.threshold <= 1, "its decision threshold is not between 0 and 1")

    @classmethod
    def check_number_of_classes(cls, names: list[str], column: pd.Series, where: str) -> None:
        if len(names) != 2:
            raise InputError(
                f"A binary task needs two classes, but the target column {shorten(column.name)} of {where} has "
                f"{len(names)} ({listing(names)}): choose the multiclass task or another target."
            )

    @classmethod
    def with_positive(cls, names: list[str], positive: str, where: str) -> list[str]:
        positive = word(positive)
        if not positive:
            return names
        if positive not in names:
            raise InputError(f"The positive class {shorten(positive)} is not in {where}: choose {listing(names)}.")
        return [name for name in names if name != positive] + [positive]

    def head(self) -> Head:
        return Head(1, "sigmoid", "binary_crossentropy", "accuracy")

    def explained(self, values: Any, targets: Any) -> Any:
        from keras import ops

        return binary_log_odds(values[:, :, 0] * (2 * ops.cast(targets, "float32")[:, None] - 1))

    def for_loss(self, y: np.ndarray, smoothing: float) -> np.ndarray:
        return y.reshape(-1, 1)

    def loss(self, smoothing: float) -> Any:
        return smoothed_binary(smoothing)

    def watched(self, smoothing: float, name: str) -> Any:
        import keras

        return keras.metrics.BinaryCrossentropy(name=name)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """float64 [samples, 2]: probabilities of both classes."""
        import numpy as np

        positive = outputs[:, 0].astype("float64")
        return np.column_stack([1 - positive, positive])

    def metrics(self, y: np.ndarray, scores: np.ndarray, weights: np.ndarray, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        return measures.classes(y, scores, weights, only, binary=True, predicted=self.predicted(scores))

    def predicted(self, scores: np.ndarray) -> np.ndarray:
        return (scores[:, 1] > self.threshold).astype(int)

    def to_explain(self, scores: np.ndarray) -> np.ndarray:
        """The predicted class, which is not the likeliest where another threshold decides."""
        return self.predicted(scores)

    def on_explained(self) -> str:
        if self.threshold == 0.5:
            return ""
        return (
            f"The class that is predicted is explained; since the decision threshold is {self.threshold:.4g}, its probability may be below "
            "one half, and its log-odds below 0."
        )

    def in_the_middle(self, others: Sequence[Task]) -> Self:
        """It decides at the mean of their thresholds."""
        thresholds = [other.threshold for other in others if isinstance(other, Binary)]
        return dataclasses.replace(self, threshold=sum(thresholds) / len(thresholds))

    def check_threshold(self, wish: Wish) -> None:
        if wish.goal == COSTS and not wish.false_alarm + wish.miss > 0:
            raise InputError("Both errors cost nothing, so that no decision threshold is better than another: give at least one a cost.")

    def with_threshold(self, y: np.ndarray, scores: np.ndarray, wish: Wish) -> tuple[Self, str]:
        self.check_threshold(wish)
        at, said = choose(y, scores[:, 1], wish, self.classes[1])
        return dataclasses.replace(self, threshold=at), said

    def plain(self) -> Self:
        return dataclasses.replace(self, threshold=0.5)

    def on_decision(self) -> str:
        if self.threshold == 0.5:
            return ""
        at = f"above {shown(self.threshold)}, a threshold that was chosen on its validation part"
        return f"The network says {self.classes[1]} where its probability is {at}."

    def chosen(self, matrix: np.ndarray, deciding: Sequence[OneClass]) -> plots.Chosen | None:
        """Beside the curves where networks differ in their thresholds: no single one gives these rates."""
        (negatives, alarms), (missed, hits) = matrix.tolist()
        if not (negatives + alarms and missed + hits):
            return None
        precision = hits / (hits + alarms) if hits + alarms else float("nan")
        at = {task.threshold for task in deciding if isinstance(task, Binary)}
        name = f"threshold {shown(at.pop())}" if len(at) == 1 else "thresholds of the networks"
        return plots.Chosen(name, alarms / (negatives + alarms), hits / (missed + hits), precision)

    def detected(self, y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return y == 1, scores[:, 1]

    def curved(self) -> Iterable[int]:
        return (1,)

    def on_training(self) -> str:
        return f"The positive class is {self.classes[1]}."

    def on_metrics(self) -> str:
        positive = f"Precision, recall, specificity, F1, ROC AUC and average precision are those of the positive class, {self.classes[1]}."
        return f"{positive} {super().on_metrics()}"


@register
@dataclasses.dataclass(frozen=True)
class Multiclass(OneClass):
    """One of several classes."""

    name: ClassVar[str] = "multiclass"
    primary: ClassVar[str] = "f1_macro"
    headline: ClassVar[tuple[str, ...]] = (
        *("f1_macro", "balanced_accuracy", "accuracy", "roc_auc_macro", "precision_macro", "specificity_macro"),
        *("average_precision_macro", "f1_weighted", "precision_weighted", "mcc", "log_loss", "brier", "ece"),
    )

    @classmethod
    def suits(cls, target: pd.DataFrame) -> bool:
        if len(target.columns) != 1:
            return False
        column = target[target.columns[0]]
        numbers, text = split_numbers(column)
        return bool(len(text)) or (bool((numbers == numbers.round()).all()) and column.nunique() <= _FEW_INTEGERS)

    def head(self) -> Head:
        return Head(len(self.classes), "softmax", "sparse_categorical_crossentropy", "accuracy")

    def explained(self, values: Any, targets: Any) -> Any:
        from keras import ops

        own = ops.one_hot(targets, len(self.classes))[:, None]
        logs = ops.log_softmax(values, axis=-1)
        others = ops.logsumexp(logs - _NEVER * own, axis=-1)
        return ops.logsumexp(ops.sum(logs * own, axis=-1), axis=1) - ops.logsumexp(others, axis=1)

    def for_loss(self, y: np.ndarray, smoothing: float) -> np.ndarray:
        import numpy as np

        return np.eye(len(self.classes), dtype="float32")[y] if smoothing else y

    def loss(self, smoothing: float) -> Any:
        import keras

        return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing) if smoothing else "sparse_categorical_crossentropy"

    def watched(self, smoothing: float, name: str) -> Any:
        import keras

        metrics = keras.metrics
        return metrics.CategoricalCrossentropy(name=name) if smoothing else metrics.SparseCategoricalCrossentropy(name=name)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """float64 [samples, classes]: probabilities."""
        return outputs.astype("float64")

    def metrics(self, y: np.ndarray, scores: np.ndarray, weights: np.ndarray, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        return measures.classes(y, scores, weights, only, binary=False, predicted=self.predicted(scores))

    def on_training(self) -> str:
        return f"The positive class is {self.classes[1]}." if len(self.classes) == 2 else ""


def binary_log_odds(values: Any) -> Any:
    """Log-odds of the mean probability of members: float32 [samples], from what enters the sigmoid of each, [samples, members].

    In logarithms throughout, so that sure members have log-odds as well; of one member they are the values themselves.
    """
    from keras import ops

    if values.shape[1] == 1:
        return values[:, 0]
    return ops.logsumexp(ops.log_sigmoid(values), axis=1) - ops.logsumexp(ops.log_sigmoid(-values), axis=1)


def smoothed_binary(smoothing: float) -> Any:
    """Keras' loss of independent probabilities."""
    import keras

    return keras.losses.BinaryCrossentropy(label_smoothing=smoothing) if smoothing else "binary_crossentropy"


def entropy(shares: Iterable[float]) -> float:
    """In nats: the loss of always predicting these shares."""
    return -sum(share * math.log(share) for share in shares if share > 0)


def in_order(names: Iterable[str]) -> list[str]:
    """Numbers by value, words by alphabet."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def refuse_unknown(unknown: pd.Series, classes: tuple[str, ...], where: str) -> None:
    """Raise InputError when there are targets that are none of the classes."""
    if len(unknown):
        raise InputError(
            f"The target column {shorten(unknown.name)} of {where} holds {shorten(unknown.iloc[0])} in line "
            f"{unknown.index[0]}, which is none of the known classes ({listing(classes)}): correct or remove such rows."
        )


def tree_power(x: np.ndarray, y: np.ndarray) -> float:
    """Balanced accuracy of a small tree on one column ``x`` [samples] for class numbers ``y``, from 0 (guessing) to 1."""
    import numpy as np
    from sklearn import config_context
    from sklearn.tree import DecisionTreeClassifier

    classes = int(y.max()) + 1
    # few leaves of some size: a tree that could cut out single rows would find every column perfect
    tree = DecisionTreeClassifier(max_leaf_nodes=2 * classes, min_samples_leaf=2, class_weight="balanced", random_state=0)
    column = x.reshape(-1, 1)
    with config_context(assume_finite=True, skip_parameter_validation=True):  # checks take longer than the work, column by column
        hits = tree.fit(column, y).predict(column) == y
    sizes = np.bincount(y, minlength=classes)
    recall = np.bincount(y, weights=hits, minlength=classes)[sizes > 0] / sizes[sizes > 0]
    return max(0.0, float((recall.mean() - 1 / classes) / (1 - 1 / classes)))
