"""Training from the command line: what it writes, that it repeats, and what it refuses."""

import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from biodl.networks import modelfile
from biodl.networks.opened import open_network
from conftest import DATA, ROOT, mixed_rows, write_rows

OUTPUTS = ("model", "history", "curves", "layers", "report")
ALONE = {"numeric_encoding": "standardised"}
"""One network, not two of which the better is kept."""
AS_EVER = {"numeric_encoding": "auto"}
"""What the form gives."""


@pytest.fixture
def train(biodl, tmp_path):
    def run(data, **options):
        paths = {name: tmp_path / f"{name}.out" for name in OUTPUTS}
        return biodl("train-feedforward", data=data, **{**paths, "epochs": 3, **ALONE, **options}), paths

    return run


def test_everything_is_written(train, mixed):
    result, paths = train(mixed, target="outcome", hidden_layers="8,4", batch_normalization="true", dropout=0.1, batch_size=32, **AS_EVER)
    assert result.code == 0, result.err
    assert "epoch 3 of 3" in result.out
    assert "sample: left out, because it looks like an identifier" in result.out
    history = pd.read_csv(paths["history"], sep="\t")
    assert list(history) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    layers = pd.read_csv(paths["layers"], sep="\t").set_index("layer")
    assert layers.loc["dense_2", "output_shape"] == "? x 4"
    assert layers.loc["encoded", "output_shape"] == "? x 7"  # 3 numbers, 3 tissues and 'missing'
    assert paths["curves"].read_bytes().startswith(b"\x89PNG")
    report = paths["report"].read_text()
    assert "<b>Ran to the end.</b> Training ran through all 3 epochs" in report
    assert "<script" not in report
    assert "http" not in report


@pytest.mark.parametrize(
    ("table", "target", "options", "units", "activation"),
    [
        ("breast_cancer.tsv", "diagnosis", {}, 1, "sigmoid"),
        ("pbmc_200_genes.tsv", "cell_type", {"class_weight": "balanced"}, 10, "softmax"),
        ("diabetes.tsv", "progression", {"schedule": "plateau"}, 1, "linear"),
    ],
)
def test_head_follows_from_the_task(train, table, target, options, units, activation):
    result, paths = train(DATA / table, target=target, **options)
    assert result.code == 0, result.err
    model = open_network(str(paths["model"])).model()
    head = model.get_layer("head")
    assert (head.units, head.activation.__name__) == (units, activation)


def test_regression_predicts_in_the_target_unit(biodl, train, tmp_path):
    result, paths = train(DATA / "diabetes.tsv", target="progression", epochs=40)
    assert result.code == 0, result.err
    assert biodl("predict", model=paths["model"], data=DATA / "diabetes.tsv", predictions=tmp_path / "p.tsv").code == 0
    predicted = pd.read_csv(tmp_path / "p.tsv", sep="\t")["predicted_progression"]
    observed = pd.read_csv(DATA / "diabetes.tsv", sep="\t")["progression"]
    assert np.corrcoef(predicted, observed)[0, 1] > 0.6
    assert abs(predicted.mean() - observed.mean()) < 15


def test_multilabel(biodl, train, tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 3))
    rows = [["a", "b", "c", "nucleus", "membrane"], *([*row, int(row[0] > 0), int(row[1] + row[2] > 0)] for row in x.round(4))]
    table = write_rows(tmp_path / "m.tsv", rows)
    result, paths = train(table, target="nucleus,membrane", epochs=60)
    assert result.code == 0, result.err
    assert "Task: multilabel, 2 classes" in result.out
    result = biodl("evaluate", model=paths["model"], data=table, metrics=tmp_path / "metrics", plots=tmp_path / "p", resamples=100)
    assert result.code == 0, result.err
    metrics = pd.read_csv(tmp_path / "metrics", sep="\t").set_index("metric")["value"]
    assert metrics["f1_macro"] > 0.9
    assert result.out.startswith("Caution: The network knows this very file (it was trained on it): the numbers are too good.")
    result, _ = train(table, target="nucleus,membrane", class_weight="balanced")
    assert result.err == "Error: Class weights do not apply to a multilabel task: set class weights to none.\n"


def test_validation_table_is_used(train, tmp_path):
    rows = mixed_rows(200)
    first, second = write_rows(tmp_path / "a.tsv", rows[:150]), write_rows(tmp_path / "b.tsv", [rows[0], *rows[150:]])
    result, paths = train(first, target="outcome", validation=second)
    assert result.code == 0, result.err
    assert "149 samples to train and 51 to validate" in result.out
    assert set(modelfile.check(str(paths["model"]))["training"]["data_sha256"]) == {"data", "validation"}
    assert "also in the training data" not in result.out
    result, paths = train(first, target="outcome", validation=first)
    assert "149 of 149 validation samples are also in the training data: early stopping is misled" in result.out
    assert "early stopping is misled" in paths["report"].read_text()


