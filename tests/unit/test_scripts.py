"""Setting up and starting: faults get a clear message, half-made environments are mended."""

import socket
import subprocess
import sys

import pytest

import environments
import server
import welcome
from progress import Progress, watched


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
    job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={server._MARK: mark}, start_new_session=True)
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


def test_start_page_names_every_tool_and_workflow():
    text = welcome.page()
    for path in sorted((environments.ROOT / "tools").glob("biodl_*.xml")):
        assert f'href="/?tool_id={path.stem}"' in text
    for folder in sorted((environments.ROOT / "workflows").iterdir()):
        assert welcome.title_of(folder / f"{folder.name}.gxwf.yml") in text
    assert [tool[1].removeprefix("biodl_") for tool in welcome.TOOLS] == [name for names in server.WORK.values() for name in names]
