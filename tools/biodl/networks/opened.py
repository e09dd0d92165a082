"""A trained network that was checked, with all that its file says: its kind of data, task and encoding."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..data.files.sorts import other_sort
from ..data.kind import AnyKind, Encoding, Files
from ..data.kinds import kind_named
from ..errors import InputError, UnlikeError, counted, listing, shorten
from ..reporting.tables import yes_no
from ..stored import MALFORMED, UnfitError, demand
from ..tasks import DISAGREEMENT, ORDER, Sets, Task, task_from_json
from . import modelfile
from .description import check_network
from .ensemble import members_of
from .families import FAMILIES
from .likeness import UNCHECKED, Likeness, features_of, on_unwatched
from .running import refuse_no_number, run_model, with_beside

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a network says of some samples.

    Attributes:
        scores: as tasks take them.
        columns: to stand beside predictions: prediction sets, and whether samples are unlike those of training.
        unlike: bool [samples], the latter; None where nobody knows.
        outside: columns of a table with numbers far out of the range of training.
        ranged: numeric columns, by whether their range in training is known.
    """

    scores: np.ndarray
    columns: dict[str, Any]
    unlike: np.ndarray | None
    outside: list[str]
    ranged: dict[str, bool] = dataclasses.field(default_factory=dict)

    @classmethod
    def joined(cls, pieces: list[Seen]) -> Seen:
        """Pieces of samples one after the other."""
        import numpy as np

        columns = {name: np.concatenate([piece.columns[name] for piece in pieces]) for name in pieces[0].columns}
        unlike = None if pieces[0].unlike is None else np.concatenate([piece.unlike for piece in pieces])
        outside = list(dict.fromkeys(name for piece in pieces for name in piece.outside))
        ranged = {name: known for piece in pieces for name, known in piece.ranged.items()}
        return cls(np.concatenate([piece.scores for piece in pieces]), columns, unlike, outside, ranged)


