"""What the learning curve writes: the metric by number of samples, a picture of it, and whether more samples would help."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import counted
from ..program.files import File, Outputs
from ..reporting import plots, verdict
from ..reporting.page import Page
from ..reporting.tables import between, four_digits, roughly, write_readable
from ..reporting.verdict import Line
from ..tasks.measures import best_named, called, in_a_sentence, range_of
from .corrected import OverFolds, bounded, over_folds
from .crossvalidate import NETWORK, CrossValidated, boosting_in, kept_by
from .folds import Fold
from .learning_curve import Outlook, PowerLaw, fit_power_law, look_ahead

if TYPE_CHECKING:
    import numpy as np

OUTPUTS = (
    verdict.OUTPUT,
    File("curve", "the metric by number of samples (PNG)", required=True),
    File("report", "report (HTML)"),
    File("curve_table", "every number of samples with the metric of each model (tabular)"),
    File("trainings", "every training with its metrics (tabular)"),
)
_WORTH = 0.02
"""A gain of the metric below this is not worth the work of twice as many samples."""

Rows = list[dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Curve:
    """The primary metric by size.

    Attributes:
        done: all trainings.
        sizes: samples to learn from, on average over the folds, growing.
        metrics: [sizes, folds] by model, of the folds that have all of these sizes.
        over: the same over the folds, one a size, by model.
        planned: sizes that were planned; fewer are here where time ended within the first fold.
        ahead: what twice the samples that there are would bring the network; nothing where that cannot be told.
        law: the power law of the network, likewise.
    """

    done: CrossValidated
    sizes: list[float]
    metrics: dict[str, np.ndarray]
    over: dict[str, list[OverFolds]]
    planned: int
    ahead: Outlook | None
    law: PowerLaw | None

    @property
    def folds(self) -> int:
        """Folds that have all of these sizes."""
        return next(iter(self.metrics.values())).shape[1]


def curve_of(done: CrossValidated, planned: Sequence[Fold], seed: int) -> Curve:
    """The curve of trainings.

    Args:
        done: trainings that time sufficed for.
        planned: all of them, as :func:`biodl.model_selection.learning_curve.growing_folds` gives them.
        seed: of the resampling of folds.
    """
    import numpy as np

    task, there = done.task, len(done.samples.data)
    of_fold: dict[str, list[int]] = {}
    for place, fold in enumerate(done.folds):
        of_fold.setdefault(fold.name, []).append(place)
    most = max(map(len, of_fold.values()))
    whole = [places[::-1] for places in of_fold.values() if len(places) == most]  # planned largest first
    rows = [done.folds[place] for places in whole for place in places]
    learn = np.array([len(fold.learn) for fold in rows]).reshape(len(whole), most)
    held = float(np.mean([len(fold.held) for fold in rows]))
    sizes = learn.mean(axis=0).tolist()
    values = {model: [row[task.primary] for row in done.metrics(model)] for model in done.models}
    metrics = {model: np.array([[found[places[size]] for places in whole] for size in range(most)]) for model, found in values.items()}
    # by the overlap of the largest parts: smaller ones overlap less
    over = {model: [bounded(task.primary, over_folds(row.tolist(), sizes[-1], held)) for row in found] for model, found in metrics.items()}
    mine = metrics[NETWORK]
    known = len(whole) > 1 and most > 2 and bool(np.isfinite(mine).all())
    ahead = look_ahead(sizes, mine, there, 2 * there, held / sizes[-1], seed, range_of(task.primary)) if known else None
    each = max(Counter(fold.name for fold in planned).values())
    return Curve(done, sizes, metrics, over, each, ahead, fit_power_law(sizes, mine) if known else None)


def write_all(curve: Curve, left_out: Sequence[str], read: Rows, outputs: Outputs) -> None:
    """Print what was found and write every output that was asked for.

    Args:
        curve: what was found.
        left_out: sentences on sizes that were not tried.
        read: how the files were read, one row a choice.
        outputs: where to write.
    """
    import pandas as pd

    task = curve.done.task
    lines = _lines(curve, left_out)
    found = _sentences(curve, left_out)
    for sentence in found:
        print(sentence)
    shown = plots.figure([_panel(curve)], outputs["curve"])
    if "curve_table" in outputs:
        write_readable(pd.DataFrame(_sizes(curve)), outputs["curve_table"])
    if "trainings" in outputs:
        write_readable(pd.DataFrame(_trainings(curve.done)), outputs["trainings"])
    if "report" in outputs:
        page = Page(f"Learning curve of a network for {task.title}", "learning_curve")
        page.verdict(lines)
        page.image(outputs["curve"], shown)
        for sentence in found:
            page.text(sentence)
        page.table(_readable(curve), f"{called(task.primary)} by number of samples")
        page.text(
            "Each size was trained once a fold, with everything fitted anew (and the batch size and whatever else goes by the number of "
            "samples chosen anew), and judged on the samples of the fold, which it did not see. "
            "The intervals take into account that training parts overlap (Nadeau and Bengio 2003). What lies beyond the last size is drawn "
            "on by a power law, which many learning curves follow: a forecast, not a measurement. No fold learns from all of your samples, "
            "so that what these reach is forecast, too; the further the forecast, the wider its interval."
        )
        page.heading("How your file was read")
        page.table(read, "What was chosen while the file was read")
        page.save(outputs["report"])
    verdict.publish(lines, outputs)


def _sentences(curve: Curve, left_out: Sequence[str]) -> list[str]:
    done = curve.done
    task, last = done.task, curve.over[NETWORK][-1]
    name = in_a_sentence(task.primary)
    first = curve.over[NETWORK][0]
    found = [
        f"The {name} of the network goes from {first.said()} with {curve.sizes[0]:.0f} samples to {last.said()} with "
        f"{curve.sizes[-1]:.0f}, in the mean of {counted(curve.folds, 'fold')}."
    ]
    if len(done.folds) < done.planned:
        found.append(f"The time given ended after {len(done.folds)} of {done.planned} trainings: {_complete(curve)}.")
    found += [f"{sentence}." for sentence in left_out]
    found += kept_by(done.predicted)
    found.append(_on_more(curve))
    best = _best_simple(curve)
    if best:
        found.append(
            f"The best traditional model, the {best}, goes from {four_digits(curve.over[best][0].mean)} to "
            f"{four_digits(curve.over[best][-1].mean)} on the same samples."
        )
    return found + boosting_in(done)


def _complete(curve: Curve) -> str:
    """How many folds have every size that was planned."""
    if len(curve.sizes) < curve.planned:
        sizes = "size alone is" if len(curve.sizes) == 1 else f"{len(curve.sizes)} of {curve.planned} sizes are"
        return f"none of the folds has every size, and the largest {sizes} here"
    return f"{curve.folds} of the folds {'has' if curve.folds == 1 else 'have'} every size"


def _on_more(curve: Curve) -> str:
    """Whether more samples would help, in words."""
    ahead, name = curve.ahead, in_a_sentence(curve.done.task.primary)
    if ahead is None:
        return "Too little was measured to say what more samples would bring."
    reach = f"twice your {ahead.now} samples ({ahead.samples}) should reach about {four_digits(round(ahead.metric, 3))} {name}"
    gain = f"a gain of {roughly(ahead.gain)} (95 % interval {roughly(ahead.gain_low)} to {roughly(ahead.gain_high)})"
    told = f"{reach}, {gain} on all of yours."
    if ahead.gain_high < _WORTH:
        return f"More samples of this kind would hardly help: {told} Better labels or other features may."
    if ahead.gain >= _WORTH and ahead.gain_low > 0:
        return f"More samples would help: {told}"
    return f"Whether more samples would help cannot be told well: {told}"


def _best_simple(curve: Curve) -> str:
    aside = (NETWORK, curve.done.task.guess_name)
    return best_named({name: over[-1].mean for name, over in curve.over.items() if name not in aside})


def _lines(curve: Curve, left_out: Sequence[str]) -> list[Line]:
    done = curve.done
    found = _sentences(curve, left_out)
    ahead = curve.ahead
    then = (
        "get more samples, or tune the network." if ahead and ahead.gain >= _WORTH else "look at labels and features, or tune the network."
    )
    return verdict.verdict(
        [
            Line("Learning curve", found[0]),
            Line("More samples", _on_more(curve)),
            Line("Caution", found[1]) if len(done.folds) < done.planned else None,
        ],
        Line("Next", then),
    )


def _panel(curve: Curve) -> plots.Panel:
    task = curve.done.task
    over = {
        model: [(value.mean, value.low, value.high) for value in values] for model, values in curve.over.items() if model != task.guess_name
    }
    beyond = None
    if curve.ahead and curve.law:
        law, start = curve.law, curve.sizes[0]
        steps = [start * (curve.ahead.samples / start) ** (step / 60) for step in range(61)]
        beyond = ([*zip(steps, map(law.metric, steps), strict=True)], (curve.ahead.samples, curve.ahead.low, curve.ahead.high))
    guess = curve.over[task.guess_name][-1].mean if task.guess_name in curve.over else float("nan")
    return plots.learning_by_size(curve.sizes, over, beyond, (task.guess_name, guess), called(task.primary))


def _sizes(curve: Curve) -> Rows:
    return [
        {
            "model": model,
            "samples": round(size),
            "mean": value.mean,
            "standard_deviation": value.deviation,
            "ci95_low": value.low,
            "ci95_high": value.high,
            "folds": value.folds,
        }
        for model, values in curve.over.items()
        for size, value in zip(curve.sizes, values, strict=True)
    ]


def _readable(curve: Curve) -> Rows:
    rows: Rows = [
        {"samples": f"{size:.0f}", **{model: values[place].said() for model, values in curve.over.items()}}
        for place, size in enumerate(curve.sizes)
    ]
    if curve.ahead:
        expected = f"{four_digits(round(curve.ahead.metric, 3))} (forecast: {between(curve.ahead.low, curve.ahead.high)})"
        rows.append({"samples": str(curve.ahead.samples), **dict.fromkeys(curve.over, ""), NETWORK: expected})
    return rows


def _trainings(done: CrossValidated) -> Rows:
    return [
        {
            "model": model,
            "fold": fold.name,
            "samples_learned_from": len(fold.learn),
            "samples_predicted": len(fold.held),
            **{name: row[name] for name in done.task.headline},
        }
        for model in done.models
        for fold, row in zip(done.folds, done.metrics(model), strict=True)
    ]
