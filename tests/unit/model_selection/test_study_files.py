"""Studies as files: read again as they were written, whatever happened to them; a run that is killed goes on."""

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest
from test_trials import DEFAULTS, FOLDS, SPACE, slots, study, work

from biodl.errors import InputError
from biodl.model_selection.journal import About, Journal, read, text_of
from biodl.model_selection.trials import COMPLETE, FAILED, STOPPED, Trial
from conftest import ROOT

ABOUT = About("ab" * 32, {"name": "binary", "classes": ["a", "b"]}, "f1", "feedforward", FOLDS, 1, {"l2": "0 to 1"}, {"epochs": 200})
TRIALS = {
    1: Trial(1, DEFAULTS, (0.5, math.nan, 0.25), COMPLETE, "", 1.5),
    2: Trial(2, {**DEFAULTS, "hidden_layers": (64, 32), "batch_normalization": True}, (0.1 + 0.2,), STOPPED, "", 2.0),
    4: Trial(4, DEFAULTS, (), FAILED, "The layer 'µ' is too large.", 0.25),
}
OF_ONE = dataclasses.replace(ABOUT, folds=0)
ON_ONE_PART = {
    1: Trial(1, DEFAULTS, (0.5,), COMPLETE, "", 1.5, (0.1 + 0.2, math.nan)),
    2: Trial(2, DEFAULTS, (), STOPPED, "", 0.5, (0.75,)),
    3: Trial(3, DEFAULTS, (), STOPPED, "", 1.0, (0.5, 0.4)),
    5: Trial(5, DEFAULTS, (), FAILED, "No.", 0.25),
}
END = "give the study of this search, or start without one."


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "study.txt"
    path.write_text(text_of(ABOUT, TRIALS), encoding="utf-8")
    return path


def test_a_study_is_read_as_it_was_written(path):
    found, dropped = read(str(path), ABOUT, SPACE)
    assert repr(found) == repr(TRIALS)  # of NaN as well
    assert dropped == ""


def test_a_study_is_a_line_of_json_a_trial(path):
    first, *rest = map(json.loads, path.read_text().splitlines())
    assert first["biodl_study"] == 1
    assert [line["number"] for line in rest] == [1, 2, 4]
    assert rest[1]["settings"]["hidden_layers"] == [64, 32]
    assert rest[0]["values"] == [0.5, None, 0.25]


def test_losses_by_rungs_are_kept(tmp_path):
    path = tmp_path / "study.txt"
    path.write_text(text_of(OF_ONE, ON_ONE_PART), encoding="utf-8")
    found, dropped = read(str(path), OF_ONE, SPACE)
    assert (repr(found), dropped) == (repr(ON_ONE_PART), "")


def test_trials_on_folds_stand_in_the_file_as_they_did_in_earlier_versions(path):
    wanted = ["number", "settings", "values", "state", "why", "seconds"]
    assert [list(json.loads(line)) for line in path.read_text().splitlines()[1:]] == [wanted] * 3


def test_a_study_on_one_part_of_an_earlier_version_is_gone_on_with(tmp_path):
    """Its trials have no losses by rungs: they stop none, and count as ever in all else."""
    path, unbroken = tmp_path / "study.txt", study(24, slots(1), folds=1)
    early = {number: dataclasses.replace(unbroken[number], losses=()) for number in range(1, 4)}
    path.write_text(text_of(OF_ONE, early), encoding="utf-8")
    assert "losses" not in path.read_text()
    found, dropped = read(str(path), OF_ONE, SPACE)
    assert (found, dropped) == (early, "")
    resumed = study(24, slots(2), found, folds=1)
    assert resumed == study(24, slots(1), found, folds=1)
    assert {number: resumed[number] for number in early} == early
    stopped = [number for number, trial in resumed.items() if trial.state == STOPPED]
    assert stopped
    assert min(stopped) > min(number for number, trial in unbroken.items() if trial.state == STOPPED)


