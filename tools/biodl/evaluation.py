"""Judge predictions: metrics, comparison with other models, warnings, plots and report. Knows no kind of data."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from . import baselines, metrics, plots, report
from .baselines import NETWORK
from .data.dataset import Dataset
from .metrics import LOWER_IS_BETTER, PRIMARY, Predicted
from .predictions import prediction_table
from .program.files import Outputs
from .task import BINARY, FORECASTING, OF_NUMBERS, REGRESSION, Task

if TYPE_CHECKING:
    import numpy as np

_MISTAKES = 16
"""Images in the gallery of mistakes."""
_SMALL = 50
"""A test part below so many samples deserves a warning."""


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What is judged: the task, the training's fingerprint, held-out data, training data if given, the bootstrap."""

    task: Task
    provenance: dict[str, Any]
    data: Dataset
    training: Dataset | None
    resamples: int
    seed: int


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Predictions and metrics of the network and of other models, the network first.

    Attributes:
        predicted: by name of the model.
        values: headline metrics by name of the model.
        intervals: of the network's headline metrics.
        differences: interval of (network - other) of the primary metric, by name of the other.
    """

    predicted: dict[str, Predicted]
    values: dict[str, dict[str, float]]
    intervals: dict[str, tuple[float, float]]
    differences: dict[str, tuple[float, float]]


def compare(evaluation: Evaluation, y: np.ndarray, outputs: np.ndarray, train: tuple | None) -> Comparison:
    """Score the network and the models beside it on the same samples and the same resamples.

    Args:
        evaluation: what is judged.
        y: coded targets of the held-out samples.
        outputs: what the network gave for them.
        train: encoded training samples, their coded targets and the encoded held-out samples, or nothing.
    """
    task = evaluation.task
    scores = {NETWORK: metrics.scores_of(task, outputs)}
    rows = evaluation.provenance["samples"]["training"]
    scores[baselines.names(task)[0]] = baselines.guess(task, rows, evaluation.data)
    if train is not None:
        scores |= baselines.traditional(task, *train, seed=evaluation.seed)
    predicted = {name: Predicted(task, y, values) for name, values in scores.items()}
    draws = metrics.resamples(predicted[NETWORK], evaluation.resamples, evaluation.seed)
    drawn = metrics.bootstrap(predicted[NETWORK], draws)
    primary = PRIMARY[task.kind]
    differences = {
        name: metrics.interval(drawn[primary] - metrics.bootstrap_primary(other, draws))
        for name, other in predicted.items()
        if name != NETWORK
    }
    return Comparison(
        predicted,
        {name: metrics.headline(item) for name, item in predicted.items()},
        {name: metrics.interval(values) for name, values in drawn.items()},
        differences,
    )


def verdict(task: Task, comparison: Comparison) -> list[str]:
    """Plain sentences on which model did better, by the primary metric."""
    primary = PRIMARY[task.kind]
    words = primary.replace("_", " ")
    network = comparison.values[NETWORK][primary]
    sentences = []
    for name, (low, high) in comparison.differences.items():
        other = comparison.values[name][primary]
        sure = "the difference is larger than chance explains" if low > 0 or high < 0 else "chance alone could explain the difference"
        if network == other:
            sentences.append(f"The network and the {_called(name)} did equally well ({words} {network:.3f}).")
            continue
        better, worse = ("network", _called(name)) if network > other else (_called(name), "network")
        sentences.append(
            f"The {better} did better than the {worse}: {words} {max(network, other):.3f} against {min(network, other):.3f}; {sure} "
            f"(95 % confidence interval of network minus {_called(name)}: {low:.3f} to {high:.3f})."
        )
    traditional = {
        name: comparison.values[name][primary] for name in comparison.differences if name not in ("majority", "mean", "last value")
    }
    if traditional:
        best = max(traditional, key=traditional.get)
        if comparison.differences[best][0] <= 0:
            sentences.append(f"Nothing shows that a network is needed here: the {best}, which is simpler, does about as well or better.")
    return sentences


def _called(name: str) -> str:
    return {"majority": "majority guess", "mean": "guess of the mean", "last value": "repeat of the last value"}.get(name, name)


def warnings(evaluation: Evaluation, data_sha256: str) -> list[str]:
    """What makes this evaluation less trustworthy than it looks."""
    found = []
    task, data, training = evaluation.task, evaluation.data, evaluation.training
    if data_sha256 in evaluation.provenance["data_sha256"].values():
        found.append("The network was trained or steered with this very file: the metrics are too good. Use held-out data.")
    if training is not None:
        shared = _shared_rows(data, training)
        if shared:
            found.append(f"{shared} of {len(data)} held-out samples are also in the training data: the metrics are too good.")
    if len(data) < _SMALL:
        found.append(f"Only {len(data)} samples were held out: mind the width of the confidence intervals.")
    if task.one_class_each:
        present = set(data.target[task.target[0]])
        absent = [name for name in task.classes if name not in present]
        if absent:
            found.append(f"No held-out sample is of class {', '.join(absent)}: nothing is known of how well these are recognised.")
    return found


def _shared_rows(data: Dataset, training: Dataset) -> int:
    import numpy as np

    return int(np.isin(data.row_hashes(), training.row_hashes()).sum())


def write_all(evaluation: Evaluation, comparison: Comparison, outputs: Outputs) -> None:
    """Print what was found and write every output that was asked for."""
    import pandas as pd

    from .data.table import write_table

    task = evaluation.task
    network = comparison.predicted[NETWORK]
    sentences = verdict(task, comparison)
    cautions = warnings(evaluation, evaluation.data.sha256)
    headline = [
        {"metric": name, "value": value, "ci95_low": comparison.intervals[name][0], "ci95_high": comparison.intervals[name][1]}
        for name, value in comparison.values[NETWORK].items()
    ]
    side_by_side = [
        {"metric": name, **{model: values[name] for model, values in comparison.values.items()}} for name in comparison.values[NETWORK]
    ]
    classes = metrics.per_class(network) if task.is_classification else metrics.per_step(network) if task.kind == FORECASTING else []
    for row in headline:
        print(f"{row['metric']} {row['value']:.4f} (95 % confidence interval {row['ci95_low']:.4f} to {row['ci95_high']:.4f})")
    for sentence in [*cautions, *sentences]:
        print(sentence)

    if "metrics" in outputs:
        write_table(pd.DataFrame(headline), outputs["metrics"])
    if "comparison" in outputs:
        write_table(pd.DataFrame(side_by_side), outputs["comparison"])
    if "classes" in outputs:
        write_table(pd.DataFrame(classes or headline), outputs["classes"])
    if "metrics_json" in outputs:
        _write_json(outputs, task, evaluation, comparison, classes, sentences, cautions)
    if "predictions" in outputs:
        write_table(_predictions(evaluation, network), outputs["predictions"])
    if "plots" in outputs or "report" in outputs:
        plots.figure(_panels(evaluation.data, task, network, comparison), outputs["plots"])
    if "report" in outputs:
        _page(evaluation, headline, side_by_side, classes, sentences, cautions, outputs).save(outputs["report"])


def _write_json(outputs: Outputs, task, evaluation, comparison, classes, sentences, cautions) -> None:
    document = {
        "task": task.kind,
        "target": list(task.target),
        "classes": list(task.classes),
        "samples": len(evaluation.data),
        "primary_metric": PRIMARY[task.kind],
        "metrics": comparison.values,
        "confidence_intervals_95": comparison.intervals,
        "difference_to_network_95": comparison.differences,
        "per_class": classes,
        "verdict": sentences,
        "warnings": cautions,
    }
    if task.one_class_each:
        document["confusion_matrix"] = _confusion(comparison.predicted[NETWORK]).tolist()
    outputs["metrics_json"].write_text(json.dumps(_without_nan(document), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _without_nan(item: Any) -> Any:
    """JSON has no NaN: an undefined metric is null."""
    if isinstance(item, dict):
        return {name: _without_nan(value) for name, value in item.items()}
    if isinstance(item, list | tuple):
        return [_without_nan(value) for value in item]
    return None if isinstance(item, float) and item != item else item


def _predictions(evaluation: Evaluation, network: Predicted):
    import pandas as pd

    target = evaluation.data.target
    observed = target.add_prefix("observed_").reset_index(names="line")
    for place, name in enumerate(evaluation.data.naming, start=1):
        observed.insert(place, name, evaluation.data.frame[name].to_numpy())
    table = prediction_table(evaluation.task, network.scores)
    if evaluation.task.kind == REGRESSION:
        table["residual"] = network.y - network.scores
    return pd.concat([observed, table], axis=1)


def _confusion(predicted: Predicted) -> np.ndarray:
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(predicted.y, predicted.labels, labels=range(len(predicted.task.classes)))


def _panels(data: Dataset, task: Task, network: Predicted, comparison: Comparison) -> list:
    primary = PRIMARY[task.kind]
    models = list(comparison.values)
    beside = plots.bars(models, [comparison.values[name][primary] for name in models], "Comparison of models", primary.replace("_", " "))
    if task.kind in OF_NUMBERS:
        y, scores = network.y.ravel(), network.scores.ravel()
        steps = _step_panels(network, comparison) if task.kind == FORECASTING else []
        return [plots.observed_predicted(y, scores, task.title), plots.residuals(y, scores, task.title), beside, *steps]
    roc_curves, precision_curves = _curves(task, network)
    shown = plots.confusion(_confusion(network), task.classes) if task.one_class_each else _f1_bars(network)
    return [shown, beside, plots.roc(roc_curves), plots.precision_recall(precision_curves), *_gallery(data, task, network)]


def _gallery(data: Dataset, task: Task, network: Predicted) -> list:
    """The most confident mistakes, where samples can be looked at."""
    import numpy as np

    if not hasattr(data, "pictures") or not task.one_class_each:
        return []
    wrong = np.flatnonzero(network.labels != network.y)
    if not len(wrong):
        return []
    confidence = network.scores[wrong].max(axis=1)
    worst = wrong[np.argsort(-confidence, kind="stable")][:_MISTAKES]
    titles = [f"{task.classes[network.labels[row]]} {network.scores[row].max():.2f}, is {task.classes[network.y[row]]}" for row in worst]
    return [plots.images(data.pictures(worst), titles, f"Most confident of {len(wrong)} mistakes", across=4)]


def _step_panels(network: Predicted, comparison: Comparison) -> list:
    """Error by step of every model, and the forecast that is in the middle by its error."""
    import numpy as np

    errors = {name: [row["mae"] for row in metrics.per_step(item)] for name, item in comparison.predicted.items()}
    typical = np.argsort(np.abs(network.y - network.scores).mean(axis=1))[len(network.y) // 2]
    steps = range(1, network.task.horizon + 1)
    example = {"observed": network.y[typical], "forecast": network.scores[typical]}
    return [
        plots.lines(steps, errors, "Error by step ahead", "steps ahead", "mean absolute error"),
        plots.lines(steps, example, "A typical forecast", "steps ahead", network.task.title),
    ]


def _f1_bars(network: Predicted):
    rows = metrics.per_class(network)
    return plots.bars([row["class"] for row in rows], [row["f1"] for row in rows], "F1 of each label", "F1")


def _curves(task: Task, network: Predicted):
    from sklearn.metrics import precision_recall_curve, roc_curve

    truth = metrics.one_hot(network)
    areas, averages = ([row[name] for row in metrics.per_class(network)] for name in ("roc_auc", "average_precision"))
    roc_curves, precision_curves = [], []
    for code in (1,) if task.kind == BINARY else range(len(task.classes)):
        if areas[code] != areas[code]:
            continue
        false, true, _ = roc_curve(truth[:, code], network.scores[:, code])
        precision, recall, _ = precision_recall_curve(truth[:, code], network.scores[:, code])
        roc_curves.append((task.classes[code], false, true, areas[code]))
        precision_curves.append((task.classes[code], recall, precision, averages[code]))
    return roc_curves, precision_curves


def _page(evaluation: Evaluation, headline, side_by_side, classes, sentences, cautions, outputs: Outputs) -> report.Page:
    task = evaluation.task
    page = report.Page(f"Evaluation of a network for {task.title}")
    page.text(f"{len(evaluation.data)} held-out samples; task: {task.kind}.")
    for caution in cautions:
        page.finding("warning", caution)
    page.heading("Which model did better")
    for sentence in sentences:
        page.text(sentence)
    if evaluation.training is None:
        page.text("Give the training data as well to compare the network with traditional models.")
    page.image(outputs["plots"], "Plots of the evaluation")
    page.heading("Metrics of the network")
    page.table(headline)
    page.text(
        f"The 95 % confidence intervals come from {evaluation.resamples} bootstrap resamples of the held-out samples"
        + (", drawn within each class." if task.one_class_each else ".")
    )
    if task.kind == BINARY:
        page.text(f"Precision, recall, specificity, F1, ROC AUC and average precision are those of the positive class, {task.classes[1]}.")
    page.heading("Models side by side")
    page.table(side_by_side)
    page.text("Lower is better for " + ", ".join(sorted(LOWER_IS_BETTER & {row["metric"] for row in side_by_side})) + ".")
    if classes:
        page.heading("Each class" if task.is_classification else "Each step ahead")
        page.table(classes)
    return page
