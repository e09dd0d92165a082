"""Standard output and standard error that take any text, and a plain word when they, or a disk, take no more."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import tempfile
from pathlib import Path

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


def say_error(sentence: str) -> None:
    """Print a sentence on standard error, if that takes it."""
    with contextlib.suppress(OSError, ValueError):
        print(f"Error: {sentence}", file=sys.stderr, flush=True)


def of_disk(error: OSError) -> str:
    """The sentence for an error of the system that no module has told better."""
    stuck = _stuck_output()
    if stuck:
        return f"Standard output cannot be written: {stuck}: send it elsewhere."
    reason = error.strerror or " ".join(str(error).split())
    place = Path(error.filename) if isinstance(error.filename, str) else None
    temporary = tempfile.gettempdir()
    if place is None or Path(temporary) in (place, *place.parents):
        advice = "free space there or set" if error.errno in _FULL else "set"
        return f"The folder for temporary files {temporary} cannot be written: {reason}: {advice} TMPDIR to another folder."
    return f"The file {place} cannot be read or written: {reason}."


def _stuck_output() -> str:
    """Why standard output takes no more, or nothing; it is then cut off, lest Python tries once more at its end."""
    try:
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error.strerror or str(error)
    except ValueError:
        return "it is closed"
    return ""
