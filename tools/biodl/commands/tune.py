"""Search good settings of a network for these samples, and train it with them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..data.forms import COLLECTION, DATA, LABELS
from ..errors import InputError, counted
from ..model_selection import tune_report
from ..model_selection.alone import alone_with
from ..model_selection.crossvalidate import processes_for
from ..model_selection.journal import About, Journal, read, text_of
from ..model_selection.space import Space, defaults_in, space_of
from ..model_selection.trials import best_of
from ..model_selection.tune import Search, TrialWork, TuneOptions, fingerprint_of, kept_settings, scoring_folds, search
from ..model_selection.tune_report import Tuned
from ..model_selection.worth import Compared, PairWork, compare_on, new_folds
from ..program.files import File, Outputs
from ..training import prepare, report
from ..training.judgement import judge
from ..training.train import train_on
from .any_family import AnyNetworkOptions, asked

if TYPE_CHECKING:
    from ..model_selection.trials import Trial

DESCRIPTION = "Search good settings of a network by many trials, compare the best with the defaults, and train it."
INPUTS = (
    DATA,
    LABELS,
    COLLECTION,
    File("study_before", "the study of an earlier run, to go on with"),
    File("study_file", "the study so far: it is written after each trial, so that a run that was killed goes on from it"),
)
OUTPUTS = report.outputs_with(tune_report.OUTPUTS)


@dataclasses.dataclass(frozen=True)
class Options(TuneOptions, AnyNetworkOptions):
    """Everything the form offers."""


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Read, search, compare the best settings with the defaults, train with what was chosen, write."""
    say: Callable[[object], None] = functools.partial(print, flush=True)
    with alone_with(inputs["study_file"], say):
        _tune(options, inputs, outputs, say)


def _tune(options: Options, inputs: dict[str, str | None], outputs: Outputs, say: Callable[[object], None]) -> None:
    kind, family, training, files = asked(options, inputs)
    space = space_of(training, family, kind, options.parts)
    ends, last = options.ends(), options.ends(1.0)
    samples = prepare.read(kind, files, None, training)
    folds = scoring_folds(samples, options.scoring_folds, options.seed)
    parts = prepare.divide(samples, kind, None, training)  # what is wrong with the samples is found before any trial
    say(parts.summary)
    wanted = Search(defaults_in(space, training), space, len(folds), samples.task.primary, options.trials, options.seed)
    work = TrialWork(samples, folds, kind.name, family.name, training)
    about = _about(wanted, work, options)
    known = _known(inputs, about, space, say)
    journal = Journal(inputs["study_file"], about, known) if inputs["study_file"] else None
    asked_for = f"{counted(len(space), 'setting')}, {counted(options.trials, 'trial')}"
    say(f"Tuning a {family.called} network: {asked_for} ({len(known)} done before)")
    at_once = functools.partial(processes_for, samples, parts.encoding)
    trials = search(wanted, work, known, at_once(options.trials), ends, journal.add if journal else lambda done: None, say)
    if "study" in outputs:
        outputs["study"].write_text(text_of(about, trials), encoding="utf-8")
    compared, why_not = _compare(wanted, work, trials, options, at_once, last, say)
    tuned = Tuned(wanted, [trials[number] for number in sorted(trials)], compared, why_not, about.space)
    chapters = tune_report.chapters(tuned, outputs)
    chosen = dataclasses.replace(training, **tuned.chosen)
    say("Now the network on all samples:")
    parts = prepare.divide(samples, kind, None, chosen, say=lambda sentence: None)
    trained = train_on(parts, family, chosen, None, say)
    report.write_all(trained, parts, kind, chosen, files.paths("data"), outputs, judge(trained, parts, chosen), chapters)


def _about(wanted: Search, work: TrialWork, options: Options) -> About:
    samples = work.samples
    words = {name: search.said() for name, search in wanted.space.items()}
    task = {"name": samples.task.name, **samples.task.to_json()}
    kept = kept_settings(work.options, wanted.space)
    return About(fingerprint_of(samples), task, wanted.metric, work.family, options.scoring_folds, options.seed, words, kept)


def _known(inputs: dict[str, str | None], about: About, space: Space, say: Callable[[object], None]) -> dict[int, Trial]:
    """Trials that were done earlier."""
    import os

    known: dict[int, Trial] = {}
    for name in ("study_before", "study_file"):
        path = inputs[name]
        if path and (name == "study_before" or (os.path.exists(path) and os.path.getsize(path))):
            trials, dropped = read(path, about, space)
            known |= trials
            if dropped:
                say(dropped)
    return known


def _compare(
    wanted: Search,
    work: TrialWork,
    trials: dict[int, Trial],
    options: Options,
    at_once: Callable[[int], int],
    until: float,
    say: Callable[[object], None],
) -> tuple[Compared | None, str]:
    """The best settings and the defaults on new folds, or why they were not compared."""
    best = best_of(trials.values(), wanted.higher)
    if best is None or 1 not in trials:
        raise InputError("No trial could be judged on these samples: give more samples, or fewer folds.")
    if best.number == 1:
        return None, "No: no trial was better than the defaults, so there is nothing to compare, and the network was trained with them."
    if not options.comparisons:
        return None, "Not known: the best of many trials is flattered by having been chosen, and no comparison on new folds was asked for."
    folds = new_folds(work.samples, options.scoring_folds, options.comparisons, options.seed)
    say(f"Best settings and defaults on {len(folds)} new folds:")
    pair = PairWork(work, wanted.defaults, best.settings)
    return compare_on(folds, pair, wanted.metric, at_once(len(folds)), until, say, before=work.folds), ""
