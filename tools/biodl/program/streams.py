"""Standard output and standard error that take any text, and a plain word when they, or a disk, take no more."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
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


def print_first(lines: Iterable[str]) -> None:
    """Print lines before all that was printed so far, where standard output is a file that nobody else writes to; else after it.

    Galaxy sends standard output to a file and shows its first lines, so the result must stand there; but how far a job is must be seen
    while it runs. A pipe or a terminal takes nothing back: there the result comes last.
    """
    text = "".join(f"{line}\n" for line in lines)
    if isinstance(sys.stdout, _Output):
        sys.stdout.write_first(text)
    else:
        sys.stdout.write(text)


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
    """Standard output that tells in a sentence when it takes no more, and remembers what it took if that can be written again."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._start = _where_a_file_begins(stream)
        self._taken: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if self._start is not None:
            self._taken.append(text)
        with self._told():
            return self._stream.write(text)

    def write_first(self, text: str) -> None:
        """Write ``text`` before all that was taken so far, if the file holds that and nothing more; else after it."""
        with self._told():
            self._stream.flush()
            if self._start is not None and self._alone(self._start):
                self._stream.seek(self._start)
                self._taken.insert(0, text)
                self._stream.write("".join(self._taken))
                self._stream.flush()
                return
        self.write(text)

    def _alone(self, start: int) -> bool:
        """Whether all that was written since ``start`` came from here: others may share the file, as ``2>&1`` does."""
        end = start + len("".join(self._taken).encode(self._stream.encoding, self._stream.errors or "strict"))
        number = self._stream.fileno()
        return os.lseek(number, 0, os.SEEK_CUR) == os.fstat(number).st_size == end

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


def _where_a_file_begins(stream: TextIO) -> int | None:
    """Where the next byte goes if ``stream`` is a file that can be written over, else nothing: not what others append to, too."""
    try:
        number = stream.fileno()
        if not stat.S_ISREG(os.fstat(number).st_mode) or fcntl.fcntl(number, fcntl.F_GETFL) & os.O_APPEND:
            return None
        return os.lseek(number, 0, os.SEEK_CUR)
    except (OSError, ValueError):
        return None
