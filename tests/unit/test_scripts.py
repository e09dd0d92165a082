"""Setting up and starting: faults get a clear message, half-made environments are mended."""

import socket
import subprocess
import sys

import pytest

import environments
import server


def test_used_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(environments.SetupError, match=f"Port {port} cannot be used .* or choose another with --port"):
            server._refuse_used_port(port)
    with pytest.raises(environments.SetupError, match="70000 is no port"):
        server._refuse_used_port(70000)


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
    job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={server._MARK: mark}, start_new_session=True)
    (tmp_path / "running.json").write_text(f'{{"driver": 999999999, "mark": "{mark}"}}')
    server.Server(0, tmp_path)._end_leftovers()
    assert job.wait(timeout=10) != 0
    assert not (tmp_path / "running.json").exists()
