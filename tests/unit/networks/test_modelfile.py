"""The model file: opens with plain Keras, and hostile ones are refused unopened."""

import io
import json
import os
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest

from biodl.errors import InputError
from biodl.networks import modelfile
from biodl.networks.opened import open_network
from conftest import DATA, ROOT

PLAIN = """
import json, sys, zipfile
import keras, numpy, pandas, tensorflow

assert not any(name.startswith("biodl") for name in sys.modules)
model_path, table_path, out_path = sys.argv[1:]
about = json.loads(zipfile.ZipFile(model_path).read("biodl.json"))
table = pandas.read_csv(table_path, sep="\\t", dtype={name: str for name in about["inputs"].get("categorical", [])})
inputs = {"numeric": table[about["inputs"]["numeric"]].to_numpy("float32")}
if "categorical" in about["inputs"]:
    inputs["categorical"] = tensorflow.constant(table[about["inputs"]["categorical"]].fillna("").to_numpy(str))
model = keras.models.load_model(model_path)
numpy.save(out_path, model.predict(inputs, verbose=0))
"""


def plain_keras(model, table, tmp_path):
    """Predictions of plain Keras in a process that cannot see this suite."""
    script, out = tmp_path / "plain.py", tmp_path / "out.npy"
    script.write_text(PLAIN)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, script, model, table, out], check=True, cwd=tmp_path, env=environment, capture_output=True)
    return np.load(out)


def test_plain_keras_predicts_the_same_from_raw_columns(biodl, mixed, mixed_model, tmp_path):
    predictions = tmp_path / "p.tsv"
    assert biodl("predict", model=mixed_model, data=mixed, predictions=predictions).code == 0
    ours = pd.read_csv(predictions, sep="\t")["probability_well"].to_numpy()
    assert ours.std() > 0.1  # the network tells rows apart
    np.testing.assert_allclose(plain_keras(mixed_model, mixed, tmp_path)[:, 0], ours, atol=1e-5)


def test_committed_model_still_opens_and_predicts_the_same(biodl, tmp_path):
    predictions = tmp_path / "p.tsv"
    assert biodl("predict", model=DATA / "breast_cancer.keras", data=DATA / "new_samples.tsv", predictions=predictions).code == 0
    table = pd.read_csv(predictions, sep="\t")
    assert table["predicted_diagnosis"].tolist() == ["malignant"] * 3 + ["benign"] * 3
    plain = plain_keras(DATA / "breast_cancer.keras", DATA / "new_samples.tsv", tmp_path)
    np.testing.assert_allclose(plain[:, 0], table["probability_malignant"], atol=1e-5)


def test_what_a_model_file_tells(mixed_model):
    about = modelfile.check(str(mixed_model))
    assert about["task"]["classes"] == ["sick", "well"]
    assert about["inputs"] == {"numeric": ["length", "weight", 'odd "name" µ'], "categorical": ["tissue"]}
    assert [item["kind"] for item in about["features"]] == ["numeric"] * 3 + ["categorical"]
    training = about["training"]
    assert len(training["data_sha256"]["data"]) == 64
    assert training["seed"] == 1
    assert training["parameters"]["hidden_layers"] == [128]
    assert {"keras", "biodl", "numpy", "python"} <= set(training["versions"])


