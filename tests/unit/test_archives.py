"""What `.shed.yml` publishes: a repository a tool, each with all that its tool needs at run time and with its own tests' data only."""

import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml
from made_environments import program_of
from test_forms import expanded

from environments import ROOT

SHED = yaml.safe_load((ROOT / ".shed.yml").read_text())
TOOLS = sorted((ROOT / "tools").glob("biodl_*.xml"))
MOST_BYTES = 2_000_000


def named_by_tests(tool: Path) -> set[str]:
    """Files of the test data that a tool's own tests name, also by macros."""
    found = set()
    for element in expanded(tool.stem.removeprefix("biodl_")).find("tests").iter():
        for name in {*element.get("value", "").split(","), element.get("file", "")} - {""}:
            if (ROOT / "test-data" / name.strip()).is_file():
                found.add(f"test-data/{name.strip()}")
            else:
                assert not element.get("ftype") or element.tag == "output", f"{tool.name} tests with {name}, which is not there"
    return found


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> dict[str, Path]:
    """Folders that hold what planemo would upload, by repository."""
    folder = tmp_path_factory.mktemp("archives")
    words = [
        program_of("planemo", "planemo"),
        "shed_upload",
        "--tar_only",
        "--shed_target",
        "http://127.0.0.1:9",
        "--shed_key",
        "none",
        ROOT,
    ]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {}
    for path in folder.glob("shed_upload_*.tar.gz"):
        name = path.name.removeprefix("shed_upload_").removesuffix(".tar.gz")
        found[name] = folder / name
        with tarfile.open(path) as archive:
            archive.extractall(folder / name, filter="data")
    return found


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_tool_has_a_repository_and_the_suite_has_them_all(archives):
    names = [tool.stem for tool in TOOLS]
    assert list(SHED["repositories"]) == names
    assert set(archives) == {*names, SHED["suite"]["name"]}
    assert files(archives[SHED["suite"]["name"]]) == {"repository_dependencies.xml"}
    depends = ElementTree.parse(archives[SHED["suite"]["name"]] / "repository_dependencies.xml")
    assert [(item.get("owner"), item.get("name")) for item in depends.iter("repository")] == [(SHED["owner"], name) for name in names]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.stem)
def test_a_repository_holds_its_tool_the_package_and_its_own_test_data(archives, tool):
    package = {path.relative_to(ROOT / "tools").as_posix() for path in (ROOT / "tools" / "biodl").rglob("*.py")}
    macros = {path.relative_to(ROOT / "tools").as_posix() for path in (ROOT / "tools" / "macros").glob("*.xml")}
    about = {"LICENSE", "test-data/README.md"}  # the licences of the data too
    assert files(archives[tool.stem]) == package | macros | about | {tool.name} | named_by_tests(tool)
    assert sum(path.stat().st_size for path in archives[tool.stem].rglob("test-data/*")) < MOST_BYTES


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.stem)
def test_the_program_runs_from_a_repository(archives, tool):
    words = [sys.executable, "-m", "biodl", tool.stem.removeprefix("biodl_").replace("_", "-"), "--help"]
    done = subprocess.run(words, cwd=archives[tool.stem], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--report" in done.stdout or "--predictions" in done.stdout or "--train" in done.stdout
