"""What Evaluate writes: the verdict, tables, plots and report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..data import reading
from ..program.files import File, Outputs
from ..reporting import plots, verdict
from ..reporting.page import Page
from ..reporting.tables import between, four_digits, write_readable, write_table
from ..reporting.verdict import Line
from ..tasks import Task
from ..tasks.measures import CALLED, LOWER_IS_BETTER, called
from .baselines import on_boosting
from .compare import Comparison, HeldOut, judged, warnings
from .near import Near, near_found, near_rows, on_near
from .predictions import predictions_beside_truth
from .record import write_evaluation
from .trust import Trust
from .words import in_lines

OUTPUTS = (
    verdict.OUTPUT,
    File("result", "headline metrics and models compared, with intervals (PNG)"),
    File("plots", "plots (PNG)"),
    File("mistakes", "the most confident mistakes, where samples are images (PNG)"),
    File("report", "report (HTML)"),
    File("evaluation", "what 'Compare networks' reads: predictions, truth and fingerprints (JSON)"),
    File("metrics", "headline metrics with confidence intervals (tabular)"),
    File("comparison", "network, baseline and traditional models side by side (tabular)"),
    File("classes", "metrics of each class (tabular)"),
    File("predictions", "one row a sample (tabular)"),
    File("metrics_json", "all metrics (JSON)"),
)
_MISTAKES = 16
"""Images in the gallery of mistakes."""
_PICTURED = 6
"""Headline metrics in the picture of the result."""

Rows = list[dict[str, Any]]


def write_all(held: HeldOut, comparison: Comparison, outputs: Outputs, trust: Trust, near: Near | None = None) -> None:
    """Print what was found and write every output that was asked for."""
    import pandas as pd

    task, network = held.task, comparison.scores[comparison.network]
    nearly = [on_near(held, comparison, near)] if near else []
    lines, sentences, cautions = in_lines(held, comparison, nearly), judged(held, comparison), [*warnings(held), *nearly]
    headline = _headline(held, comparison)
    side_by_side = [{"metric": name, **{model: values[name] for model, values in comparison.values.items()}} for name in task.headline]
    classes = task.breakdown(held.y, network)
    verdict.publish(lines, outputs)
    for row in headline:
        span = between(row["ci95_low"], row["ci95_high"])
        print(f"{row['metric']} {four_digits(row['value']) or 'unknown'}" + (f" (95 % confidence interval {span})" if span else ""))
    for sentence in [*cautions, *sentences, *filter(None, [task.on_resamples(), _decided(task)]), *trust.sentences, *map(str, _read(held))]:
        print(sentence)

    if "result" in outputs or "report" in outputs:
        named = [{**row, "metric": called(row["metric"])} for row in headline[:_PICTURED]]
        result = plots.result(named, _beside(held, comparison), called(task.primary), outputs["result"])
    if "mistakes" in outputs:
        _draw_mistakes(held, comparison, outputs)
    if "metrics" in outputs:
        write_readable(pd.DataFrame(headline), outputs["metrics"])
    if "comparison" in outputs:
        write_readable(pd.DataFrame(side_by_side), outputs["comparison"])
    if "classes" in outputs:
        write_readable(pd.DataFrame(classes or headline), outputs["classes"])
    if "metrics_json" in outputs:
        _write_json(outputs, held, comparison, classes, sentences, cautions, trust, near)
    if "evaluation" in outputs:
        write_evaluation(held, comparison, outputs["evaluation"])
    if "predictions" in outputs:
        columns = trust.columns | ({"near_training": ["yes" if inside else "no" for inside in near.known.inside]} if near else {})
        write_table(predictions_beside_truth(task, held.data, held.y, network).assign(**columns), outputs["predictions"])
    if "plots" in outputs or "report" in outputs:
        shown = plots.figure(held.task.panels(held.y, comparison.scores), outputs["plots"])
    if "report" in outputs:
        _page((result, shown), held, comparison, lines, headline, side_by_side, classes, outputs, trust, cautions, near).save(
            outputs["report"]
        )


def _decided(task: Task) -> str:
    """How the network decides, and the models beside it; nothing where all do as everyone expects."""
    said = task.on_decision()
    return f"{said} Models without a threshold of their own are judged at 0.5." if said else ""


def _headline(held: HeldOut, comparison: Comparison) -> Rows:
    """The metrics that people look at, the most important first."""
    values, intervals = comparison.values[comparison.network], comparison.intervals
    return [
        {"metric": name, "value": values[name], "ci95_low": intervals[name][0], "ci95_high": intervals[name][1]}
        for name in held.task.headline
    ]


def _beside(held: HeldOut, comparison: Comparison) -> Rows:
    """Each model by the primary metric, with its interval."""
    return [
        {"model": name, "value": values[held.task.primary], "ci95_low": comparison.beside[name][0], "ci95_high": comparison.beside[name][1]}
        for name, values in comparison.values.items()
    ]


def _read(held: HeldOut) -> list[object]:
    """How the files were read, and what the encodings cannot take in."""
    data, rival = held.data, held.rival
    found: list[object] = [*reading.told(data), *data.notes, *held.network.encoding.notes(data)]
    if rival is not None:
        found += rival.network.encoding.notes(rival.data)
    if held.training is not None:
        found += filter(None, [on_boosting(held.network.encoding, held.task)])
    return list(dict.fromkeys(map(str, found)))


def _write_json(
    outputs: Outputs,
    held: HeldOut,
    comparison: Comparison,
    classes: Rows,
    sentences: Sequence[str],
    cautions: Sequence[str],
    trust: Trust,
    near: Near | None,
) -> None:
    task = held.task
    document = {
        "task": task.name,
        "target": list(task.target),
        "classes": list(task.to_json()["classes"]),
        "samples": len(held.data),
        "primary_metric": task.primary,
        "metrics": comparison.values,
        "confidence_intervals_95": comparison.intervals,
        "primary_metric_intervals_95": comparison.beside,
        "difference_to_network_95": comparison.differences,
        "per_class": classes,
        "verdict": sentences,
        "warnings": cautions,
        **trust.found,
        **({"near_training": near_found(near)} if near else {}),
        **task.details(held.y, comparison.scores[comparison.network]),
    }
    outputs["metrics_json"].write_text(json.dumps(_without_nan(document), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _without_nan(item: Any) -> Any:
    """JSON has no NaN: an undefined metric is null."""
    if isinstance(item, dict):
        return {name: _without_nan(value) for name, value in item.items()}
    if isinstance(item, list | tuple):
        return [_without_nan(value) for value in item]
    return None if isinstance(item, float) and item != item else item


def _draw_mistakes(held: HeldOut, comparison: Comparison, outputs: Outputs) -> None:
    """The most confident mistakes, where samples can be looked at; nothing is written elsewhere."""
    rows, titles, count = held.task.mistakes(held.y, comparison.scores[comparison.network], _MISTAKES)
    pictures = held.data.pictures(rows)
    if pictures is None:
        return
    for name in held.data.naming[:1]:
        named = held.data.frame[name].iloc[rows]
        titles = [f"{file}\n{title}" for file, title in zip(named, titles, strict=True)]
    plots.gallery(pictures, titles, held.task.on_mistakes(count, len(held.data)), outputs["mistakes"])


def _page(
    said: tuple[str, str],
    held: HeldOut,
    comparison: Comparison,
    lines: Sequence[Line],
    headline: Rows,
    side_by_side: Rows,
    classes: Rows,
    outputs: Outputs,
    trust: Trust,
    cautions: Sequence[str],
    near: Near | None,
) -> Page:
    task = held.task
    result, shown = said  # what the pictures show, in words
    page = Page(f"Evaluation of a network for {task.title}", "evaluate")
    page.verdict(lines)
    page.text(f"{len(held.data)} held-out samples of the {held.data.where}; task: {task.name}.")
    for caution in cautions:
        page.finding("warning", caution)
    page.image(outputs["result"], result)
    page.heading("Metrics of the network")
    page.table(
        [
            {"metric": called(row["metric"]), "value": row["value"], "95 % interval": between(row["ci95_low"], row["ci95_high"])}
            for row in headline
        ],
        "Metrics of the network with 95 % intervals",
    )
    page.text(f"The 95 % intervals come from {comparison.resamples} bootstrap resamples of the held-out samples{task.resampling}.")
    page.text(task.on_resamples())
    page.text(task.on_metrics())
    page.text(_decided(task))
    for sentence in trust.sentences:
        page.text(sentence)
    rows = near_rows(held, comparison, near) if near else []
    if rows:
        page.heading("Without samples that are near training samples")
        page.table(rows, "Metrics on all held-out samples, and without those near training samples")
    page.heading("Which model did better")
    for sentence in judged(held, comparison):
        page.text(sentence)
    if held.training is None:
        page.text(
            "Give the training data as well to compare the network with traditional models, and to see whether held-out samples are near "
            "copies of training samples."
        )
    else:
        page.text(on_boosting(held.network.encoding, task))
    interval = f"95 % interval of {comparison.network} minus model"
    page.table(
        [
            {
                "model": row["model"],
                called(task.primary): row["value"],
                "95 % interval": between(row["ci95_low"], row["ci95_high"]),
                interval: between(*comparison.differences[row["model"]]) if row["model"] in comparison.differences else "",
            }
            for row in _beside(held, comparison)
        ],
        f"Every model by {called(task.primary)}",
    )
    page.heading("Models side by side")
    page.table([{**row, "metric": called(row["metric"])} for row in side_by_side], "Metrics of every model")
    page.text("Lower is better for " + ", ".join(called(name) for name in task.headline if name in LOWER_IS_BETTER) + ".")
    page.image(outputs["plots"], shown)
    if classes:
        page.heading(task.breakdown_title)
        page.table([{_named(name): value for name, value in row.items()} for row in classes], task.breakdown_title)
    page.heading("How your file was read")
    page.table(reading.table_of(held.data), "What was chosen while the file was read")
    return page


def _named(column: str) -> str:
    """A column of the breakdown in words."""
    return called(column) if column in CALLED else {"support": "samples"}.get(column, column)