@pytest.mark.parametrize("left", [1, 30, -1])
def test_a_last_line_that_was_cut_is_dropped_with_a_word(path, left):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][: len(lines[-1]) - 1 if left == -1 else left])
    found, dropped = read(str(path), ABOUT, SPACE)
    if left == -1:  # the break alone is missing
        assert (len(found), dropped) == (3, "")
    else:
        assert list(found) == [1, 2]
        assert dropped == "The last line of the study 'study.txt' is damaged, as a job leaves it that was ended: that trial is done again."


SPOILED = {
    "no JSON": b"{",
    "a number": b"7",
    "nested": b"[" * 100_000,
    "digits": b"1" * 5000,
    "no text": b"\xff\xfe\x00",
    "twice": None,
    "empty": b"",
}
CHANGED = {
    "number": [0, -1, 1.0, True, "3", 10**9],
    "values": [[0.5, 0.5], [0.5, "x", 0.5], [True, 0.5, 0.5], None, [1e999, 0.5, 0.5], [0.5] * 4],
    "state": ["running", None, STOPPED, FAILED],
    "seconds": [-1, "1", None],
    "why": [None, "x" * 1000],
    "settings": [{}, None, {**DEFAULTS, "dropout": 0.9}, {**DEFAULTS, "hidden_layers": [7]}, {**DEFAULTS, "__class__": 1}],
    "more": [1],
}


@pytest.mark.parametrize("line", SPOILED)
def test_another_damaged_line_is_refused(line, path):
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[1] if SPOILED[line] is None else SPOILED[line] + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match=r"^Line 3 of the study 'study.txt' is damaged: give the file as the tool wrote it, or start "):
        read(str(path), ABOUT, SPACE)


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in CHANGED.items() for value in values])
def test_a_trial_that_cannot_be_is_refused(key, value, path):
    lines = path.read_text().splitlines(keepends=True)
    whole = {**json.loads(lines[1]), "values": [0.5, 0.5, 0.5]}
    lines[1] = json.dumps({**whole, key: value}) + "\n"
    path.write_text("".join(lines))
    with pytest.raises(InputError, match=r"^Line 2 of the study"):
        read(str(path), ABOUT, SPACE)


CHANGED_ON_ONE_PART = [
    *({"losses": losses} for losses in ([0.5], [0.5] * 3, None, [True, 0.5], ["x", 0.5], [1e999, 0.5], {}, [[0.5], 0.5])),
    *({"state": STOPPED}, {"state": STOPPED, "values": [], "losses": []}, {"state": STOPPED, "values": [], "losses": [0.5] * 3}),
    {"state": FAILED, "values": []},
    {"values": []},
]


@pytest.mark.parametrize("change", CHANGED_ON_ONE_PART, ids=str)
def test_a_trial_on_one_part_that_cannot_be_is_refused(change, tmp_path):
    path = tmp_path / "study.txt"
    first, line = text_of(OF_ONE, {1: ON_ONE_PART[1]}).splitlines(keepends=True)
    path.write_text(first + json.dumps({**json.loads(line), **change}) + "\n")
    with pytest.raises(InputError, match=r"^Line 2 of the study"):
        read(str(path), OF_ONE, SPACE)


def test_losses_of_a_trial_on_folds_are_refused(path):
    first, line, *_ = path.read_text().splitlines(keepends=True)
    path.write_text(first + json.dumps({**json.loads(line), "losses": [0.5, 0.5]}) + "\n")
    with pytest.raises(InputError, match=r"^Line 2 of the study"):
        read(str(path), ABOUT, SPACE)


