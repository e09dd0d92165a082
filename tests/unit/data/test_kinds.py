"""Every kind of data goes the whole way: train, evaluate, predict, plain Keras, inspect, split, again with the same seed."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from samples import KINDS

from biodl.data.kind import Files
from biodl.data.kinds import kind_of_form
from biodl.program import cli

EPOCHS = {"epochs": 25, "batch_size": 16}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Samples and a network of each kind, made when first asked for."""
    made = {}

    def of(kind):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            write, command, options = KINDS[kind]
            data, model = write(folder), folder / "model.keras"
            outputs = {name: folder / name for name in ("history", "layers", "diagram", "report", "curves")}
            flags = {"kind": kind, "data": data, "model": model, **outputs, **options, **EPOCHS}
            assert (
                cli.main([command, *(word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value)))]) == 0
            )
            made[kind] = (data, model, folder)
        return made[kind]

    return of


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_learns_and_is_judged(kind, trained, biodl, tmp_path):
    data, model, folder = trained(kind)
    metrics, predictions = tmp_path / "m.json", tmp_path / "p.tsv"
    outputs = {"metrics_json": metrics, "predictions": predictions, "report": tmp_path / "r.html", "plots": tmp_path / "p.png"}
    result = biodl("evaluate", model=model, data=data, training=data, resamples=100, **outputs)
    assert result.code == 0, result.err
    found = json.loads(metrics.read_text())
    value = found["metrics"]["network"][found["primary_metric"]]
    assert value > {"forecast": 0.7}.get(kind, 0.8)
    guess = next(name for name in found["metrics"] if name in ("majority", "last value"))
    assert value > found["metrics"][guess][found["primary_metric"]]
    assert len(pd.read_csv(predictions, sep="\t")) == found["samples"]
    layers = pd.read_csv(folder / "layers", sep="\t").set_index("layer")
    assert layers.loc["head", "parameters"] > 0
    assert (folder / "diagram").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", KINDS)
def test_plain_keras_predicts_the_same_from_raw_samples(kind, trained, biodl, tmp_path):
    import keras

    data, model, _ = trained(kind)
    result = biodl("predict", model=model, data=data, predictions=tmp_path / "p.tsv")
    assert result.code == 0, result.err
    predicted = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    about = json.loads(zipfile.ZipFile(model).read("biodl.json"))
    raw = raw_samples(kind, data, about)
    outputs = np.asarray(keras.models.load_model(model)(dict.fromkeys(about["inputs"], raw)))
    if kind == "forecast":
        expected = predicted[[f"predicted_level +{step}" for step in (1, 2, 3)]].to_numpy()
    else:
        expected = predicted[f"probability_{about['task']['classes'][1]}"].to_numpy()[:, None]
    assert outputs.shape == expected.shape
    np.testing.assert_allclose(outputs, expected, atol=1e-5, rtol=1e-5)


def raw_samples(kind, data, about):
    """What a user hands to Keras, read without this suite."""
    import tensorflow as tf

    if kind == "image":
        from PIL import Image

        archive = zipfile.ZipFile(data)
        images = [np.asarray(Image.open(archive.open(name)))[:, :, None] for name in archive.namelist()]
        return np.stack(images).astype("float32")
    table = pd.read_csv(data, sep="\t")
    if kind in ("sequence", "text"):
        return tf.constant(table[about["inputs"]["text"]].to_numpy().tolist())
    if kind == "series":
        return table[about["features"]["points"]].to_numpy("float32")[:, :, None]
    if kind == "forecast":
        return table[["level", "other"]].to_numpy("float32")[None, -24:]
    values = np.full((table.animal.nunique(), 24, 2), np.nan, dtype="float32")
    for number, (_, rows) in enumerate(table.groupby("animal")):
        values[number, : len(rows)] = rows.sort_values("hour")[["value", "noise"]]
    return values


