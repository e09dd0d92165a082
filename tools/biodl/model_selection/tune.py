"""Search settings of a network: trials side by side, each scored on the same folds, and the study kept after each."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kinds import kind_named
from ..errors import InputError, shorten
from ..networks.families import FAMILIES
from ..program.options import option
from ..program.side_by_side import side_by_side
from ..reporting.tables import four_digits
from ..tasks.measures import higher_is_better, in_a_sentence
from ..training.prepare import Samples, TrainOptions
from ..training.watching import Watch
from .crossvalidate import predict_left_out, train_fold
from .folds import CrossValidationOptions, Fold, folds_of
from .rungs import Hopeless, Rungs, after
from .space import PARTS, Space
from .trials import COMPLETE, FAILED, LAG, STOPPED, Plan, Trial, best_of, hopeless, known_to, plan

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_SHARES = 5
"""The validation part is one of so many parts."""
_SEARCH = 0.7
"""Share of the time for the search; the rest is for the comparison on new folds."""


@dataclasses.dataclass(frozen=True)
class TuneOptions:
    """How settings are searched."""

    trials: int = option(20, "ways to train to try in all, those of an earlier study included", type="int", low=1, high=10000)
    tuning_minutes: float = option(
        0.0, "begin no trial and no comparison after so many minutes and say what is missing; 0: no limit", type="float", low=0, high=100000
    )
    scoring_folds: int = option(
        3, "parts for cross-validation of each trial; 0: one validation part, a fifth of the samples", type="int", low=0, high=20
    )
    search_network: bool = option(True, "search the shape of the network", type="bool")
    search_training: bool = option(True, "search how it is trained", type="bool")
    search_encoding: bool = option(True, "search how samples become numbers, or are changed at random", type="bool")
    comparisons: int = option(
        3, "how often the samples are divided anew to compare the best settings with the defaults; 0: never", type="int", low=0, high=100
    )

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the space to search.

        Raises:
            InputError: for none.
        """
        parts = tuple(part for part in PARTS if getattr(self, f"search_{part}"))
        if not parts:
            raise InputError("Nothing is to be searched: choose network, training or encoding.")
        return parts

    def ends(self, share: float = _SEARCH) -> float:
        """When no trial is begun any more; on the clock of ``time.monotonic``."""
        return time.monotonic() + 60 * self.tuning_minutes * share if self.tuning_minutes else float("inf")


def scoring_folds(samples: Samples, count: int, seed: int) -> list[Fold]:
    """The folds on which every trial is scored; one alone for ``count`` 0.

    Raises:
        InputError: as :func:`~.folds.folds_of`.
    """
    folds = folds_of(samples, CrossValidationOptions(folds=count or _SHARES), seed)
    return folds if count else [dataclasses.replace(folds[-1], name="validation part", called="validation part")]


def fingerprint_of(samples: Samples) -> str:
    """SHA-256 of what is learned from: samples, targets, groups, in order; whatever file they came from."""
    import numpy as np

    data = samples.data
    digest = hashlib.sha256(data.row_hashes().tobytes())
    digest.update(np.ascontiguousarray(samples.y, dtype="float64").tobytes())
    digest.update(repr((samples.task.target, None if data.group is None else data.group.astype(str).tolist())).encode())
    order = data.order()
    digest.update(b"" if order is None else np.ascontiguousarray(order, dtype="float64").tobytes())
    return digest.hexdigest()


@dataclasses.dataclass(frozen=True)
class TrialWork:
    """How a trial is done; goes to processes of their own."""

    samples: Samples
    folds: Sequence[Fold]
    kind: str
    family: str
    options: TrainOptions

    def __call__(self, asked: Plan) -> Trial:
        """Train on one fold after the other, until all are done or the trial is hopeless; a single one is watched as it trains.

        Raises:
            InputError: when the first trial, the defaults, cannot be trained.
        """
        start, values, state, why = time.monotonic(), [], COMPLETE, ""
        higher = higher_is_better(self.samples.task.primary)
        rungs = Rungs(asked.loss_limits) if len(self.folds) == 1 else None
        try:
            for fold in self.folds:
                values.append(value_of(self, fold, asked.settings, 0, rungs))
                if hopeless(values, asked.limits, higher) and len(values) < len(self.folds):
                    state = STOPPED
                    break
        except Hopeless:
            state = STOPPED
        except Exception as error:
            out_of_memory = isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"  # of TensorFlow
            if asked.number == 1 or not (out_of_memory or isinstance(error, InputError)):
                raise
            state, why = FAILED, "It ran out of memory." if out_of_memory else " ".join(str(error).split())[:300]
        losses = tuple(rungs.losses) if rungs and state != FAILED else ()
        return Trial(asked.number, asked.settings, tuple(values), state, why, round(time.monotonic() - start, 2), losses)