def rewritten(source, target, change):
    """A copy of a model file; ``change`` maps member names to contents."""
    with zipfile.ZipFile(source) as good:
        members = {name: good.read(name) for name in good.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as bad:
        for name, content in members.items():
            bad.writestr(name, content, compress_type=zipfile.ZIP_DEFLATED)
    return target


def in_config(edit):
    def change(members):
        config = json.loads(members["config.json"])
        edit(config, {layer["name"]: layer for layer in config["config"]["layers"]})
        members["config.json"] = json.dumps(config)

    return change


def in_weights(edit):
    def change(members):
        buffer = io.BytesIO(members["model.weights.h5"])
        with h5py.File(buffer, "r+") as weights:
            edit(weights)
        members["model.weights.h5"] = buffer.getvalue()

    return change


def relabel(class_name, module):
    return in_config(lambda config, layers: layers["encoded"].update({"class_name": class_name, "module": module}))


def external_link(weights):
    weights["stolen"] = h5py.ExternalLink("/etc/passwd", "/")


def external_storage(weights):
    weights.create_dataset("stolen", (10,), dtype="u1", external=[("/etc/passwd", 0, 10)])


def soft_link(weights):
    weights["loop"] = h5py.SoftLink("/")


def hard_loop(weights):
    weights["loop"] = weights["layers"]


def absurd_shape(weights):
    weights.create_dataset("huge", (10**12,), dtype="f4", chunks=(1024,))


HOSTILE = {
    "lambda": (relabel("Lambda", "keras.layers"), "it holds 'keras.layers.Lambda', which is not on the list of allowed layers"),
    "foreign module": (relabel("system", "os"), "it holds 'os.system', which is not on the list"),
    "network layer": (relabel("TorchModuleWrapper", "keras.layers"), "it holds 'keras.layers.TorchModuleWrapper', which is not"),
    "custom object": (
        in_config(lambda config, layers: layers["encoded"].update({"registered_name": "evil>Identity"})),
        "it holds the custom object 'evil>Identity'",
    ),
    "function": (
        in_config(
            lambda config, layers: layers["relu_1"]["config"].update(
                {"activation": {"class_name": "function", "module": "builtins", "config": "exec", "registered_name": "function"}}
            )
        ),
        "it holds 'builtins.function', which is not on the list",
    ),
    "vocabulary from a file": (
        in_config(lambda config, layers: layers["categories_0"]["config"].update({"vocabulary": "/etc/passwd"})),
        "its vocabulary is not inside the file",
    ),
    "absurd layer": (
        in_config(lambda config, layers: layers["dense_1"]["config"].update({"units": 10**9})),
        "its layers declare an absurd size",
    ),
    "not functional": (lambda members: members.update({"config.json": b"{}"}), "its network is not a functional Keras model"),
    "broken config": (lambda members: members.update({"config.json": b"{"}), "its part 'config.json' is not JSON"),
    "external link": (in_weights(external_link), "its weights hold a link ('stolen')"),
    "external storage": (in_weights(external_storage), "its weights refer to another file ('stolen')"),
    "soft link": (in_weights(soft_link), "its weights hold a link ('loop')"),
    "loop": (in_weights(hard_loop), "its weights hold a link"),
    "absurd weights": (in_weights(absurd_shape), "its weights declare an absurd size ('huge')"),
    "no weights": (lambda members: members.pop("model.weights.h5"), "it is not a model of this suite"),
    "plain Keras": (lambda members: members.pop("biodl.json"), "it is not a model of this suite"),
    "escape": (lambda members: members.update({"../evil": b"x"}), "its part '../evil' would be written outside the archive"),
    "extra part": (lambda members: members.update({"assets/x": b"x"}), "it holds a part that does not belong there ('assets/x')"),
    "bomb": (lambda members: members.update({"metadata.json": b" " * 10**7}), "its part 'metadata.json' declares an absurd size"),
    "no task": (lambda members: members.update({"biodl.json": b'{"format": 1}'}), "its description lacks 'kind'"),
    "future": (lambda members: members.update({"biodl.json": b'{"format": 99}'}), "was written by a newer version of this suite"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_unopened(name, biodl, mixed, mixed_model, tmp_path, monkeypatch):
    change, reason = HOSTILE[name]
    bad = rewritten(mixed_model, tmp_path / "bad.keras", change)
    import keras

    monkeypatch.setattr(keras.models, "load_model", lambda *_, **__: pytest.fail("the file was opened"))
    result = biodl("predict", model=bad, data=mixed, predictions=tmp_path / "p.tsv")
    assert result.code == 1
    assert reason in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "p.tsv").exists()


def test_damaged_files(mixed_model, tmp_path):
    whole = mixed_model.read_bytes()
    bad = tmp_path / "bad.keras"
    for content in (b"", b"hello", whole[: len(whole) // 2], whole[:2000] + bytes(3000) + whole[5000:]):
        bad.write_bytes(content)
        with pytest.raises(InputError, match=r"The model file 'bad.keras' was not opened, because"):
            open_network(str(bad)).model()
    with pytest.raises(InputError, match=r"The model file 'none.keras' cannot be read: No such file or directory"):
        modelfile.check(str(tmp_path / "none.keras"))


SPLITTERS = {
    "its vocabulary is not inside the file": ("vocabulary", "/etc/passwd"),
    "it splits text in a way of its own": ("split", {"module": "builtins", "class_name": "function", "config": "eval"}),
}


@pytest.mark.parametrize("reason", SPLITTERS)
def test_text_layers_with_something_of_their_own_are_refused(reason, tmp_path):
    def edit(config, layers):
        name, value = SPLITTERS[reason]
        layers["tokens"]["config"][name] = value

    path = tmp_path / "m.keras"
    rewritten(DATA / "splice.keras", path, in_config(edit))
    with pytest.raises(InputError, match=rf"because ({reason}|it holds)"):
        modelfile.check(str(path))


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_network_that_gives_no_number_is_named(command, biodl, mixed, mixed_model, tmp_path):
    with zipfile.ZipFile(mixed_model) as good, zipfile.ZipFile(tmp_path / "nan.keras", "w") as bad:
        for name in good.namelist():
            content = good.read(name)
            if name == "model.weights.h5":
                with h5py.File(handle := io.BytesIO(content), "r+") as weights:
                    weights["layers/dense/vars/0"][...] = np.nan
                content = handle.getvalue()
            bad.writestr(name, content)
    output = {"evaluate": "metrics", "predict": "predictions"}[command]
    result = biodl(command, model=tmp_path / "nan.keras", data=mixed, **{output: tmp_path / "o"})
    assert result.err == "Error: The network gives no number for some rows of table 'mixed.tsv': check them for extreme values.\n"
    assert not (tmp_path / "o").exists()


def test_keras_does_not_take_along_what_is_not_used():
    script = """
import sys
from biodl.program import runtime
runtime.start(1)
print({"sklearn", "matplotlib"} & set(sys.modules))
import sklearn
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
