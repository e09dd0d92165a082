"""Streams, disks and homes that take nothing: one sentence, status 1, nothing left, no traceback."""

import errno
import os
import resource
import subprocess
import sys
from unittest import mock

import pytest

from biodl.program import runtime
from biodl.program.streams import of_disk
from conftest import DATA, ROOT, write_rows

TABLE = DATA / "breast_cancer_test.tsv"


def run(*arguments, size=None, environment=None, **streams):
    """A command in a process of its own; no file may grow beyond ``size`` bytes."""

    def limit():
        if size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    given = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "GALAXY_SLOTS": "1", **(environment or {})}
    if size is not None:
        given.pop("BIODL_MARKING", None)  # what records lines would find the disk full as well
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    command = [sys.executable, "-m", "biodl", *map(str, arguments)]
    return subprocess.run(command, env=given, preexec_fn=limit, text=True, errors="surrogateescape", check=False, **streams)


@pytest.fixture
def full():
    with open("/dev/full", "w") as stream:
        yield stream


@pytest.fixture
def split(tmp_path):
    """Arguments of a command that is quick and prints."""
    return [
        "split",
        "--data",
        TABLE,
        "--target",
        "diagnosis",
        "--train",
        tmp_path / "train",
        "--test",
        tmp_path / "test",
        "--validation-size",
        "0",
    ]


def test_a_full_standard_output(split, full, tmp_path):
    done = run(*split, stdout=full)
    assert (done.returncode, done.stderr) == (
        1,
        "Error: Standard output cannot be written: No space left on device: send it elsewhere.\n",
    )
    assert not list(tmp_path.iterdir())
    done = run("--help", stdout=full)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


FIRST = """
import os, sys
from biodl.program.streams import print_first, steady_streams
steady_streams()
print("epoch 1", flush=True)
print("ep\xf6ch 2")
{between}
print_first(["Result: gut", "Next: \u03bc"])
print("after")
"""
LATE = ["epoch 1", "ep\\xf6ch 2", "Result: gut", "Next: \\u03bc", "after"]
EARLY = [*LATE[2:4], *LATE[:2], LATE[4]]


def ordered(stdout, between="", **streams):
    """Run what prints a result last and wants it first; plain ASCII shows whether bytes, not signs, are counted."""
    given = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "PYTHONIOENCODING": "ascii"}
    script = FIRST.replace("{between}", between)
    return subprocess.run([sys.executable, "-c", script], env=given, stdout=stdout, text=True, check=True, **streams)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_the_result_stands_first_in_a_file(encoding, tmp_path):
    with open(tmp_path / "o", "w") as file:
        given = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "PYTHONIOENCODING": encoding}
        subprocess.run([sys.executable, "-c", FIRST.replace("{between}", "")], env=given, stdout=file, check=True)
    plain = [line.encode().decode("unicode_escape") for line in EARLY] if encoding == "utf-8" else EARLY
    assert (tmp_path / "o").read_text(encoding="utf-8").splitlines() == plain


def test_what_others_wrote_before_or_write_after_stays(tmp_path):
    with open(tmp_path / "o", "w") as file:
        file.write("before\n")
        file.flush()
        ordered(file)
        file.write("end\n")
    assert (tmp_path / "o").read_text().splitlines() == ["before", *EARLY, "end"]


def test_a_file_that_others_write_to_is_not_written_over(tmp_path):
    with open(tmp_path / "o", "w") as file:
        ordered(file, "sys.stdout.flush(); print('a warning', file=sys.stderr, flush=True)", stderr=file)
    assert (tmp_path / "o").read_text().splitlines() == [*LATE[:2], "a warning", *LATE[2:]]
    with open(tmp_path / "o", "a") as file:
        ordered(file)
    assert (tmp_path / "o").read_text().splitlines()[6:] == LATE


def test_a_pipe_or_terminal_gets_the_result_last():
    assert ordered(subprocess.PIPE).stdout.splitlines() == LATE
    ours, theirs = os.openpty()
    ordered(theirs)
    os.close(theirs)
    assert os.read(ours, 1000).decode().splitlines() == LATE
    os.close(ours)


def test_a_disk_that_is_full_when_the_result_is_put_first(tmp_path):
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))"
    with open(tmp_path / "o", "w") as file, pytest.raises(subprocess.CalledProcessError) as failed:
        ordered(file, limit, stderr=subprocess.PIPE)
    assert "InputError: Standard output cannot be written: File too large: send it elsewhere." in failed.value.stderr


def test_a_full_standard_error(full, tmp_path):
    done = run("split", "--data", "none", "--train", tmp_path / "t", "--test", tmp_path / "u", stderr=full)
    assert (done.returncode, done.stdout) == (1, "")


def test_closed_streams(split, tmp_path):
    """Files that are opened must not get the numbers of streams, lest messages end in them."""
    command = " ".join(f"'{part}'" for part in [sys.executable, "-m", "biodl", *split])
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    done = subprocess.run(f"{command} >&- 2>&- <&-", shell=True, env=environment, check=False)
    assert done.returncode == 0
    assert (tmp_path / "train").read_text().startswith("mean radius\t")


