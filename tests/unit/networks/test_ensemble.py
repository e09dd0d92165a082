"""Ensembles as files: one output, what members say by name, the same in plain Keras, and predictions that tell where members disagree."""

import importlib
import json

import numpy as np
import pandas as pd
import pytest
from drawn import check
from samples import FORMS, table_rows, text_rows
from test_modelfile import in_config, plain_keras, rewritten

from biodl.data.kinds import kind_of_form, table
from biodl.networks import modelfile
from biodl.networks.blocks import blocks
from biodl.networks.describe import layer_table
from biodl.networks.ensemble import MEMBERS
from biodl.networks.families import FAMILIES
from biodl.networks.opened import open_network
from biodl.program.files import Outputs
from biodl.reporting.plots import drawing, style
from biodl.tasks import DISAGREEMENT, TASKS, Forecast
from biodl.training.judgement import judge
from biodl.training.prepare import prepare
from biodl.training.report import write_all
from biodl.training.train import train_on
from conftest import write_rows

SMALL = {
    "feedforward": {"hidden_layers": (6, 4), "batch_normalization": True, "numeric_encoding": "standardised"},
    "recurrent": {"units": (3,), "front_filters": (0,), "bidirectional": False},
    "convolutional": {"filters": (3, 3)},
}
TARGETS = {
    "regression": ("number", lambda n, seen: f"{seen + n % 3 / 2:.2f}"),
    "multiclass": ("sort", lambda n, seen: "abc"[n % 3]),
    "multilabel": ("labels", lambda n, seen: ";".join(["big"] * (seen > 0 and n % 5 > 0) + ["odd"] * (n % 2) + ["third"] * (n % 3 == 0))),
}


def with_target(rows, task):
    """Rows of two classes with another target in the place of their last column."""
    name, made = TARGETS[task]
    return [[*rows[0][:-1], name], *([*row[:-1], made(n, len(str(row[1])) - 4)] for n, row in enumerate(rows[1:]))]


def plain(family, form, task):
    return family, form, task, {}


CASES = {
    "table, binary": plain("feedforward", "table", "binary"),
    "table, multiclass": plain("feedforward", "table", "multiclass"),
    "table, multilabel": plain("feedforward", "table", "multilabel"),
    "table, regression": plain("feedforward", "table", "regression"),
    "table, one after another": ("feedforward", "table", "binary", {"schedule": "plateau"}),
    "text, multilabel": plain("convolutional", "text", "multilabel"),
    "series, binary": plain("convolutional", "series", "binary"),
    "forecast": plain("recurrent", "forecast", "forecasting"),
}
ROWS = {"table": table_rows, "text": text_rows}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """By case: the trained network, the file of it, its parts and the files of its samples; made when first asked for."""
    known = {}

    def of(name):
        if name not in known:
            family, form, task, changes = CASES[name]
            folder = tmp_path_factory.mktemp("case")
            write, _, columns = FORMS[form]
            files = write(folder)
            fields = dict(columns)
            if task in TARGETS:
                rows = with_target(ROWS[form](), task)
                write_rows(folder / "samples.tsv", rows)
                fields |= {"target": (rows[0][-1],), "task": task}
            fields |= {} if form == "table" else {"kind": form}
            kind = table.KIND if form == "table" else kind_of_form(form)
            options = importlib.import_module(f"biodl.commands.train_{family}").OPTIONS(
                **fields, **SMALL[family], **changes, epochs=1, batch_size=16, members=2, calibrate=True
            )
            parts = prepare(kind, files, None, options, say=lambda line: None)
            trained = train_on(parts, FAMILIES[family], options)
            path = folder / "made.keras"
            with Outputs({"model": str(path)}) as outputs:
                write_all(trained, parts, kind, options, files.paths("data"), outputs, judge(trained, parts, options))
            known[name] = trained, path, parts, files
        return known[name]

    return of


