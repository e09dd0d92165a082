"""Image files of a ZIP, a folder or a Galaxy collection: their names, their bytes, and nothing that harms."""

from __future__ import annotations

import dataclasses
import json
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ...errors import InputError, listing, shorten
from ..fingerprints import fingerprint
from ..kind import Files

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif"}
_MAX_IMAGE = 2**30
_MAX_RATIO = 1100
"""DEFLATE packs at most 1032-fold: more than this is a lie."""


@dataclasses.dataclass(frozen=True)
class Images:
    """Names of images (with folders, ``/`` between them), and how to read the bytes of one by its position."""

    where: str
    names: list[str]
    read: Callable[[int], bytes]
    sha256: str
    ignored: list[str]


def open_images(files: Files) -> Images:
    """List the images that a user handed in.

    Raises:
        InputError: when there are none, the ZIP is damaged or hostile, or two images have one name.
    """
    if files.collection:
        found = _collection(files.collection)
    elif Path(files.main).is_dir():
        found = _folder(files.main)
    else:
        found = _zip(files.main)
    if not found.names:
        raise InputError(f"The {found.where} holds no images (PNG, JPEG or TIFF): give some.")
    twice = [name for name, count in Counter(found.names).items() if count > 1]
    if twice:
        raise InputError(f"The {found.where} has more than one image named {listing(sorted(twice), 3)}: rename one.")
    return found


def _zip(path: str) -> Images:
    where = f"image archive {shorten(Path(path).name)}"
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise InputError(f"The {where} cannot be read: {error.strerror}.") from None
    except zipfile.BadZipFile:
        raise InputError(f"The {where} is not a complete ZIP: give images as ZIP or as a collection.") from None
    kept: list[zipfile.ZipInfo] = []
    ignored: list[zipfile.ZipInfo] = []
    for info in archive.infolist():
        _check_member(where, info)
        parts = PurePosixPath(info.filename).parts
        if info.is_dir() or any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        (kept if PurePosixPath(info.filename).suffix.lower() in SUFFIXES else ignored).append(info)

    def read(position: int) -> bytes:
        try:
            return archive.read(kept[position])
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise ValueError(f"its packed bytes are damaged ({error})") from None

    return Images(where, [info.filename for info in kept], read, fingerprint(path), [info.filename for info in ignored])


def _check_member(where: str, info: zipfile.ZipInfo) -> None:
    name = info.filename
    if name.startswith("/") or ".." in PurePosixPath(name).parts or (len(name) > 1 and name[1] == ":"):
        raise InputError(f"The {where} has a path that leaves it ({shorten(name)}): pack the images again without such paths.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError(f"The {where} has a link in it ({shorten(name)}): pack the images themselves.")
    if info.file_size > _MAX_IMAGE or info.file_size > _MAX_RATIO * max(info.compress_size, 100):
        raise InputError(f"The {where} has a part that unpacks to an absurd size ({shorten(name)}, {info.file_size} bytes): remove it.")


def _folder(path: str) -> Images:
    root = Path(path)
    everything = sorted(item for item in root.rglob("*") if item.is_file() and not item.name.startswith("."))
    kept = [item for item in everything if item.suffix.lower() in SUFFIXES]
    return _images_of(f"folder {shorten(root.name)}", kept, [item.relative_to(root).as_posix() for item in kept], [])


def _collection(path: str) -> Images:
    """Galaxy's JSON of a form's data inputs; the collection is the only list in it."""
    try:
        description = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        if not isinstance(description, dict):
            raise ValueError
        elements = next(item for item in _values(description) if isinstance(item, list))
        names, paths = [], []
        for element in elements:
            identifier = element["element_identifier"]
            folders = identifier if isinstance(identifier, list) else [identifier]
            name = "/".join(str(part) for part in folders)
            extension = f".{element['ext']}".lower()
            known = PurePosixPath(name).suffix.lower() in SUFFIXES
            names.append(name if known or extension not in SUFFIXES else name + extension)
            paths.append(Path(element["source_path"]))
    except (OSError, ValueError, KeyError, TypeError, StopIteration, RecursionError):
        raise InputError(
            f"The collection's description {shorten(Path(path).name)} cannot be read: it must be what Galaxy writes."
        ) from None
    lost = [name for name, item in zip(names, paths, strict=True) if not item.is_file()]
    if lost:
        raise InputError(f"The file of the image {shorten(lost[0])} in the collection is not there: give the collection again.")
    return _images_of("image collection", paths, names, [])


def _values(tree: dict[str, Any]) -> Iterator[Any]:
    for item in tree.values():
        yield item
        if isinstance(item, dict) and "source_path" not in item:
            yield from _values(item)


def _images_of(where: str, paths: list[Path], names: list[str], ignored: list[str]) -> Images:
    import hashlib

    total = hashlib.sha256()
    for name, item in zip(names, paths, strict=True):
        total.update(name.encode() + fingerprint(str(item)).encode())

    def read(position: int) -> bytes:
        return paths[position].read_bytes()

    return Images(where, names, read, total.hexdigest(), ignored)
