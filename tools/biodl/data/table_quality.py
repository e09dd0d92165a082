"""Look at a table as training data: volume, types, gaps, copies, balance, outliers, leaks."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .. import plots
from ..errors import InputError, listing, shorten
from ..findings import NOTE, OK, STOP, WARNING, Finding, Inspection
from ..task import MULTILABEL, REGRESSION, Task, find_task, target_table
from .columns import CATEGORICAL, NUMERIC, Roles, as_text, column_kind, looks_like_identifier, names_rows, split_numbers
from .quality import FEW_SAMPLES, balance, class_panel, contradictions
from .table import Header, read_table
from .tabular import TableOptions, hash_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_MISSING = 0.2
_LEAK = 0.98
"""Balanced accuracy, or rank correlation, of a single column above which it is probably the answer in disguise."""
_FAR = 6.0
"""Distance from the nearer quartile, in interquartile ranges, that makes a value an outlier."""


def inspect(header: Header, roles: Roles, options: TableOptions) -> Inspection:
    """Run every check on a table.

    Raises:
        InputError: when the table cannot be read at all; lesser faults become findings.
    """
    frame = read_table(header, roles.text)
    kinds, findings = _kinds(frame, roles, header.where)
    task, target, found = _task(frame, roles, options, header.where)
    findings += found
    usable = [name for name, kind in kinds.items() if kind]
    power = _single_powers(frame.loc[target.index], target, task, kinds) if task else {}
    findings += [
        *_volume(frame, usable, target, task),
        _missing(frame, roles.features),
        _constant(frame, usable),
        _identifiers(frame, kinds),
        _copies_of_columns(frame, kinds),
        *_copies_of_rows(frame, kinds, target),
        _outliers(frame, kinds),
        *(_leaks(power) if task else []),
    ]
    return Inspection(findings, _parts(frame, kinds, roles, power), _panels(frame, kinds, task, target, power), _facts(frame, kinds, task))


def _facts(frame, kinds, task: Task | None) -> list[str]:
    numeric = sum(kind == NUMERIC for kind in kinds.values())
    categorical = sum(kind == CATEGORICAL for kind in kinds.values())
    facts = [f"{len(frame)} rows; {len(kinds)} features: {numeric} numeric, {categorical} categorical."]
    if task:
        what = f", classes: {listing(task.classes, 10)}" if task.classes else ""
        facts.append(f"Target {shorten(task.title)}: {task.kind} task{what}.")
    return facts


def _kinds(frame: pd.DataFrame, roles: Roles, where: str) -> tuple[dict[str, str], list[Finding]]:
    """Kind of each feature ('' for a faulty one), and a finding for each fault."""
    kinds, findings = {}, []
    for name in roles.features:
        kinds[name] = ""
        if frame[name].isna().all():
            findings.append(Finding(STOP, "values", f"Column {shorten(name)} has no values at all.", "Fill it, remove it or leave it out."))
            continue
        try:
            kinds[name] = CATEGORICAL if name in roles.categorical else column_kind(frame[name], where)
        except InputError as error:
            finding, _, advice = str(error).rpartition(": ")
            findings.append(Finding(STOP, "values", f"{finding}.", f"{advice[:1].upper()}{advice[1:]}"))
    return kinds, findings or [Finding(OK, "values", "Every column holds finite numbers or categories.")]


def _task(frame, roles: Roles, options: TableOptions, where: str) -> tuple[Task | None, pd.DataFrame, list[Finding]]:
    if not roles.target:
        return (
            None,
            frame[[]],
            [Finding(NOTE, "target", "No target column was chosen.", "Choose one to check balance and leaks.")],
        )
    target, present = target_table(frame, roles.target)
    findings = []
    if not present.all():
        findings.append(Finding(NOTE, "target", f"{int((~present).sum())} rows have no target.", "Training leaves them out."))
    if target.empty:
        return None, target, [Finding(STOP, "target", "The target column has no values.", "Choose another.")]
    try:
        task = find_task(target, where, options.task, options.positive_class, options.label_separator)
    except InputError as error:
        return None, target, [*findings, Finding(STOP, "target", str(error))]
    return task, target, findings + balance(task, target, where)


def _volume(frame, usable, target, task: Task | None) -> list[Finding]:
    rows = len(target) if task else len(frame)
    found = []
    if rows < FEW_SAMPLES:
        found.append(Finding(WARNING, "volume", f"{rows} rows are few for a network.", "Prefer a traditional model, or get more data."))
    if len(usable) > rows:
        found.append(
            Finding(
                WARNING,
                "volume",
                f"There are more features ({len(usable)}) than rows ({rows}): a network can learn the rows by heart.",
                "Select features before, use dropout, and compare with a traditional model.",
            )
        )
    return found or [Finding(OK, "volume", f"{rows} rows for {len(usable)} features.")]


def _missing(frame, features) -> Finding:
    shares = frame[list(features)].isna().mean()
    some = shares[(shares > 0) & (shares < 1)].sort_values(ascending=False)
    if some.empty:
        return Finding(OK, "missing values", "No values are missing.")
    severity = WARNING if some.iloc[0] > _MISSING else NOTE
    return Finding(
        severity,
        "missing values",
        f"{len(some)} columns have missing values, most {shorten(some.index[0])} ({some.iloc[0]:.0%}).",
        "Training fills them with the training mean or a category of their own.",
    )


def _constant(frame, usable) -> Finding:
    constant = [name for name in usable if frame[name].nunique(dropna=False) == 1]
    if constant:
        return Finding(NOTE, "constant columns", f"{len(constant)} columns never vary: {listing(constant)}.", "Training leaves them out.")
    return Finding(OK, "constant columns", "Every column varies.")


def _identifiers(frame, kinds) -> Finding:
    found = []
    for name, kind in kinds.items():
        present = frame[name].dropna()
        if kind and looks_like_identifier(present, kind, present.nunique()):
            found.append(name)
    if found:
        return Finding(NOTE, "identifiers", f"{listing(found)} looks like an identifier of rows.", "Training leaves it out.")
    return Finding(OK, "identifiers", "No column looks like an identifier.")


def _copies_of_columns(frame, kinds) -> Finding:
    import pandas as pd

    seen: dict[tuple[int, ...] | int, str] = {}
    copies = []
    for name, kind in kinds.items():
        if not kind:
            continue
        values = frame[name].astype("float64") if kind == NUMERIC else as_text(frame[name])
        key = hash(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        if key in seen:
            copies.append(f"{shorten(name)} repeats {shorten(seen[key])}")
        seen.setdefault(key, name)
    if copies:
        return Finding(NOTE, "duplicate columns", f"{len(copies)} columns repeat another: {'; '.join(copies[:3])}.", "Remove the copies.")
    return Finding(OK, "duplicate columns", "No column repeats another.")


def _copies_of_rows(frame, kinds, target) -> list[Finding]:
    import numpy as np
    import pandas as pd

    named = {name: kind for name, kind in kinds.items() if kind and not names_rows(frame[name].dropna(), kind, frame[name].nunique())}
    if not named:
        return []
    codes = np.unique(hash_rows(frame, named), return_inverse=True)[1]
    copies = len(frame) - len(np.unique(codes))
    if not copies:
        return [Finding(OK, "duplicate rows", "No row repeats the features of another.")]
    first = frame.index[pd.Series(codes).duplicated()][0]
    found = [
        Finding(
            WARNING if copies > len(frame) / 100 else NOTE,
            "duplicate rows",
            f"{copies} rows repeat the features of another (first in line {first}).",
            "A random split would put copies on both sides: 'Split data' keeps them together.",
        )
    ]
    if len(target.columns):
        found += contradictions(codes[frame.index.get_indexer(target.index)], target, "rows")
    return found


def _outlier_counts(frame, kinds) -> dict[str, int]:
    counts = {}
    for name, kind in kinds.items():
        if kind != NUMERIC:
            continue
        values = split_numbers(frame[name])[0]
        low, high = values.quantile(0.25), values.quantile(0.75)
        reach = _FAR * (high - low)
        counts[name] = int(((values < low - reach) | (values > high + reach)).sum()) if reach > 0 else 0
    return counts


def _outliers(frame, kinds) -> Finding:
    counts = {name: count for name, count in _outlier_counts(frame, kinds).items() if count}
    if not counts:
        return Finding(OK, "outliers", "No number lies far outside its column.")
    most = sorted(counts, key=counts.get, reverse=True)
    return Finding(
        NOTE,
        "outliers",
        f"{len(counts)} columns hold values more than {_FAR:g} interquartile ranges from the rest, most {listing(most, 3)}.",
        "Check units and typing errors; a logarithm helps skewed measurements.",
    )


def _single_powers(frame, target, task: Task, kinds) -> dict[str, float]:
    """How well each column alone tells the target: balanced accuracy scaled to 0..1, or rank correlation."""
    y = task.encode(target, "the table")
    powers = {}
    for name, kind in kinds.items():
        if not kind:
            continue
        column = frame[name]
        if looks_like_identifier(column.dropna(), kind, column.nunique()):
            continue
        if kind == NUMERIC:
            x = split_numbers(column)[0].reindex(column.index)
            x = x.fillna(x.median()).to_numpy("float64")
        else:
            x = as_text(column).astype("category").cat.codes.to_numpy("float64")
        powers[name] = _power(x, y, task)
    return dict(sorted(powers.items(), key=lambda item: -item[1]))


def _power(x: np.ndarray, y: np.ndarray, task: Task) -> float:
    from scipy.stats import spearmanr
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if task.kind == REGRESSION:
            value = abs(float(spearmanr(x, y).statistic))
            return value if value == value else 0.0
        x = x.reshape(-1, 1)
        columns = y.T.astype(int) if task.kind == MULTILABEL else [y]
        best = 0.0
        for labels in columns:
            classes = int(labels.max()) + 1
            # few leaves of some size: a tree that could cut out single rows would find every column perfect
            tree = DecisionTreeClassifier(max_leaf_nodes=2 * classes, min_samples_leaf=2, class_weight="balanced", random_state=0)
            score = balanced_accuracy_score(labels, tree.fit(x, labels).predict(x))
            best = max(best, (score - 1 / classes) / (1 - 1 / classes))
    return best


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


def _parts(frame, kinds, roles: Roles, power) -> list[dict[str, Any]]:
    outliers = _outlier_counts(frame, kinds)
    rows = []
    for name in (*roles.target, *roles.features):
        column = frame[name]
        numbers = split_numbers(column)[0] if kinds.get(name) == NUMERIC else column.iloc[:0].astype("float64")
        rows.append(
            {
                "column": name,
                "kind": "target" if name in roles.target else kinds[name] or "faulty",
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


def _panels(frame, kinds, task: Task | None, target, power) -> list:
    panels = []
    if task:
        panels.append(class_panel(task, target))
    if power:
        title = "Rank correlation with the target" if task.kind == REGRESSION else "What single columns tell of the target"
        panels.append(plots.bars(list(power), list(power.values()), title, "0: nothing, 1: everything", limit=15))
    missing = frame[list(kinds)].isna().mean().sort_values(ascending=False)
    panels.append(plots.bars(list(missing.index), list(missing), "Missing values", "share of rows", limit=15))
    outliers = {name: count / len(frame) for name, count in _outlier_counts(frame, kinds).items()}
    most = sorted(outliers, key=outliers.get, reverse=True)
    if most:
        panels.append(plots.bars(most, [outliers[name] for name in most], "Outliers", "share of rows", limit=15))
    return panels
