"""Model files with lies, damage and absurd sizes: refused in one sentence before Keras sees them; generators alter every key."""

import copy
import io
import json
import random
import time
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest
from samples import two_classes

from biodl.errors import InputError
from biodl.networks import modelfile
from biodl.networks.opened import open_network
from biodl.tasks import task_from_json
from conftest import DATA, ROOT

MODELS = ROOT / "tests" / "unit" / "models" / "0.3.0"
ABOUT, CONFIG, WEIGHTS = "biodl.json", "config.json", "model.weights.h5"
DELETED = object()
ODD = [None, True, -1, 0, 3, 10**9, 10**30, 1.5, float("nan"), 1e308, "", "x", "\ud800", [], ["x"], [1], [None], {}, {"a": 1}, DELETED]


def members_of(name: str) -> dict[str, bytes]:
    path = MODELS / name / "model.keras"
    with zipfile.ZipFile(path if path.exists() else DATA / name) as archive:
        return {member: archive.read(member) for member in archive.namelist()}


def packed(members: dict, path, method: int = zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return path


def altered(tmp_path, name: str, member: str, edit):
    """A model file of which one JSON member was edited."""
    members = members_of(name)
    about = json.loads(members[member])
    edit(about)
    return packed({**members, member: about}, tmp_path / "m.keras")


def layer(config: dict, name: str) -> dict:
    return next(item for item in config["config"]["layers"] if item["name"] == name)


def reason(path) -> str:
    """Why a file is refused, which must be told in the sentence of all refusals."""
    with pytest.raises(InputError) as caught:
        open_network(str(path))
    before, after = "The model file 'm.keras' was not opened, because ", ": give a model that a Train tool of this suite wrote."
    sentence = str(caught.value)
    assert sentence.startswith(before)
    assert sentence.endswith(after)
    assert sentence.isprintable()
    return sentence[len(before) : -len(after)]


def set_in(*path_and_value):
    """An edit that sets a value deep inside."""
    *path, last, value = path_and_value

    def edit(tree):
        for key in path:
            tree = tree[key]
        tree[last] = value

    return edit


def swap(key):
    def edit(about):
        first, second, *_ = about["features"]
        first[key], second[key] = second[key], first[key]

    return edit


def classifier_as_regression(about):
    """As a regression would be described."""
    plain = {"classes": [], "counts": [], "separator": "", "mean": 3.5, "std": 1.5, "horizon": 1}
    about["task"] = {"kind": "regression", **plain, "target": about["task"]["target"]}


LIES = {
    "regression from a classifier": (
        "breast_cancer.keras",
        classifier_as_regression,
        "its description and its network differ (in activation of the layer 'head')",
    ),
    "binary as multiclass": (
        "breast_cancer.keras",
        set_in("task", "kind", "multiclass"),
        "its description and its network differ (in units of the layer 'head')",
    ),
    "unknown class": ("breast_cancer.keras", set_in("task", "classes", 1, None), "its task has a 'classes' that is not a list of texts"),
    "no classes": ("breast_cancer.keras", set_in("task", "classes", None), "its task has a 'classes' that is not a list of texts"),
    "repeated class": ("breast_cancer.keras", set_in("task", "classes", 1, "benign"), "its description has the class 'benign' twice"),
    "nameless class": ("breast_cancer.keras", set_in("task", "classes", 1, " "), "its description has a class without a name"),
    "half a character": (
        "breast_cancer.keras",
        set_in("task", "classes", 1, "\ud800"),
        "its task has a 'classes' that is not a list of texts",
    ),
    "counts of other data": (
        "breast_cancer.keras",
        set_in("task", "counts", [3, 4]),
        "its counts of samples do not fit the 388 that it was trained on",
    ),
    "too few counts": ("breast_cancer.keras", set_in("task", "counts", [388]), "it counts samples of 1 classes, but has 2"),
    "two targets": ("breast_cancer.keras", set_in("task", "target", ["a", "b"]), "its binary task has 2 targets"),
    "task of something else": ("breast_cancer.keras", set_in("task", "std", 2.0), "its binary task has a 'std' that is none of its own"),
    "feature twice": (
        "breast_cancer.keras",
        set_in("features", 1, "name", "mean radius"),
        "its description has the feature 'mean radius' twice",
    ),
    "names of features swapped": ("breast_cancer.keras", swap("name"), "its inputs are not those of its features"),
    "means swapped": ("breast_cancer.keras", swap("mean"), "its description and its network differ (in mean of the layer 'standardise')"),
    "other variance": (
        "breast_cancer.keras",
        set_in("features", 0, "std", 4.0),
        "its description and its network differ (in variance of the layer 'standardise')",
    ),
    "feature of no kind": (
        "breast_cancer.keras",
        set_in("features", 0, "kind", "image"),
        "its feature 'mean radius' is of an unknown kind",
    ),
    "number as a category": (
        "breast_cancer.keras",
        set_in("features", 0, "read", {"as": "category"}),
        "its feature 'mean radius' is read in an unknown way",
    ),
    "words for missing values": (
        "breast_cancer.keras",
        set_in("features", 0, "read", {"as": "number", "missing": [1]}),
        "its feature 'mean radius' is read in an unknown way",
    ),
    "dress": (
        "breast_cancer.keras",
        set_in("features", 0, "read", {"as": "number", "dress": ["plain"]}),
        "its feature 'mean radius' is read in an unknown way",
    ),
    "feature less": ("breast_cancer.keras", lambda about: about["features"].pop(), "its inputs are not those of its features"),
    "input less": (
        "breast_cancer.keras",
        lambda about: (about["features"].pop(), about["inputs"]["numeric"].pop()),
        "its description and its network differ (in batch_shape of the layer 'numeric')",
    ),
    "other categories": (
        "table_multiclass",
        lambda about: about["features"][-1]["categories"].__setitem__(1, "skin"),
        "its description and its network differ (in vocabulary of the layer 'categories_0')",
    ),
    "members without end": ("breast_cancer.keras", set_in("members", 10**9), "it does not say how many members it has"),
    "other family": ("table_multiclass", set_in("family", "forest"), "its family is not one of this suite"),
    "other words": (
        "text_binary",
        lambda about: about["features"]["vocabulary"].reverse(),
        "its description and its network differ (in vocabulary of the layer 'tokens')",
    ),
    "other length": (
        "text_binary",
        set_in("features", "length", 10**5),
        "its description and its network differ (in output_sequence_length of the layer 'tokens')",
    ),
    "other k-mers": (
        "fasta_multiclass",
        set_in("features", "kmer", 3),
        "its description and its network differ (in ngrams of the layer 'tokens')",
    ),
    "unknown alphabet": ("fasta_multiclass", set_in("features", "alphabet", "greek"), "its sequences are of an unknown alphabet"),
    "text as a sequence": ("text_binary", set_in("kind", "sequence"), "its sequences are of an unknown alphabet"),
    "other channels": (
        "image_multiclass",
        lambda about: about["features"].update(channels=1, mean=[1.0], std=[1.0]),
        "its inputs are not those of its features",
    ),
    "other size": (
        "image_multiclass",
        set_in("features", "height", 4096),
        "its description and its network differ (in height of the layer 'resize')",
    ),
    "unknown rule": ("image_multiclass", set_in("features", "resize", "magic"), "it resizes images in an unknown way ('magic')"),
    "other rule": (
        "image_multiclass",
        lambda about: about["features"].update(resize="crop"),
        "its description and its network differ (in crop_to_aspect_ratio of the layer 'resize')",
    ),
    "unknown colours": ("image_multiclass", set_in("features", "color", "infrared"), "it has unknown colours ('infrared')"),
    "other brightness": (
        "image_multiclass",
        set_in("features", "mean", 0, 0.0),
        "its description and its network differ (in offset of the layer 'standardise')",
    ),
    "horizon of the task": (
        "forecast_one",
        set_in("task", "horizon", 7),
        "its description and its network differ (in units of the layer 'head')",
    ),
    "horizon of the data": (
        "forecast_one",
        set_in("features", "horizon", 7),
        "its description and its network differ (in units of the layer 'head')",
    ),
    "unit of the target": (
        "forecast_one",
        set_in("task", "mean", 5.0),
        "its description and its network differ (in offset of the layer 'target_unit')",
    ),
    "forecast of another channel": (
        "forecast_several",
        lambda about: [names.reverse() for names in (about["features"]["channels"], about["inputs"]["series"])],
        "it forecasts 'level', but its series are of 'weekday'",
    ),
    "forecast as a series": ("forecast_one", set_in("kind", "series"), "its data are of kind 'series', but its task is 'forecasting'"),
    "spread of a channel": (
        "series_long_binary",
        set_in("features", "std", 0, 9.0),
        "its description and its network differ (in scale of the layer 'standardise')",
    ),
    "no samples": ("table_regression", set_in("training", "samples", {}), "it does not say how many samples it was trained on"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_description_that_is_not_of_its_network_is_refused(lie, tmp_path):
    name, edit, expected = LIES[lie]
    assert reason(altered(tmp_path, name, ABOUT, edit)) == expected


def test_what_a_newer_version_adds_is_left_alone(tmp_path):
    def add(about):
        about["remark"] = about["training"]["remark"] = about["task"]["remark"] = {"added": [1, 2]}

    assert open_network(str(altered(tmp_path, "breast_cancer.keras", ABOUT, add))).task.name == "binary"


def places(tree, path=()):
    """Paths to all values, of long lists the first two."""
    yield path
    if isinstance(tree, dict):
        for key in tree:
            yield from places(tree[key], (*path, key))
    elif isinstance(tree, list):
        for position in range(min(len(tree), 2)):
            yield from places(tree[position], (*path, position))


def with_value(tree, path, value):
    tree = copy.deepcopy(tree)
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    if value is DELETED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return tree


FREE = ("target", "classes", "separator", "counts", "categories", "kmer", "weights", "variable", "alphabet", "points", "sample", "time")
"""Keys that a file may say otherwise without anybody knowing: names that stand nowhere else, and what has a default."""


@pytest.mark.parametrize(
    "name", ["table_multiclass", "text_binary", "fasta_regression", "image_multiclass", "forecast_one", "series_long_multilabel"]
)
def test_odd_values_anywhere_in_the_description_are_refused_or_of_no_matter(name, tmp_path):
    draw = random.Random(name)
    members = members_of(name)
    about = json.loads(members[ABOUT])
    for path in places(about):
        if not path or {"parameters", "versions", "best"} & set(path):
            continue
        for value in draw.sample(ODD, 2):
            file = packed({**members, ABOUT: with_value(about, path, value)}, tmp_path / "m.keras", zipfile.ZIP_STORED)
            try:
                opened = open_network(str(file))
            except InputError:
                if value == 10**9 and path == ("format",):
                    continue
                if path in (("kind",), ("task", "kind")) and value in ("", "x"):
                    continue  # for a newer version, in its own sentence
                assert reason(file)
            else:
                free = path[0] == "training" or set(FREE) & set(path) or path == ("features", "horizon")
                free = free or (path[0] == "task" and value is DELETED)  # 0.1 said less of tasks
                assert free, f"{path} may be {value!r}"
                assert opened.task == task_from_json(opened.metadata["task"])


@pytest.mark.parametrize("name", ["table_multiclass", "sequence_binary", "series_long_binary"])
def test_odd_values_anywhere_in_the_configuration_end_in_the_sentence(name, tmp_path):
    draw = random.Random(name)
    members = members_of(name)
    config = json.loads(members[CONFIG])
    for path in draw.sample([path for path in places(config) if path], 60):
        for value in draw.sample(ODD, 2):
            file = packed({**members, CONFIG: with_value(config, path, value)}, tmp_path / "m.keras", zipfile.ZIP_STORED)
            try:
                open_network(str(file))
            except InputError:
                assert reason(file)


def deep_repeat(config):
    layer(config, "encoded").update(class_name="UpSampling1D", module="keras.layers")


def built_for(name, shape):
    return lambda config: layer(config, name)["build_config"].update(input_shape=shape)


def many_layers(config):
    last = layer(config, "encoded")
    for number in range(5000):
        config["config"]["layers"].append(with_value(with_value(last, ("name",), f"i{number}"), ("config", "name"), f"i{number}"))


ABSURD = {
    "input_shape": ("breast_cancer.keras", built_for("dense_1", [None, 10**9]), "its layer 'dense_1' does not fit what enters it"),
    "kernel_size": (
        "sequence_binary",
        lambda config: layer(config, "front_1")["config"].update(kernel_size=[10**8]),
        "its layers declare an absurd size (",
    ),
    "num_oov_indices": (
        "table_multiclass",
        lambda config: layer(config, "categories_0")["config"].update(num_oov_indices=10**8),
        "its StringLookup has num_oov_indices '100000000', which no Train tool writes",
    ),
    "depth_multiplier": (
        "series_long_binary",
        lambda config: layer(config, "places")["config"].update(depth_multiplier=10**8),
        "its DepthwiseConv1D has depth_multiplier '100000000', which no Train tool writes",
    ),
    "heads": (
        "series_long_binary",
        lambda config: layer(config, "attention_1")["config"].update(num_heads=10**7),
        "its layers declare an absurd size (",
    ),
    "UpSampling1D": (
        "breast_cancer.keras",
        deep_repeat,
        "it holds 'keras.layers.UpSampling1D', which is not on the list of allowed layers",
    ),
    "output_sequence_length": (
        "text_binary",
        lambda config: layer(config, "tokens")["config"].update(output_sequence_length=10**9),
        "its layers declare an absurd size (",
    ),
    "Resizing": (
        "image_multiclass",
        lambda config: layer(config, "resize")["config"].update(height=10**5, width=10**5),
        "its layers declare an absurd size (",
    ),
    "units": (
        "table_multiclass",
        lambda config: layer(config, "dense_1")["config"].update(units=10**6),
        "its layer 'head' does not fit what enters it",
    ),
    "num_classes": (
        "table_multiclass",
        lambda config: layer(config, "one_hot")["config"].update(num_classes=10**9),
        "its layers declare an absurd size (",
    ),
    "layers": ("breast_cancer.keras", many_layers, "its layers declare an absurd size ("),
    "unroll": (
        "text_binary",
        lambda config: layer(config, "bidirectional_gru_1")["config"]["layer"]["config"].update(unroll=True),
        "its GRU has unroll 'True', which no Train tool writes",
    ),
}


@pytest.mark.parametrize("size", ABSURD)
def test_absurd_sizes_are_refused_at_once(size, tmp_path):
    name, edit, expected = ABSURD[size]
    path = altered(tmp_path, name, CONFIG, edit)
    assert path.stat().st_size < 10**6
    begin = time.monotonic()
    assert reason(path).startswith(expected)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": [' + b"{}," * 10_000_000 + b"1]}", "its part 'biodl.json' declares an absurd size (30000010 bytes)"),
        (b"[" * 200_000, "its part 'biodl.json' is not JSON"),
        (b'{"format": ' + b"9" * 5000 + b"}", "its part 'biodl.json' is not JSON"),
        (b'{"format": "' + random.Random(1).randbytes(3_000_000).hex().encode() + b'"}', "it does not say which format it has"),
        (b"[1]", "its part 'biodl.json' is not a JSON object"),
    ],
    ids=["packed", "nested", "digits", "text", "list"],
)
def test_json_that_would_fill_memory(content, expected, tmp_path):
    path = packed({**members_of("breast_cancer.keras"), ABOUT: content}, tmp_path / "m.keras")
    tracemalloc.start()
    found = reason(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == expected
    assert peak < 100 * 2**20


def test_many_small_values_are_refused_before_they_are_read(tmp_path):
    """Each costs Python as much as 30 characters: so many may stand there as the file has bytes, and a million."""
    content = b'{"a":[' + b"[]," * 5_000_000 + b"1]}"
    members = members_of("breast_cancer.keras") | {
        ABOUT: b'{"a":["' + random.Random(2).randbytes(200_000).hex().encode() + b'",' + content[6:]
    }
    assert reason(packed(members, tmp_path / "m.keras")) == "its part 'biodl.json' declares an absurd size (10000003 values)"


def changed_weights(name: str, edit) -> bytes:
    buffer = io.BytesIO(members_of(name)[WEIGHTS])
    with h5py.File(buffer, "r+") as weights:
        edit(weights)
    return buffer.getvalue()


def many_groups(weights):
    for number in range(3000):
        weights.create_group(f"g{number}")


def named_type(weights):
    weights["named"] = np.dtype("f4")


def other_shape(weights):
    del weights["layers/dense/vars/0"]
    weights["layers/dense/vars/0"] = np.zeros((64, 30), "f4")


def text_weights(weights):
    weights["text"] = np.array([b"x"] * 30)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (many_groups, "its weights declare an absurd size (3002 groups or more)"),
        (named_type, "its weights hold something that is no array ('named')"),
        (other_shape, "its weights are not those of its layers"),
        (lambda weights: weights.pop("layers/dense/vars/0"), "its layers declare an absurd size (2049 weights, of which it holds 129)"),
        (lambda weights: weights.create_dataset("more", data=np.zeros(3, "f4")), "its weights are not those of its layers"),
        (text_weights, "its weights hold something that is no number ('text')"),
    ],
    ids=["groups", "named type", "shape", "missing", "extra", "text"],
)
def test_weights_that_are_not_of_the_network(edit, expected, tmp_path):
    members = members_of("breast_cancer.keras") | {WEIGHTS: changed_weights("breast_cancer.keras", edit)}
    assert reason(packed(members, tmp_path / "m.keras")) == expected


