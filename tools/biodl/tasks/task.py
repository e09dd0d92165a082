"""What every task offers, and how one is found.

A task is a frozen dataclass that derives from :class:`Task` and stands in a module of this room under :func:`register`; what is
abstract here is what a newcomer must say. Nothing outside this room asks which task it is.

Throughout, *y* are coded targets as :meth:`Task.encode` gives them, [samples] or [samples, outputs]; *scores* are predictions as
:meth:`Task.scores` gives them.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

from ..cells import split_numbers
from ..dress import look_of, mixed
from ..errors import InputError, listing, shorten
from ..stored import check_distinct, check_fields, demand, known_fields, text
from .measures import draws

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..reporting.findings import Finding
    from ..reporting.plots import Panel
    from .conformal import Sets
    from .threshold import Wish

T = TypeVar("T", bound="type[Task]")
TASKS: dict[str, type[Task]] = {}
"""Tasks by the name that model files and forms hold."""
FORMER = {"classes": [], "separator": "", "mean": 0.0, "std": 1.0, "counts": [], "horizon": 1}
"""What every model file says of its task, of whatever kind, since version 0.2; in 0.1 there was no horizon."""
LINEAR_STEPS, FOREST_TREES = 2000, 300
_CELLS = 2**20
"""Weights of targets that are held at a time."""


def register(task: T) -> T:
    """Enter a task (a class decorator).

    Raises:
        TypeError: with the names of what the task does not say.
    """
    said = {name for item in task.__mro__ for name in vars(item)}
    wanted = {name for name, type_ in Task.__annotations__.items() if str(type_).startswith("ClassVar")}
    lacking = sorted(task.__abstractmethods__ | (wanted - said))
    if lacking:
        raise TypeError(f"The task {task.__name__} lacks {', '.join(lacking)}: see biodl.tasks.task.Task.")
    TASKS[task.name] = task
    return task


@dataclasses.dataclass(frozen=True)
class Head:
    """Last layer and what it is trained for, by their names in Keras."""

    units: int
    activation: str
    loss: str
    metric: str


class Samples(Protocol):
    """What a guess may know of samples to predict."""

    def __len__(self) -> int: ...

    def last(self) -> np.ndarray:
        """float64 [samples]: the last value seen of what is forecast."""


@dataclasses.dataclass(frozen=True)
class Task(abc.ABC):
    """What is predicted; ``target`` names the target columns."""

    target: tuple[str, ...]

    name: ClassVar[str]
    offered: ClassVar[bool] = True
    """Whether forms offer it, and it can be found from a target; otherwise it follows from the data."""
    many_columns: ClassVar[bool] = False
    """Whether the target may be several columns."""
    empty_is_none: ClassVar[bool] = False
    """Whether an empty cell of one target column says that nothing applies, rather than that nobody knows."""
    primary: ClassVar[str]
    """The metric by which models are compared: accuracy alone would flatter a model that ignores rare classes."""
    headline: ClassVar[tuple[str, ...]]
    """Metrics for people, the most important first and none that is another under a second name; :meth:`metrics` may give more."""
    guess_name: ClassVar[str]
    """The baseline that knows only the targets of training, in tables."""
    guess_called: ClassVar[str]
    """The same in sentences."""
    linear_name: ClassVar[str]
    forest_name: ClassVar[str] = "random forest"
    boosting_name: ClassVar[str] = "gradient boosting"
    single_power_title: ClassVar[str]
    """What :meth:`single_power` tells, as the title of a plot."""

    @property
    def title(self) -> str:
        return ", ".join(self.target)

    # found, stored, coded

    @classmethod
    @abc.abstractmethod
    def suits(cls, target: pd.DataFrame) -> bool:
        """Whether a target (text, none missing) looks like this task, when nobody chose one."""

    @classmethod
    @abc.abstractmethod
    def from_target(cls, target: pd.DataFrame, where: str, positive: str, separator: str) -> Task:
        """The task for a target; see :func:`find_task`."""

    def to_json(self) -> dict[str, Any]:
        """What a model file holds of it."""
        return {"kind": self.name, **FORMER, **dataclasses.asdict(self)}

    def check_stored(self, samples: int) -> None:
        """Raise UnfitError when what a model file says of it does not hold together; ``samples``: of its training."""
        demand(bool(self.target), "its task names no target")
        check_distinct(self.target, "target")
        demand(self.many_columns or len(self.target) == 1, f"its {self.name} task has {len(self.target)} targets")

    def stated(self) -> dict[str, dict[str, Any]]:
        """Settings by name of the layers that :meth:`in_unit` adds, the last of them last."""
        return {}

    @abc.abstractmethod
    def encode(self, target: pd.DataFrame, where: str) -> np.ndarray:
        """Code target cells (text, none missing) in the user's own terms.

        Raises:
            InputError: for a class the task does not know, or a value of the wrong kind.
        """

    @abc.abstractmethod
    def fit(self, y: np.ndarray) -> Task:
        """The task with what it must know of the training targets."""

    # trained

    @abc.abstractmethod
    def head(self) -> Head:
        """The last layer."""

    @abc.abstractmethod
    def for_loss(self, y: np.ndarray, smoothing: float) -> np.ndarray:
        """Targets as :meth:`loss` takes them."""

    @abc.abstractmethod
    def loss(self, smoothing: float) -> Any:
        """The loss to train by, for Keras; smoothed ones take one-hot targets (Szegedy et al. 2016)."""

    @abc.abstractmethod
    def watched(self, smoothing: float, name: str) -> Any:
        """The loss as a Keras metric: without smoothing and without penalties, whose fall would hide that the fit no longer improves."""

    def class_weights(self) -> dict[int, float]:
        """Weights that let rare classes count as much as others.

        Raises:
            InputError: when samples do not have one class each.
        """
        raise InputError(f"Class weights do not apply to a {self.name} task: set class weights to none.")

    def in_unit(self, output: Any) -> Any:
        """The head's output (a Keras tensor) in the user's own terms."""
        return output

    def unit(self) -> float:
        """What one unit of the head's metric is in the user's own terms."""
        return 1.0

    # explained

    explained_as: ClassVar[str]
    """What :meth:`explained` gives, to stand before "of" and a name of :meth:`explainable`."""

    @abc.abstractmethod
    def explainable(self) -> tuple[str, ...]:
        """Names of what can be explained of a sample; a target is the place of one of them."""

    @abc.abstractmethod
    def explained(self, values: Any, targets: Any) -> Any:
        """The number that is explained of each sample, without :meth:`explained_from`.

        Args:
            values: Keras tensor [samples, members, units], what enters the last activation of each member.
            targets: int tensor [samples].

        Returns:
            float32 [samples], of an ensemble what its averaged prediction says.
        """

    def explained_from(self) -> float:
        """What is to be added to :meth:`explained`, apart since single precision might not hold both."""
        return 0.0

    @abc.abstractmethod
    def to_explain(self, scores: np.ndarray) -> np.ndarray:
        """int [samples]: the target to explain where nobody chose one, from what was predicted."""

    def on_explained(self) -> str:
        """What must be known of :meth:`to_explain`, or nothing."""
        return ""

    @abc.abstractmethod
    def guessing_loss(self, rows: int) -> float:
        """Loss of always predicting what :attr:`guess_name` says; ``rows``: number of training samples."""

    @abc.abstractmethod
    def guessing_losses(self, y: np.ndarray, rows: int) -> np.ndarray:
        """float64 [samples]: the same of each sample, what :meth:`sample_losses` gives for such a guess."""

    @abc.abstractmethod
    def sample_losses(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """float64 [samples]: the loss of each, without smoothing and penalties."""

    # predicted and judged

    @abc.abstractmethod
    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """What a saved network gives [samples, units] as what is judged and shown, float64."""

    def predicted(self, scores: np.ndarray) -> np.ndarray:
        """What is said of each sample: coded as :meth:`encode` codes targets."""
        return scores

    def in_the_middle(self, others: Sequence[Task]) -> Self:
        """The task for predictions that several networks made, which decide at places of their own."""
        return self

    def check_threshold(self, wish: Wish) -> None:
        """Raise InputError when a decision threshold cannot be chosen by a wish."""
        raise InputError(f"A decision threshold is for a binary task, but this task is {self.name}: leave the threshold at 0.5.")

    def with_threshold(self, y: np.ndarray, scores: np.ndarray, wish: Wish) -> tuple[Self, str]:
        """The task with the decision threshold that meets a wish best on samples that were not trained on, and a sentence on it."""
        self.check_threshold(wish)
        return self, ""

    def check_coverage(self) -> None:
        """Raise InputError when there are no prediction sets for this task."""
        raise InputError(f"Prediction sets are not for a {self.name} task: leave the coverage at 0.")

    def sets_for(self) -> int:
        """Number of outputs that have sets of their own."""
        return 1

    def nonconformity(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """How ill each truth fits its prediction, float64 [samples] or [samples, outputs with sets of their own]."""
        raise NotImplementedError

    def set_columns(self, scores: np.ndarray, sets: Sets) -> dict[str, Any]:
        """Columns of prediction sets for a table of predictions, by name, one value a sample."""
        return {}

    def on_sets(self, scores: np.ndarray, sets: Sets) -> str:
        """How large sets are and how many samples a network is sure of, to follow "; "."""
        return ""

    def set_called(self, sets: Sets) -> str:
        """What sets are and what they are to hold, as the subject of a sentence."""
        return "Sets"

    def plain(self) -> Self:
        """The task by which models are judged that have no decision threshold of their own."""
        return self

    def on_decision(self) -> str:
        """How a network decides, where that is not what everyone expects; or nothing."""
        return ""

    @abc.abstractmethod
    def disagreement(self, scores: np.ndarray) -> np.ndarray:
        """float64 [samples]: how much members of an ensemble differ; ``scores``: what each gives, [members, samples, ...]."""

    @abc.abstractmethod
    def prediction_table(self, scores: np.ndarray, probabilities: bool = True) -> pd.DataFrame:
        """One row a sample: what is predicted, and if wished one column ``probability_CLASS`` a class."""

    @abc.abstractmethod
    def metrics(self, y: np.ndarray, scores: np.ndarray, weights: np.ndarray, only: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Headline metrics on resamples; see :mod:`biodl.tasks.measures`.

        Args:
            weights: [resamples, samples], how often each sample stands in each resample.
            only: names of the metrics to compute, all if not given.

        Returns:
            float64 [resamples] by name.
        """

    def resamples(self, y: np.ndarray, count: int, seed: int) -> Iterator[np.ndarray]:
        """Weights of bootstrap resamples for :meth:`metrics`, as many at a time as may be held; the same seed draws the same."""
        return draws(self.resampled_within(y), count, seed, block=max(1, _CELLS // y.size))

    def measured(self, y: np.ndarray, scores: np.ndarray, only: Iterable[str] | None = None) -> dict[str, float]:
        """:meth:`metrics` of the samples themselves."""
        import numpy as np

        return {name: float(value[0]) for name, value in self.metrics(y, scores, np.ones((1, len(y)), dtype=int), only).items()}

    def resampled_within(self, y: np.ndarray) -> np.ndarray:
        """int [samples]: bootstrap samples are drawn within samples of equal number, so that none of these groups disappears."""
        import numpy as np

        return np.zeros(len(y), dtype=int)

    resampling: ClassVar[str] = ""
    """How :meth:`resampled_within` divides, to follow "resamples of the held-out samples"."""

    def on_resamples(self) -> str:
        """Why intervals from :meth:`resamples` are too narrow, where samples are not drawn one by one; or nothing."""
        return ""

    def breakdown(self, y: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
        """Metrics of each class, label or step; nothing where there is one number."""
        return []

    breakdown_title: ClassVar[str] = ""

    def details(self, y: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
        """Further results for machines, by name."""
        return {}

    def beside_predictions(self, y: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
        """Columns to add to a table of predictions whose truth is known."""
        return {}

    @abc.abstractmethod
    def panels(self, y: np.ndarray, scores: Mapping[str, np.ndarray]) -> list[Panel]:
        """Plots of an evaluation.

        Args:
            y: truth.
            scores: by name of the model, the network first.
        """

    def panels_of_several(
        self, y: np.ndarray, scores: Mapping[str, np.ndarray], deciding: Sequence[tuple[Task, Sequence[int]]]
    ) -> list[Panel]:
        """The same where several networks predicted, which decide at places of their own.

        Args:
            y, scores: as for :meth:`panels`.
            deciding: tasks of the networks, with the places of the samples that each decides.
        """
        return self.panels(y, scores)

    def right(self, y: np.ndarray, scores: np.ndarray) -> np.ndarray | None:
        """bool [samples]: whether each prediction is right; None where predictions are not right or wrong but near or far."""
        return None

    def detected(self, y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Where one class is to be detected: whether each sample is of it (bool), and its score (float64), both [samples]."""
        return None

    def check_judged(self, y: np.ndarray, scores: np.ndarray) -> None:
        """Raise UnfitError when a file's finite numbers cannot be targets and predictions of this task."""
        demand(y.shape == scores.shape, f"its predictions are not those of a {self.name} task")

    def mistakes(self, y: np.ndarray, scores: np.ndarray, most: int) -> tuple[np.ndarray, list[str], int]:
        """Positions of the most confident mistakes, what to say of each (a line what was observed, a line what was predicted with its
        probability), and how many mistakes there are; none where that means nothing."""
        import numpy as np

        return np.array([], dtype=int), [], 0

    def on_mistakes(self, count: int, samples: int) -> str:
        """The title of a picture of :meth:`mistakes`."""
        return "No gallery of mistakes: it shows classes taken for others"

    def check_held_out(self, y: np.ndarray, where: str) -> None:  # noqa: B027 (most tasks can always tell)
        """Raise InputError when held-out samples cannot tell anything of a network."""

    def check_to_compare(self, y: np.ndarray, where: str) -> None:  # noqa: B027 (most models learn from anything)
        """Raise InputError when samples cannot teach the models of :meth:`traditional` anything."""

    def absent(self, y: np.ndarray) -> list[str]:
        """Names of classes of which there is no sample."""
        return []

    # compared

    def differs(self, other: Task) -> str:
        """In what another task differs, so that two networks cannot be compared: "predicts X, but the other Y"; or nothing."""
        if self.name != other.name:
            return f"does a {self.name} task, but the other a {other.name} task"
        if self.target != other.target:
            return f"predicts {listing(self.target, 3)}, but the other {listing(other.target, 3)}"
        return ""

    @abc.abstractmethod
    def guess(self, rows: int, data: Samples) -> np.ndarray:
        """Scores of the baseline; ``rows``: number of training samples, ``data``: samples to predict."""

    @abc.abstractmethod
    def traditional(self, seed: int, jobs: int) -> dict[str, Any]:
        """Models of scikit-learn to compare with, by name, not yet fitted: a linear one, a forest, and boosted trees
        (see :func:`biodl.evaluation.baselines.bounded`)."""

    @abc.abstractmethod
    def scores_of_model(self, model: Any, x: Any) -> np.ndarray:
        """Scores that a fitted model of :meth:`traditional` gives for encoded samples."""

    # divided and inspected

    @abc.abstractmethod
    def strata(self, y: np.ndarray) -> np.ndarray:
        """int [samples], from 0: what to share out evenly between parts."""

    def lacking(self, y: np.ndarray) -> list[str]:
        """Names of classes or labels of which a part has no sample."""
        return []

    def rarer_than(self, y: np.ndarray, count: int) -> dict[str, int]:
        """Samples by class or label, of those of which there are fewer than ``count``."""
        return {}

    @abc.abstractmethod
    def shares(self, y: np.ndarray) -> dict[str, float]:
        """What a summary says of the targets of a part, by column."""

    @abc.abstractmethod
    def balance(self, y: np.ndarray) -> list[Finding]:
        """How evenly classes are filled, or how far a number reaches."""

    def target_panels(self, y: np.ndarray) -> list[Panel]:
        """Plots of the target alone."""
        return []

    def parts_panels(self, parts: Mapping[str, np.ndarray]) -> list[Panel]:
        """Plots of the targets of the parts of a split, *y* by name of the part, with the sizes of the parts; nothing for sizes alone."""
        return []

    @abc.abstractmethod
    def single_power(self, x: np.ndarray, y: np.ndarray) -> float:
        """How well one column of numbers ``x`` [samples] alone tells the target: 0 nothing, 1 everything."""

    # in words

    @abc.abstractmethod
    def what(self) -> str:
        """What is predicted, in a word or two."""

    def described(self) -> str:
        """The task with its classes, if there are any."""
        return f"{self.name} task"

    def known_names(self) -> tuple[str, ...]:
        """Names that target cells may bear, if they are names."""
        return ()

    def counts_table(self) -> list[dict[str, Any]]:
        """One row a class: its training samples."""
        return []

    def on_loss(self) -> str:
        """What must be known to read the loss, or nothing."""
        return ""

    def on_training(self) -> str:
        """What must be known of the task when a training is read, or nothing."""
        return ""

    def on_calibration(self, y: np.ndarray, scores: np.ndarray) -> str:
        """Whether probabilities are as high as they may be, in a sentence; nothing where there are none."""
        return ""

    def on_metrics(self) -> str:
        """What must be known to read the metrics, or nothing."""
        return ""


def task_from_json(stored: Mapping[str, Any]) -> Task:
    """The task that a model file holds.

    Raises:
        InputError: when this version does not know it.
        UnfitError: when what is said of it is of another type.
    """
    kind = stored.get("kind")
    demand(text(kind), "its task has no name")
    task = TASKS.get(str(kind))
    if task is None:
        raise InputError(f"The model is for the task {shorten(kind)}, which this version lacks: update the tools.")
    check_fields(task, stored, "its task")
    own = known_fields(task, stored)
    for name in (FORMER.keys() & stored.keys()) - own.keys():
        plain = stored[name] == FORMER[name] and type(stored[name]) is type(FORMER[name])
        demand(plain, f"its {task.name} task has a {shorten(name)} that is none of its own")
    return task(**{name: tuple(value) if isinstance(value, list) else value for name, value in own.items()})


def find_task(target: pd.DataFrame, where: str, wanted: str = "auto", positive: str = "", separator: str = "") -> Task:
    """Find the task from target columns, or check that the one the user wants fits them.

    Args:
        target: one column, or several of 0 and 1 for ``multilabel``; text, none missing, index is the line number.
        where: the table in words, for messages.
        wanted: ``auto`` or the name of a task that forms offer.
        positive: name of the class whose detection counts, for ``binary``; by default the last in alphabetical
            (for numbers, numerical) order.
        separator: what separates several labels in one cell, for ``multilabel`` from one column.

    Raises:
        InputError: when the target cannot serve the task: one value only, a class with one row, text for numbers.
    """
    task = next(item for item in TASKS.values() if item.offered and item.suits(target)) if wanted == "auto" else TASKS[wanted]
    if len(target.columns) > 1 and not task.many_columns:
        raise InputError(f"A {wanted} task has one target column, but {len(target.columns)} were chosen: choose one.")
    return task.from_target(target, where, positive, separator)


def refuse_one_value(column: pd.Series, where: str) -> None:
    """Raise InputError when all targets are equal."""
    if column.nunique() == 1:
        raise InputError(
            f"The target column {shorten(column.name)} of {where} has the same value ({shorten(column.iloc[0])}) in "
            f"all {len(column)} rows: there is nothing to learn, so choose another target or add other rows."
        )


def refuse_mixed(column: pd.Series, where: str) -> None:
    """Raise InputError when a target is of numbers, with words among them or in a dress that cannot be read without doubt."""
    numbers, text = split_numbers(column)
    if not len(numbers) and not any(look_of([str(cell)])[0] for cell in text.drop_duplicates()):
        return
    fault = mixed(numbers, text)
    if fault:
        raise InputError(f"The target column {shorten(column.name)} of {where} {fault}, or choose another target.")


DISAGREEMENT = "disagreement"
"""Name of the column that says how much the members of an ensemble differ."""


def predicted_name(task: Task, what: str = "predicted") -> str:
    """Name of the column of predictions, or of what else is said of the target."""
    return f"{what}_{task.target[0]}" if len(task.target) == 1 else f"{what}_labels"
