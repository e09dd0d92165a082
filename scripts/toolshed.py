#!/usr/bin/env python3
"""Publish the suite in a real Tool Shed on this machine, install it from there into a fresh Galaxy, upgrade it, and test it as installed.

Needs nothing but Python 3.11 and pip. --stay leaves both servers up for the browser instead of running the tests.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import iwc_folders
from environments import HOME, NAMES, ROOT, SetupError, ensure, python_of, told
from running import wait_for
from server import EMAIL, PASSWORD, Galaxy
from shed import ToolShed, owner, suite

_TEST_FOLDER = HOME / "toolshed-test"
_INSTALL_SECONDS = 300
_TEST_SECONDS = 900
_PUBLIC = "toolshed.g2.bx.psu.edu"
_RULES = ROOT / "administration" / "tpv_rules.yml"
_JOBS = 3
_DESTINATIONS = {
    "global": {"default_inherits": "default"},
    "tools": {"default": {"abstract": True, "cores": 1, "mem": 2, "gpus": 0}},
    "destinations": {
        "here": {
            "runner": "local",
            "max_accepted_cores": 2,
            "max_accepted_mem": 64,
            "max_accepted_gpus": 0,
            "params": {"local_slots": "{round(float(cores or 1))}"},
            "env": {"GALAXY_MEMORY_MB": "{round(float(mem or 0) * 1024)}"},
        }
    },
}
_PUBLISHED = (".shed.yml", "LICENSE", "tools", "test-data")


class Customer(Galaxy):
    """A Galaxy as an administrator has it: tools come from a Tool Shed, jobs are mapped by our rules; no datatype of ours."""

    def __init__(self, port: int, folder: Path, fresh: bool, shed: ToolShed):
        super().__init__(port, folder, fresh)
        self._shed = shed

    def allowed(self) -> list[str]:
        """As administrators are told, but from the Tool Shed here; lines for tools of a checkout do nothing for these."""
        lines = (ROOT / "administration" / "sanitize_allowlist.txt").read_text().splitlines()
        return [line.replace(_PUBLIC, self._shed.host) for line in lines if not line.startswith("#")]

    def settings(self) -> dict[str, object]:
        tools = self.folder / "shed_tool_conf.xml"
        if not tools.exists():
            tools.write_text(f'<toolbox tool_path="{self.folder / "shed_tools"}"></toolbox>\n')
        sheds = self.folder / "tool_sheds_conf.xml"
        sheds.write_text(f'<tool_sheds><tool_shed name="Tool Shed on this machine" url="{self._shed.url}/"/></tool_sheds>\n')
        destinations = self.folder / "tpv_destinations.yml"
        destinations.write_text(json.dumps(_DESTINATIONS))  # JSON is YAML
        mapping = {"runner": "dynamic", "type": "python", "function": "map_tool_to_destination", "rules_module": "tpv.rules"}
        return {
            "tool_config_file": [str(self.folder / "tool_conf.xml"), str(tools)],
            "tool_sheds_config_file": str(sheds),
            "job_config": {
                "runners": {"local": {"load": "galaxy.jobs.runners.local:LocalJobRunner", "workers": _JOBS}},
                "execution": {
                    "default": "tpv",
                    "environments": {"tpv": {**mapping, "tpv_config_files": [str(_RULES), str(destinations)]}},
                },
            },
        }

    def variables(self) -> dict[str, str]:
        """Test data come from the repositories alone: not from a folder of ours, nor from Galaxy's own in the network."""
        return {"GALAXY_TEST_FILE_DIR": ""}

    def installed(self) -> set[str]:
        """Repositories of which a revision is installed whole."""
        return {item["name"] for item in self._repositories() if item["status"] == "Installed"}

    def missing(self) -> set[str]:
        """Repositories of the Tool Shed that are not."""
        return self._shed.names() - self.installed()

    def _repositories(self) -> list[dict]:
        return self.call("/api/tool_shed_repositories", self.key)

    def install(self) -> None:
        """Have the newest revision of the suite with all it depends on; what an interrupted install left half done is done again.

        Raises:
            SetupError: where one of the two servers does not do its part.
        """
        newest = self._shed.revisions(suite())[-1]
        for item in self._repositories():
            if item["status"] not in ("Installed", "Uninstalled"):
                self.call(f"/api/tool_shed_repositories/{item['id']}?remove_from_disk=true", self.key, method="DELETE")
        body = {
            "tool_shed_url": self._shed.url,
            "owner": owner(),
            "name": suite(),
            "changeset_revision": newest,
            "install_repository_dependencies": True,
            "install_resolver_dependencies": False,
            "install_tool_dependencies": False,
        }
        try:
            self.call("/api/tool_shed_repositories/new/install_repository_revision", self.key, body, seconds=_INSTALL_SECONDS)
        except SetupError:
            self._shed.call("/api/version")  # says so, where the fault is the other's
            raise
        if left := self.missing():
            raise SetupError(f"Not installed from the Tool Shed: {', '.join(sorted(left))}. Run again: it goes on where it stopped.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8767, help="port of Galaxy on 127.0.0.1 (default: 8767)")
    parser.add_argument("--shed-port", type=int, default=8768, help="port of the Tool Shed on 127.0.0.1 (default: 8768)")
    parser.add_argument("--stay", action="store_true", help="install the suite, and leave both servers up; a later run goes on with them")
    arguments = parser.parse_args()
    work = stay if arguments.stay else test
    return told(lambda: work(arguments.port, arguments.shed_port))


def stay(port: int, shed_port: int) -> int:
    """Have the suite installed, and both servers up until somebody ends them."""
    with ThreadPoolExecutor(1) as aside, servers(pair(port, shed_port, HOME / "toolshed", fresh=False), aside) as (galaxy, shed):
        galaxy.install()
        print(f"The suite is installed in {galaxy.url} (log in as {EMAIL}, password {PASSWORD}) from the Tool Shed {shed.url}.")
        print("Both stay up; press Ctrl-C to end them.", flush=True)
        wait_for(galaxy, shed)


def test(port: int, shed_port: int) -> int:
    """0 where the suite passes its tests as installed, and after an upgrade, else 1."""
    # the thread ends after the servers: what it waits for ends with them
    with ThreadPoolExecutor(1) as aside, servers(pair(port, shed_port), aside) as (galaxy, shed):
        version = _version()
        with said("an install that is interrupted, and goes on"):
            _interrupt(galaxy, aside)
            galaxy.install()
        workflows = _TEST_FOLDER / "workflows"
        shutil.rmtree(workflows, ignore_errors=True)
        iwc_folders.write(workflows, shed.url, None, True)
        following = aside.submit(shed.publish, _tree(_TEST_FOLDER / "next", _after(version)))
        environment = {
            "BIODL_GALAXY_URL": galaxy.url,
            "BIODL_GALAXY_KEY": galaxy.key,
            "BIODL_TOOLS": f"{shed.host}/repos/{owner()}",
            "BIODL_WORKFLOWS": str(workflows),
            "BIODL_VERSION": version,
            "BIODL_NEXT_VERSION": _after(version),
            **galaxy.mark(),
        }
        failed = _tests("installed", environment)
        following.result()
        with said("the upgrade"):
            galaxy.install()
        failed |= _tests("upgraded", environment)
    return failed


def pair(port: int, shed_port: int, folder: Path = _TEST_FOLDER, fresh: bool = True) -> tuple[Customer, ToolShed]:
    """A Galaxy and the Tool Shed that it knows, not yet started."""
    shed = ToolShed(shed_port, folder / "shed", fresh)
    return Customer(port, folder / "galaxy", fresh, shed), shed


@contextlib.contextmanager
def servers(both: tuple[Customer, ToolShed], aside: ThreadPoolExecutor) -> Iterator[tuple[Customer, ToolShed]]:
    """A Tool Shed with the suite in it, and a Galaxy that knows it; the suite is published while Galaxy starts."""
    galaxy, shed = both
    for server in both:
        server.claim()
    ensure(*NAMES)
    with contextlib.ExitStack() as up:
        with said("started"):
            up.enter_context(shed)
        with said("the suite published, and a Galaxy started"):
            published = aside.submit(shed.publish, _tree(shed.folder.parent / "tree", ""))
            up.enter_context(galaxy)
            published.result()
        yield both
    if left := galaxy.processes() | shed.processes():
        raise SetupError(f"Left running: processes {', '.join(map(str, sorted(left)))}.")


@contextlib.contextmanager
def said(what: str) -> Iterator[None]:
    """Print what has been done, and in how many seconds."""
    began = time.monotonic()
    yield
    print(f"== Tool Shed: {what}, {time.monotonic() - began:.0f} s", flush=True)


def _interrupt(galaxy: Customer, aside: ThreadPoolExecutor) -> None:
    """End Galaxy outright while it installs, and start it again: some repositories are there then, and others are not."""
    installing = aside.submit(galaxy.install)
    while not galaxy.installed():
        if installing.done():
            installing.result()
            raise SetupError("The install was to be interrupted, and ended before that.")
        time.sleep(0.2)
    galaxy.stop(signal.SIGKILL)
    cut_off = installing.exception()
    galaxy.start()
    if not isinstance(cut_off, SetupError) or not galaxy.installed() or not galaxy.missing():
        raise SetupError("The install was to be interrupted half-way, and was not.")


def _tests(which: str, environment: dict[str, str]) -> int:
    """Status of a file of tests of the servers."""
    pytest: list[str | Path] = [python_of("planemo"), "-m", "pytest", "-p", "no:cacheprovider", "--durations=8"]
    words = [*pytest, f"tests/toolshed/test_{which}.py"]
    with said(f"tests of the suite as {which}"):
        try:
            done = subprocess.run(
                words, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=False, timeout=_TEST_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise SetupError(f"Tests of the suite as {which} did not end within {_TEST_SECONDS} seconds.") from None
    return done.returncode


def _tree(tree: Path, version: str) -> Path:
    """Have a folder with what is published, without what lies about in a checkout; with another version, if one is given."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    try:
        for part in _PUBLISHED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, tree / part)
    except shutil.Error as error:
        raise SetupError(f"{tree} could not be written: {error.args[0][0][2]}.") from None
    if version:
        for place in ("tools/biodl/__init__.py", "tools/macros/main.xml"):
            path = tree / place
            path.write_text(path.read_text().replace(_version(), version))
    return tree


def _version() -> str:
    found = re.search(r'__version__ = "(.+)"', (ROOT / "tools" / "biodl" / "__init__.py").read_text())
    if found is None:
        raise SetupError("tools/biodl/__init__.py names no version.")
    return found[1]


def _after(version: str) -> str:
    """The version that follows: 0.5.1 after 0.5.0."""
    first, _, last = version.rpartition(".")
    return f"{first}.{int(last) + 1}"


if __name__ == "__main__":
    sys.exit(main())
