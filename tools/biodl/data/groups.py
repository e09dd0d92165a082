"""Groups of samples: those that must stand on one side of a split, and columns that look as if they named such groups."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from ..errors import InputError, counted, shorten
from .fingerprints import identical, number_equal
from .kind import Dataset, Note
from .partition import merge_groups

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


D = TypeVar("D", bound=Dataset)
_FEWEST_GROUPS, _SMALLEST_MEAN, _LARGEST_MEAN = 5, 2.0, 50.0
"""A column looks like groups if its values repeat a few times each."""
_ALIKE = 0.6
"""Distance of group members to each other, as a share of that of any two samples, below which they are far more alike."""
_MOST_SAMPLES = 2000
_FEW, _LARGE = 10, 0.1
"""Different samples, and their share of all, up to which near copies that hang together still fit into a part."""


def group_codes(group: pd.Series, parts: int, where: str) -> np.ndarray:
    """int [samples]: samples of one group share a number.

    Raises:
        InputError: when there are fewer groups than parts.
    """
    codes = number_equal(group.to_numpy(dtype=str))
    groups = int(codes.max()) + 1
    if groups < parts:
        few = "only one group, which cannot be shared out" if groups == 1 else f"only {groups} groups, too few for {parts} parts"
        raise InputError(f"The group column {shorten(group.name)} of {where} has {few}: choose another column, or none.")
    return codes


def kept_together(data: Dataset, parts: int = 1) -> np.ndarray:
    """int [samples]: copies of a sample share a number, and so do near copies, where that was wished, and samples of one group, if a group
    column was named.

    Raises:
        InputError: as :func:`group_codes`.
    """
    groups = [] if data.group is None else [group_codes(data.group, parts, data.where)]
    near = [] if data.near is None else [data.near]
    return merge_groups(identical(data), *near, *groups)


def with_near(data: D, codes: np.ndarray | None = None) -> D:
    """Samples whose near copies stay together from now on, with a note that says how many.

    Args:
        data: samples.
        codes: int [samples], their near copies, if they are known.
    """
    codes = data.near_copies() if codes is None else codes
    copies = identical(data)
    count = near_beside(copies, codes)
    if codes is None or not count:
        return data
    said = counted(count, "sample", "is a near copy of another and stays with it", "are near copies of others and stay with them")
    large = chained(copies, codes)
    notes = [f"{said} where samples are divided", *([": ".join(large)] if large else [])]
    return data.keeping(codes, *(Note("", sentence) for sentence in notes))


def near_beside(copies: np.ndarray, near: np.ndarray | None) -> int:
    """How many samples are near copies of another, beside exact ones; both int [samples], one number for those alike."""
    return 0 if near is None else len(set(copies.tolist())) - len(set(merge_groups(copies, near).tolist()))


def chained(copies: np.ndarray, near: np.ndarray) -> tuple[str, str] | None:
    """What is so, and what to do, where so many samples hang together that parts may not have the sizes that were wished.

    Args:
        copies, near: as for :func:`near_beside`.
    """
    import numpy as np

    codes = merge_groups(copies, near)
    largest = np.bincount(codes).argmax()
    samples = len(set(copies[codes == largest].tolist()))
    if samples <= max(_FEW, _LARGE * len(copies)):
        return None
    return (
        f"{np.count_nonzero(codes == largest)} of {len(copies)} samples hang together, each nearly a copy of the next, and end in one part",
        "if they are different ones that look alike (cells of one shape), turn 'Keep near copies together' off; if they overlap (windows "
        "of one genome), give samples from more places",
    )


@dataclasses.dataclass(frozen=True)
class Known:
    """Samples of one part that another part gives away.

    Attributes:
        inside: bool [samples], those of which a copy, or a near copy, stands in the other part.
        copies: how many of these are exact copies.
        nearly: whether near copies were looked for; for some kinds they have no meaning.
    """

    inside: np.ndarray
    copies: int
    nearly: bool = True

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.inside.sum())

    @property
    def exact(self) -> bool:
        """Whether all of them are exact copies."""
        return self.copies == self.count

    @property
    def alike(self) -> str:
        """What near means, in brackets; empty where all are exact copies."""
        return "" if self.exact else " (copies, alike in almost all, or linked to one by samples that are)"

    @property
    def kept(self) -> str:
        """What must be kept together to have none of them."""
        return "copies" if self.exact else "near copies"

    def said(self, other: str) -> str:
        """How many, in words; ``other``: a sample of the other part, as a noun."""
        are, noun = ("is", f"a{'n' if other[0] in 'aeiou' else ''} {other}") if self.count == 1 else ("are", f"{other}s")
        what = ("a copy of" if self.count == 1 else "copies of") if self.exact else "near"
        return f"{self.count} of {len(self.inside)} held-out samples ({self.count / len(self.inside):.1%}) {are} {what} {noun}"


def known_among(data: Dataset, others: Dataset) -> Known:
    """Which samples have a copy among ``others``, or a near copy where that has a meaning."""
    import numpy as np

    found = np.isin(data.row_hashes(), others.row_hashes())
    codes = data.near_copies(others)
    near = found if codes is None else found | np.isin(codes[: len(data)], codes[len(data) :])
    return Known(near, int(found.sum()), codes is not None)


@contextlib.contextmanager
def minding_near(data: Dataset) -> Iterator[None]:
    """Say, behind an :class:`InputError` on samples that cannot be divided, that near copies stay together, where they do."""
    try:
        yield
    except InputError as error:
        if data.near is None:
            raise
        raise InputError(
            f"{error} Near copies stay together, which makes it harder: turn 'Keep near copies together' off to see."
        ) from None


def suspected_groups(data: Dataset, told: Sequence[str]) -> list[str]:
    """Sentences on columns that nobody named as group, whose values repeat a few times each and whose members are far more alike.

    Args:
        data: samples.
        told: columns that have a part already: target, group.
    """
    candidates = {name: found for name in data.unused(told) if (found := _repeats(data.frame[name]))[0]}
    sketch = data.sketch(without=list(candidates)) if candidates else None
    if sketch is None:
        return []
    return [
        f"Column {shorten(name)} looks like groups: its {groups} values stand for about {members:.0f} samples each, "
        "which are far more alike than others. If they belong together (one patient, cell line or slide), name it as the group "
        "column, lest the network is judged on samples whose like it has seen"
        for name, (groups, members) in candidates.items()
        if _far_more_alike(sketch, data.frame[name])
    ]


def _repeats(column: pd.Series) -> tuple[int, float]:
    """Number of values that occur more than once, and how often on average; 0 where the column does not look like groups."""
    counts = column.dropna().value_counts()
    repeated = counts[counts > 1]
    if len(repeated) < _FEWEST_GROUPS or repeated.sum() < len(column) / 2:
        return 0, 0.0
    mean = float(counts.mean())
    return (len(counts), mean) if _SMALLEST_MEAN <= mean <= _LARGEST_MEAN else (0, 0.0)


def _far_more_alike(sketch: np.ndarray, column: pd.Series) -> bool:
    """Whether a sample's distance to another of its group is far below that to a sample of another group, on the median."""
    import numpy as np

    random = np.random.default_rng(0)
    present = np.flatnonzero(column.notna().to_numpy())
    codes = number_equal(column.iloc[present].to_numpy(dtype=str))
    order = random.permutation(len(present))
    order = order[np.argsort(codes[order], kind="stable")]
    same = codes[order[1:]] == codes[order[:-1]]
    left, right = present[order[:-1][same]], present[order[1:][same]]
    if len(left) > _MOST_SAMPLES:
        chosen = random.choice(len(left), _MOST_SAMPLES, replace=False)
        left, right = left[chosen], right[chosen]
    values = dict(zip(present.tolist(), codes.tolist(), strict=True))
    other = random.choice(present, len(left))
    apart = np.array([values[one] != values[two] for one, two in zip(left.tolist(), other.tolist(), strict=True)])
    if not apart.any():
        return False
    inside, outside = _distances(sketch, left, right), _distances(sketch, left[apart], other[apart])
    return bool(np.median(inside) < _ALIKE * np.median(outside))


def _distances(sketch: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.sqrt(((sketch[left] - sketch[right]) ** 2).mean(axis=1))
