"""What Compare writes: the verdict, a picture, tables and report."""

from __future__ import annotations

from typing import Any

from ..program.files import File, Outputs
from ..reporting import plots, verdict
from ..reporting.page import Page
from ..reporting.tables import between, write_readable
from ..reporting.verdict import Line
from ..tasks.measures import LOWER_IS_BETTER, called
from .several import Model, Pair, Several
from .several_words import cautions, in_lines, on_tests, sentences

OUTPUTS = (
    verdict.OUTPUT,
    File("plots", "networks with intervals, and the difference of every two (PNG)"),
    File("report", "report (HTML)"),
    File("networks", "metrics of every model, the best first (tabular)"),
    File("differences", "every two models: difference, interval and tests (tabular)"),
)

_SHOWN = 5
"""Metrics beside the primary one that find room in the report."""


def write_all(several: Several, outputs: Outputs) -> None:
    """Print what was found and write every output that was asked for."""
    import pandas as pd

    lines = in_lines(several)
    verdict.publish(lines, outputs)
    for sentence in sentences(several):
        print(sentence)
    if "plots" in outputs or "report" in outputs:
        shown = plots.figure(_panels(several), outputs["plots"])
    if "networks" in outputs:
        write_readable(pd.DataFrame([_row(several, model) for model in several.models]), outputs["networks"])
    if "differences" in outputs:
        write_readable(pd.DataFrame([_tested(pair) for pair in several.pairs]), outputs["differences"])
    if "report" in outputs:
        _page(several, lines, shown, outputs).save(outputs["report"])


def _panels(several: Several) -> list[plots.Panel]:
    metric = called(several.task.primary)
    rows = [(model.name, several.values[model.name][several.task.primary], *several.intervals[model.name]) for model in several.models]
    pairs = {(pair.first, pair.second): (pair.difference, pair.beyond_chance) for pair in several.pairs}
    names = [model.name for model in several.models]
    return [
        plots.intervals(rows, f"{metric}, with 95 % intervals", f"{metric} (higher is better)", among=True),
        plots.differences(names, pairs, f"Differences in {metric[:1].lower()}{metric[1:]}: row minus column"),
    ]


def _row(several: Several, model: Model) -> dict[str, Any]:
    low, high = several.intervals[model.name]
    primary, *others = several.task.headline
    values = several.values[model.name]
    return {
        "model": model.name,
        "kind": f"{model.evaluation.network.family} network" if model.network else "simpler model",
        primary: values[primary],
        "ci95_low": low,
        "ci95_high": high,
        **{name: values[name] for name in others},
    }


def _tested(pair: Pair) -> dict[str, Any]:
    """A row of the table of differences; tests that do not apply have no columns."""
    row: dict[str, Any] = {
        "better": pair.first,
        "other": pair.second,
        "difference": pair.difference,
        "ci95_low": pair.low,
        "ci95_high": pair.high,
        "p": pair.p,
        "p_holm": pair.p_holm,
        "beyond_chance": "yes" if pair.beyond_chance else "no",
    }
    if pair.discordant:
        row |= {
            "right_better_alone": pair.discordant.first,
            "right_other_alone": pair.discordant.second,
            "mcnemar_p": pair.discordant.p,
            "mcnemar_p_holm": pair.discordant_holm,
        }
    if pair.areas:
        row |= {
            "roc_auc_difference": pair.areas.first - pair.areas.second,
            "delong_p": pair.areas.p,
            "delong_p_holm": pair.areas_holm,
        }
    return row


def _page(several: Several, lines: list[Line], shown: str, outputs: Outputs) -> Page:
    task = several.task
    page = Page(f"Networks compared for {task.title}", "compare")
    page.verdict(lines)
    first = several.models[0].evaluation.tested
    page.text(f"{len(several.y)} held-out samples of the {first.where}; task: {task.name}.")
    for caution in cautions(several):
        page.finding("warning", caution[:1].upper() + caution[1:])
    page.image(outputs["plots"], shown)
    page.heading("The best beside each other")
    for sentence in sentences(several):
        page.text(sentence)
    page.heading("Every model")
    page.table([_named(several, model) for model in several.models], "Metrics of every model, the best first")
    shown_ones = task.headline[: _SHOWN + 1]
    lower = [called(name) for name in shown_ones if name in LOWER_IS_BETTER]
    page.text(f"Lower is better for {', '.join(lower)}." if lower else "")
    page.text("" if len(task.headline) <= len(shown_ones) else "All metrics are in the table of models.")
    page.text(task.on_metrics())
    page.heading("Every two models")
    page.table([_read(pair) for pair in several.pairs], "Differences, intervals and tests")
    for sentence in on_tests(several):
        page.text(sentence)
    page.heading("Which files were compared")
    page.table([_file(model) for model in several.networks], "Evaluations")
    return page


def _named(several: Several, model: Model) -> dict[str, Any]:
    row = _row(several, model)
    span = between(row.pop("ci95_low"), row.pop("ci95_high"))
    primary = several.task.primary
    first = {"model": row.pop("model"), "kind": row.pop("kind"), called(primary): row.pop(primary), "95 % interval": span}
    return first | {called(name): value for name, value in list(row.items())[:_SHOWN]}


def _read(pair: Pair) -> dict[str, Any]:
    row = {
        "better": pair.first,
        "other": pair.second,
        "difference": pair.difference,
        "95 % interval": between(pair.low, pair.high),
        "p after Holm": pair.p_holm,
        "beyond chance": "yes" if pair.beyond_chance else "no",
    }
    if pair.discordant:
        row |= {
            "right alone": f"{pair.discordant.first} against {pair.discordant.second}",
            "p McNemar after Holm": pair.discordant_holm,
        }
    if pair.areas:
        row |= {"area under ROC curve": pair.areas.first - pair.areas.second, "p DeLong after Holm": pair.areas_holm}
    return row


def _file(model: Model) -> dict[str, Any]:
    network, tested = model.evaluation.network, model.evaluation.tested
    return {
        "network": model.name,
        "model file": network.name,
        "family": network.family,
        "trained on": network.samples,
        "test part": tested.where,
        "samples read": len(tested.places),
    }
