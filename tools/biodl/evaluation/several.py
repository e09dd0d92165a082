"""Several evaluations on one test part: whether they can be compared, and each network beside each other on the same samples."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, shorten
from ..tasks import Task
from ..tasks.measures import interval
from .paired import ALPHA, Areas, Discordant, by_bootstrap, by_few, delong_of, holm, mcnemar, shares_beaten
from .record import Evaluation

if TYPE_CHECKING:
    import numpy as np

MOST = 50
"""Evaluations that are compared: of more nobody reads the pairs."""
LABEL = "Evaluation to compare"
"""How Galaxy names an evaluation that nobody gave another name."""
_LONGEST = 40
"""Signs of a name."""
_EACH_PAIR = 100
"""Resamples for each pair, so that the least probability survives Holm's correction."""
_MOST_SCORES = 5 * 10**9
"""Scores in all resamples of all models together, 15 to 75 seconds' work of one core: beyond it no more is drawn than was asked for."""


@dataclasses.dataclass(frozen=True)
class Model:
    """One model of those that are compared.

    Attributes:
        name: distinct.
        task: by which it is judged.
        scores: of the samples that all have.
        network: False for a model that some network was compared with.
        evaluation: whose it is.
    """

    name: str
    task: Task
    scores: np.ndarray
    network: bool
    evaluation: Evaluation


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two models, of which the first has the higher value.

    Attributes:
        first, second: names.
        difference: of the primary metric.
        low, high: its 95 % interval.
        p, p_holm: by the bootstrap; alone, and among all pairs.
        discordant, discordant_holm: McNemar's test and its probability among all pairs, where predictions are right or wrong.
        areas, areas_holm: DeLong's test and its probability among all pairs, where one class is detected.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float = float("nan")
    discordant: Discordant | None = None
    discordant_holm: float = float("nan")
    areas: Areas | None = None
    areas_holm: float = float("nan")

    @property
    def beyond_chance(self) -> bool:
        return self.p_holm <= ALPHA


@dataclasses.dataclass(frozen=True)
class Several:
    """Models that were compared, the best first.

    Attributes:
        task: that all do.
        models: the best first.
        y: coded targets of the samples that all have.
        values: metrics by name of the model.
        intervals: of the primary metric, by name of the model.
        pairs: all of them, those of the best model first.
        resamples: behind intervals and probabilities.
        too_many: resamples that so many pairs ask for, where that is more than were drawn; else 0.
        left_out: samples that not all of the networks could read.
    """

    task: Task
    models: tuple[Model, ...]
    y: np.ndarray
    values: dict[str, dict[str, float]]
    intervals: dict[str, tuple[float, float]]
    pairs: tuple[Pair, ...]
    resamples: int
    left_out: int
    too_many: int = 0

    @property
    def best(self) -> Model:
        return self.models[0]

    @property
    def networks(self) -> list[Model]:
        return [model for model in self.models if model.network]

    def pair(self, one: str, other: str) -> Pair:
        """The pair of two names, in whatever order."""
        return next(pair for pair in self.pairs if {pair.first, pair.second} == {one, other})


def check_comparable(evaluations: Sequence[Evaluation]) -> None:
    """Raise InputError when evaluations are not of different networks for the same task on the same test part."""
    if len(evaluations) < 2:
        raise InputError("One evaluation was chosen, but two or more are compared: choose another on the same test part.")
    if len(evaluations) > MOST:
        raise InputError(f"{len(evaluations)} evaluations were chosen, but no more than {MOST} can be compared: choose fewer.")
    first = evaluations[0]
    for other in evaluations[1:]:
        called = f"{_shown(first)} and {_shown(other)}"
        apart = first.task.differs(other.task)
        if apart:
            raise InputError(
                f"The evaluations {called} cannot be compared, since the first network {apart}: "
                "choose evaluations of networks for one task."
            )
        if not _same_part(first, other):
            parts = f"{first.tested.where} with {len(first.y)} samples, {other.tested.where} with {len(other.y)}"
            raise InputError(
                f"The evaluations {called} are of different test parts ({parts}): "
                "evaluate both networks on the same file, with the same targets."
            )
    for one, other in itertools.combinations(evaluations, 2):
        if one.network.sha256 == other.network.sha256 and one.task == other.task:
            raise InputError(f"The evaluations {_shown(one)} and {_shown(other)} are of the same network: choose each network once.")


