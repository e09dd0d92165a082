"""Split a table: lines are copied as they are, so that nothing in a cell changes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..cli import Outputs
from ..errors import InputError, shorten
from ..split import PARTS, merge_groups, partition, partition_in_order, refuse_missing_classes, same, strata_of
from ..task import Task, find_task, target_table
from .columns import CATEGORICAL, NUMERIC, names_rows, split_numbers
from .table import Header, read_table, write_table
from .tabular import hash_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclasses.dataclass(frozen=True)
class Columns:
    """Names of the columns that steer a split."""

    target: tuple[str, ...]
    group: tuple[str, ...]
    time: tuple[str, ...]
    ignore: tuple[str, ...]


def resolve(header: Header, target, group, time, ignore) -> Columns:
    """Column references as names; raises InputError for one that does not exist."""
    return Columns(
        header.resolve(target, "target"),
        header.resolve(group, "group"),
        header.resolve(time, "time"),
        header.resolve(ignore, "column to ignore"),
    )


def split(header: Header, columns: Columns, method: str, fractions: tuple[float, ...], seed: int, outputs: Outputs) -> None:
    """Split the table and write its parts and the summary.

    Raises:
        InputError: when a part would lack a class or be empty, or a steering column has gaps.
    """
    frame = read_table(header, {*columns.target, *columns.group})
    if sum(1 for _ in _lines(header.path)) < frame.index[-1]:
        raise InputError(f"The {header.where} has line breaks inside cells, which this tool cannot keep: remove them.")
    task, y = None, None
    if columns.target:
        target, present = target_table(frame, columns.target)
        if target.empty:
            raise InputError(f"The target column {shorten(columns.target[0])} of {header.where} has no values: choose another.")
        dropped = int((~present).sum())
        if dropped:
            print(f"{dropped} rows without a target were left out (first in line {frame.index[~present][0]})")
        frame = frame[present]
        task = find_task(target, header.where)
        y = task.encode(target, header.where)
    parts = _assign(frame, columns, method, fractions, seed, task, y, header.where)
    used = [part for part, fraction in enumerate(fractions) if fraction > 0]
    if task:
        refuse_missing_classes(parts, PARTS, used, task, y)
    for part in used:
        if not (parts == part).any():
            raise InputError(f"This split would leave the {PARTS[part]} part without any row: make it larger or add rows.")
    _write(header, frame.index, parts, used, outputs)
    summary = _summary(parts, used, task, y)
    for row in summary.to_dict("records"):
        print("  ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()))
    if "summary" in outputs:
        write_table(summary, outputs["summary"])


def _assign(frame, columns: Columns, method: str, fractions, seed: int, task, y, where: str) -> np.ndarray:
    copies = _identical(frame, columns)
    repeated = len(frame) - len(set(copies.tolist()))
    print(f"{repeated} of {len(frame)} rows repeat another" + (" and were kept in its part" if repeated and method != "time" else ""))
    if method == "time":
        return partition_in_order(fractions, _times(frame[columns.time[0]], where))
    strata = strata_of(task, y, len(frame))
    if method != "grouped":
        return partition(fractions, strata, merge_groups(copies), seed)
    group = frame[columns.group[0]]
    if group.isna().any():
        raise InputError(
            f"The group column {shorten(group.name)} of {where} is empty in line {group.index[group.isna()][0]}: name every row's group."
        )
    codes = same(group.to_numpy(dtype=str))
    if codes.max() + 1 < sum(fraction > 0 for fraction in fractions):
        raise InputError(f"The group column {shorten(group.name)} of {where} has only {codes.max() + 1} groups: too few to share out.")
    return partition(fractions, strata, merge_groups(codes, copies), seed)


def _identical(frame: pd.DataFrame, columns: Columns) -> np.ndarray:
    """Number rows so that those with equal features share a number; identifiers do not count."""
    skip = {*columns.target, *columns.group, *columns.ignore}
    kinds = {}
    for name in frame.columns:
        if name in skip:
            continue
        kind = NUMERIC if frame[name].dtype.kind in "iuf" else CATEGORICAL
        present = frame[name].dropna()
        if not names_rows(present, kind, present.nunique()):
            kinds[name] = kind
    return same(hash_rows(frame, kinds)) if kinds else same(frame.index.to_numpy())


def _times(column: pd.Series, where: str) -> np.ndarray:
    import pandas as pd

    numbers, text = split_numbers(column)
    if len(text):
        numbers = pd.to_datetime(column, errors="coerce", format="ISO8601")
    missing = numbers.reindex(column.index).isna()
    if missing.any():
        line = column.index[missing][0]
        raise InputError(
            f"The time column {shorten(column.name)} of {where} holds {shorten(column[line])} in line {line}, "
            "which is neither a number nor a date like 2026-01-31: correct it."
        )
    return numbers.to_numpy()


def _lines(path: str):
    with open(path, encoding="utf-8-sig", newline="") as handle:
        yield from handle


def _write(header: Header, index: pd.Index, parts: np.ndarray, used: list[int], outputs: Outputs) -> None:
    place = dict(zip(index.tolist(), parts.tolist(), strict=True))
    handles = {part: open(outputs[PARTS[part]], "w", encoding="utf-8", newline="") for part in used}  # noqa: SIM115
    try:
        head = True
        for number, line in enumerate(_lines(header.path), start=1):
            line = line.rstrip("\r\n") + "\n"
            if head and line.strip():
                head = False
                for handle in handles.values():
                    handle.write(line)
            elif number in place:
                handles[place[number]].write(line)
    finally:
        for handle in handles.values():
            handle.close()


def _summary(parts: np.ndarray, used: list[int], task: Task | None, y) -> pd.DataFrame:
    """One row a part: samples, share, and for each class its count and share (regression: mean and deviation)."""
    import pandas as pd

    rows = []
    for part in used:
        inside = parts == part
        row = {"part": PARTS[part], "samples": int(inside.sum()), "share": float(inside.mean())}
        if task and task.is_classification:
            counts = task.fit(y[inside]).counts
            row |= {f"samples_{name}": count for name, count in zip(task.classes, counts, strict=True)}
            row |= {f"share_{name}": count / int(inside.sum()) for name, count in zip(task.classes, counts, strict=True)}
        elif task:
            row |= {"target_mean": float(y[inside].mean()), "target_standard_deviation": float(y[inside].std())}
        rows.append(row)
    return pd.DataFrame(rows)
