"""The suite is installed whole, and a test of each tool passes with nothing but what its repository holds."""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import KEY, SHED, TOOLS, URL, VERSION, full_id, installed

_PROGRAM = Path(sys.executable).with_name("galaxy-tool-test")


def test_all_repositories_are_installed(galaxy):
    found = installed(galaxy)
    assert set(found) == {*TOOLS, SHED["suite"]["name"]}
    assert {item["status"] for items in found.values() for item in items} == {"Installed"}
    assert all(len(items) == 1 for items in found.values()), found


def test_all_tools_are_there_under_their_full_ids(galaxy):
    there = {tool["id"]: tool["version"] for tool in galaxy.tools.get_tools() if "/repos/" in tool["id"]}
    assert there == {full_id(name): f"{VERSION}+galaxy0" for name in TOOLS}


@pytest.fixture(scope="module")
def first_tests(tmp_path_factory) -> dict[str, Future]:
    """The first test of each tool, as Galaxy reads it from the installed repository, with the files that lie there."""

    def run(tool: str) -> subprocess.CompletedProcess:
        words = [_PROGRAM, "--galaxy-url", URL, "--key", KEY, "--admin-key", KEY, "--tool-id", full_id(tool), "--test-index", "0"]
        words += ["--history-per-suite", "--suite-name", tool, "--output-json", tmp_path_factory.mktemp(tool) / "report.json"]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=400)

    with ThreadPoolExecutor(3) as pool:
        yield {tool: pool.submit(run, tool) for tool in TOOLS}


@pytest.mark.parametrize("tool", TOOLS)
def test_first_test_passes(first_tests, tool):
    done = first_tests[tool].result()
    assert "Passed tool tests (1)" in done.stdout + done.stderr, done.stdout + done.stderr
