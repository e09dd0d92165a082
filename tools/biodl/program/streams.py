"""Standard output and standard error that take any text, and a plain word when they, or a disk, take no more."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from ..errors import InputError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def steady_streams() -> None:
    """Let both streams write what their encoding lacks as escapes, and let none be closed, lest a file of ours gets its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (lives as long as the process)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        sys.stdout = cast("TextIO", _Output(sys.stdout))


def say_error(sentence: str) -> None:
    """Print a sentence on standard error, if that takes it."""
    with contextlib.suppress(OSError, ValueError):
        print(f"Error: {sentence}", file=sys.stderr, flush=True)


def of_disk(error: OSError) -> str:
    """The sentence for an error of the system that no module has told better."""
    reason = error.strerror or " ".join(str(error).split())
    place = Path(error.filename) if isinstance(error.filename, str) else None
    temporary = tempfile.gettempdir()
    if place is None or Path(temporary) in (place, *place.parents):
        advice = "free space there or set" if error.errno in _FULL else "set"
        return f"The folder for temporary files {temporary} cannot be written: {reason}: {advice} TMPDIR to another folder."
    return f"The file {place} cannot be read or written: {reason}."


class _Output:
    """Standard output that tells in a sentence when it takes no more."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._told():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._told():
            self._stream.flush()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            with contextlib.suppress(OSError, ValueError):  # lest Python tries once more at its end
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            raise InputError(f"Standard output cannot be written: {error.strerror}: send it elsewhere.") from None
