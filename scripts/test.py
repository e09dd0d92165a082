#!/usr/bin/env python3
"""Run all tests: linters, unit tests, the suite from a Tool Shed, tool and workflow tests on a real Galaxy, the web client in a browser.

Needs nothing but Python 3.11 and pip; environments are made under .env/, Chromium is installed where apt-get can.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import toolshed
from environments import HOME, NAMES, ROOT, SetupError, ensure, python_of, told
from reached import recorded
from running import Running
from server import Server, write_datatypes

_AT_A_TIME = 4  # commands; many of them wait for Galaxy, which runs three jobs at a time
_JOBS = 3
_FOLDER = HOME / "test-run"
_PATIENCE = 60  # seconds
_RECORDS = HOME / "reached"  # which lines of the suite were run, by unit tests and by jobs on Galaxy
_running: set[subprocess.Popen] = set()
_ON_GALAXY = {"tools", "workflows", "browser", "taught"}
_IN_BROWSER = {"browser", "taught"}
STAGES = ("lint", "unit", "toolshed", "tools", "workflows", "browser", "taught")
_TOURS, _TUTORIALS = "tests/browser/test_tours.py", "tests/unit/networks/test_tutorial_runs.py"
"""What is taught, followed to its end: a stage of its own, so that its time shows, and tours have little beside them."""


@dataclasses.dataclass(frozen=True)
class Command:
    """A part of a stage."""

    stage: str
    name: str
    words: list[object]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    report: Path | None = None  # where planemo writes what failed
    told: int = 3  # last lines of what it prints that are shown where it passes


@dataclasses.dataclass(frozen=True)
class Result:
    """How a command ended; times in seconds on the monotonic clock."""

    stage: str
    name: str
    passed: bool
    began: float
    ended: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}; all without a choice")
    parser.add_argument("--port", type=int, default=8765, help="port of the test server (default: 8765); 2 and 3 above too")
    parser.add_argument("--tool", action="append", default=[], help="test only this tool XML (may be repeated)")
    arguments = parser.parse_args()
    unknown = set(arguments.stages) - set(STAGES)
    if unknown:
        parser.error(f"unknown stage {', '.join(sorted(unknown))}: choose of {', '.join(STAGES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a polite kill cleans up too
    return told(lambda: run(arguments.stages or STAGES, arguments.port, [Path(tool) for tool in arguments.tool]))


def run(stages: Sequence[str], port: int, tools: list[Path]) -> int:
    """0 where all stages passed, else 1."""
    began = time.monotonic()
    for server in servers_of(stages, port):
        server.claim()
    ensure(*NAMES)
    shutil.rmtree(_RECORDS, ignore_errors=True)
    results = run_stages(stages, port, tools)
    if any(result.stage == "unit" for result in results):
        subprocess.run([python_of("tools"), "scripts/reached.py", _RECORDS], cwd=ROOT, check=False)
    summarise(results, time.monotonic() - began)
    return 0 if all(result.passed for result in results) else 1


def run_stages(stages: Sequence[str], port: int, tools: list[Path]) -> list[Result]:
    """Results of all commands of the stages. What needs no Galaxy runs while it starts, and beside the tests on it."""
    marking = recorded(_RECORDS, "unit")  # once: it begins anew
    first, later = unit_tests(stages, marking)
    if not _ON_GALAXY & set(stages):
        first, later = [*first, *later], []
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        futures = [pool.submit(execute, command) for command in first]
        try:
            # before the linters and the other Galaxy: it would wait for them
            ahead = [execute(as_installed(*as_installed_ports(port)))] if "toolshed" in stages else []
            futures += [pool.submit(execute, command) for command in (lint() if "lint" in stages else [])]
            if not _ON_GALAXY & set(stages):
                return ahead + [future.result() for future in futures]
            return ahead + on_galaxy(pool, futures, later, tutorials(marking), stages, port, tools)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(_running):
                process.terminate()
            for process in list(_running):  # those that have servers end them first
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_PATIENCE)
            raise


def on_galaxy(
    pool: ThreadPoolExecutor,
    futures: list[Future],
    later: list[Command],
    beside_tours: Command,
    stages: Sequence[str],
    port: int,
    tools: list[Path],
) -> list[Result]:
    """Results of the commands that run already, of those that need a Galaxy, which is started once, and of those that come at the end."""
    if _IN_BROWSER & set(stages):
        ensure_browser()
    began = time.monotonic()
    with test_server(port) as server:
        started = Result("start", "Galaxy", True, began, time.monotonic())
        print(f"\n== Galaxy is up after {started.ended - began:.0f} s", flush=True)
        on_server = [pool.submit(execute, command) for command in planemo_tests(server, stages, tools)]
        results = [started, *(future.result() for future in on_server)]
        futures += [pool.submit(execute, command) for command in later]  # the browser leaves a core idle
        if "browser" in stages:  # alone on Galaxy: its patience is that of a person with a quick machine
            results.append(execute(browser_tests(server)))
        results += [future.result() for future in futures]
        if "taught" in stages:
            families, report = tours(server)
            beside = pool.submit(lambda: [execute(beside_tours), execute(report)])  # one tour after another leaves a core idle
            results += [execute(families), *beside.result()]
        began = time.monotonic()
    return [*results, Result("end", "nothing left running", not server.processes(), began, time.monotonic())]


def test_server(port: int) -> Server:
    """The Galaxy of tool, workflow and browser tests. Jobs have one core each: a second, which others use, costs a third more time."""
    return Server(port, _FOLDER, fresh=True, jobs=_JOBS, slots=1, environment=recorded(_RECORDS, "slow"))


def servers_of(stages: Sequence[str], port: int) -> list[Running]:
    """Servers that the stages will start."""
    servers: list[Running] = [test_server(port)] if _ON_GALAXY & set(stages) else []
    return [*servers, *toolshed.pair(*as_installed_ports(port))] if "toolshed" in stages else servers


def as_installed_ports(port: int) -> tuple[int, int]:
    """Of the Galaxy and of the Tool Shed that the suite is installed from: near the test server's."""
    return port + 2, port + 3


