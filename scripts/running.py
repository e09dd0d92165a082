"""A server on this machine that runs while a ``with`` lasts, and leaves nothing behind; standard library only."""

import abc
import base64
import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from environments import HOME, SetupError

_MARK = "BIODL_GALAXY_RUN"
_START_SECONDS = 600
_LEAST_SPACE = 10 * 2**20
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""This machine is asked without a proxy."""


class Running(abc.ABC):
    """Processes with one port and one folder. A run that was killed outright is cleaned up by the next one."""

    name: str
    """What it is called in messages."""
    option = "--port"
    """By which another port is chosen."""

    def __init__(self, port: int, folder: Path, fresh: bool):
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.folder = folder
        self._fresh = fresh
        self._mark = secrets.token_hex(8)
        self._processes: list[tuple[subprocess.Popen, Path]] = []

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a polite kill cleans up too
        self.claim()
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
            self.__exit__(type(error), error, None)
            if isinstance(error, OSError):  # a folder that cannot be written
                raise SetupError(f"{self.name} could not be set up in {self.folder}: {error.strerror or error}.") from None
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        full = isinstance(error, SetupError | OSError) and _disk_is_full(self.folder)  # before what is left there goes
        self.stop()
        if full:
            raise SetupError(f"No space is left on the disk of {self.folder}: free some, then run again.") from None

    def claim(self) -> None:
        """End what a killed run left; raises SetupError where another goes on, or something else has the port."""
        self._end_leftovers()
        refuse_used_port(self.port, self.option)

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
        with _undisturbed():
            for worker, _ in self._processes[1:]:
                worker.kill()  # asked politely, it takes a quarter of a minute
            _end(self._mark, [process for process, _ in self._processes], *(signals or (signal.SIGTERM, signal.SIGKILL)))
            self._processes.clear()
            with contextlib.suppress(OSError):  # there is none, or no folder for it
                self._state.unlink()

    def mark(self) -> dict[str, str]:
        """Environment of a process that is to end with it."""
        return {_MARK: self._mark}

    def launch(self, commands: Mapping[str, Sequence[str | Path]], environment: Mapping[str, str]) -> None:
        """Start a process for each log, and wait until the port answers."""
        self._state.write_text(json.dumps({"driver": os.getpid(), "mark": self._mark}))
        for log, command in commands.items():
            path = self.folder / log
            with open(path, "w") as written:
                process = subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env={**environment, **self.mark()},
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=written,
                    start_new_session=True,
                )
            self._processes.append((process, path))
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
        said = ""
        try:
            with _DIRECT.open(request, data, timeout=seconds) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with contextlib.suppress(OSError, http.client.HTTPException):
                said = error.read()[:300].decode(errors="replace")
            raise SetupError(f"{self.name} answered {error.code} to {self.url}{path}: {said}") from None
        except TimeoutError:
            raise SetupError(f"{self.name} at {self.url} did not answer {path} within {seconds} seconds.") from None
        except (OSError, ValueError, http.client.HTTPException) as error:  # refused, cut off, no HTTP, or no JSON
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


def wait_for(*servers: Running) -> NoReturn:
    """Until somebody ends them."""
    while all(server.alive() for server in servers):
        time.sleep(1)
    gone = next(server for server in servers if not server.alive())
    raise SetupError(f"{gone.name} stopped by itself; see its log in {gone.folder}.")


def environment_of(name: str, **further: str) -> dict[str, str]:
    """Environment variables for programs of one of our environments, whose scripts call 'python' and others by name."""
    own = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    path = f"{HOME / name / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**own, "VIRTUAL_ENV": str(HOME / name), "PATH": path, "no_proxy": "127.0.0.1", **further}


def refuse_used_port(port: int, option: str) -> None:
    """Raise SetupError unless a server can have the port; ``option``: by which another is chosen."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OverflowError:
            raise SetupError(f"{port} is no port: choose one from 1024 to 65535.") from None
        except OSError as error:
            raise SetupError(
                f"Port {port} cannot be used ({error.strerror}): end what listens there, or choose another with {option}."
            ) from None


def _disk_is_full(folder: Path) -> bool:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(there).free < _LEAST_SPACE


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Inside, a second Ctrl-C or a polite kill does not leave half of the work undone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


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
