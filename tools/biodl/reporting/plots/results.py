"""How good a network is, in one picture: its metrics with intervals, and models side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .charts import Interval, intervals
from .sheet import Panel, figure

_ERRORS = ("loss", "error", "brier", "mae", "rmse")
"""Words in the names of metrics that are errors: lower is better, and each has a scale of its own."""


def result(headline: Sequence[Mapping[str, Any]], comparison: Sequence[Mapping[str, Any]], primary: str, path: Path) -> str:
    """Draw metrics and models with 95 % intervals, save them as PNG, and give the alternative text.

    Args:
        headline: one mapping a metric of the network: ``metric`` (its name), ``value``, ``ci95_low``, ``ci95_high``.
        comparison: one a model, the network first: ``model``, ``value``, ``ci95_low``, ``ci95_high`` of the primary metric; an interval
            that is not known is None, NaN or left out.
        primary: name of the metric by which models are compared.
        path: the file to write.
    """
    return figure(result_panels(headline, comparison, primary), path)


def result_panels(headline: Sequence[Mapping[str, Any]], comparison: Sequence[Mapping[str, Any]], primary: str) -> list[Panel]:
    """The panels of :func:`result`."""
    rows = [_row(item, "metric") for item in headline]
    shares = [row for row in rows if not _is_error(row[0])]
    errors = [row for row in rows if _is_error(row[0])]
    scale = "1 is perfect" + ("; shaded: lower is better, each on a scale of its own" if errors else "")
    panels = [intervals(shares, "Metrics of the network, with 95 % intervals", scale, alone=errors)]
    if comparison:
        name = primary.replace("_", " ")
        towards = "lower is better" if _is_error(name) else "higher is better"
        models = [_row(item, "model") for item in comparison]
        panels.append(intervals(models, f"Models compared: {name}, with 95 % intervals", f"{name} ({towards})", among=True))
    return panels


def _row(item: Mapping[str, Any], key: str) -> Interval:
    low, high = (float("nan") if item.get(end) is None else float(item[end]) for end in ("ci95_low", "ci95_high"))
    return str(item[key]).replace("_", " "), float(item["value"]), low, high


def _is_error(name: str) -> bool:
    return any(word in name.lower().replace("_", " ") for word in _ERRORS)
