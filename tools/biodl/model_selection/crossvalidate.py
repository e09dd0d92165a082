"""Cross-validation: train on each fold's samples with everything fitted anew, predict those that the fold left out, and judge."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kind import AnyKind, Dataset, Encoding
from ..data.kinds import kind_named
from ..errors import counted, role
from ..evaluation.baselines import LIBRARIES, columns_of, on_bounds, traditional
from ..networks.families import FAMILIES, Family
from ..networks.opened import Opened, open_network
from ..networks.running import raw_pieces, refuse_no_number, run_model
from ..program import runtime
from ..program.side_by_side import processes, side_by_side
from ..reporting.tables import four_digits
from ..tasks import Sets, Task
from ..tasks.measures import in_a_sentence
from ..training.judgement import decided_on
from ..training.prepare import Parts, Samples, TrainOptions, divide
from ..training.train import Trained, train_on
from ..training.watching import Watch
from .folds import Fold

if TYPE_CHECKING:
    import numpy as np

NETWORK = "network"


@dataclasses.dataclass(frozen=True)
class Predicted:
    """What became of a fold.

    Attributes:
        scores: predictions of the samples that the fold left out, by name of the model, the network first.
        rows: what happened in each epoch, as :class:`biodl.training.fit.History` has it.
        best_epoch: the epoch, from 1, that was kept; of an ensemble the median of those of its members.
        training, validation: samples that the network learned from, and was watched by.
        task: of the network, with the decision threshold that was chosen on its validation part.
        best_epochs: of an ensemble the epoch that each member kept; else nothing.
        sets: prediction sets that were calibrated on its validation part, where they are wished and it is large enough.
        held: share of the samples that the fold left out whose truth lies in its set, of several outputs the mean; NaN without sets.
        saw: what was kept of the encodings that were tried, in words; nothing where that was settled before.
        columns: that trees beside the network learned from; 0 where there were none.
    """

    scores: dict[str, np.ndarray]
    rows: list[dict[str, float]]
    best_epoch: int
    training: int
    validation: int
    task: Task
    best_epochs: tuple[int, ...] = ()
    sets: Sets | None = None
    held: float = float("nan")
    saw: str = ""
    columns: int = 0

    def primary(self, y: np.ndarray) -> float:
        """The primary metric of the network; ``y``: coded targets of the samples that the fold left out."""
        return self.task.measured(y, self.scores[NETWORK], only=(self.task.primary,))[self.task.primary]


@dataclasses.dataclass(frozen=True)
class CrossValidated:
    """Folds that were predicted, in their order.

    Attributes:
        samples: all of them.
        folds, predicted: those that were done, and what became of each.
        planned: number of folds that were asked for.
        coverage: that prediction sets are to have; 0 where none are wished.
    """

    samples: Samples
    folds: list[Fold]
    predicted: list[Predicted]
    planned: int
    coverage: float = 0.0

    @property
    def task(self) -> Task:
        """The task, for all folds together."""
        return self.samples.task.in_the_middle([of_fold.task for of_fold in self.predicted])

    @property
    def own_thresholds(self) -> bool:
        """Whether a network decides at a threshold that was chosen, while the models beside it do at 0.5."""
        return any(of_fold.task != of_fold.task.plain() for of_fold in self.predicted)

    @property
    def models(self) -> list[str]:
        """Names of all models, the network first."""
        return list(self.predicted[0].scores)

    def metrics(self, model: str) -> list[dict[str, float]]:
        """Metrics of each fold, on the samples that it left out."""
        return [
            (of_fold.task if model == NETWORK else self.samples.task).measured(self.samples.y[fold.held], of_fold.scores[model])
            for fold, of_fold in zip(self.folds, self.predicted, strict=True)
        ]

    @property
    def once_predicted(self) -> np.ndarray:
        """int [some samples]: positions of those that were predicted, in order."""
        import numpy as np

        return np.unique(np.concatenate([fold.held for fold in self.folds]))

    def out_of_fold(self, model: str) -> np.ndarray:
        """Scores of :attr:`once_predicted`: each the mean over the networks (one a repeat) that did not see the sample."""
        import numpy as np

        first = self.predicted[0].scores[model]
        total = np.zeros((len(self.samples.data), *first.shape[1:]))
        times = np.zeros(len(total))
        for fold, of_fold in zip(self.folds, self.predicted, strict=True):
            total[fold.held] += of_fold.scores[model]
            times[fold.held] += 1
        rows = self.once_predicted
        return total[rows] / times[rows].reshape(-1, *[1] * (total.ndim - 1))

    def deciding(self) -> list[tuple[Task, list[int]]]:
        """Tasks with the places among :attr:`once_predicted` that they decide: each where the networks did that did not see the sample,
        of several repeats at the mean of their thresholds."""
        by: dict[int, list[int]] = {}
        for number, fold in enumerate(self.folds):
            for row in fold.held.tolist():
                by.setdefault(row, []).append(number)
        together: dict[tuple[int, ...], list[int]] = {}
        for place, row in enumerate(self.once_predicted.tolist()):
            together.setdefault(tuple(by[row]), []).append(place)
        return [
            (self.samples.task.in_the_middle([self.predicted[number].task for number in numbers]), places)
            for numbers, places in together.items()
        ]


@dataclasses.dataclass(frozen=True)
class Work:
    """How a fold is trained, and what that is ``called`` in the log and in errors; goes to processes of their own."""

    samples: Samples
    kind: str
    family: str
    options: TrainOptions
    start: str | None
    simple_models: bool
    called: str = "Cross-validation"

    def __call__(self, fold: Fold) -> Predicted:
        """Train on a fold and predict what it left out.

        Raises:
            InputError: when the samples of the fold cannot be learned from; the fold is named.
        """
        with role(f"{self.called}, {fold.called}"):
            origin = open_network(self.start) if self.start else None
            parts, trained = train_fold(self.samples, fold, kind_named(self.kind), FAMILIES[self.family], self.options, origin)
            return predict_left_out(self.samples, fold, parts, trained, self.options, self.simple_models)


def train_fold(
    samples: Samples,
    fold: Fold,
    kind: AnyKind,
    family: Family,
    options: TrainOptions,
    origin: Opened | None = None,
    watch: Watch | None = None,
) -> tuple[Parts, Trained]:
    """Train on what a fold learns from, of which a share is set aside to validate with; nothing of the rest is looked at.

    Args:
        samples: all of them.
        fold: which to learn from.
        kind, family, options, origin, watch: as for :func:`biodl.training.train.train_on`; each fold has a seed of its own.
    """
    options = dataclasses.replace(options, seed=seed_of(fold, options.seed))
    parts = divide(samples.take(fold.learn), kind, None, options, origin, say=lambda sentence: None)
    return parts, train_on(parts, family, options, origin, watch=watch)


def seed_of(fold: Fold, seed: int) -> int:
    """A fold's own seed."""
    return (seed + 1000 * (fold.repeat - 1) + fold.number) % 2**31


