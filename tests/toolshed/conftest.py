"""Shared by the tests of the suite as it is installed from a Tool Shed."""

import os
from pathlib import Path

import pytest
import yaml
from bioblend.galaxy import GalaxyInstance

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"
URL, KEY = os.environ["BIODL_GALAXY_URL"], os.environ["BIODL_GALAXY_KEY"]
VERSION, NEXT_VERSION = os.environ["BIODL_VERSION"], os.environ["BIODL_NEXT_VERSION"]
WORKFLOWS = Path(os.environ["BIODL_WORKFLOWS"])
"""Folders of the workflows as they are published, with the tools of the Tool Shed here."""
SHED = yaml.safe_load((ROOT / ".shed.yml").read_text())
TOOLS = list(SHED["repositories"])
"""A repository a tool, of the same name."""


def full_id(tool: str, version: str = VERSION) -> str:
    """Id of an installed tool."""
    return f"{os.environ['BIODL_TOOLS']}/{tool}/{tool}/{version}+galaxy0"


@pytest.fixture(scope="session")
def galaxy() -> GalaxyInstance:
    return GalaxyInstance(URL, key=KEY)


def installed(galaxy: GalaxyInstance) -> dict[str, list[dict]]:
    """What Galaxy has of each repository: a revision each."""
    found: dict[str, list[dict]] = {}
    for item in galaxy.toolshed.get_repositories():
        if item["status"] != "Uninstalled":
            found.setdefault(item["name"], []).append(item)
    return found
