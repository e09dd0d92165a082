"""What cross-validation writes: metrics over folds, predictions of samples that a network did not see, plots, and words."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import counted, listed, span
from ..evaluation.predictions import predictions_beside_truth
from ..program.files import File, Outputs
from ..reporting import plots
from ..reporting.page import Chapter, Page
from ..reporting.tables import between, four_digits, write_readable, write_table
from ..reporting.verdict import Line
from ..tasks.measures import best_named, called, in_a_sentence, towards
from .corrected import OverFolds, bounded, over_folds
from .crossvalidate import NETWORK, CrossValidated, Predicted, boosting_in, kept_by
from .folds import Fold, sizes_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

OUTPUTS = (
    File("fold_plots", "cross-validation: metrics, learning curves and predictions of all folds (PNG)"),
    File("fold_metrics", "cross-validation: every fold with its metrics (tabular)"),
    File("metrics_over_folds", "cross-validation: each metric over the folds, with its interval, by model (tabular)"),
    File("out_of_fold", "cross-validation: every sample as predicted by a network that did not see it (tabular)"),
)

Rows = list[dict[str, Any]]
HELD = "coverage_reached"
"""Name of a column: the share of samples whose truth lies in its prediction set."""


@dataclasses.dataclass(frozen=True)
class Judged:
    """A cross-validation with what its folds say together.

    Attributes:
        done: the folds.
        by_fold: metrics of each fold by model.
        over: each metric over the folds, by model.
        apart: the primary metric of the network minus that of another model over the folds, by name of the other.
        held: of the samples that a fold left out, the share whose truth its prediction sets held, over the folds; None without sets.
    """

    done: CrossValidated
    by_fold: dict[str, list[dict[str, float]]]
    over: dict[str, dict[str, OverFolds]]
    apart: dict[str, OverFolds]
    held: OverFolds | None = None


def judge(done: CrossValidated) -> Judged:
    """Metrics of each fold, and over all."""
    task = done.task
    sizes = sizes_of(done.folds)
    by_fold = {model: done.metrics(model) for model in done.models}
    over = {
        model: {name: bounded(name, over_folds([row[name] for row in rows], *sizes)) for name in task.headline}
        for model, rows in by_fold.items()
    }
    mine = [row[task.primary] for row in by_fold[NETWORK]]
    apart = {
        model: over_folds([one - row[task.primary] for one, row in zip(mine, rows, strict=True)], *sizes)
        for model, rows in by_fold.items()
        if model != NETWORK
    }
    reached = [of_fold.held for of_fold in done.predicted]
    held = bounded(HELD, over_folds(reached, *sizes)) if any(of_fold.sets for of_fold in done.predicted) else None
    return Judged(done, by_fold, over, apart, held)


def chapter(judged: Judged, outputs: Outputs) -> Chapter:
    """Write the outputs that were asked for, and give what the report of the training says of them."""
    import pandas as pd

    if "fold_metrics" in outputs:
        write_readable(pd.DataFrame(_each_fold(judged)), outputs["fold_metrics"])
    if "metrics_over_folds" in outputs:
        write_readable(pd.DataFrame(_over_folds(judged)), outputs["metrics_over_folds"])
    if "out_of_fold" in outputs:
        write_table(_out_of_fold(judged.done), outputs["out_of_fold"])
    shown = plots.figure(_panels(judged), outputs["fold_plots"])
    for sentence in sentences(judged):
        print(sentence)

    def write(page: Page) -> None:
        page.heading("Cross-validation")
        for sentence in sentences(judged):
            page.text(sentence)
        page.image(outputs["fold_plots"], shown)
        page.table(_readable(judged), f"{called(judged.done.task.primary)} over the folds, by model")
        page.table(
            [{"metric": called(name), **_shown(value)} for name, value in _of_network(judged).items()],
            "Metrics of the network over the folds",
        )
        page.folded("Every fold", [{**row} for row in _each_fold(judged) if row["model"] == NETWORK])
        page.text(
            "Each fold was predicted by networks that did not see it; preparation of data, network and validation share were made anew "
            "for each. The intervals take into account that training parts overlap (Nadeau and Bengio 2003)."
        )

    return Chapter(_line(judged), write)


def sentences(judged: Judged) -> list[str]:
    """What cross-validation found, a sentence a finding."""
    done = judged.done
    task, value = done.task, judged.over[NETWORK][done.task.primary]
    repeats = max(fold.repeat for fold in done.folds)
    division = counted(len(done.folds), "fold") + (f" (of {counted(repeats, 'repeat')})" if repeats > 1 else "")
    spread = f", standard deviation {four_digits(value.deviation)}" if value.deviation == value.deviation else ""
    found = [f"Cross-validation over {division}: {in_a_sentence(task.primary)} of the network {value.said()}{spread}."]
    found += _silent(judged)
    if len(done.folds) < done.planned:
        missing = done.planned - len(done.folds)
        are = "is missing, and with it" if missing == 1 else "are missing, and with them"
        found.append(
            f"The time given for cross-validation ended after {len(done.folds)} of {done.planned} folds: {missing} {are} predictions of "
            f"{counted(len(done.samples.data) - len(done.once_predicted), 'sample')}."
        )
    found += [_beside(judged, model) for model in judged.apart]
    return found + _on_labels(done, repeats) + boosting_in(done) + kept_by(done.predicted) + _on_sets(judged)


def _silent(judged: Judged) -> list[str]:
    """How many folds cannot tell which of the metrics of the network that are shown, a sentence a number of folds."""
    by_folds: dict[int, list[str]] = {}
    for name, value in judged.over[NETWORK].items():
        if value.folds < len(judged.done.folds):
            by_folds.setdefault(len(judged.done.folds) - value.folds, []).append(in_a_sentence(name))
    found = []
    for silent, names in by_folds.items():
        cannot, do = ("fold cannot tell", "by itself and does") if silent == 1 else ("folds cannot tell", "by themselves and do")
        found.append(f"{silent} {cannot} the {listed(names, len(names))} {do} not count there.")
    return found


def _on_labels(done: CrossValidated, repeats: int) -> list[str]:
    """At which threshold the label of an out-of-fold prediction was decided; nothing where that is 0.5."""
    if not done.own_thresholds:
        return []
    if repeats == 1:
        return ["Each out-of-fold label was decided by the threshold of the network that predicted the sample."]
    return [
        "Each out-of-fold label was decided by the mean probability of the networks that predicted the sample (one a repeat), at the mean "
        "of their thresholds."
    ]


def _on_sets(judged: Judged) -> list[str]:
    """How often prediction sets of the folds held the truth; nothing where none were wished."""
    done = judged.done
    sets = [of_fold.sets for of_fold in done.predicted if of_fold.sets]
    small = f"the validation part is too small to calibrate sets with a coverage of {done.coverage:.0%}."
    if not done.coverage:
        return []
    if not sets or judged.held is None:
        return [f"The coverage that folds reach is not known: {small}"]
    value, steered = judged.held, any(item.steered for item in sets)
    few, many = min(item.samples for item in sets), max(item.samples for item in sets)
    held = f"held it for {value.mean:.1%} of those that a fold left out, on average over {counted(value.folds, 'fold')}"
    calibrated = f"each fold calibrated its own on {span(few, many)} validation samples{', which also chose its epoch' if steered else ''}"
    unknown = len(done.predicted) - len(sets)
    return [
        f"{done.task.set_called(sets[0])} {held}{_percent_between(value)}; {calibrated}.",
        *([f"Of {counted(unknown, 'fold')} the coverage is not known: {small}"] if unknown else []),
    ]


def _percent_between(value: OverFolds) -> str:
    return f" (95 % interval {value.low:.1%} to {value.high:.1%})" if value.low == value.low else ""


def _beside(judged: Judged, model: str) -> str:
    """The network and another model on the same folds."""
    task, apart = judged.done.task, judged.apart[model]
    one, two = (four_digits(judged.over[name][task.primary].mean) or "unknown" for name in (NETWORK, model))
    name = task.guess_called if model == task.guess_name else model
    against = (
        f"{in_a_sentence(task.primary)} {one} against {two}, 95 % interval of the difference {between(apart.low, apart.high) or 'unknown'}"
    )
    if judged.done.own_thresholds:
        against += f"; the network decides at thresholds that were chosen, the {name} at 0.5"
    if apart.low > 0:
        return f"On the same folds the network did better than the {name} ({against})."
    if apart.high < 0:
        return f"On the same folds the {name} did better than the network ({against})."
    return f"On the same folds chance alone could explain the difference between the network and the {name} ({against})."


def best_simple(judged: Judged) -> str:
    """The best of the models beside the network that learned; nothing if there is none."""
    task = judged.done.task
    return best_named({name: judged.over[name][task.primary].mean for name in judged.apart if name != task.guess_name})


def _line(judged: Judged) -> Line:
    done = judged.done
    task, best = done.task, best_simple(judged)
    text = f"{in_a_sentence(task.primary)} {judged.over[NETWORK][task.primary].said()} over {counted(len(done.folds), 'fold')}"
    if len(done.folds) < done.planned:
        text += f" of {done.planned}, since time was up"
    if not best:
        return Line("Cross-validation", f"{text}.")
    apart = judged.apart[best]
    how = "clearly better" if apart.high < 0 else "clearly worse" if apart.low > 0 else "no clear difference"
    half = " at a threshold of 0.5" if done.own_thresholds else ""
    return Line("Cross-validation", f"{text}; {best} {four_digits(judged.over[best][task.primary].mean)}{half} ({how}).")


def _each_fold(judged: Judged) -> Rows:
    done = judged.done
    return [
        {
            "model": model,
            "repeat": fold.repeat,
            "fold": fold.name,
            "training_samples": of_fold.training,
            "validation_samples": of_fold.validation,
            "samples": len(fold.held),
            **(_kept(of_fold) if model == NETWORK else dict.fromkeys(_kept(of_fold))),
            **{name: row[name] for name in done.task.headline},
            **({HELD: of_fold.held if model == NETWORK else None} if judged.held else {}),
        }
        for model, rows in judged.by_fold.items()
        for fold, of_fold, row in zip(done.folds, done.predicted, rows, strict=True)
    ]


def _kept(of_fold: Predicted) -> dict[str, Any]:
    """The epoch that was kept; of an ensemble that of each member."""
    if not of_fold.best_epochs:
        return {"kept_epoch": of_fold.best_epoch}
    return {"kept_epochs_of_members": ", ".join(map(str, of_fold.best_epochs))}


def _of_network(judged: Judged) -> dict[str, OverFolds]:
    """What the folds say of the network together, by name."""
    return judged.over[NETWORK] | ({HELD: judged.held} if judged.held else {})


def _over_folds(judged: Judged) -> Rows:
    return [
        {
            "model": model,
            "metric": name,
            "mean": value.mean,
            "standard_deviation": value.deviation,
            "ci95_low": value.low,
            "ci95_high": value.high,
            "folds": value.folds,
        }
        for model in judged.over
        for name, value in (_of_network(judged) if model == NETWORK else judged.over[model]).items()
    ]


def _readable(judged: Judged) -> Rows:
    task = judged.done.task
    return [
        {
            "model": model,
            **_shown(metrics[task.primary]),
            "95 % interval of network minus model": between(judged.apart[model].low, judged.apart[model].high)
            if model in judged.apart
            else "",
        }
        for model, metrics in judged.over.items()
    ]


def _shown(value: OverFolds) -> dict[str, Any]:
    return {"mean": value.mean, "standard deviation": value.deviation, "95 % interval": between(value.low, value.high)}


def _out_of_fold(done: CrossValidated) -> pd.DataFrame:
    rows = done.once_predicted
    scores = done.out_of_fold(NETWORK)
    table = predictions_beside_truth(done.task, done.samples.data.take(rows), done.samples.y[rows], scores)
    if done.own_thresholds:
        table = table.assign(**_labels(done, scores))
    table.insert(1, "fold", _folds_by_row(done.folds, rows.tolist()))
    return table


def _labels(done: CrossValidated, scores: np.ndarray) -> dict[str, pd.Series]:
    """What is said of each sample where its own networks decide, by name of the column."""
    import pandas as pd

    parts = [task.prediction_table(scores[places], probabilities=False).set_axis(places) for task, places in done.deciding()]
    return {str(name): column for name, column in pd.concat(parts).sort_index().items()}


def _folds_by_row(folds: Sequence[Fold], rows: Sequence[int]) -> list[str]:
    """The fold that left out each sample; of several repeats all, with commas between."""
    names: dict[int, list[str]] = {row: [] for row in rows}
    for fold in folds:
        for row in fold.held.tolist():
            names[row].append(fold.name)
    return [", ".join(names[row]) for row in rows]


def _panels(judged: Judged) -> list[plots.Panel]:
    done = judged.done
    task, rows = done.task, done.once_predicted
    name = called(task.primary)
    values = {model: [row[task.primary] for row in of_model] for model, of_model in judged.by_fold.items()}
    means = {
        model: (metrics[task.primary].mean, metrics[task.primary].low, metrics[task.primary].high) for model, metrics in judged.over.items()
    }
    scores, y = {model: done.out_of_fold(model) for model in done.models}, done.samples.y[rows]
    judged_ones = task.panels_of_several(y, scores, done.deciding())
    return [
        plots.by_fold(values, means, f"{name}: every fold, mean and 95 % interval", f"{name} ({towards(task.primary)})"),
        plots.curves_of_folds(
            [of_fold.rows for of_fold in done.predicted],
            [of_fold.best_epoch for of_fold in done.predicted],
            members=any(of_fold.best_epochs for of_fold in done.predicted),
        ),
        *(dataclasses.replace(panel, title=f"{panel.title}, out of fold") for panel in judged_ones),
    ]
