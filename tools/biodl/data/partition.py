"""Divide samples into parts: by class, by group or in time order. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .fingerprints import number_equal

if TYPE_CHECKING:
    import numpy as np


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


def _place_groups(
    parts: np.ndarray,
    have: np.ndarray,
    want: np.ndarray,
    strata: np.ndarray,
    groups: np.ndarray,
    sizes: np.ndarray,
    random: np.random.Generator,
) -> None:
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


def _place_singles(
    parts: np.ndarray, have: np.ndarray, want: np.ndarray, strata: np.ndarray, singles: np.ndarray, random: np.random.Generator
) -> None:
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


def smallest_aside(share: float, groups: np.ndarray, seed: int, enough: Callable[[np.ndarray], bool]) -> np.ndarray | None:
    """Set the smallest groups aside that can be spared: one, and others while they do not exceed a share of the samples.

    Args:
        share: of all samples.
        groups: int [samples]: samples of one group stay together.
        seed: decides between groups of one size.
        enough: whether samples, bool [samples], can be learned from.

    Returns:
        int8 [samples]: 0, or 1 for what is set aside; None where no group can be spared.
    """
    import numpy as np

    names, sizes = np.unique(groups, return_counts=True)
    order = np.lexsort((np.random.default_rng(seed).random(len(names)), sizes))
    aside = np.zeros(len(groups), dtype=bool)
    for place in order:
        if aside.any() and aside.sum() + sizes[place] > share * len(groups):
            break
        more = aside | (groups == names[place])
        if not more.all() and enough(~more):
            aside = more
    return aside.astype("int8") if aside.any() else None


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


def latest_apart(fractions: Sequence[float], order: np.ndarray, ahead: int) -> np.ndarray:
    """Assign samples to two parts by ``order``, the latest to the second.

    Args:
        fractions: share of each part.
        order: [samples] of times.
        ahead: steps that follow a sample and are foretold from it.

    Returns:
        int8 [samples]: 0 or 1, or -1 to leave out those of the first part whose future reaches among the second.
    """
    parts = partition_in_order(fractions, order)
    if (parts == 1).any():
        parts[(parts == 0) & (order + ahead > order[parts == 1].min())] = -1
    return parts


def merge_groups(*columns: np.ndarray) -> np.ndarray:
    """Groups such that samples equal in any of ``columns`` (int [samples] each) end in the same one."""
    import numpy as np

    if len(columns) == 1:
        return number_equal(columns[0])
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    samples = len(columns[0])
    rows, nodes, offset = [], [], samples
    for column in columns:
        codes = number_equal(column)
        rows.append(np.arange(samples))
        nodes.append(offset + codes)
        offset += codes.max() + 1
    rows, nodes = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, nodes)), shape=(offset, offset))
    return number_equal(connected_components(graph, directed=False)[1][:samples])
