"""A real Galaxy on this machine with the suite in it; standard library only."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environments import HOME, ROOT, SetupError, python_of, requirements_of_tools
from welcome import page

WORK = {
    "Look at data": ("inspect",),
    "Split": ("split",),
    "Train": ("train_feedforward", "train_recurrent", "train_convolutional"),
    "Judge": ("evaluate",),
    "Use": ("predict",),
}
"""Tools in the order of work, under what they are for."""
EMAIL, PASSWORD = "admin@example.org", "biodl-demo"
_MARK = "BIODL_GALAXY_RUN"
_START_SECONDS = 600
_SQLITE = "isolation_level=IMMEDIATE&timeout=60"  # Galaxy's default, but patient: two processes write


class Server:
    """Starts in ``with``, and leaves nothing running.

    Galaxy is two processes, as anywhere: the web server, which also runs jobs, and a Celery worker. The worker has Galaxy's modules
    loaded and so takes an upload, or sets the metadata of a job's outputs, in half a second; without it both start a new Python each
    time, which imports for seconds before it does anything.
    """

    def __init__(
        self,
        port: int,
        folder: Path = HOME / "run",
        fresh: bool = False,
        jobs: int = 2,
        environment: Mapping[str, str] | None = None,
        knows_keras: bool = True,
    ):
        """``jobs``: how many run at a time; ``environment``: what they get beside their own; ``knows_keras``: the type of networks."""
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._folder = folder
        self._fresh = fresh
        self._jobs = jobs
        self._environment = dict(environment or {})
        self._knows_keras = knows_keras
        self._mark = secrets.token_hex(8)
        self._processes: list[subprocess.Popen] = []

    def __enter__(self) -> "Server":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a polite kill cleans up too
        self._end_leftovers()
        _refuse_used_port(self._port)
        if self._fresh:
            shutil.rmtree(self._folder, ignore_errors=True)
        key = self._configure()
        try:
            self._start()
            self.key = _user_key(self.url, key)
            _have_search(self.url, key)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        return self._folder / "galaxy.log"

    def alive(self) -> bool:
        return bool(self._processes) and all(process.poll() is None for process in self._processes)

    def processes(self) -> set[int]:
        """Ids of the processes that belong to this server: itself and its jobs."""
        return _marked(self._mark)

    def stop(self) -> None:
        """End the server and every job it started: jobs lead process groups of their own, but inherit our mark."""
        for worker in self._processes[1:]:
            worker.kill()  # asked politely, it takes a quarter of a minute
        _end(self._mark, self._processes)
        self._state.unlink(missing_ok=True)

    @property
    def _state(self) -> Path:
        return self._folder / "running.json"

    def _end_leftovers(self) -> None:
        """End what a run that was killed outright left behind; a run that still goes on is left alone."""
        if not self._state.exists():
            return
        with contextlib.suppress(ValueError, KeyError):
            state = json.loads(self._state.read_text())
            if Path(f"/proc/{state['driver']}").exists() and _marked(state["mark"]):
                raise SetupError(f"This Galaxy is running already (process {state['driver']}): end that one first.")
            _end(state["mark"], [])
        self._state.unlink(missing_ok=True)

    def _configure(self) -> str:
        folder = self._folder
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        for name in ("control.sqlite", "results.sqlite"):
            (data / name).unlink(missing_ok=True)  # tasks that an earlier run did not get to
        _write_dependencies(folder / "deps", self._environment)
        keyfile = folder / "bootstrap_key"
        if not keyfile.exists():
            keyfile.write_text(secrets.token_hex(16))
            keyfile.chmod(0o600)
        key = keyfile.read_text()
        tools = sorted((ROOT / "tools").glob("biodl_*.xml"))
        (folder / "tool_conf.xml").write_text(_panel())
        for place in data.glob("**/integrated_tool_panel.xml"):
            place.unlink()  # it would keep the order of an earlier start
        (folder / "welcome.html").write_text(page(), encoding="utf-8")
        (folder / "tool_data_tables.xml").write_text("<tables/>\n")  # the default fetches lists from the network
        # reports of these tools are static pages without scripts: show them as HTML
        (folder / "allowlist.txt").write_text("".join(f"{tool.stem}\n" for tool in tools))
        settings = {
            "data_dir": str(data),
            "database_connection": f"sqlite:///{data / 'universe.sqlite'}?{_SQLITE}",
            "amqp_internal_connection": f"sqlalchemy+sqlite:///{data / 'control.sqlite'}?{_SQLITE}",
            "celery_conf": {"result_backend": f"db+sqlite:///{data / 'results.sqlite'}?{_SQLITE}"},
            "enable_celery_tasks": True,
            "metadata_strategy": "directory_celery",
            "calculate_dataset_hash": "never",
            "tool_config_file": str(folder / "tool_conf.xml"),
            "sanitize_allowlist_file": str(folder / "allowlist.txt"),
            "tool_dependency_dir": str(folder / "deps"),
            "dependency_resolvers": [{"type": "galaxy_packages"}],
            "admin_users": EMAIL,
            "bootstrap_admin_api_key": key,
            "brand": "BioDL",
            "static_welcome_html": str(folder / "welcome.html"),
            "conda_auto_init": False,
            "conda_auto_install": False,
            "enable_mulled_containers": False,
            "tool_data_table_config_path": str(folder / "tool_data_tables.xml"),
            "cleanup_job": "onsuccess",
            "job_config": {
                "runners": {"local": {"load": "galaxy.jobs.runners.local:LocalJobRunner", "workers": self._jobs}},
                "execution": {
                    "default": "local",
                    "environments": {"local": {"runner": "local", "local_slots": min(2, os.cpu_count() or 1)}},
                },
                "tools": [],
            },
        }
        if self._knows_keras:
            settings["datatypes_config_file"] = str(write_datatypes(folder / "datatypes_conf.xml"))
        (folder / "galaxy.yml").write_text(json.dumps({"galaxy": settings}, indent=1))  # JSON is YAML
        return key

    def _start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
        environment |= {
            "GALAXY_CONFIG_FILE": str(self._folder / "galaxy.yml"),
            "VIRTUAL_ENV": str(HOME / "galaxy"),
            "PATH": f"{HOME / 'galaxy' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",  # job scripts call 'python'
            "PYTHONPATH": str(ROOT / "datatypes"),
            "GALAXY_TEST_FILE_DIR": str(ROOT / "test-data"),  # where tool tests find their files
            _MARK: self._mark,
        }
        python = python_of("galaxy")
        factory = "galaxy.webapps.galaxy.fast_factory:factory"
        web: list[str | Path] = [python, "-m", "uvicorn", "--factory", factory, "--host", "127.0.0.1", "--port", str(self._port)]
        queues = ["--queues", "celery,galaxy.internal,galaxy.external"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # there is no other worker to talk to
        worker: list[str | Path] = [
            python,
            "-m",
            "celery",
            "--app",
            "galaxy.celery",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            "1",
            *queues,
            *quiet,
        ]
        for command, path in ((web, self.log), (worker, self._folder / "celery.log")):
            with open(path, "w") as log:
                self._processes.append(
                    subprocess.Popen(
                        command,
                        cwd=self._folder,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )
        self._state.write_text(json.dumps({"driver": os.getpid(), "mark": self._mark}))
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self.alive():
                ended = self.log if self._processes[0].poll() is not None else self._folder / "celery.log"
                tail = "\n".join(ended.read_text(errors="replace").splitlines()[-5:])
                raise SetupError(f"Galaxy stopped while starting; the end of {ended}:\n{tail}")
            with contextlib.suppress(OSError, ValueError, SetupError):
                _call(f"{self.url}/api/version")
                return
            time.sleep(0.5)
        raise SetupError(f"Galaxy did not answer within {_START_SECONDS} seconds; see {self.log}.")


def _panel() -> str:
    """The tool panel: the suite in the order of work, without a section to open first."""
    lines = ['<section id="getext" name="Get Data"><tool file="data_source/upload.xml"/></section>']
    for label, names in WORK.items():
        lines.append(f'<label id="to_{label.split()[0].lower()}" text="{label}"/>')
        lines += [f'<tool file="{ROOT / "tools" / f"biodl_{name}.xml"}"/>' for name in names]
    return "\n".join(['<toolbox monitor="false">', *lines, "</toolbox>", ""])


def write_datatypes(target: Path) -> Path:
    """Galaxy's own datatypes and the suite's, whose sniffers stand before the others; returns ``target``."""
    name = "datatypes_conf.xml.sample"
    found = sorted((HOME / "galaxy").glob(f"lib/python*/site-packages/galaxy/config/sample/{name}"))
    if not found:
        raise SetupError(f"This Galaxy lacks {name}: remove {HOME / 'galaxy'} and run again.")
    all_types = ElementTree.parse(found[0])
    own = ElementTree.parse(ROOT / "datatypes" / "datatypes_conf.xml")
    for part in ("registration", "sniffers"):
        into, what = all_types.find(part), own.find(part)
        if into is None or what is None:
            raise SetupError(f"A file of datatypes lacks the part '{part}'.")
        into[:0] = list(what)
    all_types.write(target)
    return target


def _refuse_used_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OverflowError:
            raise SetupError(f"{port} is no port: choose one from 1024 to 65535.") from None
        except OSError as error:
            raise SetupError(
                f"Port {port} cannot be used ({error.strerror}): end what listens there, or choose another with --port."
            ) from None


def _write_dependencies(folder: Path, environment: Mapping[str, str]) -> None:
    """Let each requirement of the tools resolve to the tools' environment, and give their jobs ``environment``."""
    further = "".join(f"export {name}='{value}'\n" for name, value in environment.items())
    for name, version in requirements_of_tools().items():
        place = folder / name / version
        place.mkdir(parents=True, exist_ok=True)
        (place / "env.sh").write_text(f'PATH="{HOME / "tools" / "bin"}:$PATH"; export PATH\n{further}')


