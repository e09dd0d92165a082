"""What Explain writes as tables: importance, averages, single samples, dependence, neighbours, checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kind import Dataset
from ..data.text.dataset import words as words_of
from .attribution import Attributions
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
    import pandas as pd

    about = ("sample", "line", "method", "explained", "network_says", "baseline_says")
    pieces = [_of_sample(found, made, place) for made in found.single.values() for place in range(len(made))]
    return pd.concat(pieces, ignore_index=True) if pieces else frame_of([], (*about, "attribution"))


def _of_sample(found: Explanation, made: Attributions, place: int) -> pd.DataFrame:
    """What one method says of one sample; columns, not a dictionary a row: long sequences have a hundred thousand parts."""
    import numpy as np
    import pandas as pd

    row, values = int(found.chosen[place]), made.values[place]
    about = {
        "sample": found.held.names[row],
        "line": found.held.data.frame.index[row],
        "method": made.method,
        "explained": found.held.task.explainable()[int(made.targets[place])],
        "network_says": float(made.outputs[place]),
        "baseline_says": float(made.baselines[place]),
    }
    if values.ndim == 3:
        return pd.DataFrame([about])
    words = _words(found, row, len(values))
    values = values if words is None else values[: len(words)]
    along = _along(made.axes, values.shape)
    at = np.indices(values.shape).reshape(values.ndim, -1)
    parts: dict[str, Any] = {name: np.asarray(names)[where] for (name, names), where in zip(along, at, strict=True)}
    if words is not None:
        parts["word"] = words
    return pd.DataFrame({**parts, "attribution": values.ravel().astype("float64")}).assign(**about)[[*about, *parts, "attribution"]]


def _words(found: Explanation, row: int, most: int) -> list[str] | None:
    """The words of a text that the network read; None where samples are no texts."""
    import numpy as np

    return words_of(found.held.raw(np.array([row]))["text"][0, 0])[:most] if found.explainer.called == "word" else None


def _along(axes: Mapping[str, Sequence[str]], shape: tuple[int, ...]) -> list[tuple[str, Sequence[Any]]]:
    """The name of each axis and what stands along it: the last is the one that is told, if any is; others are counted from 1.

    Not by their lengths: four positions of DNA are no letters.
    """
    named = [(name.removesuffix("s"), names) for name, names in axes.items()]
    counted = [("place", range(1, size + 1)) for size in shape]
    return [*counted[: len(shape) - len(named)], *named]


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
            "rank_correlation_of_sizes": check.also.get("rank_correlation_of_sizes", float("nan")),
            "structural_similarity": check.also.get("structural_similarity", float("nan")),
            "sentence": check.sentence,
        }
        for check in found.checks
    ]
    numbers = ("value", "ci95_low", "ci95_high", "rank_correlation_of_sizes", "structural_similarity")
    return frame_of(rows, ("method", "control", "verdict", *numbers, "sentence"))
