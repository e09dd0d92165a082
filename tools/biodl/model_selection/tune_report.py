"""What a search for settings writes: trials, importances, comparison, plots, and words: what was tried, what was best, was it worth it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ..errors import counted
from ..program.files import File, Outputs
from ..program.search import Log, OneOf, as_text
from ..reporting import plots
from ..reporting.page import Chapter, Page
from ..reporting.tables import between, four_digits, write_readable
from ..reporting.verdict import Line
from ..tasks.measures import called, in_a_sentence, towards
from . import rungs
from .corrected import bounded
from .trials import COMPLETE, FAILED, STOPPED, Trial, best_of, importances
from .tune import Search
from .worth import Compared

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS = (
    File("tuning_plots", "all trials, importances of settings, and the comparison with the defaults (PNG)"),
    File("trial_table", "every trial with its settings and its metric (tabular)"),
    File("importance_table", "how much each setting mattered (tabular)"),
    File("comparison_table", "best settings and defaults on new folds (tabular)"),
    File("study", "the study, to go on with later (text)"),
)
_MANY = 50
"""Trials from which on importances say something."""
_SLICES = 4
BEST, DEFAULTS = "best settings", "defaults"
_STATES = {COMPLETE: "all folds", STOPPED: "stopped early", FAILED: "failed"}
_STATES_OF_ONE = {COMPLETE: "whole training", FAILED: "failed"}
"""Of trials on one validation part; those that were stopped say after which share of the training."""


@dataclasses.dataclass(frozen=True)
class Tuned:
    """A study that ended.

    Attributes:
        wanted: what it was to do.
        trials: in order of their numbers.
        compared: best and defaults on new folds, if they were compared.
        no_comparison: why they were not.
        spaces: each setting with what was tried of it, in words.
    """

    wanted: Search
    trials: list[Trial]
    compared: Compared | None
    no_comparison: str
    spaces: dict[str, str]

    @property
    def best(self) -> Trial:
        found = best_of(self.trials, self.wanted.higher)
        assert found is not None  # the first trial ends with a value, or the study does not
        return found

    @property
    def first(self) -> Trial:
        return self.trials[0]

    @property
    def chosen(self) -> dict[str, Any]:
        """Settings for the network that is kept: the best, unless the defaults did clearly better on new folds."""
        worse = self.compared is not None and self.compared.gain.high < 0
        return self.first.settings if worse else self.best.settings

    @property
    def missing(self) -> list[int]:
        """Numbers of trials for which there was no time."""
        there = {trial.number for trial in self.trials}
        return [number for number in range(1, self.wanted.trials + 1) if number not in there]


def chapters(tuned: Tuned, outputs: Outputs) -> list[Chapter]:
    """Write the outputs that were asked for, and give what the report says of them."""
    import pandas as pd

    wanted = tuned.wanted
    matters = importances(tuned.trials, wanted.space, wanted.higher, wanted.seed)
    if "trial_table" in outputs:
        write_readable(pd.DataFrame(trial_rows(tuned)), outputs["trial_table"])
    if "importance_table" in outputs:
        write_readable(_importance_frame(matters), outputs["importance_table"])
    if "comparison_table" in outputs:
        write_readable(_comparison_frame(tuned), outputs["comparison_table"])
    shown = plots.figure(_panels(tuned, matters), outputs["tuning_plots"])
    tried, worth = what_was_tried(tuned), was_it_worth_it(tuned)
    for sentence in (*tried, *worth):
        print(sentence)

    def first(page: Page) -> None:
        page.heading("Tuning: what was tried, and what was best")
        for sentence in tried:
            page.text(sentence)
        page.table(_settings(tuned), "Settings that were searched")
        page.image(outputs["tuning_plots"], shown)
        page.folded("Every trial", trial_rows(tuned))
        page.heading("Which settings mattered?")
        for sentence in _on_importances(tuned, matters):
            page.text(sentence)
        page.table([{"setting": _name(name), "importance": share} for name, share in matters.items()], "Importance of each setting")

    def second(page: Page) -> None:
        page.heading("Was tuning worth it?")
        for sentence in worth:
            page.text(sentence)
        page.folded("Every new fold", _comparison_rows(tuned))
        page.text(_how())

    return [Chapter(_tuning_line(tuned), first), Chapter(_worth_line(tuned), second)]


def what_was_tried(tuned: Tuned) -> list[str]:
    """Sentences on the search."""
    wanted, trials, best = tuned.wanted, tuned.trials, tuned.best
    name = in_a_sentence(wanted.metric)
    counts = {state: sum(trial.state == state for trial in trials) for state in (STOPPED, FAILED)}
    whose = "its" if counts[STOPPED] == 1 else "their"
    early = "after the first folds" if wanted.folds > 1 else f"after {rungs.any_of()} of {whose} training"
    better = "done better" if wanted.folds > 1 else "a lower validation loss"
    aside = [
        *([f"{counts[STOPPED]} stopped {early}, since half of the others had {better} by then"] if counts[STOPPED] else []),
        *([f"{counts[FAILED]} failed, since such a network cannot be trained on these samples"] if counts[FAILED] else []),
    ]
    scored = f"by cross-validation ({wanted.folds} folds)" if wanted.folds > 1 else "on one validation part that no network learned from"
    found = [
        f"{counted(len(trials), 'trial')} of {counted(len(wanted.space), 'setting')}, each scored {scored} by its {name}; "
        "the first trial has the defaults." + (f" Of these {'; '.join(aside)}." if aside else "")
    ]
    if best.number == 1:
        found.append(f"No trial was better than the defaults ({name} {four_digits(best.value)}).")
    else:
        changed = _changed(tuned)
        found.append(
            f"The best was trial {best.number} with {name} {four_digits(best.value)}; the defaults had {four_digits(tuned.first.value)}. "
            f"It differs in {changed}."
        )
    if tuned.missing:
        ran = f"trials {_span(tuned.missing)}" if len(tuned.missing) > 1 else f"trial {tuned.missing[0]}"
        found.append(f"The time given for tuning ended before {ran} of {wanted.trials}: give the study to a later run to go on.")
    return found


def _span(numbers: list[int]) -> str:
    whole = numbers == list(range(numbers[0], numbers[-1] + 1))
    return f"{numbers[0]} to {numbers[-1]}" if whole else ", ".join(map(str, numbers[:10]))


def was_it_worth_it(tuned: Tuned) -> list[str]:
    """Sentences on the comparison with the defaults."""
    compared = tuned.compared
    if compared is None:
        return [tuned.no_comparison]
    name = in_a_sentence(tuned.wanted.metric)
    how_many = f"{counted(len(compared.folds), 'new fold')}" + (
        f" (of {compared.planned}, since time was up)" if len(compared.folds) < compared.planned else ""
    )
    best, defaults = compared.over(compared.best), compared.over(compared.defaults)
    values = f"{name} {four_digits(best.mean)} against {four_digits(defaults.mean)}"
    span = between(compared.gain.low, compared.gain.high)
    interval = f"95 % interval of the gain {span}" if span else "too few folds for an interval"
    flattered = (
        f"In the search the best trial had {four_digits(tuned.best.value)}: the best of many is flattered by having been chosen, so "
        "the new folds count."
    )
    same = (
        f"{compared.seen} of the new folds are folds of the search once more, since groups or copies leave few ways to divide the samples: "
        "there the gain is flattered."
    )
    return [f"{_judged(compared)} On {how_many}: {values}; {interval}.", flattered, *([same] if compared.seen else []), _kept(tuned)]


def _judged(compared: Compared) -> str:
    gain = compared.gain
    if gain.low != gain.low:
        return "It cannot be told whether tuning was worth it."
    if gain.low > 0:
        return "Yes: the best settings beat the defaults by more than chance explains."
    if gain.high < 0:
        return "No: the defaults beat the best settings by more than chance explains."
    return "Not shown: chance alone could explain the difference between the best settings and the defaults."


def _kept(tuned: Tuned) -> str:
    if tuned.chosen is not tuned.best.settings:
        return "So the network was trained with the defaults."
    return f"The network was trained with the settings of trial {tuned.best.number}."


def _how() -> str:
    return (
        "For the comparison the samples were divided anew, in ways that the search did not see, and networks began with other random "
        "weights; on each fold both were trained, and the differences were judged by a t test whose variance is corrected for training "
        "parts that overlap (Nadeau and Bengio 2003). Samples in time order were cut at other places. The settings were still chosen on "
        "these samples: a test part that neither search nor training saw has the last word."
    )


def _tuning_line(tuned: Tuned) -> Line:
    name, best = in_a_sentence(tuned.wanted.metric), tuned.best
    count = (
        f"{len(tuned.trials)} of {tuned.wanted.trials} trials, since time was up" if tuned.missing else counted(len(tuned.trials), "trial")
    )
    if best.number == 1:
        return Line("Tuning", f"{count}; none better than the defaults ({name} {four_digits(best.value)}).")
    return Line(
        "Tuning", f"{count}; best trial {best.number}, {name} {four_digits(best.value)} (defaults {four_digits(tuned.first.value)})."
    )


def _worth_line(tuned: Tuned) -> Line:
    """Short, since what does not fit the verdict is left out."""
    compared = tuned.compared
    if compared is None:
        none = "no, no trial was better than the defaults"
        return Line("Worth it", f"{none if tuned.best.number == 1 else 'not known, since no comparison on new folds was asked for'}.")
    gain = compared.gain
    how = "cannot be told" if gain.low != gain.low else "not shown, it may be chance"
    how = "yes, by more than chance" if gain.low > 0 else "no, the defaults are better" if gain.high < 0 else how
    means = [four_digits(compared.over(values).mean) for values in (compared.best, compared.defaults)]
    return Line("Worth it", f"{how}; {counted(len(compared.folds), 'new fold')}: {means[0]} against {means[1]}.")


def _on_importances(tuned: Tuned, matters: dict[str, float]) -> list[str]:
    done = sum(trial.state == COMPLETE for trial in tuned.trials)
    if not matters:
        whole = "all folds" if tuned.wanted.folds > 1 else "a whole training"
        return [f"There are too few trials with {whole} to tell which settings mattered."]
    found = ["The share of each setting in how the trials differ (functional ANOVA over a random forest, Hutter et al. 2014)."]
    if done < _MANY:
        found.append(f"With only {counted(done, 'trial')} this is a hint and no more: take it from {_MANY} on.")
    return found


def _name(setting: str) -> str:
    return setting.replace("_", " ")


def _value(value: Any) -> str:
    """A setting for people; a 0 that leaves the choice to the samples says so."""
    return "automatic" if value == (0,) or (type(value) is int and value == 0) else as_text(value)


def _changed(tuned: Tuned) -> str:
    first, best = tuned.first.settings, tuned.best.settings
    changed = [
        f"{_name(name)} {_value(value)}" + (f" (default {_value(first[name])})" if name in first else "")
        for name, value in best.items()
        if first.get(name) != value
    ]
    return ", ".join(changed)


def trial_rows(tuned: Tuned) -> list[dict[str, Any]]:
    """A row a trial."""
    metric = tuned.wanted.metric
    return [
        {
            "trial": trial.number,
            "state": _state(trial, tuned.wanted.folds),
            metric: trial.value,
            **{
                f"fold_{fold}": trial.values[fold - 1] if fold <= len(trial.values) else float("nan")
                for fold in range(1, tuned.wanted.folds + 1)
            },
            **{name: _value(trial.settings[name]) if name in trial.settings else "" for name in tuned.wanted.space},
            "seconds": trial.seconds,
            **(rungs.columns(trial.losses) if tuned.wanted.folds == 1 else {}),
            "why": trial.why,
        }
        for trial in tuned.trials
    ]


def _state(trial: Trial, folds: int) -> str:
    """How a trial ended."""
    if folds > 1:
        return _STATES[trial.state]
    return f"stopped after {rungs.after(len(trial.losses))}" if trial.state == STOPPED else _STATES_OF_ONE[trial.state]


def _settings(tuned: Tuned) -> list[dict[str, str]]:
    first, best = tuned.first.settings, tuned.best.settings
    return [
        {
            "setting": _name(name),
            "best": _value(best[name]) if name in best else "",
            "default": _value(first[name]) if name in first else "",
            "tried": " | ".join(map(_value, search.values)) if isinstance(search, OneOf) else tuned.spaces[name],
        }
        for name, search in tuned.wanted.space.items()
    ]


def _importance_frame(matters: dict[str, float]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"setting": list(matters), "importance": [float(share) for share in matters.values()]})


def _comparison_rows(tuned: Tuned) -> list[dict[str, Any]]:
    compared = tuned.compared
    if compared is None:
        return []
    rows = zip(compared.folds, compared.best, compared.defaults, strict=True)
    return [
        {"repeat": fold.repeat, "fold": fold.name, "best_settings": best, "defaults": plain, "difference": best - plain}
        for fold, best, plain in rows
    ]


def _comparison_frame(tuned: Tuned) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(_comparison_rows(tuned), columns=["repeat", "fold", "best_settings", "defaults", "difference"])


def _panels(tuned: Tuned, matters: dict[str, float]) -> list[plots.Panel]:
    metric, higher = tuned.wanted.metric, tuned.wanted.higher
    name = called(metric)
    panels = [
        plots.trials(
            [trial.value for trial in tuned.trials],
            [trial.state != COMPLETE for trial in tuned.trials],
            higher,
            f"Trials, and the best so far ({towards(metric)})",
            name,
        )
    ]
    if tuned.compared:
        panels.append(_against(tuned.compared, metric))
    if matters:
        panels.append(
            plots.bars([_name(one) for one in matters], list(matters.values()), "Which settings mattered", "share in how trials differ")
        )
    done = [trial for trial in tuned.trials if trial.state == COMPLETE and trial.value == trial.value]
    for setting in list(matters)[:_SLICES]:
        search = tuned.wanted.space[setting]
        order = [_value(value) for value in search.values] if isinstance(search, OneOf) else []
        values = [_value(trial.settings[setting]) if order else trial.settings[setting] for trial in done]
        panels.append(plots.setting(values, [trial.value for trial in done], order, isinstance(search, Log), _name(setting), name))
    return panels


def _against(compared: Compared, metric: str) -> plots.Panel:
    name, values = called(metric), {BEST: compared.best, DEFAULTS: compared.defaults}
    over = {model: bounded(metric, compared.over(of_model)) for model, of_model in values.items()}
    means = {model: (value.mean, value.low, value.high) for model, value in over.items()}
    return plots.by_fold(values, means, f"{name} on new folds: every fold, mean and 95 % interval", f"{name} ({towards(metric)})")