@dataclasses.dataclass(frozen=True)
class Opened:
    """A checked model file; the network itself is loaded when it is asked for, so that data can be refused before.

    Attributes:
        path: the file.
        metadata: what ``biodl.json`` says.
        kind: of the data that it works on.
        task: what it predicts.
        encoding: its fitted preprocessing.
        sets: its prediction sets, if it was calibrated.
        likeness: what it knows of its training samples, if anything.
    """

    path: str
    metadata: dict[str, Any]
    kind: AnyKind
    task: Task
    encoding: Encoding
    sets: Sets | None = None
    likeness: Likeness | None = None

    @property
    def family_called(self) -> str:
        """How its hidden layers were built, in a word, to stand before "network"."""
        return FAMILIES[self.metadata["family"]].called

    def on_sets(self) -> str:
        """What its prediction sets are to hold, and what may be relied on; or nothing."""
        if self.sets is None:
            return ""
        return f"{self.task.set_called(self.sets)} were calibrated on {counted(self.sets.samples, 'sample')}. {self.sets.guarantee()}"

    def on_unchecked(self, ranged: Mapping[str, bool]) -> str:
        """What cannot be held against training, in a sentence, or nothing; ``ranged``: of :class:`Seen`."""
        return on_unwatched(sum(ranged.values()), len(ranged)) if self.likeness else UNCHECKED

    def learned_from(self) -> str:
        """What it was trained on and for, in words."""
        return f"{self.encoding.described()} to predict {listing(self.task.target, 3)}"

    @contextlib.contextmanager
    def reading(self, files: Files) -> Iterator[None]:
        """Refuse a file that cannot be what the network learned from: another sort before it is read, the rest while it is.

        Raises:
            InputError: that says what the network wants.
        """
        try:
            other = other_sort(files, *self.kind.sorts)
            if other:
                raise UnlikeError(other, other)
            yield
        except UnlikeError as error:
            raise InputError(
                f"This network was trained on {self.learned_from()}, but {error.reason}: give samples of that kind, or another network."
            ) from None

    def model(self) -> Any:
        """The Keras model.

        Raises:
            InputError: when Keras cannot open it.
        """
        return modelfile.load(self.path)

    def scores(self, model: Any, raw: dict[str, Any], where: str) -> np.ndarray:
        """What ``model`` predicts for raw samples, as :meth:`biodl.tasks.Task.scores` gives it.

        Raises:
            InputError: when the network gives no finite number for a sample; ``where`` names the samples.
        """
        return refuse_no_number(self.task.scores(self._outputs(model, raw)), where)

    @property
    def members(self) -> int:
        """Networks whose predictions it averages; 1 for a single network."""
        return int(self.metadata.get("members", 1))

    def eyes(self, model: Any) -> Any:
        """A model for :meth:`look`: it also gives what members say, and what enters the head, where these are asked for."""
        with modelfile.refusals(self.path):
            features = features_of(model) if self.likeness else None
            demand(features is not None or not self.likeness, "it speaks of training samples, but its network has no such layer")
        members = [members_of(model)] if self.members > 1 else []
        return with_beside(model, [*members, *([] if features is None else [features])])

    def look(self, eyes: Any, raw: dict[str, Any], where: str) -> Seen:
        """Scores, as :meth:`scores` gives them, and what stands beside them; ``eyes``: of :meth:`eyes`."""
        outputs, units = self._outputs(eyes, raw), self.task.head().units
        scores = refuse_no_number(self.task.scores(outputs[:, :units]), where)
        columns = self.task.set_columns(scores, self.sets) if self.sets else {}
        start = units
        if self.members > 1:
            start += self.members * units
            columns |= {DISAGREEMENT: self._disagreement(outputs[:, units:start])}
        if not self.likeness:
            return Seen(scores, columns, None, [])
        with modelfile.refusals(self.path):
            demand(outputs.shape[1] - start == len(self.likeness.mean), "what it says of its training samples does not fit its network")
        unlike = self.likeness.unlike(outputs[:, start:])
        ranges = self.encoding.ranges(raw)
        outside, known = self.likeness.out_of_range(ranges), set(self.likeness.columns)
        return Seen(scores, columns | {"unlike_training": yes_no(unlike)}, unlike, outside, {name: name in known for name in ranges})

    def _disagreement(self, outputs: np.ndarray) -> np.ndarray:
        """float64 [samples], from what members give one after the other, [samples, members * units]."""
        import numpy as np

        each = np.split(outputs, self.members, axis=1)
        return self.task.disagreement(np.stack([self.task.scores(item) for item in each]))

    def _outputs(self, model: Any, raw: dict[str, Any]) -> np.ndarray:
        with modelfile.refusals(self.path):
            try:
                return run_model(model, raw)
            except (InputError, OSError, MemoryError):
                raise
            except Exception as error:
                if type(error).__name__ == "ResourceExhaustedError":
                    raise
                raise UnfitError("Keras cannot run it") from error


def open_network(path: str) -> Opened:
    """Check a model file and say what it holds.

    Raises:
        InputError: with the reason for which the file is refused.
    """
    metadata, network = modelfile.contents(path)
    kind = kind_named(metadata["kind"])
    with modelfile.refusals(path):
        task = task_from_json(metadata["task"])
        task.check_stored(metadata["training"]["samples"]["training"])
        demand(kind.in_order != task.offered, f"its data are of kind {shorten(kind.name)}, but its task is {shorten(task.name)}")
        encoding = _encoding(kind, metadata["features"])
        check_network(metadata, task, encoding, network)
        judgement = metadata.get("judgement", {})
        demand(isinstance(judgement, dict), "its judgement is not a JSON object")
        sets = Sets.from_json(judgement["sets"], task.sets_for()) if "sets" in judgement else None
        likeness = Likeness.from_json(judgement["likeness"]) if "likeness" in judgement else None
    if sets and kind.in_order:  # earlier versions did not write it down
        sets = sets.doubted(ORDER)
    return Opened(path, metadata, kind, task, encoding, sets, likeness)


def _encoding(kind: AnyKind, stored: Any) -> Encoding:
    try:
        return kind.encoding_from(stored)
    except MALFORMED:  # whatever the checks of a kind do not name
        raise UnfitError(f"its features are not those of data of kind {shorten(kind.name)}") from None
