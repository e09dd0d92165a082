"""Files that a command reads and writes; outputs appear together, when all is done, or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from .runtime import uninterrupted

_NUMBER = "#"
"""Stands between the name of several files and the number of one."""
_passing: set[Path] = set()  # files that :func:`passing` has in its care


@dataclasses.dataclass(frozen=True)
class File:
    """A file a command reads or writes, given as ``--NAME PATH``; ``several`` may be read, the flag before each."""

    name: str
    help: str
    required: bool = False
    several: bool = False

    @property
    def flag(self) -> str:
        return flag_of(self.name)


def flag_of(name: str) -> str:
    """How a file is given on the command line."""
    return "--" + name.partition(_NUMBER)[0].replace("_", "-")


def paths_by_name(files: Iterable[File], given: Mapping[str, Any]) -> dict[str, str | None]:
    """One path a name; each of several files has a name of its own, by which :func:`all_of` finds it."""
    found: dict[str, str | None] = {}
    for file in files:
        if file.several:
            found |= {f"{file.name}{_NUMBER}{number}": path for number, path in enumerate(given[file.name] or (), start=1)}
        else:
            found[file.name] = given[file.name]
    return found


def all_of(name: str, paths: Mapping[str, str | None]) -> list[str]:
    """The paths of several files of one name, in the order in which they were given."""
    return [path for key, path in paths.items() if key.startswith(name + _NUMBER) and path]


@contextlib.contextmanager
def passing(path: Path) -> Iterator[None]:
    """Remove a file, if it is there, when this is done, however it is: by a signal that ends the job, too."""
    _passing.add(path)
    try:
        yield
    finally:
        _passing.discard(path)  # first: once it is gone, the file of that name may be somebody else's
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


class Outputs:
    """Output files that appear together, when all is done, or not at all.

    Inside the ``with`` block each output has a path in ``folder``, which belongs to this job alone; leaving it without an error
    moves them in place. Each is first written beside its target, so that a full disk harms nothing that was there before.

    Args:
        targets: path by name of the output.
        inputs: path by name of the input, none of which may be written over.
    """

    def __init__(self, targets: Mapping[str, str], inputs: Mapping[str, str | None] | None = None):
        self._targets = dict(targets)
        self._inputs = {name: path for name, path in (inputs or {}).items() if path}
        self._made: list[Path] = []  # the folder, once it is there
        self._left: set[Path] = set()  # what lies beside targets and is not in place yet

    def __enter__(self) -> Outputs:
        refuse_one_file_twice(self._targets, self._inputs)
        for target in self._targets.values():
            refuse_unwritable(target)
        self.folder = Path(tempfile.mkdtemp(prefix="biodl-"))
        self._made.append(self.folder)
        return self

    def __exit__(self, kind: type | None, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._move()
        finally:
            self.clear()

    def clear(self) -> None:
        """Remove all that is not in place. May be called at any time."""
        for left in [*self._left, *_passing]:
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
        for folder in self._made:
            shutil.rmtree(folder, ignore_errors=True)

    def __contains__(self, name: str) -> bool:
        return name in self._targets

    def __getitem__(self, name: str) -> Path:
        """Where to write output ``name`` for now."""
        return self.folder / name

    def _move(self) -> None:
        made = {target: self[name] for name, target in self._targets.items() if self[name].exists()}
        beside: dict[str, Path] = {}
        for target, source in made.items():
            try:
                beside[target] = self._copy_beside(source, target)
            except OSError as error:
                raise _refusal(target, error) from None
        with uninterrupted():
            for target in made:
                _replace(beside[target], target)

    def _copy_beside(self, source: Path, target: str) -> Path:
        """A copy of ``source`` beside ``target`` with the rights of what it will replace, or ``source`` where nothing can be replaced."""
        place = Path(os.path.realpath(target))
        if place.exists() and not (place.is_file() and os.access(place.parent, os.W_OK)):
            return source
        # the name is known before the file exists, so that it can be cleared at any time
        copy = place.parent / f".{place.name[:50]}-{self.folder.name}-{len(self._left)}"
        self._left.add(copy)
        shutil.copyfile(source, copy)
        copy.chmod(stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o666 & ~_umask())
        return copy


def _replace(copy: Path, target: str) -> None:
    place = Path(os.path.realpath(target))
    try:
        if copy.parent == place.parent:
            copy.replace(place)
        else:  # a device, or a file in a folder that is not ours
            shutil.copyfile(copy, place)
    except OSError as error:
        raise _refusal(target, error) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def refuse_one_file_twice(outputs: Mapping[str, str], inputs: Mapping[str, str]) -> None:
    """Raise InputError when two outputs, or an output and an input, are one file."""
    seen: dict[str, tuple[str, str]] = {}
    for kind, paths in (("input", inputs), ("output", outputs)):
        for name, path in paths.items():
            place = os.path.realpath(path)
            if os.path.exists(place) and not os.path.isfile(place) and not os.path.isdir(place):
                continue  # a device takes any number of outputs
            if kind == "output" and place in seen:
                other = " and the {} {}".format(*seen[place])
                raise InputError(f"The output {flag_of(name)}{other} are one file ({path}): give each a path of its own.")
            seen[place] = (kind, flag_of(name))


def refuse_unwritable(target: str) -> None:
    """Raise InputError when it is plain before any work that an output cannot be written."""
    place = Path(os.path.realpath(target))
    try:
        if place.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        if not place.exists() and not place.parent.is_dir():
            raise FileNotFoundError(2, "No such file or directory")
        if not os.access(place if place.exists() else place.parent, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise _refusal(target, error) from None


def _refusal(target: str, error: OSError) -> InputError:
    return InputError(f"The output {target} cannot be written: {error.strerror}.")