def summarise(results: list[Result], seconds: float) -> None:
    """Print what passed, and where the time went."""
    print("\nSeconds of each command")
    for result in results:
        print(f"{'ok    ' if result.passed else 'FAILED'} {result.ended - result.began:6.0f}  {result.name}")
    print("\nSeconds of each stage, from its first command's start to its last one's end; stages run beside each other")
    for stage in dict.fromkeys(result.stage for result in results):
        own = [result for result in results if result.stage == stage]
        print(f"{max(result.ended for result in own) - min(result.began for result in own):13.0f}  {stage}")
    failed = sum(not result.passed for result in results)
    print(f"\n{len(results) - failed} passed, {failed} failed, in {seconds:.0f} s")


def tool_files() -> list[Path]:
    """XML files of the suite's tools."""
    return sorted((ROOT / "tools").glob("biodl_*.xml"))


def unit_tests(stages: Sequence[str], marking: dict[str, str]) -> tuple[list[Command], list[Command]]:
    """They take longest, and so begin first; those that may come later are about as long as the tests in the browser."""
    if "unit" not in stages:
        return [], []
    later = "tests/unit/networks"
    return (
        [_of_suite("unit", "unit tests", marking, "tests/unit", f"--ignore={later}")],
        [_of_suite("unit", "unit tests: networks", marking, later, f"--ignore={_TUTORIALS}")],
    )


def tutorials(marking: dict[str, str]) -> Command:
    """Boxes of the tutorials, followed by the command line."""
    return _of_suite("taught", "tutorials", marking, _TUTORIALS)


def _of_suite(stage: str, name: str, marking: dict[str, str], *words: object) -> Command:
    """Tests in the tools' environment, which mark the lines that they reach."""
    environment = {**marking, "OMP_NUM_THREADS": "1"}  # as a job has it: pytest imports scikit-learn before any command can say so
    return Command(
        stage, name, [python_of("tools"), "-m", "pytest", "-p", "no:cacheprovider", "--durations=20", *words], environment, told=25
    )


def lint() -> list[Command]:
    """Style, types and layers of the Python, and planemo's strictest lint of tools, workflows and Tool Shed metadata."""
    planemo = HOME / "planemo" / "bin" / "planemo"
    shed = HOME / "shed"  # a copy: shed_lint would take environments under .env/ for part of the suite
    shutil.rmtree(shed, ignore_errors=True)
    shutil.copytree(ROOT, shed, ignore=shutil.ignore_patterns(".*env*", ".git", "__pycache__", ".*_cache"))
    ruff = HOME / "tools" / "bin" / "ruff"
    known = {"DATATYPES_CONF": str(write_datatypes(HOME / "datatypes_conf.xml"))}  # planemo's own list lacks keras
    commands: dict[str, list[object]] = {
        # version_bumped asks the public Tool Shed, and tests need no network
        "shed lint": [planemo, "shed_lint", "--tools", "--skip", "version_bumped", "--fail_level", "warn", shed],
        "tool lint": [planemo, "lint", "--fail_level", "warn", *tool_files()],
        **{  # one folder at a time: planemo looks for README and changelog in the folder it is given
            f"workflow lint: {folder.name}": [planemo, "workflow_lint", "--iwc", "--fail_level", "warn", folder]
            for folder in sorted((ROOT / "workflows").iterdir())
        },
        "types": [HOME / "tools" / "bin" / "mypy"],
        "ruff check": [ruff, "check", "."],
        "ruff format": [ruff, "format", "--check", "."],
    }
    layers = Command("lint", "layers", [HOME / "tools" / "bin" / "lint-imports"], {"PYTHONPATH": "tools"})
    return [layers, *(Command("lint", name, words, known) for name, words in commands.items())]


