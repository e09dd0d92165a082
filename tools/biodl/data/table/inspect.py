"""What Inspect finds in a table: volume, types, gaps, copies, outliers, leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...cells import as_text
from ...errors import counted, listing, shorten
from ...reporting import plots
from ...reporting.findings import NOTE, OK, WARNING, Finding, Inspection
from ...reporting.plots import Panel
from ...tasks import Task
from ..checks import FEW_SAMPLES, contradictions
from ..fingerprints import number_equal
from ..kind import Files
from .columns import CATEGORICAL, NUMERIC, Roles, looks_like_identifier
from .dataset import TableDataset, hash_rows

if TYPE_CHECKING:
    import pandas as pd

_MISSING = 0.2
_LEAK = 0.98
"""Balanced accuracy, or rank correlation, of a single column above which it is probably the answer in disguise."""
_FAR = 6.0
"""Distance from the nearer quartile, in interquartile ranges, that makes a value an outlier."""


def look(data: TableDataset, files: Files, task: Task | None) -> Inspection:
    """Run every check on rows as they were read."""
    frame, types, roles = data.whole, data.types, data.roles
    assert roles is not None
    power = _single_powers(data, task) if task else {}
    outliers = _outlier_counts(frame, types)
    findings = [
        *_volume(len(data) if task else len(frame), len(types)),
        _missing(frame, roles.features),
        _constant(frame, list(types)),
        _identifiers(frame, types),
        _copies_of_columns(frame, types),
        *_copies_of_rows(data),
        _outliers(outliers),
        *(_leaks(power) if task else []),
    ]
    numeric = sum(type_ == NUMERIC for type_ in types.values())
    categorical = sum(type_ == CATEGORICAL for type_ in types.values())
    features = f"{counted(len(roles.features), 'feature')}: {numeric} numeric, {categorical} categorical"
    facts = [f"{counted(len(frame), 'row')} in {data.where}; {features}."]
    return Inspection(findings, _parts(frame, types, roles, power, outliers), _panels(frame, roles, task, power, outliers), facts)


def _volume(rows: int, usable: int) -> list[Finding]:
    found = []
    if rows < FEW_SAMPLES:
        finding = f"{counted(rows, 'row', 'is', 'are')} few for a network."
        found.append(Finding(WARNING, "volume", finding, "Prefer a traditional model, or get more data."))
    if usable > rows:
        found.append(
            Finding(
                WARNING,
                "volume",
                f"There are more features ({usable}) than rows ({rows}): a network can learn the rows by heart.",
                "Select features before, use dropout, and compare with a traditional model.",
            )
        )
    return found or [Finding(OK, "volume", f"{rows} rows for {usable} features.")]


def _missing(frame: pd.DataFrame, features: tuple[str, ...]) -> Finding:
    shares = frame[list(features)].isna().mean()
    some = shares[(shares > 0) & (shares < 1)].sort_values(ascending=False)
    if some.empty:
        return Finding(OK, "missing values", "No values are missing.")
    severity = WARNING if some.iloc[0] > _MISSING else NOTE
    return Finding(
        severity,
        "missing values",
        f"{counted(len(some), 'column', 'has', 'have')} missing values, most {shorten(some.index[0])} ({some.iloc[0]:.0%}).",
        "Training fills them with the training mean or a category of their own.",
    )


def _constant(frame: pd.DataFrame, usable: list[str]) -> Finding:
    constant = [name for name in usable if frame[name].nunique(dropna=False) == 1]
    if constant:
        finding = f"{counted(len(constant), 'column', 'never varies', 'never vary')}: {listing(constant)}."
        return Finding(NOTE, "constant columns", finding, "Training leaves them out.")
    return Finding(OK, "constant columns", "Every column varies.")


def _identifiers(frame: pd.DataFrame, types: dict[str, str]) -> Finding:
    found = []
    for name, type_ in types.items():
        present = frame[name].dropna()
        if looks_like_identifier(present, type_, present.nunique()):
            found.append(name)
    if found:
        return Finding(NOTE, "identifiers", f"{listing(found)} looks like an identifier of rows.", "Training leaves it out.")
    return Finding(OK, "identifiers", "No column looks like an identifier.")


def _copies_of_columns(frame: pd.DataFrame, types: dict[str, str]) -> Finding:
    import pandas as pd

    seen: dict[tuple[int, ...] | int, str] = {}
    copies = []
    for name, type_ in types.items():
        values = frame[name].astype("float64") if type_ == NUMERIC else as_text(frame[name])
        key = hash(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        if key in seen:
            copies.append(f"{shorten(name)} repeats {shorten(seen[key])}")
        seen.setdefault(key, name)
    if copies:
        finding = f"{counted(len(copies), 'column', 'repeats', 'repeat')} another: {'; '.join(copies[:3])}."
        return Finding(NOTE, "duplicate columns", finding, "Remove the copies.")
    return Finding(OK, "duplicate columns", "No column repeats another.")


def _copies_of_rows(data: TableDataset) -> list[Finding]:
    import pandas as pd

    frame, compared = data.whole, data.compared
    if not compared:
        return []
    codes = number_equal(hash_rows(frame, compared))
    copies = len(frame) - len(set(codes.tolist()))
    if not copies:
        return [Finding(OK, "duplicate rows", "No row repeats the features of another.")]
    first = frame.index[pd.Series(codes).duplicated()][0]
    found = [
        Finding(
            WARNING if copies > len(frame) / 100 else NOTE,
            "duplicate rows",
            f"{counted(copies, 'row', 'repeats', 'repeat')} the features of another (first in line {first}).",
            "A random split would put copies on both sides: 'Split data' keeps them together.",
        )
    ]
    if data.target is not None:
        found += contradictions(codes[frame.index.get_indexer(data.target.index)], data.target, "rows")
    return found


def _outlier_counts(frame: pd.DataFrame, types: dict[str, str]) -> dict[str, int]:
    """Values of each numeric column that lie far outside; all columns at once, since a table of genes has ten thousands."""
    import numpy as np

    names = [name for name, type_ in types.items() if type_ == NUMERIC]
    if not names:
        return {}
    values = frame[names].to_numpy("float64")
    low, high = np.nanquantile(values, [0.25, 0.75], axis=0)
    reach = _FAR * (high - low)
    far = ((values < low - reach) | (values > high + reach)) & (reach > 0)
    return dict(zip(names, far.sum(axis=0).tolist(), strict=True))


def _outliers(outliers: dict[str, int]) -> Finding:
    counts = {name: count for name, count in outliers.items() if count}
    if not counts:
        return Finding(OK, "outliers", "No number lies far outside its column.")
    most = sorted(counts, key=lambda name: counts[name], reverse=True)
    return Finding(
        NOTE,
        "outliers",
        f"{counted(len(counts), 'column', 'holds', 'hold')} values more than {_FAR:g} interquartile ranges from the rest, "
        f"most {listing(most, 3)}.",
        "Check units and typing errors; a logarithm helps skewed measurements.",
    )


def _single_powers(data: TableDataset, task: Task) -> dict[str, float]:
    """How well each column alone tells the target; see :meth:`biodl.tasks.Task.single_power`."""
    assert data.target is not None
    y = task.encode(data.target, data.where)
    powers = {}
    for name, type_ in data.types.items():
        column = data.frame[name]
        if looks_like_identifier(column.dropna(), type_, column.nunique()):
            continue
        if type_ == NUMERIC:
            numbers = column.astype("float64")
            x = numbers.fillna(numbers.median()).to_numpy("float64")
        else:
            x = as_text(column).astype("category").cat.codes.to_numpy().astype("float64")
        powers[name] = task.single_power(x, y)
    return dict(sorted(powers.items(), key=lambda item: -item[1]))


def _leaks(power: dict[str, float]) -> list[Finding]:
    leaks = [name for name, value in power.items() if value >= _LEAK]
    if leaks:
        return [
            Finding(
                WARNING,
                "leak",
                f"{listing(leaks)} alone tells the target almost perfectly.",
                "If it is known only together with the target, or made from it, leave it out: it would leak the answer.",
            )
        ]
    return [Finding(OK, "leak", "No single column gives the target away.")]


def _parts(
    frame: pd.DataFrame, types: dict[str, str], roles: Roles, power: dict[str, float], outliers: dict[str, int]
) -> list[dict[str, Any]]:
    rows = []
    for name in (*roles.target, *roles.features):
        column = frame[name]
        numbers = column.astype("float64") if types.get(name) == NUMERIC else column.iloc[:0].astype("float64")
        rows.append(
            {
                "column": name,
                "kind": "target" if name in roles.target else types.get(name, "faulty"),
                "missing": int(column.isna().sum()),
                "distinct": int(column.nunique()),
                "minimum": numbers.min(),
                "mean": numbers.mean(),
                "maximum": numbers.max(),
                "standard_deviation": numbers.std(ddof=0),
                "outliers": outliers.get(name, 0),
                "single_power": power.get(name, float("nan")),
            }
        )
    return rows


def _panels(frame: pd.DataFrame, roles: Roles, task: Task | None, power: dict[str, float], counts: dict[str, int]) -> list[Panel]:
    panels = []
    if power and task:
        panels.append(plots.bars(list(power), list(power.values()), task.single_power_title, "0: nothing, 1: everything", limit=15))
    missing = frame[list(roles.features)].isna().mean().sort_values(ascending=False)
    some = missing[missing > 0]
    if len(some) or not panels:  # a picture of nothing but zeros tells less than the findings do
        shown = some if len(some) else missing
        panels.append(plots.bars(list(shown.index), list(shown), "Missing values", "share of rows", limit=15))
    outliers = {name: count / len(frame) for name, count in counts.items() if count}
    most = sorted(outliers, key=lambda name: outliers[name], reverse=True)
    if most:
        panels.append(plots.bars(most, [outliers[name] for name in most], "Outliers", "share of rows", limit=15))
    return panels
