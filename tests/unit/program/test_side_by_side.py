"""Work side by side: one core each, results as they come, and nothing left behind however it ends."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from biodl.errors import InputError
from biodl.program.side_by_side import processes, side_by_side

SEEN = ("GALAXY_SLOTS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def cores_of(piece):
    return piece, [os.environ[name] for name in SEEN]


def refuse_two(piece):
    if piece == 2:
        raise InputError("The second is refused.")
    time.sleep(60 * (piece > 2))
    return piece


class OddError(Exception):
    """Cannot be made again from what pickle keeps."""

    def __init__(self, one, two):
        super().__init__(one + two)


def go_wrong(piece):
    if piece == "odd":
        raise OddError("as it ", "should not")
    if piece == "unsent":
        return lambda: piece
    raise ZeroDivisionError("by nothing")


def where_from(piece):
    """What this process shares with its like: who started it, and what was imported before it was."""
    time.sleep(0.5)
    return os.getpid(), os.getppid(), imported_at_start


imported_at_start = [name for name in ("keras", "tensorflow", "sklearn.tree") if name in sys.modules]


def die(piece):
    os.kill(os.getpid(), signal.SIGKILL)


def wait_and_write(place):
    Path(place, f"{os.getpid()} {os.getppid()}").touch()
    time.sleep(60)


def slowly(piece):
    time.sleep(0.2)
    return piece


def test_each_process_has_one_core_whatever_the_job_has(monkeypatch):
    monkeypatch.setenv("GALAXY_SLOTS", "2")
    found = dict(side_by_side(cores_of, ["a", "b", "c"], at_once=2))
    assert found == {place: (piece, ["1"] * 3) for place, piece in enumerate("abc")}
    assert os.environ["GALAXY_SLOTS"] == "2"
    assert not multiprocessing.active_children()


def test_a_refusal_ends_all_at_once():
    start = time.monotonic()
    with pytest.raises(InputError, match=r"^The second is refused\.$"):
        list(side_by_side(refuse_two, [2, 3, 4], at_once=2))
    assert time.monotonic() - start < 20
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("piece", "error", "said"),
    [
        ("zero", ZeroDivisionError, "by nothing"),
        ("odd", RuntimeError, "OddError: as it should not"),
        ("unsent", (pickle.PicklingError, AttributeError), "lambda"),
    ],
)
def test_any_fault_arrives(piece, error, said):
    with pytest.raises(error, match=said):
        list(side_by_side(go_wrong, [piece], at_once=1))


@pytest.mark.parametrize("threads", [1, 2])
def test_libraries_are_imported_once_and_no_process_with_threads_is_copied(monkeypatch, threads):
    if threads > 1:
        monkeypatch.setenv("START_A_THREAD", "1")
    found = [process for _, process in side_by_side(where_from, range(2), at_once=2, imports=["sklearn.tree"])]
    assert len({process for process, _, _ in found}) == 2
    assert len({first for _, first, _ in found}) == 1
    assert [imported for _, _, imported in found] == [["keras", "tensorflow", "sklearn.tree"] if threads == 1 else []] * 2


if "START_A_THREAD" in os.environ and multiprocessing.parent_process():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def test_a_process_that_the_system_ends_is_told_in_a_sentence():
    with pytest.raises(InputError, match=r"^The system ended a process of this job, most likely since memory ran out: ask the admin"):
        list(side_by_side(die, [1], at_once=1))


def test_nothing_is_begun_after_the_limit_and_what_was_begun_is_finished():
    assert list(side_by_side(slowly, range(9), at_once=1, begin_until=time.monotonic())) == [(0, 0)]
    assert sorted(side_by_side(slowly, range(9), at_once=2, begin_until=time.monotonic())) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("cores", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_the_one_that_started_them(tmp_path, number, cores):
    """Whatever ends it: with SIGTERM a command leaves by ``os._exit``."""
    script = (
        "import os, signal, sys; sys.path[:0] = sys.argv[2:]\n"
        "from test_side_by_side import *\n"
        "from biodl.program import runtime\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))\n"
        "    runtime.prepare_environment(Path(sys.argv[1]).parent)\n"
        "    list(side_by_side(wait_and_write, [sys.argv[1]] * 2, at_once=2))\n"
    )
    program = tmp_path / "program.py"
    program.write_text(script)
    started = tmp_path / "started"
    started.mkdir()
    places = [str(Path(__file__).parent), *sys.path]
    environment = {**os.environ, "GALAXY_SLOTS": cores}
    parent = subprocess.Popen([sys.executable, program, started, *places], stderr=subprocess.PIPE, text=True, env=environment)
    until = time.monotonic() + 60
    while len(os.listdir(started)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    numbers, starters = zip(*(map(int, name.split()) for name in os.listdir(started)), strict=True)
    assert len(numbers) == 2
    assert len(set(starters)) == 1
    assert (starters[0] == parent.pid) == (cores == "1")  # with one core it is the job's process that is copied
    parent.send_signal(number)
    _, said = parent.communicate(timeout=30)
    until = time.monotonic() + 10
    while any(Path(f"/proc/{each}").exists() for each in (*numbers, *starters)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [each for each in (*numbers, *starters) if Path(f"/proc/{each}").exists()]
    assert said == ""


@pytest.mark.parametrize(
    ("slots", "memory", "pieces", "wanted"),
    [("4", None, 10, 4), ("4", None, 3, 3), ("4", "4000", 10, 3), ("4", "900", 10, 1), ("1", None, 10, 1)],
)
def test_no_more_at_once_than_cores_pieces_and_memory(monkeypatch, slots, memory, pieces, wanted):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setenv("GALAXY_SLOTS", slots)
    monkeypatch.delenv("GALAXY_MEMORY_MB", raising=False)
    if memory:
        monkeypatch.setenv("GALAXY_MEMORY_MB", memory)
    assert processes(pieces, 1000) == wanted
