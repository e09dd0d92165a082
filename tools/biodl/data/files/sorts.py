"""What a file is at first sight, whatever it is called, before it is read."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

from ...errors import shorten
from ..kind import Files

TABLE, FASTA, ZIP, FOLDER, COLLECTION = "a table", "FASTA", "a ZIP archive", "a folder", "a collection of images"
NETWORK, WORKBOOK, OTHER = "a network itself", "an Excel workbook", "of another format"
TABLES = (TABLE, WORKBOOK, OTHER)
"""Sorts that tables come in; their reader knows better what a text is that is none, and how a workbook becomes one."""
PICTURES = (ZIP, FOLDER, COLLECTION)
"""Sorts that images come in."""
_BYTES = 4096
_OF_NETWORK = {"config.json", "model.weights.h5"}


def sort_of(files: Files) -> str:
    """The sort of the file with the samples; what is no other is taken for a table, whose reader says more of it."""
    if files.collection:
        return COLLECTION
    path = files.main
    if Path(path).is_dir():
        return FOLDER
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
        return NETWORK if members >= _OF_NETWORK else WORKBOOK if "[Content_Types].xml" in members else ZIP
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        if _head(path).startswith("PK\x03\x04"):
            return ZIP
    head = _head(path)
    lines = [line for line in map(str.strip, head.splitlines()) if line and not line.startswith(";")]
    if "\0" in head:
        return OTHER
    return FASTA if lines and lines[0].startswith(">") else TABLE


def other_sort(files: Files, *known: str) -> str:
    """Why a file cannot be what a network learned from, where it is none of the sorts ``known``; empty where it may be, or is not there."""
    if files.data and not Path(files.data).exists():
        return ""
    sort = sort_of(files)
    return "" if sort in known else f"{shorten(Path(files.data).name) if files.data else 'what was given'} is {sort}"


def _head(path: str) -> str:
    """The first letters of a text, unpacked; the rest is for whoever reads it."""
    try:
        with open(path, "rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else open(path, "rb") as handle:
            return handle.read(_BYTES).decode("latin-1").removeprefix("ï»¿")
    except (OSError, EOFError, zlib.error):
        return ""
