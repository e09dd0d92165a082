"""Setting up and starting: faults get a clear message, half-made environments are mended."""

import errno
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import types

import pytest

import environments
import running
import server
import toolshed
import welcome
from progress import Progress, watched

_SPEC = importlib.util.spec_from_file_location("scripts_test", environments.ROOT / "scripts" / "test.py")  # 'test' is Python's own
test_command = importlib.util.module_from_spec(_SPEC)
sys.modules["scripts_test"] = test_command
_SPEC.loader.exec_module(test_command)


def test_used_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(environments.SetupError, match=f"Port {port} cannot be used .* or choose another with --port"):
            running.refuse_used_port(port, "--port")
    with pytest.raises(environments.SetupError, match="70000 is no port"):
        running.refuse_used_port(70000, "--port")


def test_old_interpreter(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    with pytest.raises(environments.SetupError, match=r"run the script with Python 3\.11 or newer"):
        environments.ensure("tools")


def test_half_made_environment_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "HOME", tmp_path)
    commands = []

    def make(what, *command):
        commands.append(command)
        if "venv" in command:
            python = tmp_path / "tools" / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.symlink_to(sys.executable)

    monkeypatch.setattr(environments, "_run", make)
    monkeypatch.setattr(environments, "_install", lambda name, what, pip: commands.append(pip))
    (tmp_path / "tools" / "lib").mkdir(parents=True)  # begun, never completed
    environments.ensure("tools")
    assert len(commands) == 2
    assert not (tmp_path / "tools" / "lib").exists()
    environments.ensure("tools")
    assert len(commands) == 2  # complete: nothing to do
    (tmp_path / "tools" / "bin" / "python").unlink()
    environments.ensure("tools")
    assert len(commands) == 4


def test_failed_install_says_why(tmp_path, monkeypatch):
    with pytest.raises(environments.SetupError, match="Could not install things:\nno such thing\nCheck the network"):
        environments._run("install things", sys.executable, "-c", "import sys; sys.exit('no such thing')")


def test_leftovers_of_a_killed_run_are_ended(tmp_path):
    mark = "0123456789abcdef"
    job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={running._MARK: mark}, start_new_session=True)
    (tmp_path / "running.json").write_text(f'{{"driver": 999999999, "mark": "{mark}"}}')
    server.Server(0, tmp_path)._end_leftovers()
    assert job.wait(timeout=10) != 0
    assert not (tmp_path / "running.json").exists()


PIP = """Collecting numpy==2.1.3 (from -r tools.txt (line 2))
  Downloading numpy-2.1.3-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl (16.3 MB)
Collecting six (from python-dateutil)
  Using cached six-1.17.0-py2.py3-none-any.whl.metadata (1.7 kB)
Collecting Six>=1
"""


def test_progress_counts_packages_and_megabytes():
    placed = []
    progress = Progress(10, lambda: len(placed))
    assert progress.told(1) == "package 0 of about 10; 0 MB fetched"
    for line in PIP.splitlines():
        progress.hear(line)
    assert progress.told(30) == "package 2 of about 10, six (0.0 MB); 16 MB fetched, about 4 min left"
    progress.hear("Installing collected packages: six, numpy, pandas, scipy")
    placed += ["six", "numpy"]
    assert progress.told(80) == "putting in place package 2 of 4; 16 MB fetched, about 20 s left"


def test_progress_is_told_while_a_command_runs():
    said = []
    script = "import time; print('Collecting a', flush=True); time.sleep(0.5); print('end'); raise SystemExit(3)"
    code, output = watched([sys.executable, "-c", script], Progress(2, lambda: 0), said.append, every=0.1)
    assert (code, output) == (3, "Collecting a\nend\n")
    assert "package 1 of about 2; 0 MB fetched" in said[-1]


def test_failed_packages_say_why(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "HOME", tmp_path)
    with pytest.raises(environments.SetupError, match=r"Could not install tools\.txt:\nno such thing\nCheck the network"):
        environments._install("tools", "tools.txt", [sys.executable, "-c", "import sys; sys.exit('no such thing')"])


def test_datatypes_are_galaxys_and_our_own_first(tmp_path):
    import xml.etree.ElementTree as ElementTree

    tree = ElementTree.parse(server.write_datatypes(tmp_path / "d.xml"))
    assert tree.find("sniffers")[0].get("type") == "biodl_datatypes:Keras"
    assert {"keras", "zip", "tabular"} <= {item.get("extension") for item in tree.iter("datatype")}


def test_start_page_names_every_tool_workflow_and_tour():
    text = welcome.page()
    for path in sorted((environments.ROOT / "tools").glob("biodl_*.xml")):
        assert f'href="/?tool_id={path.stem}"' in text
    for folder in sorted((environments.ROOT / "workflows").iterdir()):
        assert welcome.title_of(folder.name) in text
    for tour in (environments.ROOT / "tours").glob("*.yaml"):
        assert f'href="/tours/{tour.stem}"' in text
    assert [tool[1].removeprefix("biodl_") for tool in welcome.TOOLS] == [name for names in server.WORK.values() for name in names]


class Still(running.Running):
    """Talks to whatever listens on its port."""

    name = "Tool Shed"

    def _configure(self): ...
    def _start(self): ...
    def _settle(self): ...


