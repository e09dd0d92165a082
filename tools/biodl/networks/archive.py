"""The members of a model file, a ZIP: which there may be, how large, and how they are read; nothing is written outside."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import InputError, shorten
from ..stored import UnfitError, demand

DESCRIPTION, CONFIG, METADATA, WEIGHTS = "biodl.json", "config.json", "metadata.json", "model.weights.h5"
_MOST_JSON = 64 * 2**20
_MOST_WEIGHTS = 16 * 2**30
_MOST_RATIO = 200
"""No member unpacks to more than so many times its packed size: weights are stored, text packs 20-fold at most."""
_FREE_VALUES = 10**6
"""So many values may stand in JSON beyond one for each byte of the file: each costs Python some 100 bytes."""


@contextlib.contextmanager
def opened(path: str) -> Iterator[zipfile.ZipFile]:
    """A model file whose members are those of a network, plausible in size.

    Raises:
        InputError: when the file cannot be read.
        UnfitError: when its members are not those, or, while they are read, when they are damaged.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below; an error here is of the file, later ones may be of other files)
    except OSError as error:
        raise InputError(f"The model file {shorten(Path(path).name)} cannot be read: {error.strerror}.") from None
    try:
        with file, zipfile.ZipFile(file) as archive:
            _check_members(archive)
            yield archive
    except OSError as error:
        if error.errno is not None:
            raise
        raise UnfitError("it is not a complete .keras file") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError):
        raise UnfitError("it is not a complete .keras file") from None


def read_json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """A JSON object."""
    content = archive.read(name)
    values = sum(content.count(sign) for sign in (b",", b"[", b"{"))
    size = os.fstat(archive.fp.fileno()).st_size if archive.fp else 0
    demand(values <= _FREE_VALUES + size, f"its part {shorten(name)} declares an absurd size ({values} values)")
    try:
        loaded = json.loads(content)
    except (ValueError, RecursionError):
        raise UnfitError(f"its part {shorten(name)} is not JSON") from None
    demand(isinstance(loaded, dict), f"its part {shorten(name)} is not a JSON object")
    return loaded


def extract_weights(archive: zipfile.ZipFile, folder: Path) -> Path:
    """A copy of the weights in a folder, so that they need not be held in memory beside the network."""
    target = folder / WEIGHTS
    with archive.open(WEIGHTS) as source, open(target, "wb") as copy:
        shutil.copyfileobj(source, copy, 2**20)
    return target


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    for info in members:
        name = info.filename
        outside = name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts or ":" in name
        demand(not outside, f"its part {shorten(name)} would be written outside the archive")
        demand(not stat.S_ISLNK(info.external_attr >> 16), f"its part {shorten(name)} is a link")
        demand(not info.flag_bits & 1, f"its part {shorten(name)} is encrypted")
        known = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        demand(known, f"its part {shorten(name)} is packed in a way that no Train tool uses")
        plausible = info.file_size <= min(_MOST_WEIGHTS if name == WEIGHTS else _MOST_JSON, _MOST_RATIO * max(info.compress_size, 1000))
        demand(plausible, f"its part {shorten(name)} declares an absurd size ({info.file_size} bytes)")
    names = Counter(info.filename for info in members)
    demand({DESCRIPTION, CONFIG, WEIGHTS} <= names.keys(), "it is not a model of this suite")
    strange = sorted(names.keys() - {DESCRIPTION, CONFIG, METADATA, WEIGHTS}) or [name for name, count in names.items() if count > 1]
    demand(not strange, f"it holds a part that does not belong there ({shorten(strange[0]) if strange else ''})")