def whole() -> bytes:
    return members_of("breast_cancer.keras")[WEIGHTS]


@pytest.mark.parametrize(
    "content",
    [b"hello", b"", whole()[:10_000], whole()[:800] + bytes(1000) + whole()[1800:]],
    ids=["text", "empty", "cut", "zeros"],
)
def test_weights_that_are_damaged(content, tmp_path):
    assert reason(packed(members_of("breast_cancer.keras") | {WEIGHTS: content}, tmp_path / "m.keras")) == "its weights are damaged"


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("member", [ABOUT, CONFIG, WEIGHTS])
def test_packed_bytes_that_are_damaged(method, member, tmp_path):
    path = packed(members_of("breast_cancer.keras"), tmp_path / "m.keras", method)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
    start = info.header_offset + 30 + len(member) + info.compress_size // 2
    content = path.read_bytes()
    path.write_bytes(content[:start] + bytes(255 - byte for byte in content[start : start + 40]) + content[start + 40 :])
    damaged, foreign = "it is not a complete .keras file", "its part 'metadata.json' is packed in a way that no Train tool uses"
    assert reason(path) == (damaged if method == zipfile.ZIP_DEFLATED else foreign)


def second_output(config):
    config["config"]["output_layers"] = [["head", 0, 0], ["encoded", 0, 0]]


