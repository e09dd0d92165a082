"""Run pieces of work side by side, each in a process of its own that has one core, so that their number changes no result.

One process imports the libraries and reads the work; the others are copies of it, which share its memory until they write to it. Where the
job has one core, it is that process itself.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar, cast

from ..errors import InputError
from . import runtime

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_OWN_CORE = dict.fromkeys(("GALAXY_SLOTS", *runtime.THREADS, runtime.OF_BOOSTING), "1")
_Process = multiprocessing.process.BaseProcess
_ENDS_WITHIN = 5.0
"""Seconds that processes without work have to end by themselves."""


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
    work: Callable[[Piece], Result],
    pieces: Iterable[Piece | None],
    at_once: int,
    begin_until: float = float("inf"),
    imports: Sequence[str] = (),
) -> Iterator[tuple[int, Result]]:
    """Do all pieces of work, and give the position and the result of each when it is done.

    Args:
        work: can be pickled; it is called with one piece in a process that has one core, whatever the job has.
        pieces: can be pickled; asked for one by one when a process is free, after whoever iterates here has seen all results so far.
            None: the next one depends on results that are missing yet, so ask again after one of them.
        at_once: number of processes.
        begin_until: no piece is begun after this moment (of ``time.monotonic``); those begun are finished. The first ones always are.
        imports: modules that the work needs beside Keras, so that they are imported once for all processes.

    Raises:
        InputError: what a piece of work raises; or when the system ended one of the processes.
    """
    with _waiting(work, at_once, imports) as free:
        yield from _given_out(free, iter(pieces), begin_until)


def _given_out(free: list[Connection], coming: Iterator[Any], begin_until: float) -> Iterator[tuple[int, Any]]:
    """The same with processes that wait for pieces."""
    running: dict[Connection, int] = {}
    places = itertools.count()

    def begin() -> None:
        while free and (piece := next(coming, None)) is not None:
            running[free[0]] = next(places)
            with _told_when_broken():
                free.pop(0).send(piece)

    begin()
    while running:
        for connection in cast(list[Connection], wait(list(running))):
            with _told_when_broken():
                error, result = connection.recv()
            if error:
                raise error
            free.append(connection)
            yield running.pop(connection), result
        if time.monotonic() < begin_until:
            begin()


@contextlib.contextmanager
def _told_when_broken() -> Iterator[None]:
    """A sentence where a process at the other end of a connection is gone."""
    try:
        yield
    except (EOFError, ConnectionError):
        raise InputError(
            "The system ended a process of this job, most likely since memory ran out: ask the administrator for more memory."
        ) from None


@contextlib.contextmanager
def _waiting(work: Callable[[Any], Any], at_once: int, imports: Sequence[str]) -> Iterator[list[Connection]]:
    """Connections to processes that wait for pieces of work, one each; inside, they run."""
    before = set(multiprocessing.active_children())
    ours, theirs = zip(*(multiprocessing.Pipe() for _ in range(at_once)), strict=True)
    try:
        if _is_like_them():
            _import(imports)  # once, for all copies; it may start threads
        with _copies(work, theirs, ours) if _is_like_them() else _apart(work, theirs, imports):
            for connection in theirs:
                connection.close()
            yield list(ours)
    except BaseException:  # one as they start included
        _kill(_since(before))
        raise
    finally:
        for connection in ours:
            connection.close()  # which tells who waits at the other end that no more is coming
        until = time.monotonic() + _ENDS_WITHIN
        for process in _since(before):
            process.join(max(0.0, until - time.monotonic()))
        _kill(_since(before))
        for process in _since(before):
            process.join()


def _since(before: set[_Process]) -> list[_Process]:
    """Processes that this one has started and that run, but for those of ``before``."""
    return [process for process in multiprocessing.active_children() if process not in before]


def _is_like_them() -> bool:
    """Whether this process has one core, and may be copied."""
    return all(os.environ.get(name) == value for name, value in _OWN_CORE.items()) and _has_one_thread()


@contextlib.contextmanager
def _copies(work: Callable[[Any], Any], theirs: Sequence[Connection], ours: Sequence[Connection]) -> Iterator[None]:
    """Copies of this process."""
    _set_aside()
    context = multiprocessing.get_context("fork")
    with runtime.uninterrupted():
        for number in range(len(theirs)):
            context.Process(target=_serve, args=(work, theirs, number, ours)).start()
    yield


@contextlib.contextmanager
def _apart(work: Callable[[Any], Any], theirs: Sequence[Connection], imports: Sequence[str]) -> Iterator[None]:
    """A process that copies itself, since a copy of one with TensorFlow's threads in it may hang."""
    with _handed_over(work) as place:
        first = multiprocessing.get_context("spawn").Process(target=_copy_myself, args=(place, tempfile.tempdir, theirs, imports))
        # libraries count cores when they are imported; a process that is started by half complains in a traceback
        with _environment(_OWN_CORE), runtime.uninterrupted():
            first.start()
        yield