def test_no_file_gets_the_number_of_a_stream(tmp_path):
    path = str(tmp_path / "f")
    script = f"from biodl.program.streams import steady_streams; steady_streams(); f = open({path!r}, 'w'); f.write(str(f.fileno()))"
    command = f'"{sys.executable}" -c "{script}" >&- 2>&- <&-'
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    assert subprocess.run(command, shell=True, env=environment, check=False).returncode == 0
    assert int((tmp_path / "f").read_text()) > 2


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_what_a_stream_cannot_show_is_escaped(encoding, tmp_path):
    table = write_rows(tmp_path / "tµ.tsv", [["µ", "b"], *([number, number % 2] for number in range(20))])
    environment = {"PYTHONIOENCODING": encoding}
    done = run(
        "split",
        "--data",
        table,
        "--target",
        "b",
        "--group",
        "µ2",
        "--train",
        tmp_path / "t",
        "--test",
        tmp_path / "u",
        "--validation-size",
        "0",
        environment=environment,
    )
    shown = "µ" if encoding == "utf-8" else r"\xb5"
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert f"'t{shown}.tsv'" in done.stderr
    parts = ["--train", tmp_path / "t", "--test", tmp_path / "u", "--validation-size", "0"]
    done = run("split", "--data", "none\udcff.tsv", *parts, environment=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The table 'none\\udcff.tsv' cannot be read: No such file")


def test_a_full_disk_is_told_as_such(tmp_path):
    """Whatever is written when the disk is full, no tool blames its input."""
    (tmp_path / "tmp").mkdir()
    commands = {
        "split": ["--target", "diagnosis", "--validation-size", "0", "--train", tmp_path / "o", "--test", os.devnull],
        "inspect": ["--target", "diagnosis", "--report", tmp_path / "o"],
        "predict": ["--model", DATA / "breast_cancer.keras", "--predictions", tmp_path / "o"],
        "evaluate": ["--model", DATA / "breast_cancer.keras", "--metrics", tmp_path / "o"],
        "train-feedforward": ["--target", "diagnosis", "--epochs", "1", "--model", tmp_path / "o"],
    }
    for command, flags in commands.items():
        done = run(command, "--data", TABLE, *flags, size=100, environment={"TMPDIR": str(tmp_path / "tmp")})
        temporary = f"The folder for temporary files {tmp_path / 'tmp'} cannot be written: File too large: free space there or set TMPDIR"
        output = f"The output {tmp_path / 'o'} cannot be written: File too large"
        assert done.returncode == 1, command
        assert done.stderr in (f"Error: {temporary} to another folder.\n", f"Error: {output}.\n"), command
        assert [path.name for path in tmp_path.iterdir()] == ["tmp"]
        assert not list((tmp_path / "tmp").iterdir()), command


def test_an_output_folder_that_is_missing_is_refused_before_anything_is_read(biodl, tmp_path):
    result = biodl("train-feedforward", data=tmp_path / "none", target="x", model=tmp_path / "missing" / "m")
    assert result.err == f"Error: The output {tmp_path / 'missing' / 'm'} cannot be written: No such file or directory.\n"


def test_the_file_that_the_system_refuses_is_named(tmp_path):
    error = OSError(errno.EROFS, os.strerror(errno.EROFS), "/data/x")
    assert of_disk(error) == "The file /data/x cannot be read or written: Read-only file system."


def test_nothing_is_said_of_a_home_that_cannot_be_written_and_nothing_is_left(tmp_path):
    (tmp_path / "tmp").mkdir()
    text = write_rows(
        tmp_path / "t.tsv", [["note", "mood"], *([f"so {n} {['good', 'bad'][n % 2]}", ["up", "down"][n % 2]] for n in range(40))]
    )
    flags = ["--kind", "text", "--target", "mood", "--epochs", "1", "--units", "2", "--model", tmp_path / "m", "--curves", tmp_path / "c"]
    environment = {"TMPDIR": str(tmp_path / "tmp"), "HOME": "/dev/null", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""}
    done = run("train-recurrent", "--data", text, *flags, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize("slots", ["100000", "9" * 5000, "²", "-1", "x", "0"])
def test_slots_are_no_more_than_there_are_cores(slots, monkeypatch):
    monkeypatch.setenv("GALAXY_SLOTS", slots)
    assert 1 <= runtime.slots() <= os.cpu_count()
    monkeypatch.setenv("GALAXY_MEMORY_MB", slots)
    runtime.check_memory(10, (3,), "table")


def test_boosting_has_one_core_and_all_else_those_of_the_job(tmp_path):
    with mock.patch.dict(os.environ, {"GALAXY_SLOTS": "2"}):
        runtime.prepare_environment(tmp_path)
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert {os.environ[name] for name in runtime.THREADS} == {str(runtime.slots())}
        assert {"OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"} <= set(runtime.THREADS)
