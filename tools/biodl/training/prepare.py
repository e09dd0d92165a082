"""From files to parts: read samples, find the task, set a share aside to validate with, fit the encoding to the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..data import reading
from ..data.groups import Known, kept_together, known_among, minding_near, suspected_groups
from ..data.kind import AnyKind, Dataset, Encoding, Files, Note
from ..data.partition import latest_apart, partition, smallest_aside
from ..data.split import refuse_missing_classes
from ..data.targets import TargetOptions, refuse_predictions
from ..errors import InputError, counted, role, shorten
from ..networks.opened import Opened
from ..program import runtime
from ..program.options import option
from ..tasks import Task, find_task
from .fit import FitOptions
from .judgement import SureOptions

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class ValidationOptions:
    """Where the validation part comes from when no validation data is given."""

    validation_fraction: float = option(
        0.15, "share of the training data to watch training by, if no validation data is given", type="float", low=0.01, high=0.5
    )


@dataclasses.dataclass(frozen=True)
class TrainOptions(FitOptions, ValidationOptions, TargetOptions, SureOptions):
    """What every Train command offers, beside options of its family and kinds; it stands behind what changes its defaults."""


@dataclasses.dataclass(frozen=True)
class Parts:
    """Training and validation samples, with the encoding and the task fitted to the training part alone.

    Attributes:
        training, validation: samples.
        encoding: fitted to the training part, or that of a network to start from.
        task: with what it knows of the training targets.
        notes: what was found or done on the way.
        cautions: those of them by which the validation part may mislead.
        read: how the file was read, one row a choice.
        known: which validation samples the training samples give away, where those were given and so had to be looked for.
    """

    training: Dataset
    validation: Dataset
    encoding: Encoding
    task: Task
    notes: list[Note]
    cautions: list[str]
    read: list[dict[str, str]]
    known: Known | None = None

    @property
    def summary(self) -> str:
        """Task, shape and sizes in a line."""
        return (
            f"Task: {self.task.name}, {self.task.what()} from {self.encoding.sized()}; "
            f"{len(self.training)} samples to train and {len(self.validation)} to validate"
        )


@dataclasses.dataclass(frozen=True)
class Samples:
    """What was read to learn from, before any of it is set aside.

    Attributes:
        data: samples with their targets.
        task: what they teach, before it knows of any training part.
        y: coded targets.
        notes, cautions, read: as :class:`Parts` has them.
    """

    data: Dataset
    task: Task
    y: np.ndarray
    notes: list[Note]
    cautions: list[str]
    read: list[dict[str, str]]

    def take(self, rows: np.ndarray) -> Samples:
        """The samples at positions ``rows``."""
        return dataclasses.replace(self, data=self.data.take(rows), y=self.y[rows])


def prepare(
    kind: AnyKind,
    files: Files,
    validation: Files | None,
    options: TrainOptions,
    origin: Opened | None = None,
    say: Callable[[object], None] = print,
) -> Parts:
    """Read samples and make them ready for training; see :func:`read` and :func:`divide`."""
    return divide(read(kind, files, validation, options, origin, say), kind, validation, options, origin, say)


def read(
    kind: AnyKind,
    files: Files,
    validation: Files | None,
    options: TrainOptions,
    origin: Opened | None = None,
    say: Callable[[object], None] = print,
) -> Samples:
    """Read samples to learn from, and find the task.

    Args:
        kind: of the data.
        files: samples to learn from.
        validation: samples to watch training by, which are not read here; that they are there says that data was divided before.
        options: those of the kind of data as well.
        origin: a network to start from, whose encoding is kept.
        say: is told each note when it arises.

    Raises:
        InputError: for samples that cannot be learned from.
    """
    data = kind.read_training(files, origin.encoding.pinned(options) if origin else options)
    notes = list(data.notes)
    for line in (*reading.told(data), *notes):
        say(line)
    notes += [Note(choice.what, choice.close) for choice in data.choices if choice.close]
    assert data.target is not None  # kinds read nothing to learn from without one
    refuse_predictions([str(name) for name in data.frame.columns], [str(name) for name in data.target.columns], data.where)
    task = data.task() or find_task(data.target, data.where, options.task, options.positive_class, options.label_separator)
    cautions = suspected_groups(data, task.target) if data.group is None and not validation else []
    for sentence in cautions:
        say(sentence)
        notes.append(Note("", sentence))
    return Samples(data, task, task.encode(data.target, data.where), notes, cautions, reading.table_of(data))


def divide(
    samples: Samples,
    kind: AnyKind,
    validation: Files | None,
    options: TrainOptions,
    origin: Opened | None = None,
    say: Callable[[object], None] = print,
) -> Parts:
    """Set a share aside to validate with, or read the samples that are given for it, and fit the encoding to the rest.

    Args:
        samples: to learn from.
        kind, options, origin, say: as for :func:`read`.
        validation: samples to watch training by; without them a share is set aside.

    Raises:
        InputError: when nothing can be set aside, or what is given for it cannot be read.
    """
    data, task, notes, cautions = samples.data, samples.task, list(samples.notes), list(samples.cautions)

    def tell(sentence: str) -> None:
        notes.append(Note("", sentence))
        say(sentence)

    encoding = origin.encoding.for_columns_of(data) if origin else None
    known: Known | None = None
    if validation:
        training, fitted = data, encoding or data.fit_encoding(options)
        with role("Validation samples"):
            held = kind.read_for(validation, fitted, task)
        for said in (*reading.told(held), *held.notes):
            say(said)
        known = known_among(held, data)
        repeated, near = known.copies, known.count - known.copies
        what = "early stopping is misled" if options.members == 1 else "what is chosen and said by them is too good"
        if repeated:
            misled = f"{repeated} of {len(held)} validation samples are also in the training data: {what}"
            cautions.append(misled)
            tell(misled)
        if near > 0:
            misled = f"{counted(near, 'more validation sample', 'is a near copy', 'are near copies')} of training samples: {what}"
            cautions.append(misled)
            tell(misled)
    else:
        with minding_near(data):
            inside = _set_aside(data, task, samples.y, options, tell)
        training, held = (_take(data, inside == part) for part in (0, 1))
        fitted = encoding or training.fit_encoding(options)
    training = training.augmented(options)
    assert training.target is not None
    parts = Parts(training, held, fitted, task.fit(task.encode(training.target, data.where)), notes, cautions, samples.read, known)
    if not fitted.streams:
        runtime.check_memory(len(data), fitted.shape, data.where)
    for sentence in fitted.notes(data):
        tell(sentence)
    return parts


def _take(data: Dataset, inside: np.ndarray) -> Dataset:
    import numpy as np

    return data.take(np.flatnonzero(inside))


def _set_aside(data: Dataset, task: Task, y: np.ndarray, options: TrainOptions, tell: Callable[[str], None]) -> np.ndarray:
    """int8 [samples]: 0 to train with, 1 to validate with, -1 to leave out because both would see it.

    Raises:
        InputError: when there are too few samples, or groups, to set some aside.
    """
    fractions = (1 - options.validation_fraction, options.validation_fraction)
    order = data.order()
    if order is not None:
        inside = latest_apart(fractions, order, y.shape[1])
    else:
        groups = kept_together(data, len(fractions))
        if data.group is not None:
            tell(f"Groups of column {shorten(data.group.name)} stay together: {data.group.nunique()} groups")
        inside = partition(fractions, task.strata(y), groups, options.seed)
        if not (inside == 1).any() or (data.group is not None and task.lacking(y[inside == 0])):
            inside = _smallest_groups(data, groups, task, y, options, tell, inside)
    refuse_missing_classes(inside, ("training", "validation"), (0,), task, y)
    if not (inside == 1).any() or not (inside == 0).any():
        raise InputError(
            f"The {data.where} is too small to set validation rows aside ({len(data)} usable rows): add rows or give validation data."
        )
    return inside


def _smallest_groups(
    data: Dataset, groups: np.ndarray, task: Task, y: np.ndarray, options: TrainOptions, tell: Callable[[str], None], otherwise: np.ndarray
) -> np.ndarray:
    """int8 [samples]: 1 for the smallest groups that can be spared, 0 for the rest; ``otherwise`` where none can and none was named.

    Raises:
        InputError: when no group of a group column can be spared.
    """
    found = smallest_aside(options.validation_fraction, groups, options.seed, lambda rest: not task.lacking(y[rest]))
    if data.group is None:
        return otherwise if found is None else found
    if found is None:
        why = "copies of samples link them all" if not groups.any() else "the others would lack a class"
        raise InputError(
            f"No group of column {shorten(data.group.name)} of {data.where} can be set aside to validate with, since {why}: add samples of "
            "other groups, choose another group column, or train with validation data of your own."
        )
    tell(f"The smallest groups that can be spared are set aside to validate with: {int(found.sum())} of {len(data)} samples")
    return found