@contextlib.contextmanager
def _handed_over(work: Callable[[Any], Any]) -> Iterator[str]:
    """Where the work lies for a process to read: a pipe holds so little that it would be waited for until it has come far enough."""
    with tempfile.NamedTemporaryFile(prefix="work-") as file:
        pickle.dump(work, file)
        file.flush()
        yield file.name


def end_processes() -> None:
    """End all that were started here, at once; for a process that ends without unwinding."""
    _kill(multiprocessing.active_children())


def _kill(started: Sequence[_Process]) -> None:
    """End processes that run, and the copies that one of them has made of itself, which are a group."""
    for process in started:
        assert process.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()  # before it has made the group, or if it makes none


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


def _copy_myself(place: str, folder: str | None, connections: Sequence[Connection], imports: Sequence[str]) -> None:
    """What the first process does: make itself ready to work, start a copy for each connection, and wait for all of them."""
    os.setpgid(0, 0)  # so that all of them can be ended at once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are the parent's to answer
    tempfile.tempdir = folder
    _import(imports)
    try:
        work = pickle.loads(Path(place).read_bytes())
    except FileNotFoundError:  # the parent has cleared up, and so has ended or is about to
        os._exit(1)
    _set_aside()
    context: Any = multiprocessing.get_context("fork" if _has_one_thread() else "spawn")
    copies = [context.Process(target=_serve, args=(work, connections, number)) for number in range(len(connections))]
    for copy in copies:
        copy.start()
    for connection in connections:
        connection.close()
    _end_with_parent()
    for copy in copies:
        copy.join()
    os._exit(0)  # to clear up what was imported would take a second


def _import(names: Sequence[str]) -> None:
    runtime.import_libraries()
    for name in names:
        importlib.import_module(name)


def _set_aside() -> None:
    """Have no copy look for garbage among what there is: it would write to memory that is shared, and end what is not its own."""
    gc.collect()
    gc.freeze()


def _has_one_thread() -> bool:
    """Whether this process can be copied without leaving behind a thread that holds a lock; where nobody can tell, it cannot."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _serve(work: Callable[[Any], Any], connections: Sequence[Connection], number: int, others: Sequence[Connection] = ()) -> None:
    """What each copy does: work on pieces from its connection until no more are coming; ``others``: ends that are not its own."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # what the process it is a copy of would do is not for it to do
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    mine = connections[number]
    for connection in (*others, *connections):
        if connection is not mine:
            connection.close()  # lest the other end waits for one that is gone
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            mine.send_bytes(_done(work, mine.recv()))


def _done(work: Callable[[Any], Any], piece: Any) -> bytes:
    """What went wrong, and the result if nothing did, pickled."""
    try:
        return pickle.dumps((None, work(piece)))
    except Exception as error:
        if not isinstance(error, InputError):
            error.add_note(f"in a process of its own: {traceback.format_exc()}")
        try:
            pickle.loads(told := pickle.dumps((error, None)))
        except Exception:  # of a class that pickle cannot make again
            told = pickle.dumps((RuntimeError(f"{type(error).__name__}: {error}"), None))
        return told


def _end_with_parent() -> None:
    """Nothing goes on without the process that started this one."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
