"""The samples of each member of an ensemble: most of the training part to learn from, the rest to end its training by.

Each member sets aside other samples, so that members differ and every sample teaches some of them, unless groups are few; in time order
all set the latest aside. The validation part then steers no training at all.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ..data.groups import kept_together
from ..data.kind import Dataset
from ..data.partition import latest_apart, merge_groups, partition, smallest_aside
from ..errors import InputError
from ..tasks import Task

if TYPE_CHECKING:
    import numpy as np

_HELD = 0.15
"""Share of the training part that ends a member's training; whatever share of all samples is set aside for validation."""


@dataclasses.dataclass(frozen=True)
class Share:
    """Rows of the training part, by their place.

    Attributes:
        learned: what a member learns from.
        held: what its best epoch is chosen by, and its temperature fitted on.
        seed: of its first weights and of the order of its samples.
    """

    learned: np.ndarray
    held: np.ndarray
    seed: int


def seeds(seed: int, members: int) -> list[int]:
    """A seed for each member; those of a smaller ensemble are the first of a larger one."""
    import numpy as np

    return [int(np.random.SeedSequence([seed, place]).generate_state(1)[0] % 2**31) for place in range(members)]


def share_out(data: Dataset, y: np.ndarray, task: Task, seed: int, members: int) -> list[Share]:
    """Draw the samples of each member.

    Args:
        data: the training part.
        y: its coded targets.
        task: says what to share out evenly.
        seed: of the ensemble.
        members: how many.

    Raises:
        InputError: when there are too few samples, or groups, to divide them once more.
    """
    import numpy as np

    fractions, order = (1 - _HELD, _HELD), data.order()
    strata = task.strata(y)
    groups = None if order is not None else _groups(data)
    found = []
    for own in seeds(seed, members):
        if groups is None:
            assert order is not None
            inside = latest_apart(fractions, order, y.shape[1])
        else:
            inside = partition(fractions, strata, groups, own)
            missed = ~np.isin(strata, strata[inside == 0])
            inside[np.isin(groups, groups[missed])] = 0  # lest a member never sees a rare class
            if not inside.any():
                spared = smallest_aside(_HELD, groups, own, lambda rest: not task.lacking(y[rest]))
                inside = inside if spared is None else spared
        found.append(Share(np.flatnonzero(inside == 0), np.flatnonzero(inside == 1), own))
    if not all(len(share.learned) and len(share.held) for share in found):
        raise InputError(
            f"The training samples of {data.where} are too few to divide them once more for the members of an ensemble "
            f"({len(data)} samples): add samples, or train a single network (1 member)."
        )
    return found


def _groups(data: Dataset) -> np.ndarray:
    """Samples that stay together: copies, changed copies of one sample (which share its place in the file), and groups."""
    import numpy as np

    return merge_groups(kept_together(data), np.asarray(data.frame.index))
