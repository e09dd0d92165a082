"""A real Tool Shed on this machine, and the suite published in it; standard library only."""

import json
import os
import re
import secrets
import subprocess
from pathlib import Path

from environments import HOME, ROOT, SetupError, python_of
from running import Running, environment_of

_EMAIL, _PASSWORD = "biodl@example.org", "biodl-demo"
_PUBLISH_SECONDS = 300
_HG = """#!/bin/sh
# The Tool Shed calls 'hg add' once for each file of an archive, then 'hg commit' once. Mercurial takes a fifth of a second to
# start, so that eight repositories would take minutes: here they are added together, before the commit.
case "$1" in
add) ;;
commit) "{real}" add --quiet && exec "{real}" "$@" ;;
*) exec "{real}" "$@" ;;
esac
"""


def described(pattern: str) -> list[str]:
    """What ``.shed.yml`` says: all that the group of a pattern finds; its lines are plain enough for that."""
    return re.findall(pattern, (ROOT / ".shed.yml").read_text(encoding="utf-8"), re.MULTILINE)


def owner() -> str:
    """Who owns the repositories."""
    return described(r"^owner: (\S+)$")[0]


def suite() -> str:
    """The repository that depends on all others."""
    return described(r"^suite:\n  name: (\S+)$")[0]


class ToolShed(Running):
    """An empty Tool Shed with one user, who may publish."""

    name = "Tool Shed"
    option = "--shed-port"

    @property
    def host(self) -> str:
        """How it is called in the ids of tools that are installed from it."""
        return self.url.removeprefix("http://")

    def _configure(self) -> None:
        places = {name: self.folder / name for name in ("repositories", "new", "hgweb", "index")}
        for place in places.values():
            place.mkdir(exist_ok=True)
        secret = self.folder / "secret"
        if not secret.exists():
            secret.write_text(secrets.token_hex(16))
        settings = {
            "database_connection": f"sqlite:///{self.folder / 'toolshed.sqlite'}?isolation_level=IMMEDIATE&timeout=60",
            "file_path": str(places["repositories"]),
            "new_file_path": str(places["new"]),
            "hgweb_config_dir": str(places["hgweb"]),
            "hgweb_repo_prefix": "repos/",
            "whoosh_index_dir": str(places["index"]),
            "toolshed_search_on": True,
            "admin_users": "admin@example.org",
            "bootstrap_admin_api_key": self.admin_key,
            "id_secret": secret.read_text(),
            "config_hg_for_dev": True,
            "enable_celery_tasks": False,
        }
        (self.folder / "tool_shed.yml").write_text(json.dumps({"tool_shed": settings}, indent=1))  # JSON is YAML
        hg = self.folder / "bin" / "hg"
        hg.parent.mkdir(exist_ok=True)
        hg.write_text(_HG.format(real=HOME / "galaxy" / "bin" / "hg"))
        hg.chmod(0o755)

    def _start(self) -> None:
        factory = "tool_shed.webapp.fast_factory:factory"
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        command: list[str | Path] = [python_of("galaxy"), "-m", "uvicorn", "--factory", factory, *address]
        environment = environment_of("galaxy", TOOL_SHED_CONFIG_FILE=str(self.folder / "tool_shed.yml"))
        environment["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{environment['PATH']}"
        self.launch({"toolshed.log": command}, environment)

    def _settle(self) -> None:
        """Have a user and the categories that repositories name."""
        if not any(user["username"] == owner() for user in self.call("/api/users")):
            self.call("/api/users", self.admin_key, {"email": _EMAIL, "username": owner(), "password": _PASSWORD})
        there = {category["name"] for category in self.call("/api/categories")}
        for name in set(described(r"^  - (.+)$")) - there:
            self.call("/api/categories", self.admin_key, {"name": name, "description": name})
        self.key = self.call("/api/authenticate/baseauth", password=f"{_EMAIL}:{_PASSWORD}")["api_key"]

    def publish(self, tree: Path) -> None:
        """Have the repositories that ``.shed.yml`` in a tree describes, with what the tree holds: made, or with a new revision.

        Raises:
            SetupError: where the Tool Shed refuses, is gone or stays silent.
        """
        words: list[str | Path] = [HOME / "planemo" / "bin" / "planemo", "shed_update", "--force_repository_creation"]
        words += ["--shed_target", self.url, "--shed_key", self.key, tree]
        try:
            done = subprocess.run(
                words,
                env={**environment_of("planemo"), **self.mark()},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_PUBLISH_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise SetupError(f"The Tool Shed at {self.url} did not take the suite within {_PUBLISH_SECONDS} seconds.") from None
        if done.returncode:
            said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            raise SetupError(f"The suite could not be published in the Tool Shed at {self.url}: {said[-1] if said else done.returncode}")

    def names(self) -> set[str]:
        """Repositories that are published."""
        return {item["name"] for item in self.call("/api/repositories")}

    def revisions(self, repository: str) -> list[str]:
        """Revisions of a repository that can be installed, the oldest first."""
        return self.call(f"/api/repositories/get_ordered_installable_revisions?owner={owner()}&name={repository}")