def _shown(evaluation: Evaluation) -> str:
    return shorten(Path(evaluation.path).name)


def _same_part(one: Evaluation, other: Evaluation) -> bool:
    """Whether the same file was read (of which one network may take fewer samples), or the same samples; with the same targets."""
    import numpy as np

    if one.tested.content == other.tested.content:
        return np.array_equal(one.y, other.y)
    if one.tested.file != other.tested.file:
        return False
    _, mine, theirs = np.intersect1d(one.tested.places, other.tested.places, return_indices=True)
    return np.array_equal(one.y[mine], other.y[theirs])


def names_of(evaluations: Sequence[Evaluation]) -> list[str]:
    """What each network is called, none as another: as its user called the evaluation, or else by its family or its file."""
    own = [_own_name(evaluation) for evaluation in evaluations]
    families = [f"{evaluation.network.family} network" for evaluation in evaluations]
    files = [Path(evaluation.network.name).stem or "network" for evaluation in evaluations]
    spare = families if len(set(families)) == len(families) else files
    return _distinct([_cut(name or other) for name, other in zip(own, spare, strict=True)])


def _own_name(evaluation: Evaluation) -> str:
    """The name of the file without its ending; nothing for the one that Galaxy gives."""
    name = Path(evaluation.path).name.removesuffix(".json")
    return "" if re.fullmatch(rf"{LABEL}( on .*)?( \(\d+\))?", name) else name


