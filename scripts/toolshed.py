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

from environments import HOME, NAMES, ROOT, SetupError, ensure, python_of, told
from server import EMAIL, PASSWORD, Galaxy
from shed import OWNER, ToolShed

SUITE = "suite_biodl"
_FOLDER = HOME / "toolshed"
_INSTALL_SECONDS = 300
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

    def __init__(self, port: int, shed: ToolShed, fresh: bool):
        super().__init__(port, _FOLDER / "galaxy", fresh)
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

    def repositories(self) -> list[dict]:
        """What is installed, half installed or was so once, as Galaxy lists it."""
        return self.call("/api/tool_shed_repositories", self.key)

    def install(self) -> None:
        """Have the newest revision of the suite with all it depends on; what an interrupted install left half done is done again."""
        newest = self._shed.revisions(SUITE)[-1]
        for item in self.repositories():
            if item["status"] not in ("Installed", "Uninstalled"):
                self.call(f"/api/tool_shed_repositories/{item['id']}?remove_from_disk=true", self.key, method="DELETE")
        body = {
            "tool_shed_url": self._shed.url,
            "owner": OWNER,
            "name": SUITE,
            "changeset_revision": newest,
            "install_repository_dependencies": True,
            "install_resolver_dependencies": False,
            "install_tool_dependencies": False,
        }
        self.call("/api/tool_shed_repositories/new/install_repository_revision", self.key, body, seconds=_INSTALL_SECONDS)
        left = [f"{item['name']} ({item['status']})" for item in self.repositories() if item["status"] not in ("Installed", "Uninstalled")]
        if left:
            raise SetupError(f"Not installed from the Tool Shed: {', '.join(left)}. Run again: it goes on where it stopped.")


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
    with servers(port, shed_port, fresh=False) as (galaxy, shed):
        galaxy.install()
        print(f"The suite is installed in {galaxy.url} (log in as {EMAIL}, password {PASSWORD}) from the Tool Shed {shed.url}.")
        galaxy.stay()


def test(port: int, shed_port: int) -> int:
    """0 where the suite passes its tests as installed, and after an upgrade, else 1."""
    with servers(port, shed_port, fresh=True) as (galaxy, shed), ThreadPoolExecutor(1) as aside:
        version = _version(_FOLDER / "tree")
        with said("an install that is interrupted, and goes on"):
            _interrupt(galaxy)
            galaxy.install()
        _write_workflows(shed)
        following = aside.submit(shed.publish, _tree("next", _after(version)))
        failed = _tests("installed", galaxy, shed, version)
        following.result()
        with said("the upgrade"):
            galaxy.install()
        failed |= _tests("upgraded", galaxy, shed, version)
    return failed


@contextlib.contextmanager
def servers(port: int, shed_port: int, fresh: bool) -> Iterator[tuple[Customer, ToolShed]]:
    """A Tool Shed with the suite in it, and a Galaxy that knows it; they start beside each other."""
    ensure(*NAMES)
    with contextlib.ExitStack() as both, ThreadPoolExecutor(1) as aside:
        with said("started"):
            shed = both.enter_context(ToolShed(shed_port, _FOLDER / "shed", fresh))
        with said("the suite published, and a Galaxy started"):
            published = aside.submit(shed.publish, _tree("tree", ""))
            galaxy = both.enter_context(Customer(port, shed, fresh))
            published.result()
        yield galaxy, shed
    if left := galaxy.processes() | shed.processes():
        raise SetupError(f"Left running: processes {', '.join(map(str, sorted(left)))}.")


@contextlib.contextmanager
def said(what: str) -> Iterator[None]:
    """Print what has been done, and in how many seconds."""
    began = time.monotonic()
    yield
    print(f"== Tool Shed: {what}, {time.monotonic() - began:.0f} s", flush=True)


def _interrupt(galaxy: Customer) -> None:
    """End Galaxy outright while it installs, with some repositories there and others not, and start it again."""
    with ThreadPoolExecutor(1) as aside:
        installing = aside.submit(galaxy.install)
        deadline = time.monotonic() + _INSTALL_SECONDS
        while not any(item["status"] == "Installed" for item in galaxy.repositories()):
            if installing.done() or time.monotonic() > deadline:
                raise SetupError("The install could not be interrupted: no repository came before the end.")
            time.sleep(0.2)
        galaxy.stop(signal.SIGKILL)
        if installing.exception() is None:
            raise SetupError("The install was to be interrupted, and ended well before that.")
    galaxy.start()


def _write_workflows(shed: ToolShed) -> None:
    """The workflows as they are published, with the tools and revisions that are in the Tool Shed now."""
    shutil.rmtree(_FOLDER / "workflows", ignore_errors=True)
    words: list[str | Path] = [sys.executable, "scripts/iwc_folders.py", "--tool-shed", shed.url, "--revisions", _FOLDER / "workflows"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"The workflows could not be written: {done.stderr.strip()}")


def _tests(which: str, galaxy: Customer, shed: ToolShed, version: str) -> int:
    """Status of a file of tests of the servers."""
    environment = {
        "BIODL_GALAXY_URL": galaxy.url,
        "BIODL_GALAXY_KEY": galaxy.key,
        "BIODL_TOOLS": f"{shed.host}/repos/{OWNER}",
        "BIODL_WORKFLOWS": str(_FOLDER / "workflows"),
        "BIODL_VERSION": version,
        "BIODL_NEXT_VERSION": _after(version),
    }
    pytest: list[str | Path] = [python_of("planemo"), "-m", "pytest", "-p", "no:cacheprovider", "--durations=8"]
    words = [*pytest, f"tests/toolshed/test_{which}.py"]
    with said(f"tests of the suite as {which}"):
        return subprocess.run(words, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=False).returncode


def _tree(name: str, version: str) -> Path:
    """A copy of what is published, without what lies about in a checkout; with another version, if one is given."""
    tree = _FOLDER / name
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for part in _PUBLISHED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / part)
    if version:
        for place in ("tools/biodl/__init__.py", "tools/macros/main.xml"):
            path = tree / place
            path.write_text(path.read_text().replace(_version(ROOT), version))
    return tree


def _version(tree: Path) -> str:
    found = re.search(r'__version__ = "(.+)"', (tree / "tools" / "biodl" / "__init__.py").read_text())
    if found is None:
        raise SetupError("tools/biodl/__init__.py names no version.")
    return found[1]


def _after(version: str) -> str:
    """The version that follows: 0.5.1 after 0.5.0."""
    first, _, last = version.rpartition(".")
    return f"{first}.{int(last) + 1}"


if __name__ == "__main__":
    sys.exit(main())
