"""Outputs appear together or not at all, nothing of the user's is lost, and nothing is left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from biodl.errors import InputError
from biodl.program.files import Outputs
from conftest import DATA, ROOT


def write_all(targets, inputs=None, content="new"):
    with Outputs(targets, inputs) as outputs:
        for name in targets:
            outputs[name].write_text(content)
        return outputs.folder


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_outputs_are_moved_in_place_with_the_rights_of_what_was_there(tmp_path):
    old, fresh, link = tmp_path / "old", tmp_path / "fresh", tmp_path / "link"
    old.write_text("before")
    old.chmod(0o640)
    (tmp_path / "linked").write_text("before")
    link.symlink_to(tmp_path / "linked")
    folder = write_all({"a": str(old), "b": str(fresh), "c": str(link)})
    assert not folder.exists()
    assert [path.read_text() for path in (old, fresh, tmp_path / "linked")] == ["new"] * 3
    assert link.is_symlink()
    assert old.stat().st_mode & 0o777 == 0o640
    assert fresh.stat().st_mode & 0o777 == 0o666 & ~os.umask(os.umask(0o22))
    assert files_in(tmp_path) == {"old", "fresh", "link", "linked"}


def test_a_failed_write_leaves_every_file_as_it_was(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("before")
    second.write_text("before")
    copies = []

    def full(source, target):
        copies.append(target)
        if len(copies) == 2:
            raise OSError(28, "No space left on device")
        Path(target).write_text(Path(source).read_text())

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(InputError, match=f"The output {second} cannot be written: No space left on device."):
        write_all({"a": str(first), "b": str(second)})
    assert first.read_text() == second.read_text() == "before"
    assert files_in(tmp_path) == {"first", "second"}


def test_an_error_inside_writes_nothing(tmp_path):
    (tmp_path / "a").write_text("before")
    outputs = Outputs({"a": str(tmp_path / "a")}).__enter__()
    outputs["a"].write_text("new")
    outputs.__exit__(ZeroDivisionError, None, None)
    assert (tmp_path / "a").read_text() == "before"
    assert not outputs.folder.exists()


def test_outputs_may_be_devices():
    write_all({"a": os.devnull, "b": os.devnull})
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("target", ["missing/x", "folder"])
def test_what_cannot_be_written_is_refused_before_any_work(tmp_path, target):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=rf"The output .*{target} cannot be written: (No such file|Is a) .*directory\."):
        Outputs({"a": str(tmp_path / target)}).__enter__()


def test_one_path_for_two_outputs(biodl, tmp_path):
    (tmp_path / "same").symlink_to(tmp_path / "t")
    result = biodl("split", data=DATA / "breast_cancer.tsv", train=tmp_path / "t", test=tmp_path / "same", validation_size=0)
    assert result.err == f"Error: The output --train and the output --test are one file ({tmp_path / 't'}): give each a path of its own.\n"
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("place", ["model", "predictions"])
def test_an_input_is_never_written_over(biodl, tmp_path, place):
    table = tmp_path / "t.tsv"
    table.write_bytes((DATA / "breast_cancer_test.tsv").read_bytes())
    if place == "model":
        result = biodl("train-feedforward", data=table, target="diagnosis", model=table)
    else:
        result = biodl("predict", data=table, model=DATA / "breast_cancer.keras", predictions=table)
    assert result.err == f"Error: The output --{place} and the input --data are one file ({table}): give each a path of its own.\n"
    assert table.read_bytes() == (DATA / "breast_cancer_test.tsv").read_bytes()


def in_session(number: int) -> set[int]:
    """Processes that still run in a session."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = place.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # ended meanwhile
            continue
        if int(session) == number and state != "Z":
            found.add(int(place.parent.name))
    return found


TRAIN = ["train-feedforward", "--epochs", "100000", "--patience", "0"]
FOLDED = [*TRAIN, "--folds", "2"]
TUNED = ["tune", "--trials", "1000", "--scoring-folds", "0", "--most-epochs", "1", "--study-file", "STUDY"]
"""``STUDY`` stands for the place of the study, beside the outputs."""


