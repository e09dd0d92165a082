"""The Galaxy datatype of neural networks in files of Keras 3 (``.keras``); see README.md here.

Not a kind of ``CompressedZipArchive``, although the file is a ZIP: forms offer a dataset where its class is that of a type they ask for,
and no form that wants a ZIP of images shall offer a network.
"""

import json
import logging
import os
import struct
import zipfile
from typing import Any

from galaxy.datatypes.binary import Binary
from galaxy.datatypes.metadata import MetadataElement
from galaxy.util import nice_size

log = logging.getLogger(__name__)

_NEEDED = {"config.json", "metadata.json", "model.weights.h5"}
_DESCRIPTION = "biodl.json"
_MOST_MEMBERS = 1000
_MOST_DIRECTORY = 2**19
_MOST_BYTES = 4 * 2**20
_MOST_LETTERS = 60
_END = struct.Struct("<4s4H2LH")
"""The last record of a ZIP: signature, disks, entries here and in all, size and place of the directory, length of a comment."""
_LOCATOR = 20
"""Bytes before it that tell of a second such record, for files of over 4 GB, which no network here is."""


class Keras(Binary):
    """A network that Keras 3 saved. Files come from anywhere: what is read is bounded, and a fault leaves a plain description."""

    file_ext = "keras"
    compressed = True  # else its sniffer is not asked about a ZIP
    is_binary = "maybe"  # Galaxy looks at the first member, which is text

    MetadataElement(name="kind", default="", desc="Kind of samples", readonly=True, optional=True, visible=True, no_value="")
    MetadataElement(name="task", default="", desc="Task", readonly=True, optional=True, visible=True, no_value="")
    MetadataElement(name="target", default="", desc="Target", readonly=True, optional=True, visible=True, no_value="")
    MetadataElement(name="family", default="", desc="Family of network", readonly=True, optional=True, visible=True, no_value="")

    def sniff(self, filename: str) -> bool:
        """Whether it is a ZIP with the members that Keras writes."""
        try:
            return _members(filename) is not None
        except Exception:
            return False

    def set_meta(self, dataset: Any, overwrite: bool = True, **kwd: Any) -> None:
        super().set_meta(dataset, overwrite=overwrite, **kwd)
        found = described(dataset.get_file_name())
        for name in ("kind", "task", "target", "family"):
            setattr(dataset.metadata, name, found.get(name, ""))

    def set_peek(self, dataset: Any, **kwd: Any) -> None:
        if dataset.dataset.purged:
            dataset.peek, dataset.blurb = "file does not exist", "file purged from disk"
            return
        found = described(dataset.get_file_name())
        dataset.peek = "\n".join(["Neural network (Keras)", *(f"{_CALLED[name]}: {value}" for name, value in found.items())])
        dataset.blurb = ", ".join(found[name] for name in ("family", "kind", "task") if name in found) or nice_size(dataset.get_size())


_CALLED = {
    "kind": "Samples",
    "task": "Task",
    "target": "Target",
    "classes": "Classes",
    "family": "Family",
    "weights": "Weights",
    "validation": "On validation samples",
}


def described(path: str) -> dict[str, str]:
    """What a file says of its network, in words; nothing where it is none of the BioDL tools, or where anything is amiss."""
    try:
        members = _members(path)
        if not members or members.get(_DESCRIPTION, _MOST_BYTES + 1) > _MOST_BYTES:
            return {}
        with zipfile.ZipFile(path) as archive, archive.open(_DESCRIPTION) as member:
            loaded = json.loads(member.read(_MOST_BYTES))
        task, training = loaded["task"], loaded["training"]
        classes = task["classes"]
        found = {
            "kind": _word(loaded["kind"]),
            "task": _word(task["kind"]),
            "target": _listing(task["target"]),
            "classes": f"{len(classes)} ({_listing(classes)})" if classes else "",
            "family": _word(loaded["family"]),
            "weights": f"{int(training['weights']):,}" if "weights" in training else "",
            "validation": _best(training["best"]),
        }
        return {name: value for name, value in found.items() if value}
    except Exception as error:  # whatever a file of anyone may bring about
        log.debug("No description of %s: %s", path, error)
        return {}


def _members(path: str) -> dict[str, int] | None:
    """Sizes of the members by name, if they are those of a network; a directory too long for one is not read."""
    with open(path, "rb") as handle:
        if handle.read(4) != b"PK\x03\x04":
            return None
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - 2**16 - _END.size - _LOCATOR))
        tail = handle.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size or tail[max(0, place - _LOCATOR) : place].startswith(b"PK\x06\x07"):
        return None
    end = _END.unpack_from(tail, place)
    if end[4] > _MOST_MEMBERS or end[5] > _MOST_DIRECTORY:  # the number may be a lie, the size is what is read
        return None
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info.file_size for info in archive.infolist()}
    return members if members.keys() >= _NEEDED else None


def _word(item: Any) -> str:
    if not isinstance(item, str):
        raise TypeError("not text")
    line = "".join(sign if sign.isprintable() else "?" for sign in item[:_MOST_LETTERS])
    return line if len(item) <= _MOST_LETTERS else f"{line[:-1]}…"


def _listing(items: Any, most: int = 8) -> str:
    return ", ".join(map(_word, items[:most])) + (", …" if len(items) > most else "")


def _best(best: dict[str, Any]) -> str:
    """The measures of the kept epoch on validation samples."""
    measures = {name.removeprefix("val_"): value for name, value in best.items() if name.startswith("val_")}
    return ", ".join(f"{_word(name).replace('_', ' ')} {float(value):.3g}" for name, value in list(measures.items())[:4])
