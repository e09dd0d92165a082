"""An evaluation as a file, from which networks are compared later: predictions of the test part, its truth and its fingerprints.

JSON: every language reads it, nothing in it is run, and Galaxy shows it as it is. Numbers stand as the shortest text that gives the same
float64 again. One line a key; keys may be added, none renamed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import InputError, shorten
from ..stored import MALFORMED, UnfitError, check_fields, demand, known_fields, number, several, text, whole
from ..tasks import Task, task_from_json

if TYPE_CHECKING:
    import numpy as np

    from .compare import Comparison, HeldOut

FORMAT = 1
"""Of the file; a newer one is refused."""
MARK = "biodl_evaluation"
"""The key that holds it."""
MOST_NUMBERS = 2_000_000
"""Predicted numbers that a file holds, some 40 MB: without room for all, models beside the network are left out, then its own."""
_MOST_BYTES = 256 * 2**20
"""Of a file that is read."""


@dataclasses.dataclass(frozen=True)
class HeldPart:
    """The test part.

    Attributes:
        where: the file in words.
        file: SHA-256 of the file.
        content: SHA-256 of the samples, as the network reads them, and of their targets, in order: the same of the same samples packed.
        places: where each sample stands in the file.
    """

    where: str
    file: str
    content: str
    places: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Judged:
    """The network.

    Attributes:
        name: what its user calls the model file.
        family: how it was built, in a word.
        sha256: of the model file.
        samples: that it was trained on.
    """

    name: str
    family: str
    sha256: str
    samples: int


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What one file says, checked.

    Attributes:
        path: the file.
        network: that was judged.
        task: of the network.
        tested: the test part.
        y: coded targets.
        scores: predictions by name of the model, the network first.
    """

    path: str
    network: Judged
    task: Task
    tested: HeldPart
    y: np.ndarray
    scores: dict[str, np.ndarray]


def write_evaluation(held: HeldOut, comparison: Comparison, path: Path) -> None:
    """Write what :func:`read_evaluation` reads; another network that was judged beside it has a file of its own."""
    from ..data.fingerprints import fingerprint

    network, data = held.network, held.data
    places = [int(place) for place in data.frame.index]
    document = {
        MARK: FORMAT,
        "version": __version__,
        "network": dataclasses.asdict(
            Judged(Path(network.path).name, network.family_called, fingerprint(network.path), _trained(network.metadata))
        ),
        "task": held.task.to_json(),
        "tested": dataclasses.asdict(HeldPart(data.where, data.sha256, _content(held), tuple(places))),
        "observed": held.y.tolist(),
        "predicted": {name: scores.tolist() for name, scores in _bounded(held, comparison).items()},
    }
    lines = (f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in document.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _trained(metadata: dict[str, Any]) -> int:
    return int(metadata["training"]["samples"]["training"])


def _content(held: HeldOut) -> str:
    import numpy as np

    digest = hashlib.sha256(held.data.row_hashes().astype("<u8").tobytes())
    digest.update(np.ascontiguousarray(held.y, dtype="<f8").tobytes())
    return digest.hexdigest()


def _bounded(held: HeldOut, comparison: Comparison) -> dict[str, np.ndarray]:
    """Predictions that are kept: of the network and, where there is room, of models that are no network."""
    mine = {name: scores for name, scores in comparison.scores.items() if name == comparison.network or name not in held.names}
    for kept in (mine, {comparison.network: mine[comparison.network]}):
        if sum(scores.size for scores in kept.values()) <= MOST_NUMBERS:
            return kept
    return {}


def read_evaluation(path: str) -> Evaluation:
    """Read and check a file, which may come from anywhere.

    Raises:
        InputError: when it is no evaluation, one of a newer version, or one that does not hold together.
    """
    name = shorten(Path(path).name)
    document = _document(path, name)
    newer = document[MARK]
    if whole(newer) and newer > FORMAT:
        raise InputError(f"The evaluation {name} was written by a newer version of this suite: update the tools.")
    try:
        return _checked(path, name, document)
    except UnfitError as error:
        reason = str(error)
    except MALFORMED:  # whatever no check names
        reason = "its parts do not fit each other"
    raise InputError(f"The evaluation {name} cannot be used, because {reason}: evaluate the network again.")


def _document(path: str, name: str) -> dict[str, Any]:
    try:
        file = Path(path)
        if file.stat().st_size <= _MOST_BYTES:
            document = json.loads(file.read_text(encoding="utf-8-sig"))
            if isinstance(document, dict) and MARK in document:
                return document
    except (ValueError, RecursionError):
        pass
    except OSError as error:
        raise InputError(f"The evaluation {name} cannot be read: {error.strerror}.") from None
    raise InputError(f"The file {name} is no evaluation: choose what 'Evaluate a network' wrote, 'Evaluation to compare'.")


def _checked(path: str, name: str, document: dict[str, Any]) -> Evaluation:
    for key, cls in (("network", Judged), ("tested", HeldPart)):
        check_fields(cls, document.get(key), f"its {key} part")
    network, tested = Judged(**known_fields(Judged, document["network"])), HeldPart(**known_fields(HeldPart, document["tested"]))
    network = dataclasses.replace(network, name=_printable(network.name), family=_printable(network.family))
    tested = dataclasses.replace(tested, where=_printable(tested.where), places=tuple(tested.places))
    demand(isinstance(document.get("task"), dict), "it says nothing of a task")
    task = task_from_json(document["task"])
    task.check_stored(network.samples)
    predicted = document.get("predicted")
    demand(isinstance(predicted, dict) and all(map(text, predicted)), "it holds no predictions by model")
    if not predicted:
        raise InputError(
            f"The evaluation {name} holds no predictions, since those of so many samples would fill the disk: "
            "evaluate each network on fewer samples."
        )
    y = _numbers(document.get("observed"), "its targets")
    demand(len(y) == len(tested.places) > 1, "it does not have one target a sample")
    demand(len(set(tested.places)) == len(y), "two of its samples stand in one place")
    scores = {
        _printable(model): _numbers(values, f"predictions of {shorten(model)}").astype("float64") for model, values in predicted.items()
    }
    for values in scores.values():
        task.check_judged(y, values)
    return Evaluation(path, network, task, tested, y, scores)


def _printable(name: str) -> str:
    """A name from a file of anybody, without what cannot be seen, or does something to a terminal."""
    return "".join(sign if sign.isprintable() else "_" for sign in name)


def _numbers(values: Any, what: str) -> np.ndarray:
    """[samples] or [samples, several] of finite numbers."""
    import numpy as np

    rows = isinstance(values, list) and bool(values) and all(isinstance(row, list) for row in values)
    right = several(several(number)) if rows else several(number)
    demand(isinstance(values, list) and right(values), f"{what} are not a table of numbers")
    demand(not rows or len({len(row) for row in values}) == 1, f"{what} are not a table of numbers")
    return np.array(values)