def _cut(name: str) -> str:
    """A name that finds room in a sentence; of a longer one the middle goes, since names often end apart."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2].rstrip()}…{name[-_LONGEST // 2 :].lstrip()}"


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        free = (name, *(f"{name} ({number})" for number in range(2, len(names) + 2)))
        found.append(next(called for called in free if called not in found and (called == name or called not in names)))
    return found


def compared(evaluations: Sequence[Evaluation], simpler: bool, resamples: int, seed: int) -> Several:
    """Each network beside each other.

    Args:
        evaluations: that can be compared.
        simpler: whether the best of the models that stand beside the networks is compared as well.
        resamples: of the bootstrap, at the least; of many networks more, so that a clear difference can still be told, as far as time
            allows.
        seed: of the bootstrap.

    Raises:
        InputError: when no sample can be read for all networks.
    """
    rows, left_out = _common(evaluations)
    y = evaluations[0].y[rows[0]]
    called = names_of(evaluations)
    models = [
        Model(name, item.task, next(iter(item.scores.values()))[mine], True, item)
        for name, item, mine in zip(called, evaluations, rows, strict=True)
    ]
    if simpler:
        models += _best_beside(evaluations, rows, y, called)
    drawn, too_many = _resamples(models, resamples)
    return dataclasses.replace(_judged(models, y, drawn, seed, left_out, bool(too_many)), too_many=too_many)


def _resamples(models: Sequence[Model], least: int) -> tuple[int, int]:
    """How many resamples to draw, and how many the pairs ask for where these are too many."""
    asked = max(least, _EACH_PAIR * len(models) * (len(models) - 1) // 2)
    drawn = max(least, min(asked, _MOST_SCORES // sum(model.scores.size for model in models)))
    return drawn, asked if drawn < asked else 0


def _common(evaluations: Sequence[Evaluation]) -> tuple[list[np.ndarray], int]:
    """Positions, in each evaluation, of the samples that all have; and how many others there are."""
    import numpy as np

    first = evaluations[0].tested
    places = [first.places if item.tested.content == first.content else item.tested.places for item in evaluations]
    count = Counter(itertools.chain.from_iterable(places))
    kept = [place for place in places[0] if count[place] == len(places)]
    if len(kept) < 2:
        raise InputError("No two samples of the test part can be read for all of these networks: compare fewer of them.")
    rows = [np.array([where[place] for place in kept]) for where in ({place: row for row, place in enumerate(part)} for part in places)]
    return rows, len(count) - len(kept)


def _best_beside(evaluations: Sequence[Evaluation], rows: Sequence[np.ndarray], y: np.ndarray, taken: Sequence[str]) -> list[Model]:
    """The best of the models beside the networks; nothing if there is none."""
    found = []
    for item, mine in zip(evaluations, rows, strict=True):
        task = item.task.plain()  # they have no threshold of their own
        for name, scores in list(item.scores.items())[1:]:
            value = task.measured(y, scores[mine], only=(task.primary,))[task.primary]
            found.append((value, Model(_distinct([*taken, name])[-1], task, scores[mine], False, item)))
    known = [(value, model) for value, model in found if value == value]
    return [max(known, key=lambda pair: pair[0])[1]] if known else []


def _judged(models: Sequence[Model], y: np.ndarray, resamples: int, seed: int, left_out: int, few: bool) -> Several:
    import numpy as np

    task = models[0].task
    values = {model.name: model.task.measured(y, model.scores) for model in models}
    models = sorted(models, key=lambda model: -_known(values[model.name][task.primary]))
    blocks = [
        np.stack([model.task.metrics(y, model.scores, weights, only=(task.primary,))[task.primary] for model in models])
        for weights in task.resamples(y, resamples, seed)
    ]
    drawn = dict(zip([model.name for model in models], np.concatenate(blocks, axis=1), strict=True))
    intervals = {name: interval(item) for name, item in drawn.items()}
    looks = {model.name: _look(model, y) for model in models}
    pairs = [_pair(one, other, looks, values, drawn, few) for one, other in itertools.combinations(models, 2)]
    return Several(task, tuple(models), y, values, intervals, _among_all(pairs), resamples, left_out)


def _known(value: float) -> float:
    """A value to sort by: unknown ones come last."""
    return value if value == value else -float("inf")


@dataclasses.dataclass(frozen=True)
class _Look:
    """What tests on pairs look at, found once a model.

    Attributes:
        right: bool [samples], whether predictions are right; None where they are near or far.
        beaten: where one class is detected, shares as :func:`~.paired.shares_beaten` gives them.
    """

    right: np.ndarray | None
    beaten: tuple[np.ndarray, np.ndarray] | None


def _look(model: Model, y: np.ndarray) -> _Look:
    detected = model.task.detected(y, model.scores)
    return _Look(model.task.right(y, model.scores), None if detected is None else shares_beaten(*detected))


def _pair(
    one: Model,
    other: Model,
    looks: dict[str, _Look],
    values: dict[str, dict[str, float]],
    drawn: dict[str, np.ndarray],
    few: bool,
) -> Pair:
    apart = drawn[one.name] - drawn[other.name]
    mine, theirs = looks[one.name], looks[other.name]
    primary = one.task.primary
    difference = values[one.name][primary] - values[other.name][primary]
    return Pair(
        one.name,
        other.name,
        difference,
        *interval(apart),
        by_few(apart, difference) if few else by_bootstrap(apart),
        discordant=None if mine.right is None or theirs.right is None else mcnemar(mine.right, theirs.right),
        areas=None if mine.beaten is None or theirs.beaten is None else delong_of(mine.beaten, theirs.beaten),
    )


def _among_all(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The pairs with Holm's correction of each test, over all of them."""
    unknown = float("nan")
    boot = holm([pair.p for pair in pairs])
    discordant = holm([pair.discordant.p if pair.discordant else unknown for pair in pairs])
    areas = holm([pair.areas.p if pair.areas else unknown for pair in pairs])
    return tuple(
        dataclasses.replace(pair, p_holm=p, discordant_holm=q, areas_holm=r)
        for pair, p, q, r in zip(pairs, boot, discordant, areas, strict=True)
    )
