"""The study as a file: what it is about in its first line, then a line a trial, as JSON. It may come from anywhere, and is never trusted.

Each trial is appended at once when it is done, so that a run that was killed loses no more than what was under way.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, listing, shorten
from ..program.files import passing
from .rungs import RUNGS
from .space import Space, settings_known
from .trials import COMPLETE, FAILED, STOPPED, Trial

FORMAT = 1
_MOST_BYTES = 64 * 2**20
_MOST_TRIALS = 100_000
_SAID = 300
"""Letters of why a trial failed."""
_LOSSES = "losses"
"""Name of what only trials on one validation part have."""


@dataclasses.dataclass(frozen=True)
class About:
    """What a study is about: trials of another one say nothing of this.

    Attributes:
        samples: fingerprint of what is learned from.
        task: as model files have it.
        metric: by which trials are judged.
        family: of the network.
        folds: of a trial; 0: one validation part.
        seed: by which all is drawn.
        space: what is tried of each option, in words.
        kept: settings that are not searched.
    """

    samples: str
    task: Any
    metric: str
    family: str
    folds: int
    seed: int
    space: dict[str, str]
    kept: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return json.loads(json.dumps({"biodl_study": FORMAT, **dataclasses.asdict(self)}))


def line_of(trial: Trial) -> str:
    """A trial as it stands in the file."""
    found = {**dataclasses.asdict(trial), "values": _numbers(trial.values), _LOSSES: _numbers(trial.losses)}
    if not trial.losses:
        del found[_LOSSES]  # as in studies on folds, and of earlier versions
    return json.dumps(found, allow_nan=False) + "\n"


def _numbers(values: Iterable[float]) -> list[float | None]:
    """As JSON has them, which has no NaN."""
    return [None if value != value else value for value in values]


def text_of(about: About, trials: Mapping[int, Trial]) -> str:
    """The whole file, trials by number."""
    return json.dumps(about.to_json()) + "\n" + "".join(line_of(trials[number]) for number in sorted(trials))


def read(path: str, about: About, space: Space) -> tuple[dict[int, Trial], str]:
    """Trials of an earlier study, and a sentence on what of it was dropped (empty: nothing).

    Raises:
        InputError: when it is no study, one of something else, or damaged.
    """
    where = shorten(Path(path).name)
    first, *rest = _lines(path, where)
    _refuse_another(_header(first, where), about.to_json(), where)
    trials: dict[int, Trial] = {}
    for number, line in enumerate(rest, start=2):
        try:
            trial = _trial(line, about, space)
            if trial.number in trials:
                raise ValueError("a trial stands there twice")
        except (ValueError, RecursionError):
            if number == len(rest) + 1 and not line.endswith(b"\n"):
                return (
                    trials,
                    f"The last line of the study {where} is damaged, as a job leaves it that was ended: that trial is done again.",
                )
            raise InputError(
                f"Line {number} of the study {where} is damaged: give the file as the tool wrote it, or start without a study."
            ) from None
        trials[trial.number] = trial
    return trials, ""


def _lines(path: str, where: str) -> list[bytes]:
    """Lines with their ends; at least one."""
    try:
        with open(path, "rb") as handle:
            content = handle.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"The study {where} cannot be read: {error.strerror}.") from None
    lines = content.splitlines(keepends=True)
    if len(content) > _MOST_BYTES or len(lines) > _MOST_TRIALS:
        raise InputError(f"The file {where} is too large for a study of this tool: give the study that the tool wrote.")
    return lines or [b""]


def _header(line: bytes, where: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("biodl_study"), int):
        raise InputError(f"The file {where} is no study of this tool: give the study that the tool wrote, or start without one.")
    if found["biodl_study"] != FORMAT:
        raise InputError(f"The study {where} is of a version of the tool that this one does not know: start without a study.")
    return found


def _refuse_another(found: dict[str, Any], wanted: dict[str, Any], where: str) -> None:
    """Raise InputError with what a study differs in."""
    other = [name for name, value in wanted.items() if found.get(name) != value]
    if not other:
        return
    given = found.get(other[0])
    mine = wanted[other[0]]
    what = {
        "samples": "of another data set, or of other columns or another target",
        "task": "of another task, or of other classes",
        "metric": f"judged by {shorten(given)}, not by {shorten(mine)}",
        "family": f"of a {shorten(given)} network, not of a {shorten(mine)} one",
        "folds": f"scored on {shorten(given)} folds, not on {mine} (0: a validation part)",
        "seed": f"made with seed {shorten(given)}, not {mine}",
        "space": f"a search among other settings{_differing(given, mine)}",
        "kept": f"made with other settings{_differing(given, mine)}",
    }[other[0]]
    raise InputError(f"The study {where} is {what}: give the study of this search, or start without one.")


def _differing(given: Any, wanted: dict[str, Any]) -> str:
    if not isinstance(given, dict):
        return ""
    names = sorted(name for name in {*given, *wanted} if given.get(name) != wanted.get(name))
    return f" ({listing((name.replace('_', ' ') for name in names), 3)})" if names else ""


def _trial(line: bytes, about: About, space: Space) -> Trial:
    """A trial of a line.

    Raises:
        ValueError: when it is none of this study.
    """
    found = json.loads(line, parse_constant=_refused)
    if not isinstance(found, dict) or {*found, _LOSSES} != {field.name for field in dataclasses.fields(Trial)}:
        raise ValueError("no trial")
    number, values, state, why, seconds = (found[name] for name in ("number", "values", "state", "why", "seconds"))
    if type(number) is not int or not 1 <= number <= _MOST_TRIALS or type(why) is not str or len(why) > _SAID:
        raise ValueError("no number")
    if type(seconds) not in (int, float) or not 0 <= seconds < 1e9:
        raise ValueError("no seconds")
    read, losses = _read(values), _read(found.get(_LOSSES, []))
    if not _fits(state, len(read), len(losses), about.folds):
        raise ValueError("no state")
    return Trial(number, settings_known(space, found["settings"]), read, state, why, float(seconds), losses)


def _fits(state: Any, values: int, losses: int, folds: int) -> bool:
    """Whether a trial can end so with so many values of folds and losses of rungs."""
    if folds:
        known = {COMPLETE: values == folds, STOPPED: 0 < values < folds, FAILED: values < folds}
        return known.get(state) is True and not losses
    known = {COMPLETE: values == 1 and losses in (0, len(RUNGS)), STOPPED: not values and 0 < losses <= len(RUNGS)}
    return (known | {FAILED: not values and not losses}).get(state) is True


def _read(values: Any) -> tuple[float, ...]:
    """Numbers as :func:`_numbers` gave them.

    Raises:
        ValueError: when they are none.
    """
    if not isinstance(values, list) or not all(value is None or (type(value) in (int, float) and abs(value) < 1e300) for value in values):
        raise ValueError("no values")
    return tuple(math.nan if value is None else float(value) for value in values)


def _refused(constant: str) -> None:
    raise ValueError(constant)


class Journal:
    """A file of a study that survives a kill: written whole at first, then a line a trial.

    Args:
        path: of the file; replaced at once when this is made.
        about: of the study.
        trials: that are known already.

    Raises:
        InputError: when it cannot be written, here and in :meth:`add`.
    """

    def __init__(self, path: str, about: About, trials: Mapping[int, Trial]):
        self._path = os.path.realpath(path)
        try:
            beside = tempfile.NamedTemporaryFile("w", dir=os.path.dirname(self._path), delete=False, encoding="utf-8")  # noqa: SIM115
            with passing(Path(beside.name)):
                with beside:
                    beside.write(text_of(about, trials))
                os.chmod(beside.name, 0o644)
                os.replace(beside.name, self._path)
        except OSError as error:
            raise self._refusal(error) from None

    def add(self, trials: Iterable[Trial]) -> None:
        """Append trials, and have them on disk when this returns."""
        try:
            with open(self._path, "ab", buffering=0) as handle:
                handle.write("".join(map(line_of, trials)).encode())
                os.fsync(handle.fileno())
        except OSError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: OSError) -> InputError:
        return InputError(f"The study file {shorten(self._path)} cannot be written: {error.strerror}; give another path.")
