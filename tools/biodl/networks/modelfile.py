"""The model file: one ``.keras`` archive that opens with plain Keras and carries what is needed to use it again.

Beside Keras' own members it holds ``biodl.json``: task, features, class names and the fingerprint of the training.
A file from elsewhere is checked before Keras sees it: only an allow-list of layers and operations, no code, no links.
"""

from __future__ import annotations

import io
import json
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import InputError, shorten

MEMBER = "biodl.json"
FORMAT = 1
_MEMBERS = {MEMBER, "config.json", "metadata.json", "model.weights.h5"}
_MAX_JSON = 256 * 2**20
_MAX_WEIGHTS = 16 * 2**30
_MAX_RATIO = 200
"""No member unpacks to more than so many times its packed size: weights are stored, text packs 20-fold at most."""
_FREE_PARAMETERS = 10**8
"""So many float32 (400 MB) may be declared beyond what the file holds; a bare bound on what opening can cost."""

_LAYERS = {
    "Activation", "Add", "Attention", "AveragePooling1D", "AveragePooling2D", "BatchNormalization", "Bidirectional",
    "CategoryEncoding", "Concatenate", "Conv1D", "Conv2D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Dropout",
    "ELU", "Dot", "Embedding", "Flatten", "GRU", "GRUCell", "GaussianNoise", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "Identity", "InputLayer", "LSTM", "LSTMCell",
    "LayerNormalization", "LeakyReLU", "Masking", "MaxPooling1D", "MaxPooling2D", "MultiHeadAttention", "Multiply",
    "Normalization", "PReLU", "Permute", "ReLU", "RepeatVector", "Rescaling", "Reshape", "Resizing", "SeparableConv1D",
    "SeparableConv2D", "SimpleRNN", "SimpleRNNCell", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "StringLookup",
    "TextVectorization", "ZeroPadding1D", "ZeroPadding2D",
}  # fmt: skip
_ALLOWED = {
    "keras": {"DTypePolicy"},
    "keras.layers": _LAYERS,
    "keras.initializers": {
        "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Ones",
        "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform", "TruncatedNormal", "Zeros",
    },
    "keras.regularizers": {"L1", "L1L2", "L2"},
    "keras.src.models.functional": {"Functional"},
    "keras.src.ops.core": {"Cast"},
    "keras.src.ops.nn": {"OneHot"},
    "keras.src.ops.numpy": {
        "Absolute", "Any", "ExpandDims", "GetItem", "Greater", "Isnan", "LogicalOr", "Max", "NanToNum", "NotEqual", "Subtract",
    },
}  # fmt: skip
_STANDARDIZE = ("lower", "lower_and_strip_punctuation")
_SPLIT = ("character", "whitespace")
_STRUCTURAL = {"__keras_tensor__", "__slice__"}
_SIZES = ("units", "filters", "output_dim", "input_dim", "num_tokens", "max_tokens", "num_classes", "depth")


def save(model: Any, metadata: dict[str, Any], path: Path) -> None:
    """Write ``model`` with ``metadata`` to ``path``, whatever its suffix."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "model.keras"
        model.save(plain)
        with zipfile.ZipFile(plain, "a") as archive:
            text = json.dumps({"format": FORMAT, **metadata}, indent=1, ensure_ascii=False)
            archive.writestr(zipfile.ZipInfo(MEMBER), text, compress_type=zipfile.ZIP_DEFLATED)
        path.write_bytes(plain.read_bytes())


def load(path: str) -> Any:
    """The Keras model of a file that :func:`check` has found good, in Keras' safe mode.

    Raises:
        InputError: when Keras cannot open it.
    """
    import keras

    with tempfile.TemporaryDirectory() as folder:
        suffixed = Path(folder) / "model.keras"  # Keras goes by the suffix; Galaxy calls every file .dat
        suffixed.symlink_to(Path(path).resolve())
        try:
            return keras.models.load_model(suffixed, compile=False, safe_mode=True)
        except Exception as error:
            raise _refusal(path, f"Keras cannot open it ({str(error).strip().splitlines()[0][:200]})") from None


def check(path: str) -> dict[str, Any]:
    """Check a model file without opening it in Keras, and return its metadata.

    Raises:
        InputError: with the reason for which the file is refused.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive)
            damaged = archive.testzip()
            if damaged:
                raise _refusal(path, f"its part {shorten(damaged)} is damaged")
            metadata, config = _json(path, archive, MEMBER), _json(path, archive, "config.json")
            _check_metadata(path, metadata)
            stored = _stored_parameters(path, archive)
            _check_config(path, config, stored)
    except OSError as error:
        raise InputError(f"The model file {shorten(Path(path).name)} cannot be read: {error.strerror}.") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, RuntimeError):
        raise _refusal(path, "it is not a complete .keras file") from None
    return metadata


def _refusal(path: str, reason: str) -> InputError:
    return InputError(
        f"The model file {shorten(Path(path).name)} was not opened, because {reason}: give a model that a Train tool of this suite wrote."
    )