def answering(answer: bytes | None) -> int:
    """Port of a server on this machine that gives every question this answer, or none at all."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection = listener.accept()[0]
            connection.recv(4096)
            if answer is not None:
                connection.sendall(answer)
                connection.close()
            else:
                silent.append(connection)

    silent: list[socket.socket] = []
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "Tool Shed at {url} did not answer /api/users within 1 seconds."),
        (b"", "Tool Shed at {url} does not answer /api/users: Remote end closed connection without response."),
        (b"HTTP/1.0 200 OK\r\n\r\n<html>", "Tool Shed at {url} does not answer /api/users: Expecting value: line 1 column 1 (char 0)."),
        (b"SSH-2.0-OpenSSH\r\n", "Tool Shed at {url} does not answer /api/users: SSH-2.0-OpenSSH\r\n."),
        (
            b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n[1",
            "Tool Shed at {url} does not answer /api/users: IncompleteRead(2 bytes read, 7 more expected).",
        ),
        (b"HTTP/1.0 507 Full\r\n\r\nNo space left on device", "Tool Shed answered 507 to {url}/api/users: No space left on device"),
    ],
)
def test_a_server_that_does_not_answer(answer, sentence, tmp_path):
    server_ = Still(answering(answer), tmp_path, fresh=False)
    with pytest.raises(environments.SetupError) as raised:
        server_.call("/api/users", seconds=1)
    assert str(raised.value) == sentence.format(url=server_.url)


def test_a_server_that_is_gone(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(environments.SetupError, match=r"^Tool Shed at http://127\.0\.0\.1:\d+ does not answer /api/users: .*refused.*\.$"):
        Still(port, tmp_path, fresh=False).call("/api/users")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(environments.SetupError, match=r"^Tool Shed could not be set up in .*file/there: Not a directory\.$"),
        Still(0, tmp_path / "file" / "there", fresh=False),
    ):
        pass


class Stuck(Still):
    """Has a child that ends when it is told to, and something goes wrong while it starts."""

    fault: BaseException = KeyboardInterrupt()

    def _start(self):
        self.launched = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=self.mark())
        raise self.fault


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), SystemExit(143), environments.SetupError("no")])
def test_nothing_is_left_running_whatever_ends_it(fault, tmp_path):
    server_ = Stuck(0, tmp_path, fresh=False)
    server_.fault = fault
    with pytest.raises(type(fault)), server_:
        pass
    assert server_.launched.wait(timeout=10) == -signal.SIGTERM
    assert not server_.processes()


def test_a_second_signal_does_not_cut_the_end_short():
    kept = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with running._undisturbed():
            for number in kept:
                os.kill(os.getpid(), number)
        assert all(signal.getsignal(number) is signal.default_int_handler for number in kept)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def test_a_full_disk_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr(running.shutil, "disk_usage", lambda place: types.SimpleNamespace(free=0))
    with (
        pytest.raises(environments.SetupError, match=r"^No space is left on the disk of .*: free some, then run again\.$"),
        Still(0, tmp_path / "new", fresh=False),
    ):
        raise environments.SetupError("Tool Shed answered 500 to something")


def test_servers_of_the_tests_have_ports_of_their_own():
    servers = test_command.servers_of(test_command.STAGES, 9000)
    assert [(server.name, server.port, server.option) for server in servers] == [
        ("Galaxy", 9000, "--port"),
        ("Galaxy", 9002, "--port"),
        ("Tool Shed", 9003, "--shed-port"),
    ]
    assert len({server.folder for server in servers}) == 3
    assert test_command.servers_of(("lint", "unit"), 9000) == []


def test_unit_tests_are_run_once_each():
    """In three processes: what the first leaves out is what the second runs, and what that leaves out is taught."""
    marking = {"marks": "there"}
    (first,), (later,) = test_command.unit_tests(["unit"], marking)
    taught = test_command.tutorials(marking)
    assert first.words[-2:] == ["tests/unit", f"--ignore={later.words[-2]}"]
    assert later.words[-1] == f"--ignore={taught.words[-1]}"
    assert (environments.ROOT / later.words[-2]).is_dir()
    assert (environments.ROOT / taught.words[-1]).is_file()
    assert first.environment == later.environment == taught.environment == {**marking, "OMP_NUM_THREADS": "1"}
    assert test_command.unit_tests(["lint"], marking) == ([], [])


def test_browser_tests_are_run_once_each():
    server = types.SimpleNamespace(url="here", key="k")
    most, (networks, report) = test_command.browser_tests(server), test_command.tours(server)
    tours, *chosen = networks.words[-3:]
    assert most.words[-2:] == ["tests/browser", f"--ignore={tours}"]
    assert (environments.ROOT / tours).is_file()
    assert (chosen, report.words[-3:]) == (["-k", "not biodl_report"], [tours, "-k", "biodl_report"])
    assert (environments.ROOT / "tours" / "biodl_report.yaml").is_file()
    assert most.environment == networks.environment == report.environment == {"BIODL_GALAXY_URL": "here", "BIODL_GALAXY_KEY": "k"}


def test_the_next_version():
    assert toolshed._after("0.5.9") == "0.5.10"


def test_what_somebody_has_to_mend_ends_in_one_sentence(capsys):
    def full():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/files")

    def interrupted():
        raise KeyboardInterrupt

    assert environments.told(full) == 1
    assert capsys.readouterr().err == "Error: /data/files could not be used (No space left on device).\n"
    assert environments.told(interrupted) == 130
    assert capsys.readouterr().out == "Stopped; nothing is left running.\n"