NO_STUDY = "The file 'study.txt' is no study of this tool: give the study that the tool wrote, or start without one."
OTHERS = {
    "empty": ("", NO_STUDY),
    "a table": ("a\tb\n1\t2\n", NO_STUDY),
    "a list": ("[]\n", NO_STUDY),
    "a pickle": ("\x80\x04cos\nsystem\n", NO_STUDY),
    "nested": ("[" * 100_000, NO_STUDY),
    "later": (
        '{"biodl_study": 2}\n',
        "The study 'study.txt' is of a version of the tool that this one does not know: start without a study.",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_file_that_is_no_study(case, path):
    path.write_text(OTHERS[case][0], encoding="latin-1")
    with pytest.raises(InputError) as error:
        read(str(path), ABOUT, SPACE)
    assert str(error.value) == OTHERS[case][1]


ANOTHER = [
    ({"samples": "cd" * 32}, "of another data set, or of other columns or another target"),
    ({"task": {"name": "multiclass"}}, "of another task, or of other classes"),
    ({"family": "recurrent"}, "of a 'feedforward' network, not of a 'recurrent' one"),
    ({"folds": 5}, "scored on '3' folds, not on 5 (0: a validation part)"),
    ({"seed": 7}, "made with seed '1', not 7"),
    ({"space": {"l2": "0 to 1", "learning_rate": "1 to 2"}}, "a search among other settings ('learning rate')"),
    ({"kept": {"epochs": 30}}, "made with other settings ('epochs')"),
]


@pytest.mark.parametrize(("change", "what"), ANOTHER)
def test_a_study_of_something_else(change, what, path):
    with pytest.raises(InputError) as error:
        read(str(path), dataclasses.replace(ABOUT, **change), SPACE)
    assert str(error.value) == f"The study 'study.txt' is {what}: {END}"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"^The study 'no.txt' cannot be read: No such file or directory."):
        read(str(tmp_path / "no.txt"), ABOUT, SPACE)
    with pytest.raises(InputError, match=r"^The study file '.*' cannot be written: No such file or directory; give another"):
        Journal(str(tmp_path / "no" / "study.txt"), ABOUT, {})


def test_a_disk_that_is_full_leaves_the_study_as_it_was_and_nothing_beside_it(path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match=r"cannot be written: No space left on device; give another path\.$"):
        Journal(str(path), ABOUT, {})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_each_trial_is_in_the_file_when_it_is_done(tmp_path):
    path = tmp_path / "study.txt"
    journal, kept = Journal(str(path), ABOUT, {}), {}
    for trial in study(6, slots(2)).values():
        journal.add([trial])
        kept[trial.number] = trial
        assert read(str(path), ABOUT, SPACE) == (kept, "")


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path):
    """A process of its own is killed while it writes; what it left behind is gone on with, by another number of slots."""
    path = tmp_path / "study.txt"
    script = (
        "import sys, time; sys.path[:0] = sys.argv[1].split(':')\n"
        "from test_study_files import *\n"
        "from biodl.model_selection.tune import Search, search\n"
        "journal = Journal(sys.argv[2], ABOUT, {})\n"
        "def keep(done):\n    journal.add(done); print(flush=True); time.sleep(0.05)\n"
        "search(Search(DEFAULTS, SPACE, FOLDS, 'f1', 24, 1), work, {}, 4, math.inf, keep, lambda line: None, slots(3, 5))\n"
    )
    places = ":".join(map(str, (ROOT / "tools", ROOT / "scripts", ROOT / "tests/unit", ROOT / "tests/unit/model_selection")))
    process = subprocess.Popen([sys.executable, "-c", script, places, str(path)], stdout=subprocess.PIPE)
    for _ in range(7):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with open(path, "ab") as handle:
        handle.write(b'{"number": 2')  # as if it had been cut while it wrote
    known, dropped = read(str(path), ABOUT, SPACE)
    assert 7 <= len(known) < 24
    assert "is damaged" in dropped
    journal = Journal(str(path), ABOUT, known)
    unbroken = study(24, slots(1))
    resumed = {}
    for trial in study(24, slots(2), known).values():
        resumed[trial.number] = trial
        if trial.number not in known:
            journal.add([trial])
    assert resumed == unbroken
    assert read(str(path), ABOUT, SPACE) == (unbroken, "")


def test_side_by_side_asks_for_pieces_as_results_come_in():
    """Processes of their own: the same study as without, and no piece before what it depends on."""
    from biodl.model_selection.tune import Search, search

    began = time.monotonic()
    wanted = Search(DEFAULTS, SPACE, FOLDS, "f1", 10, 1)
    assert search(wanted, work, {}, 2, math.inf, lambda done: None, lambda line: None) == study(10, slots(1))
    assert time.monotonic() - began < 60
