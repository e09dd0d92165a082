"""Image files of a ZIP, a folder or a Galaxy collection: their names, their bytes, and nothing that harms."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ...cells import clean
from ...errors import InputError, listing, shorten
from ...program.given import is_file
from ..fingerprints import fingerprint
from ..kind import Files

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif"}
_MAX_IMAGE = 2**29
"""Bytes: a picture of the most values that are read, as float32, with room for its header."""
_LARGE = 2**25
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"II", b"MM")
_MAX_RATIO = 1100
"""DEFLATE packs at most 1032-fold: more than this is a lie."""


@dataclasses.dataclass(frozen=True)
class Images:
    """Images in the order of their files.

    Attributes:
        where: the source in words.
        names: with folders, ``/`` between them; letters composed, as in a table of labels.
        read: the bytes of one by its position; ValueError with the reason where they are damaged.
        sha256: fingerprint of the source.
        ignored: names of files that are no images.
    """

    where: str
    names: list[str]
    read: Callable[[int], bytes]
    sha256: str
    ignored: list[str]

    def by_name(self) -> Images:
        """The same in the order of their names, so that nothing that is learned hangs on the order of files in an archive."""
        order = sorted(range(len(self.names)), key=lambda position: self.names[position])
        return dataclasses.replace(self, names=[self.names[position] for position in order], read=lambda at: self.read(order[at]))


def open_images(files: Files) -> Images:
    """List the images that a user handed in.

    Raises:
        InputError: when there are none, the ZIP is damaged or hostile, or two images have one name.
    """
    if files.collection:
        found = _collection(files.collection, files.field)
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
    names: list[str] = []
    ignored: list[str] = []
    for info in archive.infolist():
        name = _member_name(info)
        _check_member(where, info, name)
        if name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts):
            continue
        if PurePosixPath(name).suffix.lower() in SUFFIXES:
            kept.append(info)
            names.append(name)
        else:
            ignored.append(name)

    def read(position: int) -> bytes:
        try:
            if kept[position].file_size > _LARGE:
                _refuse_rubbish(archive, kept[position])
            return archive.read(kept[position])
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise ValueError(f"its packed bytes are damaged ({error})") from None

    return Images(where, names, read, fingerprint(path), ignored)


def _refuse_rubbish(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Raise ValueError with the reason when a large member does not begin as an image does, before all of it is unpacked."""
    with archive.open(info) as member:
        if not member.read(4).startswith(_BEGINNINGS):
            raise ValueError("it is no image")


def _member_name(info: zipfile.ZipInfo) -> str:
    """The path of a member with ``/`` between its parts.

    Some programs of Windows put backslashes there, and the archiver of macOS writes UTF-8 without saying so.
    """
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return "/".join(clean(part) for part in name.replace("\\", "/").split("/"))


def _check_member(where: str, info: zipfile.ZipInfo, name: str) -> None:
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
    return _images_of(f"folder {shorten(root.name)}", kept, [clean(item.relative_to(root).as_posix()) for item in kept], [])


def _collection(path: str, field: str) -> Images:
    """Galaxy's JSON of a form, in which the collection is a list of files: that of the field, else the first."""
    try:
        description = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        if not isinstance(description, dict):
            raise ValueError
        listed = [(name, item) for name, item in _items(description) if isinstance(item, list) and (is_file(item) or name == field)]
        elements = dict(listed).get(field, listed[0][1])
        names, paths = [], []
        for element in elements:
            identifier = element["element_identifier"]
            folders = identifier if isinstance(identifier, list) else [identifier]
            name = "/".join(clean(str(part)) for part in folders)
            extension = f".{element['ext']}".lower()
            known = PurePosixPath(name).suffix.lower() in SUFFIXES
            names.append(name if known or extension not in SUFFIXES else name + extension)
            paths.append(Path(element["source_path"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        raise InputError(
            f"The collection's description {shorten(Path(path).name)} cannot be read: it must be what Galaxy writes."
        ) from None
    lost = [name for name, item in zip(names, paths, strict=True) if not item.is_file()]
    if lost:
        raise InputError(f"The file of the image {shorten(lost[0])} in the collection is not there: give the collection again.")
    return _images_of("image collection", paths, names, [])


def _items(tree: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, item in tree.items():
        yield name, item
        if isinstance(item, dict) and "source_path" not in item:
            yield from _items(item)


def _images_of(where: str, paths: list[Path], names: list[str], ignored: list[str]) -> Images:
    import hashlib

    total = hashlib.sha256()
    for name, item in zip(names, paths, strict=True):
        total.update(name.encode() + fingerprint(str(item)).encode())

    def read(position: int) -> bytes:
        return paths[position].read_bytes()

    return Images(where, names, read, total.hexdigest(), ignored)
