"""What may stand in a network's configuration: objects of an allow-list, with settings that this suite writes; no code, no paths."""

from __future__ import annotations

from typing import Any

from ..errors import shorten
from ..stored import UnfitError, demand

FUNCTIONAL = "keras.src.models.functional"
LAYERS = {
    "Activation", "Add", "Attention", "BatchNormalization", "Bidirectional", "Concatenate", "Conv1D", "Conv2D", "Dense",
    "DepthwiseConv1D", "Dropout", "EinsumDense", "Embedding", "Flatten", "GRU", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
    "GlobalMaxPooling1D", "GlobalMaxPooling2D", "Identity", "InputLayer", "LSTM", "LayerNormalization", "Masking",
    "MaxPooling1D", "MaxPooling2D", "MultiHeadAttention", "Multiply", "Normalization", "ReLU", "RepeatVector", "Rescaling", "Reshape",
    "Resizing", "SeparableConv1D", "SeparableConv2D", "SimpleRNN", "StringLookup", "TextVectorization",
}  # fmt: skip
OPERATIONS = {
    "keras.src.ops.core": {"Cast"},
    "keras.src.ops.nn": {"OneHot"},
    "keras.src.ops.numpy": {
        "Absolute", "Any", "ExpandDims", "GetItem", "Greater", "Isnan", "LogicalOr", "Max", "NanToNum", "NotEqual", "Subtract",
    },
}  # fmt: skip
_ALLOWED = {
    "keras": {"DTypePolicy"},
    "keras.layers": LAYERS,
    "keras.initializers": {
        "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Ones",
        "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform", "TruncatedNormal", "Zeros",
    },
    "keras.regularizers": {"L1", "L1L2", "L2"},
    FUNCTIONAL: {"Functional"},
    **OPERATIONS,
}  # fmt: skip
_STRUCTURAL = {"__keras_tensor__", "__slice__"}
_STANDARDIZE = ("lower", "lower_and_strip_punctuation")
_SPLIT = ("character", "whitespace")
_ONE_WAY: dict[str, Any] = {
    "antialias": False, "data_format": "channels_last", "depth_multiplier": 1, "groups": 1, "idf_weights": None, "invert": False,
    "mask_zero": False, "max_tokens": None, "merge_mode": "concat", "noise_shape": None, "num_oov_indices": 1, "optional": False,
    "output_mode": "int", "output_shape": None, "pad_to_max_tokens": False, "quantization_config": None, "ragged": False,
    "renorm": False, "return_state": False, "sliding_window": None, "sparse": False, "stateful": False, "synchronized": False,
    "unroll": False, "use_gate": False,
}  # fmt: skip
"""Settings that every Train tool leaves as they are; others would change sizes or what comes out."""


def check_objects(config: dict[str, Any]) -> None:
    """Raise UnfitError when something in a network's configuration (of whatever depth) is not on the list."""
    pending: list[Any] = [config]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            if "class_name" in item or "registered_name" in item:
                _check_object(item, item is config)
            pending.extend(item.values())


def _check_object(item: dict[str, Any], outermost: bool) -> None:
    name, module, registered = item.get("class_name"), item.get("module"), item.get("registered_name")
    inner = item.get("config", {})
    demand(isinstance(name, str), "its network holds an object whose class has no name")
    if module is None and name in _STRUCTURAL:
        demand(isinstance(inner, dict), f"its {name} has no settings")
        return
    allowed = isinstance(module, str) and name in _ALLOWED.get(module, ())
    demand(allowed, f"it holds {shorten(f'{module}.{name}')}, which is not on the list of allowed layers")
    demand(registered in (None, name), f"it holds the custom object {shorten(registered)}")
    demand(isinstance(inner, dict), f"its {name} has no settings")
    demand(name != "Functional" or outermost, "it holds a network inside the network")
    if name in ("StringLookup", "TextVectorization"):
        demand(isinstance(inner.get("vocabulary"), list), "its vocabulary is not inside the file")
    if name == "TextVectorization":
        known = inner.get("standardize") in _STANDARDIZE and inner.get("split") in _SPLIT
        demand(known, "it splits text in a way of its own")
    if name == "DTypePolicy":
        demand(inner.get("name") == "float32", f"it calculates with numbers of type {shorten(inner.get('name'))}")
    if name == "EinsumDense":  # the one layer whose output has to be said; its shape rule holds it against what enters
        inner = {setting: value for setting, value in inner.items() if setting != "output_shape"}
    for setting, value in _ONE_WAY.items():
        if inner.get(setting, value) != value:
            raise UnfitError(f"its {name} has {setting} {shorten(inner[setting])}, which no Train tool writes")