WRONG_TYPES = {
    "config": (lambda config: layer(config, "dense_1").update(config=3), "its Dense has no settings"),
    "class": (lambda config: layer(config, "dense_1").update(class_name=["Dense"]), "its network holds an object whose class has no name"),
    "text": (
        lambda config: layer(config, "numeric")["config"].update(dtype="string"),
        "its description and its network differ (in dtype of the layer 'numeric')",
    ),
    "outputs": (second_output, "its network has not exactly one output"),
    "policy": (
        lambda config: layer(config, "dense_1")["config"]["dtype"]["config"].update(name="float16"),
        "it calculates with numbers of type 'float16'",
    ),
    "twice": (lambda config: config["config"]["layers"].append(layer(config, "dense_1")), "its network has two layers named 'dense_1'"),
    "network": (
        lambda config: layer(config, "dense_1").update(class_name="Functional", module="keras.src.models.functional"),
        "it holds a network inside the network",
    ),
}


@pytest.mark.parametrize("kind", WRONG_TYPES)
def test_configurations_of_other_types(kind, tmp_path):
    edit, expected = WRONG_TYPES[kind]
    assert reason(altered(tmp_path, "breast_cancer.keras", CONFIG, edit)) == expected


def test_what_keras_refuses_is_told_without_its_words(biodl, tmp_path):
    path = altered(tmp_path, "breast_cancer.keras", CONFIG, lambda config: layer(config, "relu_1")["config"].update(activation="magic"))
    result = biodl("predict", model=path, data=DATA / "new_samples.tsv", predictions=tmp_path / "p.tsv")
    refused = "Error: The model file 'm.keras' was not opened, because Keras cannot open it: "
    assert result.err == refused + "give a model that a Train tool of this suite wrote.\n"


