"""What is chosen on the validation part once a network is trained, and kept in its file: how its predictions are to be taken."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..data.fingerprints import shared
from ..data.groups import known_among
from ..data.kind import Dataset
from ..errors import counted
from ..networks.likeness import MOST_SAMPLES, Likeness, features_of, on_unwatched, why_unchecked
from ..networks.running import raw_pieces, run_model, with_beside
from ..program.options import option
from ..tasks import GOALS, GROUPS, HALF, ORDER, ORIGIN, Sets, Task, Wish, refuse_few, too_few

if TYPE_CHECKING:
    import numpy as np

    from .prepare import Parts
    from .train import Trained


@dataclasses.dataclass(frozen=True)
class SureOptions:
    """How sure a network has to be."""

    threshold_goal: str = option(HALF, "what the decision threshold is chosen by, on the validation part", type="choice", choices=GOALS)
    wished_recall: float = option(0.95, "recall to reach, for the goal recall", type="float", low=0.01, high=1)
    wished_precision: float = option(0.9, "precision to reach, for the goal precision", type="float", low=0.01, high=1)
    cost_false_alarm: float = option(1.0, "cost of a negative taken for positive, for the goal costs", type="float", low=0, high=1e6)
    cost_miss: float = option(1.0, "cost of a positive that is missed, for the goal costs", type="float", low=0, high=1e6)

    coverage: float = option(
        0.0, "share of samples whose truth prediction sets or intervals are to hold (0: none)", type="float", low=0, high=0.999
    )

    @property
    def wish(self) -> Wish:
        return Wish(self.threshold_goal, self.wished_recall, self.wished_precision, self.cost_false_alarm, self.cost_miss)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What was chosen.

    Attributes:
        task: with its decision threshold, if it has one.
        stored: what the model file holds beside the task, by name.
        sentences: on each choice.
    """

    task: Task
    stored: dict[str, Any]
    sentences: list[str]


def refuse_unfit(options: SureOptions, parts: Parts) -> None:
    """Raise InputError, before training, when what is wished does not apply to a task, or the validation part is too small for it."""
    if options.threshold_goal != HALF:
        parts.task.check_threshold(options.wish)
    if options.coverage:
        parts.task.check_coverage()
        refuse_few(len(parts.validation), options.coverage)


def judge(trained: Trained, parts: Parts, options: SureOptions, known: bool = False) -> Judgement:
    """Choose by the validation part alone: neither training samples nor held-out ones are looked at.

    Args:
        trained: the network.
        parts: of which it was trained.
        options: what is wished.
        known: whether the network that training started from knew the validation part.
    """
    sentences: list[str] = []
    stored: dict[str, Any] = {}
    features = features_of(trained.network.model)
    looking = with_beside(trained.network.model, [] if features is None else [features])
    y, scores, entering = _seen(trained, looking, parts.validation)
    task, said = _decided(trained.task, y, scores, options)
    if said:
        sentences += [
            said,
            "What is said of training itself (metrics and intervals) is at a threshold of 0.5, since the other was chosen on this part.",
        ]
    if options.coverage:
        sets = _promised(_sets(trained, parts, options.coverage, y, scores), parts, known)
        stored["sets"] = sets.to_json()
        samples = counted(sets.samples, "validation sample")
        sentences.append(f"{task.set_called(sets)} were calibrated on {samples}; {task.on_sets(scores, sets)}. {sets.guarantee()}")
    likeness, unchecked = (None, why_unchecked(None, None)) if features is None else _likeness(trained, looking, parts, entering)
    stored |= {"likeness": likeness.to_json()} if likeness else {}
    sentences += filter(None, [unchecked])
    return Judgement(task, stored, sentences)


def decided_on(trained: Trained, parts: Parts, options: SureOptions) -> tuple[Task, Sets | None]:
    """The task with the decision threshold that is wished, and the prediction sets, and nothing else of :func:`judge`; no sets where the
    validation part is too small for them."""
    few = not options.coverage or too_few(len(parts.validation), options.coverage)
    if options.threshold_goal == HALF and few:
        return trained.task, None
    y, scores, _ = _seen(trained, trained.network.model, parts.validation)
    return _decided(trained.task, y, scores, options)[0], None if few else _sets(trained, parts, options.coverage, y, scores)


def _sets(trained: Trained, parts: Parts, coverage: float, y: np.ndarray, scores: np.ndarray) -> Sets:
    """Prediction sets that were calibrated on the validation part."""
    # a single network was stopped by the validation part; members of an ensemble each have one of their own
    steered = not trained.history.members
    return Sets.fit(trained.task.nonconformity(y, scores), coverage, steered, shared(parts.validation, parts.training))


def _promised(sets: Sets, parts: Parts, known: bool) -> Sets:
    """The same with all that speaks against a promise; ``known``: as for :func:`judge`."""
    data = parts.training
    found = {ORDER: data.order() is not None, GROUPS: data.group is not None, ORIGIN: known}
    return dataclasses.replace(sets, near=_near(parts), doubts=tuple(doubt for doubt, holds in found.items() if holds))


def _near(parts: Parts) -> int:
    """Validation samples that are near copies of training samples, beside exact ones."""
    if parts.validation.near is not None:  # a share that was set aside with all near copies of its samples
        return 0
    import numpy as np

    known = parts.known or known_among(parts.validation, parts.training)  # the search is dear
    copies = np.isin(parts.validation.row_hashes(), parts.training.row_hashes())  # of changed copies of training samples, too
    return int((known.inside & ~copies).sum())


def _decided(task: Task, y: np.ndarray, scores: np.ndarray, options: SureOptions) -> tuple[Task, str]:
    """The task with the threshold that is wished, and a sentence on it; nothing is said of 0.5, where everyone expects it."""
    return (task, "") if options.threshold_goal == HALF else task.with_threshold(y, scores, options.wish)


def _seen(trained: Trained, looking: Any, data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coded targets, scores, and what ``looking`` gives beside them (of :func:`biodl.networks.running.with_beside`), of some samples."""
    import numpy as np

    task = trained.task
    outputs = np.concatenate([run_model(looking, raw) for raw in raw_pieces(trained.encoding, data)])
    units = task.head().units
    assert data.target is not None
    return task.encode(data.target, data.where), task.scores(outputs[:, :units]), outputs[:, units:]


def _likeness(trained: Trained, looking: Any, parts: Parts, held: np.ndarray) -> tuple[Likeness | None, str]:
    """What is kept of training samples, and a sentence on what cannot be; ``held``: what enters the head of samples of the validation
    part."""
    import numpy as np

    size = len(parts.training)
    some = parts.training.take(np.unique(np.linspace(0, size - 1, min(size, MOST_SAMPLES)).astype(int)))
    _, _, learned = _seen(trained, looking, some)
    ranges: dict[str, tuple[float, float]] = {}
    for raw in raw_pieces(trained.encoding, parts.training) if not trained.encoding.streams else ():
        for name, (low, high) in trained.encoding.ranges(raw).items():
            known = ranges.get(name, (low, high))
            ranges[name] = (min(low, known[0]), max(high, known[1]))
    found = Likeness.fit(learned, held, ranges)
    return found, on_unwatched(len(found.columns), len(ranges)) if found else why_unchecked(learned, held)
