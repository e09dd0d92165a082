"""Trials of a study: what the next one tries, when one is hopeless, and which is best. All of it follows from numbers, nothing from time.

Trial ``n`` knows the trials up to ``n - LAG`` and no others, whatever has ended by then. So up to :data:`LAG` trials can run at once, and
a study is the same with one slot and with several, unbroken or gone on with. A trial on several folds may be stopped between them, one
on a single validation part as it trains (:mod:`.rungs`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..program.search import Log, OneOf, Search, Whole, applies, as_text
from .rungs import RUNGS
from .space import Space

if TYPE_CHECKING:
    import optuna

LAG = 4
"""So many trials begin before the first of them must be known."""
AT_RANDOM = 8
"""So many trials, after the defaults, are drawn without a look at others: what is learned from fewer misleads."""
KNOWN_TO_STOP = 5
"""Complete trials that must be known before a hopeless one is stopped."""
COMPLETE, STOPPED, FAILED = "complete", "stopped", "failed"


@dataclasses.dataclass(frozen=True)
class Trial:
    """A way to train that was tried.

    Attributes:
        number: from 1; the first are the defaults.
        settings: of the space, those that counted.
        values: the metric of each fold that was trained, NaN where a fold cannot tell.
        state: ``complete``, ``stopped`` (hopeless after the first folds, or as it trained) or ``failed``.
        why: what failed, in a sentence.
        seconds: that it took.
        losses: of a trial on one validation part, lowest validation loss by each of :data:`.rungs.RUNGS` that it came to, NaN where that
            is no number; nothing in studies of earlier versions.
    """

    number: int
    settings: dict[str, Any]
    values: tuple[float, ...]
    state: str = COMPLETE
    why: str = ""
    seconds: float = 0.0
    losses: tuple[float, ...] = ()

    @property
    def value(self) -> float:
        """Mean of the metric over the folds that were trained; NaN if none can tell."""
        return mean(self.values)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a trial is to do.

    Attributes:
        number, settings: as :class:`Trial` has them.
        limits: the trial is stopped when its mean after as many folds is worse than this; NaN: never.
        loss_limits: on one validation part, it is stopped when its loss by a rung is worse than this; NaN: never.
    """

    number: int
    settings: dict[str, Any]
    limits: tuple[float, ...] = ()
    loss_limits: tuple[float, ...] = ()


def mean(values: Sequence[float]) -> float:
    """Of the values that are known; NaN for none."""
    known = [value for value in values if value == value]
    return math.fsum(known) / len(known) if known else math.nan


def known_to(number: int, trials: Mapping[int, Trial]) -> list[Trial] | None:
    """The trials that trial ``number`` may learn from, in order; None where one of them is missing yet."""
    wanted = range(1, number - LAG + 1)
    return [trials[other] for other in wanted] if all(other in trials for other in wanted) else None


def plan(number: int, known: Sequence[Trial], defaults: dict[str, Any], space: Space, folds: int, higher: bool, seed: int) -> Plan:
    """What trial ``number`` is to do.

    Args:
        number: from 1.
        known: the trials that it may learn from.
        defaults: settings of the first trial.
        space: to search.
        folds: of a trial.
        higher: whether more of the metric is better.
        seed: of the study.
    """
    settings = defaults if number == 1 else _drawn(number, known, space, higher, seed)
    return Plan(number, settings, _limits(known, folds), _loss_limits(known) if folds == 1 else ())


def _limits(known: Sequence[Trial], folds: int) -> tuple[float, ...]:
    """After each fold but the last: the median of what trials with all folds had by then (Golovin et al. 2017, Google Vizier)."""
    done = [trial.values for trial in known if trial.state == COMPLETE]
    return _medians(done, [[mean(values[:count]) for values in done] for count in range(1, folds)])


def _loss_limits(known: Sequence[Trial]) -> tuple[float, ...]:
    """At each rung: the median of what complete trials had by then."""
    done = [trial.losses for trial in known if trial.state == COMPLETE and len(trial.losses) == len(RUNGS)]
    return _medians(done, [[losses[rung] for losses in done] for rung in range(len(RUNGS))])


