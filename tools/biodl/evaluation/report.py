"""What Evaluate writes: tables, plots and report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..data import reading
from ..program.files import File, Outputs
from ..reporting import plots
from ..reporting.page import Page
from ..reporting.plots import Panel
from ..reporting.tables import write_table
from .compare import NETWORK, Comparison, HeldOut, verdict, warnings

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS = (
    File("verdict", "how good the network is, in a few sentences (text)"),
    File("result", "headline metrics and models compared, with intervals (PNG)"),
    File("plots", "plots (PNG)"),
    File("mistakes", "the most confident mistakes, where samples are images (PNG)"),
    File("report", "report (HTML)"),
    File("metrics", "headline metrics with confidence intervals (tabular)"),
    File("comparison", "network, baseline and traditional models side by side (tabular)"),
    File("classes", "metrics of each class (tabular)"),
    File("predictions", "one row a sample (tabular)"),
    File("metrics_json", "all metrics (JSON)"),
)
_MISTAKES = 16
"""Images in the gallery of mistakes."""
_LOWER_IS_BETTER = {"log_loss", "brier", "mae", "rmse", "hamming_loss"}

Rows = list[dict[str, Any]]


def write_all(held: HeldOut, comparison: Comparison, outputs: Outputs) -> None:
    """Print what was found and write every output that was asked for."""
    import pandas as pd

    task, network = held.task, comparison.scores[NETWORK]
    sentences, cautions = verdict(task, comparison), warnings(held)
    headline = [
        {"metric": name, "value": value, "ci95_low": comparison.intervals[name][0], "ci95_high": comparison.intervals[name][1]}
        for name, value in comparison.values[NETWORK].items()
    ]
    side_by_side = [
        {"metric": name, **{model: values[name] for model, values in comparison.values.items()}} for name in comparison.values[NETWORK]
    ]
    classes = task.breakdown(held.y, network)
    for row in headline:
        print(f"{row['metric']} {row['value']:.4f} (95 % confidence interval {row['ci95_low']:.4f} to {row['ci95_high']:.4f})")
    for sentence in [*cautions, *sentences]:
        print(sentence)

    if "verdict" in outputs:
        outputs["verdict"].write_text("".join(f"Result: {sentence}\n" for sentence in sentences), encoding="utf-8")
    if "result" in outputs:
        values = list(comparison.values[NETWORK].values())
        plots.figure([plots.bars(list(comparison.values[NETWORK]), values, "Metrics of the network", "")], outputs["result"])
    if "mistakes" in outputs and (gallery := _gallery(held, comparison)):
        plots.figure(gallery, outputs["mistakes"])
    if "metrics" in outputs:
        write_table(pd.DataFrame(headline), outputs["metrics"])
    if "comparison" in outputs:
        write_table(pd.DataFrame(side_by_side), outputs["comparison"])
    if "classes" in outputs:
        write_table(pd.DataFrame(classes or headline), outputs["classes"])
    if "metrics_json" in outputs:
        _write_json(outputs, held, comparison, classes, sentences, cautions)
    if "predictions" in outputs:
        write_table(_predictions(held, comparison), outputs["predictions"])
    if "plots" in outputs or "report" in outputs:
        plots.figure(_panels(held, comparison), outputs["plots"])
    if "report" in outputs:
        _page(held, comparison, headline, side_by_side, classes, sentences, cautions, outputs).save(outputs["report"])


def _write_json(
    outputs: Outputs, held: HeldOut, comparison: Comparison, classes: Rows, sentences: Sequence[str], cautions: Sequence[str]
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
        "difference_to_network_95": comparison.differences,
        "per_class": classes,
        "verdict": sentences,
        "warnings": cautions,
        **task.details(held.y, comparison.scores[NETWORK]),
    }
    outputs["metrics_json"].write_text(json.dumps(_without_nan(document), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _without_nan(item: Any) -> Any:
    """JSON has no NaN: an undefined metric is null."""
    if isinstance(item, dict):
        return {name: _without_nan(value) for name, value in item.items()}
    if isinstance(item, list | tuple):
        return [_without_nan(value) for value in item]
    return None if isinstance(item, float) and item != item else item


def _predictions(held: HeldOut, comparison: Comparison) -> pd.DataFrame:
    import pandas as pd

    assert held.data.target is not None
    observed = held.data.target.add_prefix("observed_").reset_index(names="line")
    for place, name in enumerate(held.data.naming, start=1):
        observed.insert(place, name, held.data.frame[name].to_numpy())
    scores = comparison.scores[NETWORK]
    table = held.task.prediction_table(scores).assign(**held.task.beside_predictions(held.y, scores))
    return pd.concat([observed, table], axis=1)


def _panels(held: HeldOut, comparison: Comparison) -> list[Panel]:
    task, models = held.task, list(comparison.values)
    primary = [comparison.values[name][task.primary] for name in models]
    beside = plots.bars(models, primary, "Comparison of models", task.primary.replace("_", " "))
    return [*task.panels(held.y, comparison.scores, beside), *_gallery(held, comparison)]


def _gallery(held: HeldOut, comparison: Comparison) -> list[Panel]:
    """The most confident mistakes, where samples can be looked at."""
    rows, titles, count = held.task.mistakes(held.y, comparison.scores[NETWORK], _MISTAKES)
    pictures = held.data.pictures(rows) if len(rows) else None
    return [] if pictures is None else [plots.images(pictures, titles, f"Most confident of {count} mistakes", across=4)]


def _page(
    held: HeldOut,
    comparison: Comparison,
    headline: Rows,
    side_by_side: Rows,
    classes: Rows,
    sentences: Sequence[str],
    cautions: Sequence[str],
    outputs: Outputs,
) -> Page:
    task = held.task
    page = Page(f"Evaluation of a network for {task.title}")
    page.text(f"{len(held.data)} held-out samples; task: {task.name}.")
    for caution in cautions:
        page.finding("warning", caution)
    page.heading("Which model did better")
    for sentence in sentences:
        page.text(sentence)
    if held.training is None:
        page.text("Give the training data as well to compare the network with traditional models.")
    page.image(outputs["plots"], "Plots of the evaluation")
    page.heading("Metrics of the network")
    page.table(headline)
    page.text(
        f"The 95 % confidence intervals come from {comparison.resamples} bootstrap resamples of the held-out samples{task.resampling}."
    )
    page.text(task.on_metrics())
    page.heading("Models side by side")
    page.table(side_by_side)
    page.text("Lower is better for " + ", ".join(sorted(_LOWER_IS_BETTER & {row["metric"] for row in side_by_side})) + ".")
    if classes:
        page.heading(task.breakdown_title)
        page.table(classes)
    page.heading("How your file was read")
    page.table(reading.table_of(held.data))
    return page