@pytest.mark.parametrize("name", CASES)
def test_every_family_kind_and_task(name, made):
    trained, path, parts, _ = made(name)
    opened = open_network(str(path))
    assert (opened.task.name, opened.members) == (CASES[name][2], 2)
    model, raw = opened.model(), parts.encoding.raw(parts.validation)
    assert len(model.outputs) == 1
    seen = opened.look(opened.eyes(model), raw, "t")
    scores, disagreement = seen.scores, seen.columns[DISAGREEMENT]
    np.testing.assert_allclose(scores, trained.task.scores(np.asarray(trained.network.model(_tensors(raw)))), atol=1e-4)
    each = _each(model, raw)
    task = opened.task
    np.testing.assert_allclose(task.scores(each.mean(axis=1)), scores, rtol=1e-4, atol=1e-5)
    assert np.abs(each[:, 0] - each[:, 1]).max() > 1e-4  # members are not one network twice
    apart = np.abs(each[:, 0] - each[:, 1]).reshape(len(each), -1)
    expected = {
        "binary": lambda: apart[:, 0] / 2,
        "multiclass": lambda: apart.sum(axis=1) / 4,  # total variation of each from the mean: half of half the differences
        "multilabel": lambda: apart.mean(axis=1) / 2,
        "regression": lambda: apart[:, 0] / 2**0.5,
        "forecasting": lambda: (apart / 2**0.5).mean(axis=1),
    }[task.name]()
    np.testing.assert_allclose(disagreement, expected, rtol=1e-3, atol=1e-5)
    assert len(trained.temperatures) == (0 if task.name in ("regression", "forecasting") else 2)
    about = opened.metadata
    assert about["members"] == about["training"]["parameters"]["members"] == 2
    assert about["training"]["best_epochs"] == list(trained.history.best_epochs)
    assert about["training"]["temperatures"] == list(trained.temperatures)


def _tensors(raw):
    import tensorflow as tf

    return {name: tf.constant(values[:].tolist() if values.dtype == object else values[:]) for name, values in raw.items()}


def _each(model, raw):
    """What each member says, [samples, members, units]."""
    import keras

    found = keras.Model(model.inputs, model.get_layer(MEMBERS).output)(_tensors(raw))
    return np.asarray(found).astype("float64")


@pytest.mark.parametrize("name", ["table, multiclass", "text, multilabel", "forecast"])
def test_an_ensemble_is_drawn_once(name, made):
    model = made(name)[0].network.model
    found = blocks(model)
    assert (
        sum(block.learned + block.fixed for block in found)
        == model.count_params()
        == sum(row["parameters"] + row["fixed_parameters"] for row in layer_table(model))
    )
    front, *others = [block.title for block in found]
    assert front == "Input and preprocessing"
    assert all(title.endswith(" × 2") for title in others)
    alone = {"table, multiclass": ["Dense layer 1", "Dense layer 2", "Head"], "text, multilabel": ["Embedding", "Convolution block 1"]}
    assert [title.removesuffix(" × 2") for title in others][: len(alone.get(name, []))] == alone.get(name, [])
    assert not any("member" in step for block in found for step in block.steps if step != "mean of the members")
    assert found[-1].shape == str(model.output.shape[1])
    with style.styled():
        check(drawing.stacked(found))


def test_plain_keras_opens_an_ensemble_and_predicts_the_same(biodl, mixed, tmp_path):
    model, predictions, evaluated = tmp_path / "m.keras", tmp_path / "p.tsv", tmp_path / "e.tsv"
    again = tmp_path / "again.keras"
    for path in (model, again):
        done = biodl(
            "train-feedforward",
            data=mixed,
            target="outcome",
            model=path,
            epochs=20,
            members=3,
            calibrate="true",
            numeric_encoding="standardised",
        )
        assert done.code == 0, done.err
    assert "An ensemble of 3 members: each sets aside samples of its own, 15 of 102" in done.out
    assert "Probabilities were sharpened by the temperatures" in done.out
    assert model.read_bytes() == again.read_bytes()
    assert biodl("predict", model=model, data=mixed, predictions=predictions).code == 0
    told = pd.read_csv(predictions, sep="\t")
    np.testing.assert_allclose(plain_keras(model, mixed, tmp_path)[:, 0], told["probability_well"], atol=1e-5)
    assert list(told)[-4:] == ["probability_sick", "probability_well", "disagreement", "unlike_training"]
    assert told["disagreement"].between(0, 0.5).all()
    assert told["disagreement"].std() > 0.01
    assert biodl("evaluate", model=model, data=mixed, predictions=evaluated, resamples=100).code == 0
    np.testing.assert_allclose(pd.read_csv(evaluated, sep="\t")["disagreement"], told["disagreement"], rtol=1e-6)