@pytest.mark.parametrize("kind", ["sequence", "image"])
def test_same_seed_same_network(kind, trained, biodl, tmp_path):
    data, model, folder = trained(kind)
    _, command, options = KINDS[kind]
    again = {"model": tmp_path / "m.keras", "history": tmp_path / "h.tsv"}
    assert biodl(command, kind=kind, data=data, **again, **options, **EPOCHS).code == 0
    assert (tmp_path / "h.tsv").read_bytes() == (folder / "history").read_bytes()
    first, second = tmp_path / "1.tsv", tmp_path / "2.tsv"
    biodl("predict", model=model, data=data, predictions=first)
    biodl("predict", model=tmp_path / "m.keras", data=data, predictions=second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_inspect(kind, trained, biodl, tmp_path):
    data, _, _ = trained(kind)
    outputs = {name: tmp_path / name for name in ("findings", "columns", "plots", "report")}
    result = biodl("inspect", kind=kind, data=data, **outputs, **KINDS[kind][2])
    assert result.code == 0, result.err
    findings = pd.read_csv(outputs["findings"], sep="\t").set_index("check")
    assert not (findings.severity == "stop").any()
    assert "volume" in findings.index
    assert len(pd.read_csv(outputs["columns"], sep="\t")) > 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "forecast"])
def test_split_shares_out_every_sample_once(kind, trained, biodl, tmp_path):
    data, _, _ = trained(kind)
    options = {name: value for name, value in KINDS[kind][2].items() if name != "horizon"}
    parts = {name: tmp_path / f"{name}{data.suffix}" for name in ("train", "validation", "test")}
    result = biodl("split", kind=kind, data=data, **parts, summary=tmp_path / "s.tsv", **options)
    assert result.code == 0, result.err
    chosen, form = (
        kind_of_form(kind),
        type("Form", (), {"kind": kind, "method": "", "missing": "", "group": (), **NO_COLUMNS, **options_as_columns(options)}),
    )
    read = [chosen.read_to_split(Files(str(path)), form) for path in (data, *parts.values())]
    assert len(read[0]) == sum(map(len, read[1:]))
    hashes = [set(part.row_hashes().tolist()) for part in read]
    assert hashes[0] == hashes[1] | hashes[2] | hashes[3]
    assert not (hashes[1] & hashes[3])
    assert not (hashes[1] & hashes[2])
    assert not (hashes[2] & hashes[3])


NO_COLUMNS = dict.fromkeys(
    ("target", "points", "sample_column", "time_column", "channels", "sequence_column", "id_column", "text_column"), ()
)


def options_as_columns(options):
    return {name: (value,) for name, value in options.items()}


def test_forecasts_are_split_and_validated_in_time_order(trained, biodl, tmp_path):
    data, model, _ = trained("forecast")
    parts = {name: tmp_path / f"{name}.tsv" for name in ("train", "validation", "test")}
    result = biodl("split", kind="forecast", data=data, target="level", time_column="day", **parts)
    assert result.code == 0, result.err
    days = [pd.read_csv(path, sep="\t").day for path in parts.values()]
    assert days[0].max() < days[1].min() <= days[1].max() < days[2].min()
    about = json.loads(zipfile.ZipFile(model).read("biodl.json"))
    # 120 days make 94 windows of 24 + 3; those whose future reaches into the validation part are left out
    assert about["training"]["samples"] == {"training": 78, "validation": 14}


def test_a_forecast_of_one_step_stands_beside_other_models(biodl, tmp_path):
    data = KINDS["forecast"][0](tmp_path)
    options = {"kind": "forecast", "target": "level", "time_column": "day", "horizon": 1, "epochs": 2}
    assert biodl("train-recurrent", data=data, model=tmp_path / "m.keras", **options).code == 0
    result = biodl("evaluate", model=tmp_path / "m.keras", data=data, training=data, comparison=tmp_path / "c.tsv", resamples=100)
    assert result.code == 0, result.err
    assert list(pd.read_csv(tmp_path / "c.tsv", sep="\t")) == [
        "metric",
        "network",
        "last value",
        "ridge regression",
        "random forest",
        "gradient boosting",
    ]
