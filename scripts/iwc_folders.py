#!/usr/bin/env python3
"""Write the workflows as the collection of the Intergalactic Workflow Commission (IWC) wants them, one folder each.

In this repository a workflow is of format 2 and names tools of the checkout. That collection wants Galaxy's own format (.ga) with full ids
of a Tool Shed, and tests whose files lie at an address or beside them. docs/publishing.md says what is left for a person to do.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environments import HOME, ROOT, SetupError, ensure, told
from shed import owner

TOOL_SHED = "https://toolshed.g2.bx.psu.edu"
_OWN = re.compile(r"(?m)^( +)path: \.\./\.\./test-data/(\S+)$")
"""A file of a workflow's test."""


def newest_revision(tool_shed: str, tool: str) -> str:
    """Changeset of the newest installable revision of a tool's repository.

    Raises:
        SetupError: when the Tool Shed does not answer or has no such revision.
    """
    query = urllib.parse.urlencode({"owner": owner(), "name": tool})
    address = f"{tool_shed}/api/repositories/get_ordered_installable_revisions?{query}"
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            revisions = json.load(answer)
    except (OSError, ValueError) as error:
        raise SetupError(f"The Tool Shed {tool_shed} gave no revisions of {tool}: {error}.") from None
    if not isinstance(revisions, list) or not revisions:
        raise SetupError(f"The Tool Shed {tool_shed} has no installable revision of {tool}: publish it first (docs/publishing.md).")
    return str(revisions[-1])


def with_full_ids(workflow: dict[str, Any], tool_shed: str, revisions: Mapping[str, str]) -> dict[str, Any]:
    """A native workflow whose own tools are those of a Tool Shed; ``revisions``: changesets by tool, which a server installs from."""
    host = urllib.parse.urlsplit(tool_shed).netloc
    steps = {}
    for number, step in workflow["steps"].items():
        tool = step.get("tool_id") or ""
        if tool.startswith("biodl_"):
            full = f"{host}/repos/{owner()}/{tool}/{tool}/{step['tool_version']}"
            repository = {"tool_shed": host, "owner": owner(), "name": tool, "changeset_revision": revisions.get(tool)}
            step = {**step, "tool_id": full, "content_id": full} | ({"tool_shed_repository": repository} if tool in revisions else {})
        steps[number] = step
    return {name: value for name, value in workflow.items() if name != "uuid"} | {"steps": steps}  # the uuid is another each time


def tests_of(text: str, data: str | None) -> str:
    """A workflow's tests with their files at an address, or in the folder test-data beside them."""
    return _OWN.sub(rf"\1location: {data.rstrip('/')}/\2" if data else r"\1path: test-data/\2", text)


def tools_in(workflow: Mapping[str, Any]) -> set[str]:
    """Ids of the suite's tools that a workflow uses."""
    return {step["tool_id"] for step in workflow["steps"].values() if (step.get("tool_id") or "").startswith("biodl_")}


def write_folder(source: Path, target: Path, tool_shed: str, data: str | None, ask: bool) -> None:
    """Write the folder of one workflow; ``ask`` the Tool Shed for revisions."""
    name = source.name
    target.mkdir(parents=True)
    convert = [HOME / "planemo" / "bin" / "gxwf-to-native", source / f"{name}.gxwf.yml"]
    done = subprocess.run(convert, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"The workflow {name} could not be converted: {done.stderr.strip().splitlines()[-1:]}")
    workflow = json.loads(done.stdout)
    revisions = {tool: newest_revision(tool_shed, tool) for tool in sorted(tools_in(workflow))} if ask else {}
    (target / f"{name}.ga").write_text(json.dumps(with_full_ids(workflow, tool_shed, revisions), indent=4, ensure_ascii=False) + "\n")
    tests = (source / f"{name}.gxwf-tests.yml").read_text()
    (target / f"{name}-tests.yml").write_text(tests_of(tests, data))
    if not data:
        (target / "test-data").mkdir()
        for _, file in _OWN.findall(tests):
            shutil.copy(ROOT / "test-data" / file, target / "test-data")
    for file in ("README.md", "CHANGELOG.md"):
        shutil.copy(source / file, target)
    registered = (source / ".dockstore.yml").read_text()
    (target / ".dockstore.yml").write_text(registered.replace(".gxwf-tests.yml", "-tests.yml").replace(".gxwf.yml", ".ga"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to write; a folder for each workflow, none of which may exist")
    parser.add_argument("--tool-shed", default=TOOL_SHED, metavar="URL", help=f"where the tools are published (default: {TOOL_SHED})")
    parser.add_argument(
        "--data", metavar="URL", help="where files of tests lie (https://zenodo.org/records/NUMBER/files); else they are copied"
    )
    parser.add_argument("--revisions", action="store_true", help="ask the Tool Shed for the revisions that tests install from")
    arguments = parser.parse_args()
    return told(lambda: write(arguments.folder, arguments.tool_shed.rstrip("/"), arguments.data, arguments.revisions))


def write(folder: Path, tool_shed: str, data: str | None, ask: bool) -> int:
    """Write the folders of all workflows, and print their names."""
    ensure("planemo")
    for source in sorted(path.parent for path in (ROOT / "workflows").glob("*/*.gxwf.yml")):
        target = folder / source.name
        if target.exists():
            raise SetupError(f"{target} is there already: remove it or choose another folder.")
        write_folder(source, target, tool_shed, data, ask)
        print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
