"""Rows of a table: what each column adds."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..attribution import INTEGRATED, Attributions, Explainer, Subject, heading
from ..columns import bars_of_columns
from ..cut import Cut
from ..gradients import integrated
from ..ground import Ground, removed

if TYPE_CHECKING:
    import numpy as np

    from ...data.table.encoding import TableFeatures
    from ...reporting.plots import Panel


def _widths(encoding: TableFeatures) -> list[int]:
    """Encoded values of each column."""
    return [len(feature.categories) or 1 for feature in encoding.features]


def _baseline(cut: Cut, encoded: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Numbers at their training mean, which standardising has made 0; of categories an equal share of each."""
    import numpy as np

    row = np.array([1 / len(feature.categories) if feature.categories else 0.0 for feature in cut.encoding.features])
    return np.broadcast_to(np.repeat(row, _widths(cut.encoding)).astype("float32"), x.shape)


def _folded(cut: Cut, encoded: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The categories of a column are summed."""
    import numpy as np

    return np.add.reduceat(values, np.cumsum([0, *_widths(cut.encoding)[:-1]]), axis=1)


def _spread(cut: Cut, gone: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.repeat(gone, _widths(cut.encoding), axis=1)


def _axes(encoding: TableFeatures) -> dict[str, Sequence[str]]:
    return {"columns": encoding.names}


def _held(subject: Subject, raw: dict[str, Any]) -> np.ndarray:
    """bool [samples, columns]: where a cell is not missing, or missing is a category that training learned."""
    import numpy as np

    parts = [np.isfinite(raw["numeric"])] if "numeric" in raw else []
    if "categorical" in raw:
        learned = ["" in feature.categories for feature in subject.encoding.features if feature.categories]
        parts.append((raw["categorical"] != "") | np.array(learned))
    return np.concatenate(parts, axis=1)


def cells(raw: dict[str, Any], row: int) -> list[str]:
    """What a row holds in each column, as text."""
    numbers = [f"{value:.4g}" if value == value else "missing" for value in raw["numeric"][row].tolist()] if "numeric" in raw else []
    return [*numbers, *([str(word) or "missing" for word in raw["categorical"][row]] if "categorical" in raw else [])]


def panels(subject: Subject, raw: dict[str, Any], found: Mapping[str, Attributions], names: Sequence[str]) -> list[Panel]:
    """A bar chart a row: the columns that add or take away most, with what the row holds there."""
    attributions = found[INTEGRATED]
    return [
        bars_of_columns(heading(subject, attributions, row, name), attributions.axes["columns"], cells(raw, row), attributions.values[row])
        for row, name in enumerate(names)
    ]


GROUND = Ground("the training mean of each number, and an equal share of each category", _baseline, _folded, _spread, _axes)
EXPLAINER = Explainer(
    ("table",),
    "column",
    {INTEGRATED: functools.partial(integrated, GROUND)},
    functools.partial(removed, GROUND),
    lambda attributions: attributions.values,
    _held,
    panels,
)
