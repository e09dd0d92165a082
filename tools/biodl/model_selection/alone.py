"""One run at a time on a study file: two would write over each other's trials."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import InputError, shorten
from ..program.files import passing

ENDING = ".lock"
"""Of the empty file beside a study that is held while a run uses it; the study itself is replaced, and so cannot be held."""


@contextlib.contextmanager
def alone_with(path: str | None, say: Callable[[str], None]) -> Iterator[None]:
    """Keep other runs from a study file until this one is done; the system frees it when the process dies, however it does.

    The file that is held is gone afterwards, unless the process was killed; what is left of it keeps nobody out.

    Args:
        path: of the study; nothing is held without one.
        say: is told where files cannot be held.

    Raises:
        InputError: when another run uses it, or nothing can be written beside it.
    """
    if not path:
        yield
        return
    beside = os.path.realpath(path) + ENDING
    with _taken(beside, path, say), passing(Path(beside)):  # removed while it is held: who opened it meanwhile sees that, and makes another
        yield


def _taken(beside: str, path: str, say: Callable[[str], None]) -> BinaryIO:
    """The file that is held, until it is closed."""
    while True:
        try:
            handle = open(beside, "ab")  # noqa: SIM115 (closed by the caller)
        except OSError as error:
            raise InputError(f"The study file {shorten(path)} cannot be written: {error.strerror}; give another path.") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise InputError(
                f"The study file {shorten(path)} is in use by another run: wait until it has ended, or give another path."
            ) from None
        except OSError:
            say(f"Files cannot be held where the study file {shorten(path)} lies: let no other run use it at the same time.")
        if _stands(handle):
            return handle
        handle.close()


def _stands(handle: BinaryIO) -> bool:
    """Whether an open file is still the one of its name."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), os.stat(handle.name))
    except FileNotFoundError:
        return False