def planemo_tests(server: Server, stages: Sequence[str], chosen: list[Path]) -> list[Command]:
    """Tests of workflows and tools on a running Galaxy; those that take longest first, so that no core idles at the end."""
    files = []
    if "workflows" in stages:
        files = [("workflows", path.parent.name, path) for path in sorted((ROOT / "workflows").glob("*/*.gxwf.yml"), reverse=True)]
    if "tools" in stages:
        files += [("tools", path.stem, path) for path in chosen or reversed(tool_files())]  # Train, then the others
    commands = []
    for stage, name, path in files:
        report = _FOLDER / f"{path.stem}.json"
        words = [
            HOME / "planemo" / "bin" / "planemo", "test", "--engine", "external_galaxy", "--galaxy_url", server.url,
            "--galaxy_admin_key", server.key, "--galaxy_user_key", server.key, "--no_shed_install",
            "--test_output", report.with_suffix(".html"), "--test_output_json", report, path,
        ]  # fmt: skip
        if stage == "workflows":
            words += ["--polling_backoff", "1"]  # four questions a second cost the server a fifth of a core
        commands.append(Command(stage, f"{stage.removesuffix('s')} tests: {name}", words, report=report))
    return commands


def as_installed(port: int, shed_port: int) -> Command:
    """The suite published in a Tool Shed, and installed from there into a Galaxy of its own."""
    words: list[object] = [sys.executable, "scripts/toolshed.py", "--port", port, "--shed-port", shed_port]
    return Command("toolshed", "suite from a Tool Shed", words, told=40)


def browser_tests(server: Server) -> Command:
    """The web client in a browser."""
    return _in_browser(server, "browser", "browser tests", "tests/browser", f"--ignore={_TOURS}")


def tours(server: Server) -> tuple[Command, Command]:
    """Guided tours, followed in a browser: those to a tested network, and that through a report."""
    through_report = "biodl_report"
    return (
        _in_browser(server, "taught", "guided tours: networks", _TOURS, "-k", f"not {through_report}"),
        _in_browser(server, "taught", "guided tours: a report", _TOURS, "-k", through_report),
    )


def _in_browser(server: Server, stage: str, name: str, *words: object) -> Command:
    environment = {"BIODL_GALAXY_URL": server.url, "BIODL_GALAXY_KEY": server.key}
    pytest = [python_of("planemo"), "-m", "pytest", "-p", "no:cacheprovider", "--durations=20", "--tb=short"]
    return Command(stage, name, [*pytest, *words], environment, told=25)


def execute(command: Command) -> Result:
    """Run a command in the repository's root, and print what it said once it has ended: all if it failed, else the end."""
    began = time.monotonic()
    print(f"\n== {command.name} ...", flush=True)
    process = subprocess.Popen(
        [str(word) for word in command.words],
        cwd=ROOT,
        env={**os.environ, **command.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _running.add(process)
    output = process.communicate()[0]
    _running.discard(process)
    ended = time.monotonic()
    passed = process.returncode == 0
    said = "\n".join(output.splitlines()[-command.told :]) if passed else output + reasons(command.report)
    print(f"{said}\n== {command.name}: {'ok' if passed else 'failed'} after {ended - began:.0f} s", flush=True)
    return Result(command.stage, command.name, passed, began, ended)


def reasons(report: Path | None) -> str:
    """Why tests failed, as planemo wrote it down: it prints their names only."""
    if report is None or not report.exists():
        return ""
    lines = []
    for found in json.loads(report.read_text())["tests"]:
        data = found["data"]
        if data["status"] != "success":
            problems = [data.get("execution_problem"), *data.get("output_problems", [])]
            job = data.get("job") or {}
            lines += [f"\n-- {found['id']}: {data['status']}", *filter(None, problems)]
            lines += [f"{stream}: {job[stream].strip()}" for stream in ("stdout", "stderr") if (job.get(stream) or "").strip()]
    return "\n".join(lines)


def ensure_browser() -> None:
    """Have a Chromium: the system's, else from the system's packages, else Playwright's own."""
    if any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return
    print("Installing Chromium for the browser tests", flush=True)
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "check": False, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "-qq", "update"], **quiet)
        subprocess.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"], **quiet)
    if not shutil.which("chromium"):
        done = subprocess.run([python_of("planemo"), "-m", "playwright", "install", "chromium"], check=False)
        if done.returncode:
            raise SetupError("No Chromium could be installed for the browser tests: install it, or name the other stages.")


if __name__ == "__main__":
    sys.exit(main())