@pytest.mark.parametrize(
    ("number", "flags", "sent_after", "wait", "cores"),
    [
        pytest.param(signal.SIGTERM, TRAIN, "epoch 2 ", 0, 2, id="one training"),
        pytest.param(signal.SIGINT, TRAIN, "epoch 2 ", 0, 1, id="one training, by hand"),
        pytest.param(signal.SIGINT, FOLDED, "Cross-validation: 2 folds, ", 0, 2, id="folds that begin, by hand"),
        pytest.param(signal.SIGTERM, FOLDED, "Cross-validation: 2 folds, ", 0.2, 2, id="processes that begin"),
        pytest.param(signal.SIGTERM, FOLDED, "Cross-validation: 2 folds, ", 4, 2, id="copies that begin"),
        pytest.param(signal.SIGINT, FOLDED, "Cross-validation: 2 folds, ", 6, 1, id="folds that train, on one core, by hand"),
        pytest.param(signal.SIGTERM, FOLDED, "Cross-validation: 2 folds, ", 8, 2, id="folds that train"),
        pytest.param(signal.SIGTERM, TUNED, "Tuning a ", 0, 1, id="trials that begin, on one core"),
        pytest.param(signal.SIGTERM, TUNED, "trial 1 of 1000", 0, 2, id="trials that train"),
        pytest.param(signal.SIGTERM, TUNED, "trial 1 of 1000", 0, 1, id="trials that train, on one core"),
    ],
)
def test_a_signal_leaves_nothing(tmp_path, number, flags, sent_after, wait, cores):
    """Nothing but a study, whose lines are whole: no output, no temporary folder, and no process that was started."""
    temporary, outputs = tmp_path / "tmp", tmp_path / "out"
    temporary.mkdir()
    outputs.mkdir()
    (outputs / "m").write_text("before")
    study = outputs / "study.txt"
    command = [sys.executable, "-m", "biodl", *(study if flag == "STUDY" else flag for flag in flags)]
    command += ["--data", DATA / "breast_cancer.tsv", "--target", "diagnosis"]
    command += ["--model", outputs / "m", "--history", outputs / "h"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "TMPDIR": str(temporary), "GALAXY_SLOTS": str(cores)}

    def hear():
        """A shell that starts tests in the background has them ignore interrupts, and what they start as well."""
        signal.signal(number, signal.SIG_DFL)

    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear, start_new_session=True
    )
    with process:
        for line in process.stdout:
            if line.startswith(sent_after):
                break
        time.sleep(wait)
        assert files_in(temporary)
        process.send_signal(number)
        _, error = process.communicate(timeout=60)
    until = time.monotonic() + 10
    while in_session(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not in_session(process.pid)
    assert (process.returncode, error) == (1, "Error: Stopped.\n")
    assert not files_in(temporary)
    assert files_in(outputs) == ({"m", "study.txt"} if study.exists() else {"m"})
    assert (outputs / "m").read_text() == "before"
    if flags is TUNED:
        assert study.read_text().endswith("\n")
        _, *trials = map(json.loads, study.read_text().splitlines())
        assert bool(trials) == sent_after.startswith("trial")


@pytest.fixture(params=[True, False], ids=["heard", "ignored"])
def heard(request):
    """Whether whoever started the job lets it hear an interrupt; jobs in the background of a shell do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler if request.param else signal.SIG_IGN)
    yield request.param
    signal.signal(signal.SIGINT, before)


def test_signals_wait_while_outputs_are_put_in_place(heard, tmp_path, monkeypatch):
    """A signal between two outputs would leave one new and one old."""
    targets = {name: str(tmp_path / name) for name in "abc"}
    real = Path.replace

    def slow(self, target):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", slow)
    with pytest.raises(KeyboardInterrupt) if heard else contextlib.nullcontext():
        write_all(targets)
    assert [(tmp_path / name).read_text() for name in "abc"] == ["new"] * 3


def test_nobody_else_decides_on_the_type_of_numbers(tmp_path):
    """A keras.json in a folder that others can guess once made networks float16."""
    planted = tmp_path / f"biodl-keras-{os.getuid()}"
    planted.mkdir()
    (planted / "keras.json").write_text('{"floatx": "float16", "backend": "tensorflow"}')
    script = """
import sys
from biodl.program import cli
code = cli.main(sys.argv[1:])
import keras
print(keras.config.floatx(), keras.models.load_model(sys.argv[-1]).get_layer("dense_1").dtype)
"""
    home = {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT / "tools")}
    command = [sys.executable, "-c", script, "train-feedforward", "--data", DATA / "breast_cancer.tsv", "--target", "diagnosis"]
    command += ["--epochs", "1", "--model", tmp_path / "m.keras"]
    done = subprocess.run(command, env={**os.environ, **home}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "float32 float32"
    assert files_in(tmp_path) == {planted.name, "m.keras"}