def command(*arguments, **environment):
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_same_seed_same_bytes(tmp_path, biodl):
    def written(seed, run, number):
        paths = {name: tmp_path / f"{name}-{number}" for name in ("model", "history")}
        flags = {"data": DATA / "pbmc_200_genes.tsv", "target": "cell_type", "epochs": 3, "seed": seed, **paths}
        run(flags)
        return paths["history"].read_bytes(), paths["model"].read_bytes()

    def alone(flags):
        arguments = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
        done = command("-m", "biodl", "train-feedforward", *arguments)
        assert done.returncode == 0, done.stderr

    def here(flags):
        assert biodl("train-feedforward", **flags).code == 0

    first, again, other = written(3, alone, 0), written(3, alone, 1), written(4, here, 2)
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_several_devices_share_the_work(tmp_path, biodl):
    script = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from biodl.program import cli, runtime
runtime.devices = lambda: ["CPU:0", "CPU:1"]
sys.exit(cli.main(sys.argv[1:]))
"""
    model, predictions = tmp_path / "m.keras", tmp_path / "p"
    flags = ["--data", DATA / "breast_cancer_train.tsv", "--target", "diagnosis", "--epochs", "8", "--model", model]
    flags += ["--numeric-encoding", "standardised", "--hidden-layers", "16"]  # one network to trace, and a small one
    done = command("-c", script, "train-feedforward", *map(str, flags))
    assert done.returncode == 0, done.stderr
    assert "Training on CPU:0, CPU:1" in done.stdout
    result = biodl("predict", model=model, data=DATA / "breast_cancer_test.tsv", predictions=predictions)
    assert result.code == 0, result.err
    found = pd.read_csv(predictions, sep="\t")["predicted_diagnosis"]
    known = pd.read_csv(DATA / "breast_cancer_test.tsv", sep="\t")["diagnosis"]
    assert (found == known).mean() > 0.93


def test_nothing_heavy_is_imported_before_arguments_are_checked(tmp_path):
    script = """