def value_of(work: TrialWork, fold: Fold, settings: Mapping[str, Any], seed: int = 0, watch: Watch | None = None) -> float:
    """The primary metric on what a fold left out, by a network that was trained with these settings on the rest.

    Args:
        work: how it is trained.
        fold: what is learned from, and what is predicted.
        settings: in the place of those of ``work``.
        seed: is added to that of ``work``.
        watch: as for :func:`biodl.training.train.train_on`.
    """
    options = dataclasses.replace(work.options, seed=(work.options.seed + seed) % 2**31, **settings)
    parts, trained = train_fold(work.samples, fold, kind_named(work.kind), FAMILIES[work.family], options, None, watch)
    return predict_left_out(work.samples, fold, parts, trained, options, simple_models=False).primary(work.samples.y[fold.held])


Beside = Callable[..., Iterator[tuple[int, Any]]]
"""What does pieces of work side by side: :func:`~biodl.program.side_by_side.side_by_side`."""


@dataclasses.dataclass(frozen=True)
class Search:
    """What a study is to do.

    Attributes:
        defaults: settings of the first trial.
        space: what to try.
        folds: of a trial.
        metric: by which it is judged.
        trials: to be done in all.
        seed: by which they are drawn.
    """

    defaults: dict[str, Any]
    space: Space
    folds: int
    metric: str
    trials: int
    seed: int

    @property
    def higher(self) -> bool:
        return higher_is_better(self.metric)


def search(
    wanted: Search,
    work: Callable[[Plan], Trial],
    known: Mapping[int, Trial],
    at_once: int,
    begin_until: float,
    keep: Callable[[Iterable[Trial]], None],
    say: Callable[[str], None],
    beside: Beside | None = None,
) -> dict[int, Trial]:
    """Do the trials that are missing.

    Args:
        wanted: the study.
        work: does one trial.
        known: trials of it that were done earlier.
        at_once: processes; what trials find does not depend on it.
        begin_until: no trial is begun later.
        keep: is given each trial when it is done.
        say: is told how far it is.
        beside: does them side by side; in processes if not given.

    Returns:
        All trials by number.
    """
    trials, start, before = dict(known), time.monotonic(), len(known)

    def plans() -> Iterator[Plan | None]:
        for number in range(1, wanted.trials + 1):
            if number not in trials:
                while (seen := known_to(number, trials)) is None:
                    yield None
                yield plan(number, seen, wanted.defaults, wanted.space, wanted.folds, wanted.higher, wanted.seed)

    for _, trial in (beside or side_by_side)(work, plans(), min(at_once, LAG), begin_until):
        trials[trial.number] = trial
        keep([trial])
        left = wanted.trials - len(trials)
        pace = (time.monotonic() - start) / (len(trials) - before)
        say(told(trial, trials, wanted) + (f", about {left * pace:.0f} s left" if left > 0 else ""))
    return trials


def told(trial: Trial, trials: Mapping[int, Trial], wanted: Search) -> str:
    """How a trial ended, and the best so far."""
    name, value = in_a_sentence(wanted.metric), four_digits(trial.value) or "unknown"
    how = {
        COMPLETE: f"{name} {value}",
        STOPPED: _stopped(trial, f"{name} {value}", wanted.folds),
        FAILED: f"failed ({shorten(trial.why, 100)})",
    }[trial.state]
    best = best_of(trials.values(), wanted.higher)
    return f"trial {trial.number} of {max(wanted.trials, *trials)}: {how}" + (
        f" (best so far {four_digits(best.value)}, trial {best.number})" if best else ""
    )


def _stopped(trial: Trial, how: str, folds: int) -> str:
    """What a trial had when it was stopped, and when that was; ``how``: its metric, which one that did not end its training has not."""
    if not trial.losses:
        return f"{how}, stopped after {len(trial.values)} of {folds} folds"
    return f"validation loss {four_digits(trial.losses[-1])}, stopped after {after(len(trial.losses))} of its training"


def kept_settings(options: DataclassInstance, space: Space) -> dict[str, Any]:
    """Settings of a training that are not searched, without columns, which the samples tell."""
    aside = {"seed", "target_name", *space, *(field.name for field in dataclasses.fields(CrossValidationOptions))}
    return {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(options)
        if field.name not in aside and field.metadata.get("type") != "columns"
    }
