"""A server on this machine that runs while a ``with`` lasts, and leaves nothing behind; standard library only."""

import abc
import base64
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
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from environments import HOME, SetupError

_MARK = "BIODL_GALAXY_RUN"
_START_SECONDS = 600


class Running(abc.ABC):
    """Processes with one port and one folder. A run that was killed outright is cleaned up by the next one."""

    name: str
    """What it is called in messages."""

    def __init__(self, port: int, folder: Path, fresh: bool):
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.folder = folder
        self._fresh = fresh
        self._mark = secrets.token_hex(8)
        self._processes: list[tuple[subprocess.Popen, Path]] = []

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a polite kill cleans up too
        self._end_leftovers()
        _refuse_used_port(self.port)
        try:
            if self._fresh:
                shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            keyfile = self.folder / "bootstrap_key"
            if not keyfile.exists():
                keyfile.write_text(secrets.token_hex(16))
                keyfile.chmod(0o600)
            self.admin_key = keyfile.read_text()
            self.start()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):  # a full disk, a folder that cannot be written
                raise SetupError(f"{self.name} could not be set up in {self.folder}: {error.strerror or error}.") from None
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Have it up, with what its folder holds already; raises SetupError where it does not come up."""
        self._configure()
        self._start()
        self._settle()

    @abc.abstractmethod
    def _configure(self) -> None:
        """Write what it reads when it starts, into its folder."""

    @abc.abstractmethod
    def _start(self) -> None:
        """Launch its processes."""

    @abc.abstractmethod
    def _settle(self) -> None:
        """What is done once it answers."""

    def alive(self) -> bool:
        return bool(self._processes) and all(process.poll() is None for process, _ in self._processes)

    def processes(self) -> set[int]:
        """Ids of the processes that belong to it: its own and its jobs'."""
        return _marked(self._mark)

    def stop(self, *signals: signal.Signals) -> None:
        """End it and every job it started, which lead process groups of their own, but inherit our mark: politely, then by force."""
        for worker, _ in self._processes[1:]:
            worker.kill()  # asked politely, it takes a quarter of a minute
        _end(self._mark, [process for process, _ in self._processes], *(signals or (signal.SIGTERM, signal.SIGKILL)))
        self._processes.clear()
        with contextlib.suppress(OSError):  # there is none, or no folder for it
            self._state.unlink()

    def launch(self, commands: Mapping[str, Sequence[str | Path]], environment: Mapping[str, str]) -> None:
        """Start a process for each log, and wait until the port answers."""
        for log, command in commands.items():
            path = self.folder / log
            with open(path, "w") as written:
                process = subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env={**environment, _MARK: self._mark},
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=written,
                    start_new_session=True,
                )
            self._processes.append((process, path))
        self._state.write_text(json.dumps({"driver": os.getpid(), "mark": self._mark}))
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            for process, path in self._processes:
                if process.poll() is not None:
                    tail = "\n".join(path.read_text(errors="replace").splitlines()[-5:])
                    raise SetupError(f"{self.name} stopped while starting; the end of {path}:\n{tail}")
            with contextlib.suppress(SetupError):
                self.call("/api/version")
                return
            time.sleep(0.5)
        raise SetupError(f"{self.name} did not answer within {_START_SECONDS} seconds; see {self._processes[0][1]}.")

    def call(
        self, path: str, key: str = "", body: dict | None = None, method: str | None = None, password: str = "", seconds: int = 30
    ) -> Any:
        """What its API answers, as JSON; raises SetupError where it refuses, or stays silent for so many seconds.

        ``password``: of a user, after her e-mail and a colon, where there is no key yet.
        """
        headers = {"x-api-key": key, "Content-Type": "application/json"} if key else {}
        if password:
            headers["Authorization"] = f"Basic {base64.b64encode(password.encode()).decode()}"
        request = urllib.request.Request(f"{self.url}{path}", method=method, headers=headers)
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, timeout=seconds) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read()[:300].decode(errors="replace")
            raise SetupError(f"{self.name} answered {error.code} to {self.url}{path}: {said}") from None
        except TimeoutError:
            raise SetupError(f"{self.name} at {self.url} did not answer {path} within {seconds} seconds.") from None
        except (OSError, ValueError) as error:  # refused, cut off, or no JSON
            raise SetupError(f"{self.name} at {self.url} does not answer {path}: {error}.") from None

    @property
    def _state(self) -> Path:
        return self.folder / "running.json"

    def _end_leftovers(self) -> None:
        """End what a run that was killed outright left behind; a run that still goes on is left alone."""
        if not self._state.exists():
            return
        with contextlib.suppress(ValueError, KeyError):
            state = json.loads(self._state.read_text())
            if Path(f"/proc/{state['driver']}").exists() and _marked(state["mark"]):
                raise SetupError(f"This {self.name} is running already (process {state['driver']}): end that one first.")
            _end(state["mark"], [], signal.SIGTERM, signal.SIGKILL)
        self._state.unlink(missing_ok=True)


def environment_of(name: str, **further: str) -> dict[str, str]:
    """Environment variables for programs of one of our environments, whose scripts call 'python' and others by name."""
    own = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    path = f"{HOME / name / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**own, "VIRTUAL_ENV": str(HOME / name), "PATH": path, **further}


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


def _end(mark: str, processes: list[subprocess.Popen], *signals: signal.Signals) -> None:
    """Send all processes with ``mark``, and these, one signal after the other until all have ended."""

    def left() -> set[int]:
        return _marked(mark) | {process.pid for process in processes if process.poll() is None}

    for kill in signals:
        found = left()
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, kill)
        deadline = time.monotonic() + 15
        while left() and time.monotonic() < deadline:
            time.sleep(0.2)
