"""Datasets by the names that a user gave them: Galaxy keeps them in files such as ``dataset_12.dat``, which no message shall name.

A form hands over what each file is called. A link of that name stands in the job's own folder, and every message that names a file
names what the user sees.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, shorten

_MOST_BYTES = 200
"""Of a name; file systems take 255."""


def read_names(path: str) -> dict[str, str]:
    """Names of files by their paths, from JSON.

    Raises:
        InputError: when it cannot be read, or is something else.
    """
    try:
        names = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        if isinstance(names, dict) and all(isinstance(name, str) for name in names.values()):
            return names
    except (OSError, ValueError, RecursionError):
        pass
    raise InputError(f"The names of files in {shorten(path)} cannot be read: they must be what the form's tool writes.")


def is_file(value: Any) -> bool:
    """Whether a value in a form's JSON describes a file, an absent one, or those of a collection."""
    if isinstance(value, list):
        return bool(value) and all(map(is_file, value))
    return isinstance(value, dict) and "source_path" in value


def linked(inputs: Mapping[str, str | None], names: Mapping[str, str], folder: Path) -> dict[str, str | None]:
    """The same files by links in a new folder, each of the name that its user knows.

    Args:
        inputs: path by name of the input.
        names: what users call a file, by its path; a file without a name keeps its path.
        folder: belongs to this job alone.
    """
    place = folder / "given"
    links: dict[str, str] = {}
    for path in filter(None, inputs.values()):
        name = _safe(names.get(path, ""))
        if not name or path in links:
            continue
        taken = {Path(link).name for link in links.values()}
        free = next(called for called in (name, *(f"{name} ({number})" for number in range(2, len(inputs) + 2))) if called not in taken)
        place.mkdir(exist_ok=True)
        with contextlib.suppress(OSError, ValueError):  # a folder without links: then the path is named
            os.symlink(os.path.abspath(path), place / free)
            links[path] = str(place / free)
    return {key: links.get(path, path) if path else path for key, path in inputs.items()}


def _safe(name: str) -> str:
    """A name that a file in a folder can have: no part of a path, nothing unseen, not too long; empty where nothing is left."""
    seen = "".join(sign if sign.isprintable() and sign != "/" else "_" for sign in name).strip()
    short = seen.encode(errors="replace")[:_MOST_BYTES].decode(errors="ignore")
    return "" if short in (".", "..") else short
