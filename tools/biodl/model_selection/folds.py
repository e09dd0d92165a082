"""Folds: which samples each of several trainings learns from, and which it predicts without having seen them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..data.groups import group_codes, kept_together, minding_near
from ..data.kind import Dataset
from ..data.partition import partition, partition_in_order, smallest_aside
from ..errors import InputError, listing, shorten
from ..program.options import option
from ..training.prepare import Samples

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class CrossValidationOptions:
    """How often a network is trained on a part of the samples to predict the rest."""

    folds: int = option(
        0, "parts for cross-validation, each predicted by a network that the others trained; 0: none", type="int", low=0, high=100
    )
    repeats: int = option(1, "how often cross-validation is done, with other parts each time", type="int", low=1, high=100)
    leave_one_group_out: bool = option(
        False, "cross-validate with each group of the group column as one part; the number of parts does not count then", type="bool"
    )
    simple_models: bool = option(True, "train traditional models on the same parts, to compare with", type="bool")
    cross_validation_minutes: float = option(
        0.0, "begin no part after so many minutes and say which are missing; 0: no limit", type="float", low=0, high=100000
    )

    @property
    def wanted(self) -> bool:
        """Whether to cross-validate."""
        return self.folds > 0 or self.leave_one_group_out


@dataclasses.dataclass(frozen=True)
class Fold:
    """One training of many.

    Attributes:
        repeat, number: from 1; which division, and which part of it is predicted.
        name: the number, or the group that is left out.
        called: the same in sentences.
        learn: int [samples], positions to learn from.
        held: int [samples], positions to predict.
    """

    repeat: int
    number: int
    name: str
    called: str
    learn: np.ndarray
    held: np.ndarray


def sizes_of(folds: Sequence[Fold]) -> tuple[int, int]:
    """Samples that all folds together learn from, and that they predict."""
    return sum(len(fold.learn) for fold in folds), sum(len(fold.held) for fold in folds)


def folds_of(samples: Samples, options: CrossValidationOptions, seed: int) -> list[Fold]:
    """The folds that options ask for, of one division after the other.

    Samples with an order are cut in time: each fold learns from all that lies before what it predicts. Of others, classes are shared out
    evenly, and copies, near copies (where that was wished) and groups stay together.

    Args:
        samples: to divide.
        options: how.
        seed: of the first division; each repeat has one more.

    Raises:
        InputError: when there are fewer members of a class, groups or samples than folds; when what is wished does not apply.
    """
    with minding_near(samples.data):
        return _folds(samples, options, seed)


def _folds(samples: Samples, options: CrossValidationOptions, seed: int) -> list[Fold]:
    data, count = samples.data, options.folds
    if count == 1 and not options.leave_one_group_out:
        raise InputError("Cross-validation needs at least 2 folds: set folds to 5 or 10, or to 0 for none.")
    order = data.order()
    if options.leave_one_group_out:
        found = _one_group_each(data, options, order)
    elif order is not None:
        found = _in_order(samples, order, options)
    else:
        _refuse_more_folds(samples, count)
        found = [fold for repeat in range(options.repeats) for fold in _divided(samples, count, repeat + 1, seed + repeat)]
    together = None if data.group is None else kept_together(data)
    for fold in found:
        _refuse_empty(samples, fold)
        _refuse_lacking(samples, fold)
        if together is not None:
            _refuse_inseparable(samples, fold, together[fold.learn])
    return found


def _divided(samples: Samples, count: int, repeat: int, seed: int) -> list[Fold]:
    parts = partition([1 / count] * count, samples.task.strata(samples.y), kept_together(samples.data), seed)
    return [_fold(repeat, number, str(number), parts == number - 1) for number in range(1, count + 1)]


def _fold(repeat: int, number: int, name: str, held: np.ndarray) -> Fold:
    import numpy as np

    called = f"fold {name}" if name == str(number) else f"group {shorten(name)}"
    return Fold(repeat, number, name, f"{called} of repeat {repeat}" if repeat > 1 else called, np.flatnonzero(~held), np.flatnonzero(held))


def _refuse_more_folds(samples: Samples, count: int) -> None:
    """Raise InputError when a class, or the groups, cannot be shared out among so many folds."""
    data, task = samples.data, samples.task
    where = f"the {data.where}"
    if len(data) < count:
        raise InputError(f"There are {count} folds, but only {len(data)} samples in {where}: choose fewer folds.")
    if data.group is not None:
        groups = int(group_codes(data.group, 1, data.where).max()) + 1
        if groups < count:
            mend = f"{groups} groups: choose {groups} folds or fewer" if groups > 1 else "one group: choose another column, or none"
            raise InputError(f"There are {count} folds, but the group column {shorten(data.group.name)} of {where} has only {mend}.")
    few = task.rarer_than(samples.y, count)
    if few:
        least = min(few.values())
        mend = f"choose {least} folds or fewer, or merge rare classes" if least > 1 else "merge rare classes"
        raise InputError(f"There are {count} folds, but fewer samples of class {listing(few, 3)} in {where} (the fewest: {least}): {mend}.")


def _one_group_each(data: Dataset, options: CrossValidationOptions, order: np.ndarray | None) -> list[Fold]:
    """A fold a group."""
    import numpy as np

    if data.group is None:
        what = "samples in time order have no groups" if order is not None else "no group column was chosen"
        raise InputError(f"One group at a time was to be left out, but {what}: choose the group column, or a number of folds.")
    if options.repeats > 1:
        raise InputError("Leaving one group out gives the same parts each time: set repeats to 1.")
    codes = group_codes(data.group, 1, data.where)
    names = data.group.to_numpy(dtype=str)
    groups = int(codes.max()) + 1
    if groups < 2:
        raise InputError(f"The group column {shorten(data.group.name)} of the {data.where} has one group only: choose another column.")
    if int(kept_together(data).max()) + 1 < groups:
        raise InputError(
            f"Samples of different groups of column {shorten(data.group.name)} of the {data.where} are copies of each other, so that no "
            "group can be left out for itself: remove copies, or choose a number of folds, which keeps them together."
        )
    return [_fold(1, code + 1, str(names[np.argmax(codes == code)]), codes == code) for code in range(groups)]


def _in_order(samples: Samples, order: np.ndarray, options: CrossValidationOptions) -> list[Fold]:
    """Each of the later parts of equal length is predicted from all that came before it (expanding window)."""
    import numpy as np

    if options.repeats > 1:
        raise InputError("Samples in time order can be divided in one way only: set repeats to 1.")
    data, count = samples.data, options.folds
    parts = partition_in_order([1 / (count + 1)] * (count + 1), order)
    found = []
    for number in range(1, count + 1):
        held = parts == number
        before = parts < number
        if held.any():
            before &= order + samples.y.shape[1] <= order[held].min()  # else what they foretell lies in the part that is predicted
        if not held.any() or not before.any():
            raise InputError(
                f"The {data.where} is too short for {count} folds in time order ({len(data)} usable windows): choose fewer folds."
            )
        found.append(Fold(1, number, str(number), f"fold {number}", np.flatnonzero(before), np.flatnonzero(held)))
    return found


def _refuse_empty(samples: Samples, fold: Fold) -> None:
    """Raise InputError when a fold would learn from nothing, or predict nothing."""
    if not len(fold.held) or not len(fold.learn):
        raise InputError(
            f"{fold.called[0].upper()}{fold.called[1:]} would {'predict' if not len(fold.held) else 'learn from'} no sample, since so many "
            f"samples of the {samples.data.where} stand together: choose fewer folds."
        )


def _refuse_lacking(samples: Samples, fold: Fold) -> None:
    """Raise InputError when a fold would learn nothing of a class."""
    lacking = samples.task.lacking(samples.y[fold.learn])
    if lacking:
        raise InputError(
            f"A network for {fold.called} would learn from no sample of class {listing(lacking, 3)}, since all of them stand together: "
            "choose other folds or another group column, or merge rare classes."
        )


def _refuse_inseparable(samples: Samples, fold: Fold, groups: np.ndarray) -> None:
    """Raise InputError when no group, of those that a fold learns from, can be set aside to validate with."""
    task, y = samples.task, samples.y[fold.learn]
    if smallest_aside(0, groups, 0, lambda rest: not task.lacking(y[rest])) is None:
        alone = "it learns from one group alone" if len(set(groups.tolist())) == 1 else "the others would lack a class"
        raise InputError(
            f"A network for {fold.called} could set no group aside to validate with, since {alone}: choose other folds or another group "
            "column, or add samples of other groups."
        )