def predict_left_out(samples: Samples, fold: Fold, parts: Parts, trained: Trained, options: TrainOptions, simple_models: bool) -> Predicted:
    """Predict what a fold left out, with the network, the guess, and if wished models of scikit-learn that learn from the same samples."""
    task, sets = decided_on(trained, parts, options)
    held, model = samples.data.take(fold.held), trained.network.model
    scores = {NETWORK: _scores(model, parts, held), parts.task.guess_name: parts.task.guess(len(parts.training), held)}
    if simple_models:
        scores |= traditional(model, parts.encoding, parts.task, samples.data.take(fold.learn), held, seed_of(fold, options.seed))
    history = trained.history
    kept = history.best_epochs if history.members else ()
    inside = float(sets.held(task.nonconformity(samples.y[fold.held], scores[NETWORK])).mean()) if sets else float("nan")
    saw, columns = next(iter(trained.tried), ""), columns_of(parts.encoding) if simple_models else 0
    sizes = len(parts.training), len(parts.validation)
    return Predicted(scores, history.rows, history.best_epoch, *sizes, task, kept, sets, inside, saw, columns)


def kept_by(predicted: Sequence[Predicted]) -> list[str]:
    """A sentence on what networks kept of the encodings that each tried; none where nothing was tried."""
    counts = Counter(item.saw for item in predicted if item.saw)
    kept = ", ".join(f"{words} ({counted(count, 'network')})" for words, count in counts.most_common())
    return [f"Each network chose by its own validation loss: {kept}."] if counts else []


def boosting_in(done: CrossValidated) -> list[str]:
    """A sentence on what boosting was kept to beside the networks, where that must be known."""
    return list(filter(None, [on_bounds([item.columns for item in done.predicted if item.columns], done.samples.task)]))


def _scores(model: Any, parts: Parts, held: Dataset) -> np.ndarray:
    import numpy as np

    found = [parts.task.scores(run_model(model, raw)) for raw in raw_pieces(parts.encoding, held)]
    return refuse_no_number(np.concatenate(found), held.where)


def processes_for(samples: Samples, encoding: Encoding, pieces: int) -> int:
    """How many trainings on samples of this encoding may run at once, of so many that there are."""
    return processes(pieces, runtime.memory_for(0 if encoding.streams else len(samples.data), encoding.shape))


def cross_validate(
    work: Work,
    folds: Sequence[Fold],
    encoding: Encoding,
    minutes: float = 0.0,
    say: Callable[[str], None] = print,
    noun: str = "fold",
) -> CrossValidated:
    """Train on each fold, side by side as far as the job has cores and memory.

    Args:
        work: how a fold is trained.
        folds: all that are wished.
        encoding: of a training on all samples, by which memory is reckoned.
        minutes: no fold is begun after so many; 0 sets no limit.
        say: is told how far it is.
        noun: what one training is.

    Raises:
        InputError: when a fold cannot be trained, or memory runs out.
    """
    samples, start = work.samples, time.monotonic()
    at_once = processes_for(samples, encoding, len(folds))
    say(f"{work.called}: {len(folds)} {noun}s, {at_once} at once, with one core each")
    found: dict[int, Predicted] = {}
    until = start + 60 * minutes if minutes else float("inf")
    for place, of_fold in side_by_side(work, folds, at_once, until, LIBRARIES if work.simple_models else ()):
        found[place] = of_fold
        waves = -(-(len(folds) - len(found)) // at_once) / -(-len(found) // at_once)
        left = f"  about {waves * (time.monotonic() - start):.0f} s left" if waves else ""
        say(f"{len(found)} of {len(folds)} {noun}s done: {_told(samples, folds[place], of_fold, work.options.members)}{left}")
    done = sorted(found)
    return CrossValidated(samples, [folds[place] for place in done], [found[place] for place in done], len(folds), work.options.coverage)


def _told(samples: Samples, fold: Fold, of_fold: Predicted, members: int) -> str:
    y = samples.y[fold.held]
    how = f"{in_a_sentence(of_fold.task.primary)} {four_digits(of_fold.primary(y)) or 'unknown'} on {counted(len(y), 'sample')}"
    kept = f"epoch {of_fold.best_epoch} of {len(of_fold.rows)} was kept"
    return f"{fold.called}, {how}, {kept if members == 1 else f'{members} members, half of which kept an epoch up to {of_fold.best_epoch}'}"
