"""A trained network that was checked, with all that its file says: its kind of data, task and encoding."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..data.files.sorts import other_sort
from ..data.kind import AnyKind, Encoding, Files
from ..data.kinds import kind_named
from ..errors import InputError, UnlikeError, listing, shorten
from ..stored import MALFORMED, UnfitError, demand
from ..tasks import Task, task_from_json
from . import modelfile
from .description import check_network
from .ensemble import with_members
from .families import FAMILIES
from .running import run_model

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True)
class Opened:
    """A checked model file; the network itself is loaded when it is asked for, so that data can be refused before.

    Attributes:
        path: the file.
        metadata: what ``biodl.json`` says.
        kind: of the data that it works on.
        task: what it predicts.
        encoding: its fitted preprocessing.
    """

    path: str
    metadata: dict[str, Any]
    kind: AnyKind
    task: Task
    encoding: Encoding

    @property
    def family_called(self) -> str:
        """How its hidden layers were built, in a word, to stand before "network"."""
        return FAMILIES[self.metadata["family"]].called

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
        return _finite(self.task.scores(self._outputs(model, raw)), where)

    @property
    def members(self) -> int:
        """Networks whose predictions it averages; 1 for a single network."""
        return int(self.metadata.get("members", 1))

    def judged(self, model: Any, raw: dict[str, Any], where: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Scores as :meth:`scores` gives them, and of an ensemble how much its members disagree [samples], in one run.

        Raises:
            InputError: see :meth:`scores`.
        """
        import numpy as np

        if self.members == 1:
            return self.scores(model, raw, where), None
        found = self._outputs(with_members(model), raw)
        each = np.stack([self.task.scores(found[:, place]) for place in range(1, self.members + 1)])
        return _finite(self.task.scores(found[:, 0]), where), self.task.disagreement(each)

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


def _finite(scores: np.ndarray, where: str) -> np.ndarray:
    import numpy as np

    if not np.isfinite(scores).all():
        raise InputError(f"The network gives no number for some rows of {where}: check them for extreme values.")
    return scores


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
    return Opened(path, metadata, kind, task, encoding)


def _encoding(kind: AnyKind, stored: Any) -> Encoding:
    try:
        return kind.encoding_from(stored)
    except MALFORMED:  # whatever the checks of a kind do not name
        raise UnfitError(f"its features are not those of data of kind {shorten(kind.name)}") from None
