"""What each tool asks for in its XML, and what comes with that: packages, their modules and their size, as pip installed them here.

Runs in the tools' environment. Conda splits and names some packages in other ways: sizes tell how tools compare, not what conda takes.
"""

import functools
import importlib.metadata
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable

from packaging.requirements import Requirement

from environments import ROOT

TOOLS = tuple(sorted(path.stem.removeprefix("biodl_") for path in (ROOT / "tools").glob("biodl_*.xml")))
_ON_PYPI = {"tensorflow": "tensorflow-cpu", "matplotlib-base": "matplotlib"}
"""Names on PyPI of conda packages that are called otherwise there."""


def needed_by(tool: str) -> dict[str, str]:
    """Versions of the conda packages that a tool asks for, by name; ``tool``: as ``inspect``."""
    macros = {item.get("name"): item for item in ElementTree.parse(ROOT / "tools" / "macros" / "main.xml").iter("xml")}
    asked = ElementTree.parse(ROOT / "tools" / f"biodl_{tool}.xml").find("requirements")
    assert asked is not None, f"{tool} asks for nothing"
    items = [item for expand in asked.iter("expand") for item in macros[expand.get("macro")].iter("requirement")]
    return {item.text or "": item.get("version") or "" for item in items}


@functools.cache
def importable(tool: str) -> frozenset[str]:
    """Names of the top-level modules of the packages that a tool asks for by name."""
    return frozenset(modules_of(map(on_pypi, needed_by(tool))))


def on_pypi(name: str) -> str:
    """What a package of conda is called on PyPI."""
    return _ON_PYPI.get(name, name)


def closure(conda_names: Iterable[str]) -> set[str]:
    """All packages that come when these are installed, by their names on PyPI."""
    found: set[str] = set()
    pending = {on_pypi(name) for name in conda_names}
    while pending:
        found |= pending
        pending = {other for name in pending for other in _brought_by(name)} - found
    return found


def modules_of(packages: Iterable[str]) -> set[str]:
    """Names of the top-level modules that these packages (of PyPI) hold."""
    wanted = set(packages)
    return {module for module, owners in _owners().items() if owners & wanted}


def megabytes(package: str) -> float:
    """Size on disk of a package (of PyPI), byte code included, in MB of a million bytes."""
    there = (file.locate() for file in importlib.metadata.files(package) or ())
    return sum(path.stat().st_size for path in map(ROOT.joinpath, map(str, there)) if path.is_file()) / 1e6


def _plain(name: str) -> str:
    """A package's name as all of its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@functools.cache
def _brought_by(name: str) -> frozenset[str]:
    """What a package asks for itself, in this environment and without extras."""
    asked = map(Requirement, importlib.metadata.requires(name) or ())
    return frozenset(_plain(item.name) for item in asked if item.marker is None or item.marker.evaluate({"extra": ""}))


@functools.cache
def _owners() -> dict[str, set[str]]:
    return {module: set(map(_plain, names)) for module, names in importlib.metadata.packages_distributions().items()}