def _medians(done: Sequence[Any], by_then: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The median of each of some lists of numbers, as far as they are known; NaN of too few trials."""
    import statistics

    if len(done) < KNOWN_TO_STOP:
        return (math.nan,) * len(by_then)
    known = ([value for value in values if value == value] for values in by_then)
    return tuple(statistics.median(values) if values else math.nan for values in known)


def hopeless(values: Sequence[float], limits: Sequence[float], higher: bool) -> bool:
    """Whether a trial with these folds so far is to be stopped."""
    if not values or len(values) > len(limits):
        return False
    now, limit = mean(values), limits[len(values) - 1]
    return now < limit if higher else now > limit  # never for NaN


def best_of(trials: Iterable[Trial], higher: bool) -> Trial | None:
    """The best trial with all folds; of equal ones the first."""
    done = [trial for trial in trials if trial.state == COMPLETE and trial.value == trial.value]
    return min(done, key=lambda trial: (-trial.value if higher else trial.value, trial.number), default=None)


def _drawn(number: int, known: Sequence[Trial], space: Space, higher: bool, seed: int) -> dict[str, Any]:
    """Settings drawn at random, later by the tree-structured Parzen estimator (Bergstra et al. 2011) of Optuna (Akiba et al. 2019)."""
    import optuna

    own = int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()[:4], "big")
    if number <= 1 + AT_RANDOM:
        return _asked(study_of((), space, higher, optuna.samplers.RandomSampler(seed=own)).ask(), space)
    return _asked(study_of(known, space, higher, optuna.samplers.TPESampler(seed=own, n_startup_trials=2)).ask(), space)


def _asked(trial: optuna.trial.Trial, space: Space) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for name, search in space.items():
        if applies(search, settings):
            settings[name] = _one(trial, name, search)
    return settings


def _one(trial: optuna.trial.Trial, name: str, search: Search) -> Any:
    if isinstance(search, OneOf):
        chosen = trial.suggest_categorical(name, [as_text(value) for value in search.values])
        return next(value for value in search.values if as_text(value) == chosen)
    if isinstance(search, Whole):
        return trial.suggest_int(name, int(search.low), int(search.high))
    drawn = trial.suggest_float(name, search.low, search.high, log=isinstance(search, Log))
    return float(f"{drawn:.4g}")  # what tables show is what was done


def study_of(trials: Iterable[Trial], space: Space, higher: bool, sampler: optuna.samplers.BaseSampler | None = None) -> optuna.Study:
    """The trials as Optuna has them, in memory; those that failed are left out."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize" if higher else "minimize", sampler=sampler)
    for trial in trials:
        stopped = trial.state == STOPPED
        step, reached = _reached(trial, higher)
        if trial.state != FAILED and reached == reached:
            study.add_trial(
                optuna.trial.create_trial(
                    state=optuna.trial.TrialState.PRUNED if stopped else optuna.trial.TrialState.COMPLETE,
                    value=None if stopped else trial.value,
                    params={name: _as_drawn(space[name], value) for name, value in trial.settings.items()},
                    distributions={name: _distribution(space[name]) for name in trial.settings},
                    intermediate_values={step: reached} if stopped else None,
                )
            )
    return study


def _reached(trial: Trial, higher: bool) -> tuple[int, float]:
    """How far a trial came, in folds or rungs, and with what; a loss is turned where more is better, as Optuna expects it."""
    if trial.state == STOPPED and trial.losses:
        return len(trial.losses), -trial.losses[-1] if higher else trial.losses[-1]
    return len(trial.values), trial.value


def _as_drawn(search: Search, value: Any) -> Any:
    return as_text(value) if isinstance(search, OneOf) else value


def _distribution(search: Search) -> Any:
    from optuna import distributions

    if isinstance(search, OneOf):
        return distributions.CategoricalDistribution([as_text(value) for value in search.values])
    if isinstance(search, Whole):
        return distributions.IntDistribution(int(search.low), int(search.high))
    return distributions.FloatDistribution(search.low, search.high, log=isinstance(search, Log))


def importances(trials: Sequence[Trial], space: Space, higher: bool, seed: int) -> dict[str, float]:
    """The share of each setting in how trials differ, the largest first (fANOVA, Hutter et al. 2014); nothing where it cannot be told.

    Settings that not every trial had are left out, and trials that were stopped or failed.
    """
    import optuna

    done = [trial for trial in trials if trial.state == COMPLETE and trial.value == trial.value]
    if len(done) < KNOWN_TO_STOP or len({trial.value for trial in done}) < 2:
        return {}
    always = [name for name in space if all(name in trial.settings for trial in done)]
    varied = [name for name in always if len({trial.settings[name] for trial in done}) > 1]
    if not varied:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    found = optuna.importance.get_param_importances(study_of(done, space, higher), evaluator=evaluator, params=varied)
    return {name: float(share) for name, share in found.items()}
