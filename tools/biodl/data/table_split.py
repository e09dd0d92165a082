"""Split a table: lines are copied as they are, so that nothing in a cell changes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..errors import InputError, shorten
from ..program.files import Outputs
from ..split import PARTS, check_parts, merge_groups, partition, partition_in_order, same, strata_of, summary, write_summary
from ..task import find_task
from .columns import CATEGORICAL, NUMERIC, names_rows
from .dataset import with_target
from .series import times
from .table import Header, copy_records, read_table
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
    task, y = None, None
    if columns.target:
        frame, target, notes = with_target(frame, columns.target, header.where)
        for note in notes:
            print(note)
        task = find_task(target, header.where)
        y = task.encode(target, header.where)
    parts = _assign(frame, columns, method, fractions, seed, task, y, header.where)
    used = check_parts(parts, fractions, task, y)
    copy_records(header, [(frame.index[parts == part], outputs[PARTS[part]]) for part in used])
    write_summary(summary(parts, used, task, y), outputs)


def _assign(frame, columns: Columns, method: str, fractions, seed: int, task, y, where: str) -> np.ndarray:
    copies = _identical(frame, columns)
    repeated = len(frame) - len(set(copies.tolist()))
    print(f"{repeated} of {len(frame)} rows repeat another" + (" and were kept in its part" if repeated and method != "time" else ""))
    if method == "time":
        return partition_in_order(fractions, times(frame[columns.time[0]], where).to_numpy())
    strata = strata_of(task, y, len(frame))
    if method != "grouped":
        return partition(fractions, strata, merge_groups(copies), seed)
    codes = group_codes(frame[columns.group[0]], fractions, where)
    return partition(fractions, strata, merge_groups(codes, copies), seed)


def group_codes(group: pd.Series, fractions: tuple[float, ...], where: str) -> np.ndarray:
    """int [samples]: samples of one group share a number.

    Raises:
        InputError: when a sample has no group, or there are fewer groups than parts.
    """
    if group.isna().any():
        raise InputError(
            f"The group column {shorten(group.name)} of {where} is empty in line {group.index[group.isna()][0]}: name every row's group."
        )
    codes = same(group.to_numpy(dtype=str))
    if codes.max() + 1 < sum(fraction > 0 for fraction in fractions):
        raise InputError(f"The group column {shorten(group.name)} of {where} has only {codes.max() + 1} groups: too few to share out.")
    return codes


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