import sys
from biodl.program import cli
code = cli.main(sys.argv[1:])
heavy = {"tensorflow", "keras", "pandas", "numpy", "sklearn", "matplotlib", "h5py"} & set(sys.modules)
sys.exit(f"imported {heavy}" if heavy else code)
"""
    table = write_rows(tmp_path / "t.tsv", [["a", "b"], [1, 2]])
    for arguments in (
        ["train-feedforward", "--data", table, "--target", "c", "--model", tmp_path / "m"],
        ["train-feedforward", "--data", table, "--target", "a", "--model", tmp_path / "m", "--epochs", "0"],
        ["train-feedforward", "--data", tmp_path / "none", "--target", "a", "--model", tmp_path / "m"],
        ["train-feedforward", "--model", tmp_path / "m"],
        ["inspect", "--data", table, "--target", "c", "--findings", tmp_path / "f"],
        ["evaluate", "--model", tmp_path / "none", "--data", table, "--metrics", tmp_path / "f"],
        ["predict", "--model", table, "--data", table, "--predictions", tmp_path / "f"],
    ):
        done = command("-c", script, *map(str, arguments))
        assert done.returncode == 1, done.stderr
        assert done.stderr.startswith("Error: ")
        assert len(done.stderr.splitlines()) == 1


def test_help_and_unknown(biodl):
    for name in ("inspect", "split", "train-feedforward", "evaluate", "predict"):
        result = biodl(name, help="")
        assert result.code == 0
        assert "--params" in result.out
    assert "invalid choice: 'sing'" in biodl("sing").err
    assert biodl("train-feedforward").err.startswith("Error: The following arguments are required: --data, --model")


ROWS = mixed_rows(60)
FAULTS = {
    "target missing": ({"target": "result"}, None, "Column 'result', chosen as target, is not in table 'd.tsv'"),
    "no target": ({"target": ""}, None, "No target column was chosen: choose the column to predict."),
    "target all one class": ({}, lambda rows: [[*row[:-1], "well"] for row in rows], "has the same value ('well') in all 60 rows"),
    "class with one member": (
        {},
        lambda rows: [[*rows[0][:-1], "odd"], *rows[1:]],
        "Class 'odd' of the target column 'outcome' of table 'd.tsv' has only one row (line 2)",
    ),
    "column without values": (
        {},
        lambda rows: [[*row[:2], "", *row[3:]] for row in rows],
        "Column 'weight' of table 'd.tsv' has no values at all",
    ),
    "text among numbers": (
        {},
        lambda rows: [[*row[:1], "n.d." if n == 7 else row[1], *row[2:]] for n, row in enumerate(rows)],
        "Column 'length' of table 'd.tsv' holds text among numbers in 1 of 60 rows (first 'n.d.' in line 9)",
    ),
    "infinite": (
        {},
        lambda rows: [[*row[:1], "inf" if n == 7 else row[1], *row[2:]] for n, row in enumerate(rows)],
        "Column 'length' of table 'd.tsv' holds infinite or too large values in 1 rows (first in line 9)",
    ),
    "ragged": ({}, lambda rows: [*rows[:20], [*rows[20], "more"], *rows[21:]], "has 7 cells"),
    "text for regression": ({"task": "regression"}, None, "must hold numbers for regression, but holds text"),
    "wrong number": ({"epochs": "many"}, None, "Option --epochs is 'many', but must be a whole number."),
    "out of bounds": ({"dropout": 1.5}, None, "Option --dropout is 1.5, but must lie between 0 and 0.95."),
    "target as feature": ({"features": "outcome,length"}, None, "Column 'outcome' is both target and feature"),
    "diverging": ({"learning_rate": 10, "optimizer": "sgd", "l2": 10, "epochs": 100, **AS_EVER}, None, "Training broke down in epoch"),
    "no place": ({"model": "/nowhere/at/all/m.keras"}, None, "The output /nowhere/at/all/m.keras cannot be written"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_end_in_one_sentence(name, train, tmp_path):
    options, change, sentence = FAULTS[name]
    rows = [ROWS[0], *(change(ROWS[1:]) if change else ROWS[1:])]
    result, paths = train(write_rows(tmp_path / "d.tsv", rows), **{"target": "outcome", **options})
    assert result.code == 1
    assert sentence in result.err
    assert result.err.startswith("Error: ")
    assert len(result.err.splitlines()) == 1
    assert not any(path.exists() for path in paths.values())


def test_ten_thousand_columns(biodl, train, tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 10_000)).round(3)
    rows = [[*(f"gene {n}" for n in range(10_000)), "y"], *([*row, "up" if row[:5].sum() > 0 else "down"] for row in x)]
    table = write_rows(tmp_path / "wide.tsv", rows)
    result, paths = train(table, target="y", epochs=2, hidden_layers="4", **AS_EVER)
    assert result.code == 0, result.err
    assert biodl("predict", model=paths["model"], data=table, predictions=tmp_path / "p").code == 0
    assert len(pd.read_csv(tmp_path / "p", sep="\t")) == 60
    quarter = write_rows(tmp_path / "quarter.tsv", [[*row[:2500], row[-1]] for row in rows])  # Inspect takes long for each column
    result = biodl("inspect", data=quarter, target="y", findings=tmp_path / "f", plots=tmp_path / "g")
    assert result.code == 0, result.err
    assert "60 rows are few for a network." in result.out
    assert "There are more features (2500) than rows (60)" in result.out


def test_memory_that_does_not_suffice(train, mixed, monkeypatch):
    monkeypatch.setenv("GALAXY_MEMORY_MB", "300")
    result, _ = train(mixed, target="outcome")
    assert "needs about 700 MB of memory once encoded" in result.err


def test_params_as_galaxy_writes_them(train, mixed, tmp_path):
    params = tmp_path / "params.json"
    params.write_text(
        '{"target": ["6"], "settings": {"level_selector": "all", "__current_case__": 1, '
        '"columns_section": {"features": ["2", "4"], "exclude": null}, "network_section": {"hidden_layers": "5", "dropout": "0.2"}}}'
    )
    result, paths = train(mixed, params=params)
    assert result.code == 0, result.err
    assert modelfile.check(str(paths["model"]))["inputs"] == {"numeric": ["length"], "categorical": ["tissue"]}
    assert "target 6 (outcome)" in next(line for line in result.out.splitlines() if line.startswith("Settings: "))
    params.write_text('{"settings": {"hiden_layers": "5"}}')
    result, _ = train(mixed, params=params)
    assert "Option 'hiden_layers' in" in result.err


def test_network_is_small_enough_to_explain():
    model = keras.models.load_model(DATA / "breast_cancer.keras")
    assert model.count_params() < 3000