def test_a_single_network_has_no_disagreement(biodl, mixed, mixed_model, tmp_path):
    assert biodl("predict", model=mixed_model, data=mixed, predictions=tmp_path / "p.tsv").code == 0
    assert "disagreement" not in pd.read_csv(tmp_path / "p.tsv", sep="\t")


def test_fine_tuning_from_an_ensemble_goes_on_with_its_members(made):
    trained, path, parts, _ = made("series, binary")
    origin = open_network(str(path))
    options = importlib.import_module("biodl.commands.train_convolutional").OPTIONS(
        **FORMS["series"][2], kind="series", epochs=1, batch_size=16, members=3, seed=4
    )
    said = []
    tuned = train_on(parts, FAMILIES["convolutional"], options, origin, said.append)
    assert any(line.startswith("Starting from an ensemble of 2 members, each network from one of them: 4 of 4 layers") for line in said)
    before, after = ({layer.name: layer.get_weights() for layer in item.network.model.layers} for item in (trained, tuned))
    for member, start in (1, 1), (2, 2), (3, 1):
        for mine, theirs in zip(after[f"member_{member}_convolution_1"], before[f"member_{start}_convolution_1"], strict=True):
            assert (mine == theirs).all()
    single = train_on(parts, FAMILIES["convolutional"], importlib.import_module("dataclasses").replace(options, members=1), origin)
    assert single.network.model.output.shape == (None, 1)
    assert [block.title for block in blocks(single.network.model)][-1] == "Head"


# refused


def of_head(**settings):
    return in_config(lambda config, layers: layers["head"]["config"].update(settings))


def in_description(**entries):
    def change(members):
        members["biodl.json"] = json.dumps({**json.loads(members["biodl.json"]), **entries})

    return change


REFUSED = {
    "another equation": (of_head(equation="bmi,mjo->bmo"), "its layer 'head' does not fit what enters it"),
    "another size": (of_head(output_shape=[2, 7]), "its weights are not those of its layers"),
    "other members": (of_head(output_shape=[3, 3]), "its layer 'head' does not fit what enters it"),
    "low rank": (of_head(lora_rank=4), "its layer 'head' does not fit what enters it"),
    "odd bias": (of_head(bias_axes="o"), "its layer 'head' does not fit what enters it"),
    "a repetition without end": (
        in_config(lambda config, layers: layers["repeated"]["config"].update(n=2**40)),
        "its layer 'repeated' does not fit what enters it",
    ),
    "a single network": (in_description(members=1), "its description and its network differ (in units of the layer 'head')"),
    "five members": (in_description(members=5), "its description and its network differ (in output_shape of the layer 'head')"),
    "members of no number": (in_description(members="many"), "it does not say how many members it has"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_such_ensemble_is_refused(name, made, tmp_path):
    change, reason = REFUSED[name]
    path = rewritten(made("table, multiclass")[1], tmp_path / "bad.keras", change)
    with pytest.raises(modelfile.InputError) as error:
        open_network(str(path))
    assert f"was not opened, because {reason}" in str(error.value)


def test_disagreement_of_members_that_are_sure_of_different_classes():
    """Known answers: two of two classes, three of three classes, labels, and numbers."""
    two = np.array([[[1, 0], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]], dtype=float)
    assert TASKS["binary"](("y",), ("a", "b")).disagreement(two).tolist() == [0.5, 0]
    assert TASKS["multiclass"](("y",), ("a", "b", "c")).disagreement(np.eye(3)[:, None]).tolist() == pytest.approx([2 / 3])
    assert TASKS["multilabel"](("a", "b"), ("a", "b")).disagreement(np.array([[[1.0, 0]], [[0.0, 0]]])).tolist() == [0.25]
    assert TASKS["regression"](("y",)).disagreement(np.array([[1.0, 5], [2.0, 5], [3.0, 5]])).tolist() == [1, 0]
    steps = np.array([[[1.0, 10]], [[3.0, 10]]])
    assert Forecast(("y",), horizon=2).disagreement(steps).tolist() == pytest.approx([2**0.5 / 2])
