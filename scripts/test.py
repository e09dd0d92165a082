#!/usr/bin/env python3
"""Run all tests: linters, unit tests, tool tests and workflow tests on a real Galaxy, and the web client in a browser.

Needs nothing but Python 3.11 and pip; environments are made under .env/, Chromium is installed where apt-get can.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from environments import HOME, NAMES, ROOT, SetupError, ensure, python_of
from reached import recorded
from server import Server

RECORDS = HOME / "reached"
"""Which lines of the suite were run by which tests."""
_AT_A_TIME = 3
STAGES = ("lint", "unit", "tools", "workflows", "browser")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}; all without a choice")
    parser.add_argument("--port", type=int, default=8765, help="port of the test server on 127.0.0.1 (default: 8765)")
    parser.add_argument("--tool", action="append", default=[], help="test only this tool XML (may be repeated)")
    arguments = parser.parse_args()
    unknown = set(arguments.stages) - set(STAGES)
    if unknown:
        parser.error(f"unknown stage {', '.join(sorted(unknown))}: choose of {', '.join(STAGES)}")
    stages = arguments.stages or STAGES
    results: dict[str, bool] = {}
    try:
        ensure(*NAMES)
        if "lint" in stages:
            results |= lint()
        shutil.rmtree(RECORDS, ignore_errors=True)
        setting = [f"{name}={value}" for name, value in recorded(RECORDS, "unit").items()]
        unit = {"unit tests": ["env", *setting, python_of("tools"), "-m", "pytest", "tests/unit"]} if "unit" in stages else {}
        if {"tools", "workflows", "browser"} & set(stages):
            if "browser" in stages:
                ensure_browser()
            with Server(arguments.port, HOME / "test-run", fresh=True, jobs=recorded(RECORDS, "slow")) as server:
                results |= together(planemo_tests(server, stages, [Path(tool) for tool in arguments.tool]) | unit)
                if "browser" in stages:
                    results["browser tests"] = browser_tests(server)
            results["nothing left running"] = not server.processes()
        else:
            results |= together(unit)
        if unit:
            run(python_of("tools"), "scripts/reached.py", RECORDS)
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing is left running.")
        return 130
    for name, passed in results.items():
        print(f"{'ok    ' if passed else 'FAILED'} {name}")
    failed = sum(not passed for passed in results.values())
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def tool_files() -> list[Path]:
    """XML files of the suite's tools."""
    return sorted((ROOT / "tools").glob("biodl_*.xml"))


def lint() -> dict[str, bool]:
    """Style, types and layers of the Python, and planemo's strictest lint of tools, workflows and Tool Shed metadata."""
    planemo = HOME / "planemo" / "bin" / "planemo"
    shed = HOME / "shed"  # a copy: shed_lint would take environments under .env/ for part of the suite
    shutil.rmtree(shed, ignore_errors=True)
    shutil.copytree(ROOT, shed, ignore=shutil.ignore_patterns(".*env*", ".git", "__pycache__", ".*_cache"))
    ruff = HOME / "tools" / "bin" / "ruff"
    return {
        "ruff check": run(ruff, "check", "."),
        "ruff format": run(ruff, "format", "--check", "."),
        "types": run(HOME / "tools" / "bin" / "mypy"),
        "layers": run(HOME / "tools" / "bin" / "lint-imports", PYTHONPATH="tools"),
        "tool lint": run(planemo, "lint", "--fail_level", "warn", *tool_files()),
        **{  # one folder at a time: planemo looks for README and changelog in the folder it is given
            f"workflow lint: {folder.name}": run(planemo, "workflow_lint", "--iwc", "--fail_level", "warn", folder)
            for folder in sorted((ROOT / "workflows").iterdir())
        },
        # version_bumped asks the public Tool Shed, and tests need no network
        "shed lint": run(planemo, "shed_lint", "--tools", "--skip", "version_bumped", "--fail_level", "warn", shed),
    }


def planemo_tests(server: Server, stages: Sequence[str], chosen: list[Path]) -> dict[str, list[object]]:
    """Commands by name, the longest first: tests of workflows and tools on a running Galaxy."""
    files = {}
    if "workflows" in stages:
        files = {f"workflow tests: {path.parent.name}": path for path in sorted((ROOT / "workflows").glob("*/*.gxwf.yml"), reverse=True)}
    if "tools" in stages:
        files |= {f"tool tests: {path.stem}": path for path in chosen or tool_files()}
    return {
        name: [
            HOME / "planemo" / "bin" / "planemo", "test", "--engine", "external_galaxy", "--galaxy_url", server.url,
            "--galaxy_admin_key", server.key, "--galaxy_user_key", server.key, "--no_shed_install",
            "--test_output", HOME / "test-run" / f"{path.stem}.html", "--test_output_json", HOME / "test-run" / f"{path.stem}.json", path,
        ]
        for name, path in files.items()
    }  # fmt: skip


def browser_tests(server: Server) -> bool:
    """Whether the web client works in a browser."""
    environment = {"BIODL_GALAXY_URL": server.url, "BIODL_GALAXY_KEY": server.key}
    return run(python_of("planemo"), "-m", "pytest", "-p", "no:cacheprovider", "tests/browser", **environment)


def together(commands: dict[str, list[object]]) -> dict[str, bool]:
    """Which commands succeeded, some run at a time: uploads and waiting for Galaxy leave cores idle."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return dict(zip(commands, pool.map(quietly, commands, commands.values()), strict=True))


def quietly(name: str, command: list[object]) -> bool:
    """Run a command in the repository's root and print all it said once it has ended; whether it succeeded."""
    began = time.monotonic()
    print(f"\n== {name} ...", flush=True)
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    shown = done.stdout if done.returncode else "\n".join(done.stdout.splitlines()[-3:])
    print(f"{shown}\n== {name}: {'ok' if done.returncode == 0 else 'failed'} after {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


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


def run(*command: object, **environment: str) -> bool:
    """Run a command in the repository's root; whether it succeeded."""
    began = time.monotonic()
    words = [str(word) for word in command]
    print(f"\n== {' '.join(Path(word).name if os.sep in word else word for word in words[:4])} ...", flush=True)
    done = subprocess.run(words, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=False)
    print(f"== {'ok' if done.returncode == 0 else 'failed'} after {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
