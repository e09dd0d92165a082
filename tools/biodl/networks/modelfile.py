"""The model file: one ``.keras`` archive that opens with plain Keras and carries what is needed to use it again.

Beside Keras' own members it holds ``biodl.json``: task, features, class names and the fingerprint of the training.
A file from elsewhere is checked before Keras sees it: only an allow-list of layers and operations, no code, no links, and sizes that
its weights bear out. The same network gives the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError, shorten
from ..stored import UnfitError
from . import archive
from .allowed import check_objects
from .description import FORMAT, NewerFormatError, check_description
from .shapes import Outline, outline
from .weights import check_weights

MEMBER = archive.DESCRIPTION


def save(model: Any, metadata: dict[str, Any], path: Path) -> None:
    """Write ``model`` with ``metadata`` to ``path``, whatever its suffix."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        plain = Path(folder) / "model.keras"
        model.save(plain)
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
            kept = {name: json.loads(source.read(name)) for name in (archive.METADATA, archive.CONFIG)}
            kept[archive.METADATA].pop("date_saved", None)
            _number_shared(kept[archive.CONFIG])
            for name, content in kept.items():
                target.writestr(_member(name), json.dumps(content))
            size = source.getinfo(archive.WEIGHTS).file_size
            with source.open(archive.WEIGHTS) as weights, target.open(_member(archive.WEIGHTS, size), "w") as copy:
                shutil.copyfileobj(weights, copy, 2**20)
            text = json.dumps({"format": FORMAT, **metadata}, indent=1, ensure_ascii=False)
            target.writestr(_member(MEMBER), text, compress_type=zipfile.ZIP_DEFLATED)


def _member(name: str, size: int = 0) -> zipfile.ZipInfo:
    """A member without the time at which it was written."""
    info = zipfile.ZipInfo(name)
    info.file_size, info.external_attr = size, 0o644 << 16
    return info


def _number_shared(config: dict[str, Any]) -> None:
    """Keras tells objects that layers share apart by their place in memory, another in each process: count them instead."""
    numbers: dict[int, int] = {}
    pending: list[Any] = [config]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if "shared_object_id" in item:
                item["shared_object_id"] = numbers.setdefault(item["shared_object_id"], len(numbers) + 1)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def refuse_unopenable(model: Any) -> None:
    """Raise InputError when the file of a network would not be opened again: better before it is trained than after."""
    config = json.loads(model.to_json())
    try:
        check_objects(config)
        outline(config)
    except UnfitError as error:
        raise InputError(f"The network could not be opened again, because {error}: choose a smaller network, or smaller samples.") from None


def load(path: str) -> Any:
    """The Keras model of a file that :func:`check` has found good, in Keras' safe mode.

    Raises:
        InputError: when Keras cannot open it.
    """
    import keras

    with refusals(path), tempfile.TemporaryDirectory() as folder, archive.opened(path) as members, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Keras warns of is refused, or of no matter
        config = archive.read_json(members, archive.CONFIG) | {"compile_config": None}
        weights = archive.extract_weights(members, Path(folder))
        try:
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
            model.load_weights(weights)
        except (OSError, MemoryError):
            raise
        except Exception as error:
            if type(error).__name__ == "ResourceExhaustedError":
                raise
            raise UnfitError("Keras cannot open it") from None
    return model


def check(path: str) -> dict[str, Any]:
    """Check a model file without opening it in Keras, and return its metadata.

    Raises:
        InputError: with the reason for which the file is refused.
    """
    return contents(path)[0]


def contents(path: str) -> tuple[dict[str, Any], Outline]:
    """What a model file says of its network, and the outline of this network, checked without Keras.

    Raises:
        InputError: with the reason for which the file is refused.
    """
    with refusals(path), tempfile.TemporaryDirectory() as folder, archive.opened(path) as members:
        metadata = archive.read_json(members, archive.DESCRIPTION)
        check_description(metadata)
        if archive.METADATA in members.namelist():
            archive.read_json(members, archive.METADATA)
        config = archive.read_json(members, archive.CONFIG)
        check_objects(config)
        network = outline(config)
        check_weights(archive.extract_weights(members, Path(folder)), len(network.layers), network.weights)
    return metadata, network


@contextlib.contextmanager
def refusals(path: str) -> Iterator[None]:
    """Turn what is found wrong with a model file into the sentence that refuses it."""
    name = shorten(Path(path).name)
    try:
        yield
    except UnfitError as error:
        raise InputError(
            f"The model file {name} was not opened, because {error}: give a model that a Train tool of this suite wrote."
        ) from None
    except NewerFormatError:
        raise InputError(f"The model file {name} was written by a newer version of this suite: update the tools.") from None
