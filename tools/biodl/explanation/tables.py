"""What Explain writes as tables: importance, averages, single samples, dependence, neighbours, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset
from .explain import Explanation
from .held import names_of
from .said import part_names

if TYPE_CHECKING:
    import pandas as pd

Rows = list[dict[str, Any]]


def frame_of(rows: Rows, columns: tuple[str, ...]) -> pd.DataFrame:
    """A frame that has its columns without rows as well."""
    import pandas as pd

    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(columns))


def importance(found: Explanation) -> pd.DataFrame:
    """A row a group of columns: how far the metric falls when it is shuffled."""
    rows = [
        {
            "columns": item.name,
            "fall": item.mean,
            "ci95_low": item.interval[0],
            "ci95_high": item.interval[1],
            "metric": found.held.task.primary,
            "all_columns": ", ".join(column.name for column in item.columns),
        }
        for item in found.importances
    ]
    return frame_of(rows, ("columns", "fall", "ci95_low", "ci95_high", "metric", "all_columns"))


def averages(found: Explanation) -> pd.DataFrame:
    """A row a part: its mean absolute attribution, and the mean for each class."""
    names = part_names(found)
    if names is None or found.averages is None:
        return frame_of([], ("part", "mean_absolute"))
    own = found.averages
    rows = [
        {"part": name, "mean_absolute": float(own.strength[place])}
        | {f"mean_for_{label}": float(values[place]) for label, values in own.by_class.items()}
        for place, name in enumerate(names)
    ]
    return frame_of(rows, ("part", "mean_absolute")).sort_values("mean_absolute", ascending=False, kind="stable")


def attributions(found: Explanation) -> pd.DataFrame:
    """A row a part of each sample that is explained; of images a row a sample, since their maps are in a file of their own."""
    import itertools

    rows: Rows = []
    explainable = found.held.task.explainable()
    for method, made in found.single.items():
        shape = made.values.shape[1:]
        names = _along(made.axes, shape)
        for place in range(len(made)):
            row = int(found.chosen[place])
            about = {
                "sample": found.held.names[row],
                "line": found.held.data.frame.index[row],
                "method": method,
                "explained": explainable[int(made.targets[place])],
                "network_says": float(made.outputs[place]),
                "baseline_says": float(made.baselines[place]),
            }
            if len(shape) == 3:
                rows.append(about)
                continue
            for at in itertools.product(*map(range, shape)):
                parts = {name: values[where] for (name, values), where in zip(names, at, strict=True)}
                rows.append({**about, **parts, "attribution": float(made.values[(place, *at)])})
    return frame_of(rows, ("sample", "line", "method", "explained", "network_says", "baseline_says", "attribution"))


def _along(axes: Any, shape: tuple[int, ...]) -> list[tuple[str, list[Any]]]:
    """The name of each axis and what stands along it: those that are told by their length, others counted from 1."""
    found: list[tuple[str, list[Any]]] = []
    left = dict(axes)
    for size in shape:
        name = next((name for name, values in left.items() if len(values) == size), "")
        found.append((name.removesuffix("s"), list(left.pop(name))) if name else ("place", list(range(1, size + 1))))
    return found


def dependences(found: Explanation) -> pd.DataFrame:
    """A row a value of a column: what the network says on average, for each output."""
    task = found.held.task
    rows = []
    for item in found.dependences:
        names = task.explainable() if item.curves.shape[2] == len(task.explainable()) else task.target
        for place, value in enumerate(item.grid):
            rows.append(
                {"column": item.column.name, "value": value}
                | {f"mean_{name}": float(item.mean[place, code]) for code, name in enumerate(names)}
            )
    return frame_of(rows, ("column", "value", "mean"))


def neighbours(found: Explanation) -> pd.DataFrame:
    """A row a training sample that is near an explained one."""
    if found.neighbours is None or found.held.training is None:
        return frame_of([], ("sample", "rank", "training_sample", "training_line", "distance"))
    training, rows = found.held.training, []
    names = names_of(training)
    for place, row in enumerate(found.chosen):
        for rank, (near, distance) in enumerate(zip(found.neighbours[0][place], found.neighbours[1][place], strict=True), start=1):
            about = {
                "sample": found.held.names[row],
                "rank": rank,
                "training_sample": names[near],
                "training_line": training.frame.index[near],
            }
            rows.append(about | {"distance": float(distance)} | targets_of(training, int(near)))
    return frame_of(rows, ())


def targets_of(data: Dataset, row: int) -> dict[str, Any]:
    """What is known of a sample's targets, by column."""
    return {} if data.target is None else {f"observed_{name}": value for name, value in data.target.iloc[row].items()}


def checks(found: Explanation) -> pd.DataFrame:
    """A row a check."""
    rows = [
        {
            "method": check.method,
            "control": check.control,
            "verdict": check.verdict,
            "value": check.value,
            "ci95_low": check.low,
            "ci95_high": check.high,
            "structural_similarity": check.also.get("structural_similarity", float("nan")),
            "sentence": check.sentence,
        }
        for check in found.checks
    ]
    return frame_of(rows, ("method", "control", "verdict", "value", "ci95_low", "ci95_high", "structural_similarity", "sentence"))
