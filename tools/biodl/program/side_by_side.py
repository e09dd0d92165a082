"""Run pieces of work side by side, each in a process of its own that has one core, so that their number changes no result."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from ..errors import InputError
from . import runtime

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_OWN_CORE = dict.fromkeys(("GALAXY_SLOTS", *runtime.THREADS, runtime.OF_BOOSTING), "1")
_QUIET = {"PYTHONWARNINGS": "ignore:resource_tracker:UserWarning"}
"""Python's helper that clears up after a job which ended at once says so on standard error."""
_work: Callable[[Any], Any]  # what this process does with a piece, if it is one of those that are started here


def processes(pieces: int, megabytes: int) -> int:
    """How many of ``pieces`` of work may run at once.

    Args:
        pieces: of work there are.
        megabytes: that a process with one of them takes.

    Returns:
        At least 1, no more than cores, and than the job's memory holds beside the process that starts them.
    """
    room = runtime.allowed_memory() - megabytes
    most = max(1, room // megabytes) if runtime.allowed_memory() else pieces
    return max(1, min(pieces, runtime.slots(), most))


def side_by_side(
    work: Callable[[Piece], Result], pieces: Iterable[Piece | None], at_once: int, begin_until: float = float("inf")
) -> Iterator[tuple[int, Result]]:
    """Do all pieces of work, and give the position and the result of each when it is done.

    Args:
        work: can be pickled; it is called with one piece in a process that has one core, whatever the job has.
        pieces: can be pickled; asked for one by one when a process is free, after whoever iterates here has seen all results so far.
            None: the next one depends on results that are missing yet, so ask again after one of them.
        at_once: number of processes.
        begin_until: no piece is begun after this moment (of ``time.monotonic``); those begun are finished. The first ones always are.

    Raises:
        InputError: what a piece of work raises; or when the system ended one of the processes.
    """
    with _handed_over(work) as place:
        yield from _in_processes(place, iter(pieces), at_once, begin_until)


def _in_processes(place: str, coming: Iterator[Any], at_once: int, begin_until: float) -> Iterator[tuple[int, Any]]:
    """The same with the work in a file."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # a forked copy of a process with TensorFlow in it may hang
    with _environment(_QUIET):
        pool = concurrent.futures.ProcessPoolExecutor(at_once, context, _begin, (place, tempfile.tempdir))
    running: dict[concurrent.futures.Future[Any], int] = {}
    places = itertools.count()

    def begin() -> None:
        with _environment(_OWN_CORE):  # libraries count cores when they are imported
            while len(running) < at_once and (piece := next(coming, None)) is not None:
                with runtime.uninterrupted():  # a process that is started by half complains in a traceback
                    running[pool.submit(_do, piece)] = next(places)

    try:
        begin()
        while running:
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
            if time.monotonic() < begin_until:
                begin()
    except concurrent.futures.process.BrokenProcessPool:
        raise InputError(
            "The system ended a process of this job, most likely since memory ran out: ask the administrator for more memory."
        ) from None
    finally:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _handed_over(work: Callable[[Any], Any]) -> Iterator[str]:
    """Where the work lies for processes to read: a pipe holds so little that each would be waited for until it has come far enough."""
    with tempfile.NamedTemporaryFile(prefix="work-") as file:
        pickle.dump(work, file)
        file.flush()
        yield file.name


def end_processes() -> None:
    """End all that were started here, at once; for a process that ends without unwinding."""
    for child in multiprocessing.active_children():
        child.kill()


@contextlib.contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Settings that processes started inside inherit."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(place: str, folder: str | None) -> None:
    """First in each process: interrupts are the parent's to answer, and nothing goes on without a parent."""
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    tempfile.tempdir = folder
    try:
        with open(place, "rb") as file:
            _work = pickle.load(file)
    except FileNotFoundError:  # the parent has cleared up, and so has ended or is about to
        os._exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(piece: Any) -> Any:
    return _work(piece)
