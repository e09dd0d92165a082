"""Divide samples of any kind into parts: the files' own lines, records or images are shared out as they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError, listing, shorten
from ..program.files import Outputs
from ..program.options import Columns, option
from ..program.streams import print_first
from ..reporting import plots
from ..reporting.tables import four_digits, write_readable
from ..tasks import Task, find_task
from . import reading
from .fingerprints import identical
from .forms import ALL, SampleColumns
from .groups import kept_together, minding_near, suspected_groups, with_near
from .image.read import BrokenOptions
from .kind import AnyKind, Dataset, Files
from .partition import partition, partition_in_order

if TYPE_CHECKING:
    import numpy as np

PARTS = ("train", "validation", "test")
METHODS = ("stratified", "time")


@dataclasses.dataclass(frozen=True)
class SplitOptions(BrokenOptions, SampleColumns):
    """How samples are divided."""

    kind: str = option("table", "what the samples are", type="choice", choices=ALL)
    method: str = option("stratified", "how to split", type="choice", choices=METHODS)
    target: Columns = option((), "column whose classes (or range) are shared out evenly", type="columns")
    target_name: str = option("", "name of that column, where a form cannot list columns", type="text", names="target")
    group: Columns = option((), "column whose equal values end in one part (patient, cell line); not in time order", type="columns")
    group_name: str = option("", "name of that column, where a form cannot list columns", type="text", names="group")
    time: Columns = option((), "column of times (numbers or dates); the latest rows become the test part", type="columns")
    missing: str = option("", "words that mean a missing value, with commas between; the usual ones if not given", type="text")
    ignore: Columns = option((), "columns that do not count when rows are compared (identifiers)", type="columns")
    validation_size: float = option(0.15, "share of samples to validate with, may be 0", type="float", low=0, high=0.8)
    test_size: float = option(0.2, "share of samples to test with", type="float", low=0.01, high=0.8)
    near_together: bool = option(True, "keep near copies of sequences and images in one part, as copies are", type="bool")
    seed: int = option(1, "the same seed gives the same split again", type="int", low=0, high=2**31 - 1)


def split(kind: AnyKind, files: Files, options: SplitOptions, fractions: tuple[float, ...], outputs: Outputs) -> None:
    """Split samples and write their parts and the summary.

    Args:
        kind: of the samples.
        files: where they are.
        options: of the command.
        fractions: share of each of :data:`PARTS`.
        outputs: where to write.

    Raises:
        InputError: when a part would lack a class or be empty, or a steering column has gaps.
    """
    data = kind.read_to_split(files, options)
    for line in (*reading.told(data), *data.notes):
        print(line)
    task, y = None, None
    if data.target is not None:
        task = find_task(data.target, data.where)
        y = task.encode(data.target, data.where)
    copies = identical(data)
    order = data.order()
    if options.method == "time" and order is None:
        raise InputError("The time split is for tables and forecasts: split these samples by class or by group.")
    _report_copies(kind, copies, order is not None)
    near = data.near_copies()
    if order is not None:
        parts = partition_in_order(fractions, order)
    else:
        if options.near_together:
            data = _told_of_near(data, near)
        if data.group is None:
            told = (*(task.target if task else ()), *_names(data, options.ignore))
            for sentence in suspected_groups(data, told):
                print(f"{sentence}.")
        strata = copies * 0 if task is None or y is None else task.strata(y)
        parts = partition(fractions, strata, kept_together(data, sum(fraction > 0 for fraction in fractions)), options.seed)
    with minding_near(data):
        used = _check_parts(parts, fractions, task, y)
    kind.write_parts(files, data, [(parts == part, outputs[PARTS[part]]) for part in used])
    rows = _summary(parts, used, task, y)
    if "sizes" in outputs:
        _draw_sizes(parts, used, task, y, outputs)
    if near is not None:
        _count_near(rows, near, parts, used)
    _write_summary(rows, outputs)


def _told_of_near(data: Dataset, near: np.ndarray | None) -> Dataset:
    """Samples whose near copies stay together, once it is said how many there are."""
    kept = with_near(data, near)
    for note in kept.notes[len(data.notes) :]:
        print(note)
    return kept


def _names(data: Dataset, columns: Columns) -> list[str]:
    """Columns by name, whether a user named or numbered them."""
    numbered = dict(enumerate(data.frame.columns, start=1))
    return [column if isinstance(column, str) else numbered.get(column.number, "") for column in columns]


def _report_copies(kind: AnyKind, copies: np.ndarray, in_order: bool) -> None:
    repeated = len(copies) - len(set(copies.tolist()))
    print(
        f"{repeated} of {len(copies)} {kind.called}s repeat another" + (" and were kept in its part" if repeated and not in_order else "")
    )


def refuse_missing_classes(parts: np.ndarray, names: Sequence[str], used: Sequence[int], task: Task, y: np.ndarray) -> None:
    """Raise InputError when a part holds no sample of a class (or none with a label)."""
    for part in used:
        inside = y[parts == part]
        lacking = task.lacking(inside)
        if lacking or not len(inside):
            what = f"class {listing(lacking, 3)}" if lacking else "any sample"
            raise InputError(
                f"This split would leave the {names[part]} part without {what}: make that part larger, "
                f"add samples of it, or merge rare classes ({shorten(task.title)} is the target)."
            )


def _check_parts(parts: np.ndarray, fractions: Sequence[float], task: Task | None, y: np.ndarray | None) -> list[int]:
    """The numbers of the parts that were asked for, once it is sure that each has samples of every class.

    Raises:
        InputError: when one would lack a class, or be empty.
    """
    used = [part for part, fraction in enumerate(fractions) if fraction > 0]
    if task and y is not None:
        refuse_missing_classes(parts, PARTS, used, task, y)
    for part in used:
        if not (parts == part).any():
            raise InputError(f"This split would leave the {PARTS[part]} part without any row: make it larger or add rows.")
    return used


def _summary(parts: np.ndarray, used: list[int], task: Task | None, y: np.ndarray | None) -> list[dict[str, Any]]:
    """One row a part: samples, share, and what the task says of its targets."""
    rows = []
    for part in used:
        inside = parts == part
        row: dict[str, Any] = {"part": PARTS[part], "samples": int(inside.sum()), "share": float(inside.mean())}
        if task and y is not None:
            row |= task.shares(y[inside])
        rows.append(row)
    return rows


def _draw_sizes(parts: np.ndarray, used: list[int], task: Task | None, y: np.ndarray | None, outputs: Outputs) -> None:
    """Draw how large the parts are, with what the task shows of their targets."""
    panels = [] if task is None or y is None else task.parts_panels({PARTS[part]: y[parts == part] for part in used})
    counts = [int((parts == part).sum()) for part in used]
    plots.figure(panels or [plots.bars([PARTS[part] for part in used], counts, "Samples of each part", "samples")], outputs["sizes"])


def _count_near(rows: list[dict[str, Any]], near: np.ndarray, parts: np.ndarray, used: list[int]) -> None:
    """Add to each part how many of its samples differ little from one in train, and say so."""
    known = set(near[parts == 0].tolist())
    for row, part in zip(rows, used, strict=True):
        row["nearly_in_train"] = sum(code in known for code in near[parts == part].tolist()) if part else 0
    count = sum(row["nearly_in_train"] for row in rows)
    if count:
        print(
            f"{count} samples of other parts differ little from one in train (column nearly_in_train): keep near copies together, or group "
            "them by where they come from"
        )


def _write_summary(rows: list[dict[str, Any]], outputs: Outputs) -> None:
    """Print the sizes of the parts, and write them if asked for."""
    import pandas as pd

    shares = ", ".join(f"{row['part']} {row['samples']} samples ({row['share']:.0%})" for row in rows)
    cells = (
        "  ".join(f"{name} {four_digits(value)}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items())
        for row in rows
    )
    print_first([f"Parts: {shares}.", *cells])
    if "summary" in outputs:
        write_readable(pd.DataFrame(rows), outputs["summary"])
