"""Split sequences, series, text or images: the files' own lines, records or images are shared out as they are."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..errors import InputError, listing, shorten
from ..program.files import Outputs
from ..program.options import ColumnNumber
from ..split import PARTS, check_parts, merge_groups, partition, strata_of, summary, write_summary
from ..task import find_task
from .dataset import Dataset, Files, identical
from .table import read_header
from .table_split import group_codes


def split(kind: ModuleType, files: Files, options: Any, fractions: tuple[float, ...], outputs: Outputs) -> None:
    """Split samples and write their parts and the summary.

    Raises:
        InputError: when a part would lack a class or be empty, or the split in time order was asked for.
    """
    if options.method == "time":
        raise InputError("The time split is for tables and forecasts: split these samples by class or by group.")
    data = kind.read_samples(files, options)
    for note in data.notes:
        print(note)
    task, y = None, None
    if data.target is not None:
        task = find_task(data.target, data.where)
        y = task.encode(data.target, data.where)
    copies = identical(data)
    repeated = len(data) - len(set(copies.tolist()))
    print(f"{repeated} of {len(data)} samples repeat another" + (" and were kept in its part" if repeated else ""))
    groups = [copies]
    if options.method == "grouped":
        groups.append(group_codes(data.frame[_group(files, data, options)], fractions, data.where))
    parts = partition(fractions, strata_of(task, y, len(data)), merge_groups(*groups), options.seed)
    used = check_parts(parts, fractions, task, y)
    kind.write_parts(files, data, [(parts == part, outputs[PARTS[part]]) for part in used])
    sizes = summary(parts, used, task, y)
    alike = kind.alike(data)
    if alike is not None:
        known = set(alike[parts == 0].tolist())
        sizes["nearly_in_train"] = [sum(code in known for code in alike[parts == part].tolist()) if part else 0 for part in used]
        near = int(sizes["nearly_in_train"].sum())
        if near:
            print(
                f"{near} samples of other parts differ little from one in train (column nearly_in_train): "
                "group them by where they come from"
            )
    write_summary(sizes, outputs)


def _group(files: Files, data: Dataset, options: Any) -> str:
    """Name of the group column, which stands in the table of labels or in that of the samples."""
    chosen = options.group[0]
    if isinstance(chosen, ColumnNumber):
        chosen = read_header(files.labels or files.main).resolve([chosen], "group")[0]
    if chosen not in data.frame:
        raise InputError(
            f"Column {shorten(chosen)}, chosen as group, is not known of the samples, "
            f"of which {listing(data.frame.columns)} are: choose one of these."
        )
    return chosen