def _check_members(path: str, archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    for info in archive.infolist():
        name = info.filename
        if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts or ":" in name:
            raise _refusal(path, f"its part {shorten(name)} would be written outside the archive")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _refusal(path, f"its part {shorten(name)} is a link")
        if info.flag_bits & 1:
            raise _refusal(path, f"its part {shorten(name)} is encrypted")
        limit = _MAX_WEIGHTS if name.endswith(".h5") else _MAX_JSON
        if info.file_size > limit or info.file_size > _MAX_RATIO * max(info.compress_size, 1000):
            raise _refusal(path, f"its part {shorten(name)} declares an absurd size ({info.file_size} bytes)")
    if MEMBER not in names or "config.json" not in names or "model.weights.h5" not in names:
        raise _refusal(path, "it is not a model of this suite")
    strange = sorted(set(names) - _MEMBERS) or [name for name in names if names.count(name) > 1]
    if strange:
        raise _refusal(path, f"it holds a part that does not belong there ({shorten(strange[0])})")


def _json(path: str, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    try:
        loaded = json.loads(archive.read(name))
    except (ValueError, RecursionError):
        raise _refusal(path, f"its part {shorten(name)} is not JSON") from None
    if not isinstance(loaded, dict):
        raise _refusal(path, f"its part {shorten(name)} is not a JSON object")
    return loaded


def _check_metadata(path: str, metadata: dict[str, Any]) -> None:
    if not isinstance(metadata.get("format"), int) or metadata["format"] < 1:
        raise _refusal(path, "it does not say which format it has")
    if metadata["format"] > FORMAT:
        raise InputError(f"The model file {shorten(Path(path).name)} was written by a newer version of this suite: update the tools.")
    lacking = [name for name in ("kind", "task", "features", "training") if name not in metadata]
    if lacking:
        raise _refusal(path, f"its description lacks {shorten(lacking[0])}")


def _check_config(path: str, config: dict[str, Any], stored: int) -> None:
    """Every object in the configuration is on the allow-list, and none is larger than the file can explain."""
    sizes = [1]
    objects = 0
    pending: list[Any] = [config]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            if "class_name" in item or "registered_name" in item:
                objects += 1
                _check_object(path, item)
            inner = item.get("config") or {}
            if isinstance(inner, dict):
                sizes += [inner[name] for name in _SIZES if isinstance(inner.get(name), int)]
            sizes += _shape(item.get("batch_shape")) + _shape(item.get("target_shape"))
            pending.extend(item.values())
    if objects == 0 or config.get("class_name") != "Functional":
        raise _refusal(path, "its network is not a functional Keras model")
    largest = sorted(sizes)[-2:]
    needed = objects * largest[0] * largest[-1]
    if needed > _FREE_PARAMETERS + 100 * stored:
        raise _refusal(path, f"its layers declare an absurd size (up to {needed} weights, of which it holds {stored})")


def _check_object(path: str, item: dict[str, Any]) -> None:
    name, module, registered = item.get("class_name"), item.get("module"), item.get("registered_name")
    if module is None and name in _STRUCTURAL:
        return
    if not isinstance(module, str) or name not in _ALLOWED.get(module, ()):
        raise _refusal(path, f"it holds {shorten(f'{module}.{name}')}, which is not on the list of allowed layers")
    if registered not in (None, name):
        raise _refusal(path, f"it holds the custom object {shorten(registered)}")
    inner = item.get("config") or {}
    if name in ("StringLookup", "TextVectorization") and not isinstance(inner.get("vocabulary"), list):
        raise _refusal(path, "its vocabulary is not inside the file")
    if name == "TextVectorization" and (inner.get("standardize") not in _STANDARDIZE or inner.get("split") not in _SPLIT):
        raise _refusal(path, "it splits text in a way of its own")


def _shape(value: Any) -> list[int]:
    return [extent for extent in value if isinstance(extent, int)] if isinstance(value, list) else []


def _stored_parameters(path: str, archive: zipfile.ZipFile) -> int:
    """Number of values in the weights, having made sure that all of them lie inside the file."""
    import h5py

    info = archive.getinfo("model.weights.h5")
    stored, seen = 0, set()
    with archive.open(info) as member, h5py.File(io.BytesIO(member.read()), "r") as weights:
        pending = [weights]
        while pending:
            group = pending.pop()
            for name in group:
                link = group.get(name, getlink=True)
                if not isinstance(link, h5py.HardLink):
                    raise _refusal(path, f"its weights hold a link ({shorten(name)})")
                item = group[name]
                address = h5py.h5o.get_info(item.id).addr
                if address in seen:
                    raise _refusal(path, f"its weights hold a link ({shorten(name)})")
                seen.add(address)
                if isinstance(item, h5py.Group):
                    pending.append(item)
                    continue
                if item.external or item.is_virtual:
                    raise _refusal(path, f"its weights refer to another file ({shorten(name)})")
                if item.dtype.kind not in "fiub":
                    if item.dtype.kind == "S" or item.size <= 16:
                        continue
                    raise _refusal(path, f"its weights hold something that is no number ({shorten(name)})")
                if item.size * item.dtype.itemsize > info.file_size:
                    raise _refusal(path, f"its weights declare an absurd size ({shorten(name)})")
                stored += item.size
    return stored
