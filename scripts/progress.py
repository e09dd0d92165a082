"""How far pip is: which package of how many, megabytes, seconds left; standard library only."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_EVERY = 5.0
"""Seconds between two lines."""
_FETCHING = 0.6
"""Share of the time that packages take to come; the rest they take to be put in place."""
_UNITS = {"bytes": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3}
_COLLECTING = re.compile(r"^\s*Collecting ([A-Za-z0-9._-]+)")
_FILE = re.compile(r"^\s*(?:Downloading|Using cached) (\S+?)(?:\.metadata)? \(([\d.]+) (bytes|kB|MB|GB)\)")
_INSTALLING = re.compile(r"^\s*Installing collected packages: (.*)")


class Progress:
    """What pip has said so far.

    Args:
        expected: how many packages there will be, as far as is known before pip knows.
        placed: counts packages that are in place.
    """

    def __init__(self, expected: int, placed: Callable[[], int]):
        self._expected = expected
        self._placed = placed
        self._names: set[str] = set()
        self._last = ""
        self._megabytes = 0.0
        self._total = 0

    def hear(self, line: str) -> None:
        """Take in a line of pip's output."""
        if found := _COLLECTING.match(line):
            self._names.add(re.sub("[-_.]+", "-", found[1]).lower())
        elif found := _FILE.match(line):
            size = float(found[2]) * _UNITS[found[3]]
            self._megabytes += size
            self._last = f"{found[1].split('-')[0].rsplit('/', 1)[-1]} ({size:.1f} MB)"
        elif found := _INSTALLING.match(line):
            self._total = len(found[1].split(","))

    def told(self, elapsed: float) -> str:
        """How far it is after ``elapsed`` seconds."""
        if self._total:
            done = min(self._placed(), self._total)
            share = _FETCHING + (1 - _FETCHING) * done / self._total
            what = f"putting in place package {done} of {self._total}"
        else:
            all_of_them = max(self._expected, len(self._names))
            share = _FETCHING * len(self._names) / max(1, all_of_them)
            what = f"package {len(self._names)} of about {all_of_them}" + (f", {self._last}" if self._last else "")
        left = f", about {_rounded(elapsed * (1 - share) / share)} left" if share > 0.05 and elapsed > _EVERY else ""
        return f"{what}; {self._megabytes:.0f} MB fetched{left}"


def watched(command: Sequence[str], progress: Progress, say: Callable[[str], None], every: float = _EVERY) -> tuple[int, str]:
    """Run pip, say every few seconds how far it is, and return its exit status and all that it wrote."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    lines: list[str] = []

    def listen() -> None:
        for line in process.stdout or ():
            lines.append(line)
            progress.hear(line)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        while True:
            try:
                process.wait(every)
                break
            except subprocess.TimeoutExpired:
                say(progress.told(time.monotonic() - began))
    except BaseException:
        process.kill()
        raise
    listener.join(every)
    return process.returncode, "".join(lines)


def packages_in(environment: Path) -> int:
    """How many packages lie in an environment."""
    return sum(1 for _ in environment.glob("lib/python*/site-packages/*.dist-info"))


def _rounded(seconds: float) -> str:
    return f"{max(1, round(seconds / 5)) * 5} s" if seconds < 90 else f"{round(seconds / 60)} min"