def _marked(mark: str) -> set[int]:
    """Processes that inherited our mark (Linux; elsewhere none are found and the server alone is ended)."""
    wanted = f"{_MARK}={mark}".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (
                wanted in (entry / "environ").read_bytes().split(b"\0")
                and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            ):
                found.add(int(entry.name))
    return found


def _end(mark: str, processes: list[subprocess.Popen]) -> None:
    """Ask all processes with ``mark``, and these, to end, then make them."""

    def left() -> set[int]:
        return _marked(mark) | {process.pid for process in processes if process.poll() is None}

    for kill in (signal.SIGTERM, signal.SIGKILL):
        found = left()
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, kill)
        deadline = time.monotonic() + 15
        while left() and time.monotonic() < deadline:
            time.sleep(0.2)


def _user_key(url: str, admin_key: str) -> str:
    """The API key of the demo's user, who is made on the first start."""
    users = _call(f"{url}/api/users", admin_key)
    user = next((item for item in users if item["email"] == EMAIL), None)
    if user is None:
        user = _call(f"{url}/api/users", admin_key, {"username": "admin", "email": EMAIL, "password": PASSWORD})
    return _call(f"{url}/api/users/{user['id']}/api_key", admin_key, {})


def _have_search(url: str, admin_key: str) -> None:
    """Have tools found by words: where Galaxy's first heartbeat comes later than its tools it has no index, and makes one on a reload."""
    for _ in range(10):
        if _call(f"{url}/api/tools?q=neural+network", admin_key):
            return
        _call(f"{url}/api/configuration/toolbox", admin_key, method="PUT")
        time.sleep(3)


def _call(url: str, key: str = "", body: dict | None = None, method: str | None = None) -> Any:
    request = urllib.request.Request(url, method=method, headers={"x-api-key": key, "Content-Type": "application/json"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SetupError(f"Galaxy answered {error.code} to {url}: {error.read()[:300].decode(errors='replace')}") from None
