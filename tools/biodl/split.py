"""Divide samples into parts: by class, by group or in time order. Knows nothing of the kind of data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .errors import InputError, listing, shorten
from .program.files import Outputs
from .task import MULTILABEL, REGRESSION, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PARTS = ("train", "validation", "test")
_BINS = 10
"""Quantiles by which a regression target is stratified."""


def partition(fractions: Sequence[float], strata: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Assign samples to parts at random, so that each stratum is shared out by ``fractions``.

    Args:
        fractions: share of each part; they sum to 1, and may be 0.
        strata: int [samples], numbered from 0: samples of one stratum are spread evenly.
        groups: int [samples], numbered from 0: samples of one group stay together.
        seed: the same seed gives the same parts.

    Returns:
        int8 [samples]: the number of each sample's part.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    parts = np.full(len(strata), -1, dtype="int8")
    sizes = np.bincount(groups)
    want = np.outer(np.asarray(fractions), np.bincount(strata))
    have = np.zeros_like(want)
    _place_groups(parts, have, want, strata, groups, sizes, random)
    _place_singles(parts, have, want, strata, np.flatnonzero(sizes[groups] == 1), random)
    return parts


def _place_groups(parts, have, want, strata, groups, sizes, random) -> None:
    """Largest first, each group goes where its strata lack most."""
    import numpy as np

    totals = want.sum(axis=0)
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(sizes)
    large = np.flatnonzero(sizes > 1)
    large = large[np.lexsort((random.random(len(large)), -sizes[large]))]
    usable = np.flatnonzero(want.sum(axis=1) > 0)
    for group in large:
        members = order[ends[group] - sizes[group] : ends[group]]
        count = np.bincount(strata[members], minlength=len(totals))
        worse = (count * (count + 2 * (have - want)) / np.maximum(totals, 1))[usable].sum(axis=1)
        part = usable[np.argmin(worse)]
        parts[members] = part
        have[part] += count


def _place_singles(parts, have, want, strata, singles, random) -> None:
    """Fill what each part still lacks of each stratum with samples that belong to no group."""
    import numpy as np

    used = want.sum(axis=1) > 0
    for stratum in np.unique(strata[singles]):
        members = random.permutation(singles[strata[singles] == stratum])
        need = np.clip(want[:, stratum] - have[:, stratum], 0, None)
        quota = _round_to(need * len(members) / max(need.sum(), 1e-12), len(members))
        for part in np.flatnonzero(used & (quota + have[:, stratum] == 0)):
            if quota.max() > 1:  # no part goes without while another can spare one
                quota[np.argmax(quota)] -= 1
                quota[part] += 1
        parts[members] = np.repeat(np.arange(len(quota)), quota)
        have[:, stratum] += quota


def _round_to(shares: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers nearest to ``shares`` that sum to ``total`` (largest remainders first)."""
    import numpy as np

    whole = np.floor(shares + 1e-9).astype(int)
    remainder = np.argsort(-(shares - whole), kind="stable")
    whole[remainder[: total - whole.sum()]] += 1
    return whole


def partition_in_order(fractions: Sequence[float], order: np.ndarray) -> np.ndarray:
    """Assign samples to parts by ``order``, earliest first; samples of the same time stay together."""
    import numpy as np

    ranks = np.argsort(order, kind="stable")
    parts = np.empty(len(order), dtype="int8")
    changes = np.flatnonzero(np.diff(order[ranks]) != 0) + 1
    allowed = np.concatenate([[0], changes, [len(order)]])
    wanted = np.cumsum(fractions)[:-1] * len(order)
    cuts = [allowed[np.argmin(np.abs(allowed - cut))] for cut in wanted]
    for part, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(order)], strict=True)):
        parts[ranks[start:end]] = part
    return parts


def strata_of(task: Task | None, y: np.ndarray | None, samples: int) -> np.ndarray:
    """What to stratify by: the class, the combination of labels, or the target's quantile."""
    import numpy as np

    if task is None:
        return np.zeros(samples, dtype=int)
    if task.one_class_each:
        return y.astype(int)
    if task.kind == REGRESSION:
        edges = np.quantile(y, np.linspace(0, 1, min(_BINS, max(samples // 10, 1)) + 1)[1:-1])
        return np.searchsorted(edges, y, side="right")
    _, codes, counts = np.unique(y, axis=0, return_inverse=True, return_counts=True)
    codes = codes.ravel()
    return np.unique(np.where(counts[codes] < 2 * len(PARTS), -1, codes), return_inverse=True)[1]


def same(values: np.ndarray) -> np.ndarray:
    """Number samples from 0 so that equal ``values`` [samples] share a number."""
    import numpy as np

    return np.unique(values, return_inverse=True)[1]


def merge_groups(*columns: np.ndarray) -> np.ndarray:
    """Groups such that samples equal in any of ``columns`` (int [samples] each) end in the same one."""
    import numpy as np

    if len(columns) == 1:
        return same(columns[0])
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    samples = len(columns[0])
    rows, nodes, offset = [], [], samples
    for column in columns:
        codes = same(column)
        rows.append(np.arange(samples))
        nodes.append(offset + codes)
        offset += codes.max() + 1
    rows, nodes = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, nodes)), shape=(offset, offset))
    return same(connected_components(graph, directed=False)[1][:samples])


def refuse_missing_classes(parts: np.ndarray, names: Sequence[str], used: Sequence[int], task: Task, y: np.ndarray) -> None:
    """Raise InputError when a part holds no sample of a class (or none with, or without, a label)."""
    for part in used:
        inside = y[parts == part]
        if task.one_class_each:
            lacking = [name for code, name in enumerate(task.classes) if not (inside == code).any()]
        elif task.kind == MULTILABEL:
            lacking = [name for code, name in enumerate(task.classes) if not inside[:, code].any()]
        else:
            lacking = []
        if lacking or not len(inside):
            what = f"class {listing(lacking, 3)}" if lacking else "any sample"
            raise InputError(
                f"This split would leave the {names[part]} part without {what}: make that part larger, "
                f"add samples of it, or merge rare classes ({shorten(task.title)} is the target)."
            )


def check_parts(parts: np.ndarray, fractions: Sequence[float], task: Task | None, y: np.ndarray | None) -> list[int]:
    """The numbers of the parts that were asked for, once it is sure that each has samples of every class.

    Raises:
        InputError: when one would lack a class, or be empty.
    """
    used = [part for part, fraction in enumerate(fractions) if fraction > 0]
    if task:
        refuse_missing_classes(parts, PARTS, used, task, y)
    for part in used:
        if not (parts == part).any():
            raise InputError(f"This split would leave the {PARTS[part]} part without any row: make it larger or add rows.")
    return used


def summary(parts: np.ndarray, used: list[int], task: Task | None, y) -> pd.DataFrame:
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


def write_summary(table: pd.DataFrame, outputs: Outputs) -> None:
    """Print the sizes of the parts, and write them if asked for."""
    from .data.table import write_table

    for row in table.to_dict("records"):
        print("  ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()))
    if "summary" in outputs:
        write_table(table, outputs["summary"])