@pytest.mark.parametrize("command", ["evaluate", "predict"])
@pytest.mark.parametrize("value", [np.inf, 3e38], ids=["infinite", "huge"])
def test_networks_that_give_infinite_numbers(command, value, biodl, tmp_path):
    folder = MODELS / "table_regression"

    def edit(weights):
        for name in ("layers/dense/vars/0", "layers/dense_1/vars/0"):
            weights[name][...] = value

    path = packed(members_of("table_regression") | {WEIGHTS: changed_weights("table_regression", edit)}, tmp_path / "m.keras")
    output = {"evaluate": "metrics", "predict": "predictions"}[command]
    result = biodl(command, model=path, data=folder / "data.csv", **{output: tmp_path / "o"})
    assert result.err == "Error: The network gives no number for some rows of table 'data.csv': check them for extreme values.\n"
    assert not (tmp_path / "o").exists()


def test_a_network_too_large_to_be_opened_is_not_trained(biodl, tmp_path):
    samples = two_classes(tmp_path / "i.zip", 12, (8, 8))
    size = {"image_height": 2048, "image_width": 2048, "filters": 64, "epochs": 1}
    result = biodl("train-convolutional", data=samples, model=tmp_path / "m", **size)
    assert result.err.startswith("Error: The network could not be opened again, because its layers declare an absurd size (")
    assert result.err.endswith(" values a sample): choose a smaller network, or smaller samples.\n")


def test_the_same_training_gives_the_same_bytes(biodl, mixed, tmp_path, monkeypatch):
    written = []
    for shift in (0, 10**7):
        now = time.time
        monkeypatch.setattr(time, "time", lambda now=now, shift=shift: now() + shift)
        path = tmp_path / f"{shift}.keras"
        result = biodl("train-feedforward", data=mixed, target="outcome", model=path, epochs=2)
        assert (result.code, result.err) == (0, "")
        written.append(path.read_bytes())
    assert written[0] == written[1]
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert set(json.loads(archive.read("metadata.json"))) == {"keras_version"}
        assert '"shared_object_id": 1}' in archive.read(CONFIG).decode()
    assert modelfile.check(str(path))["task"]["classes"] == ["sick", "well"]
