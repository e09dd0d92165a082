"""Two networks on the same samples: names, sentences, what cannot be compared."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from samples import forecast_rows, sequence_rows

from biodl.evaluation.compare import compare, sentence_on
from biodl.program import cli
from biodl.tasks import Binary, Forecast
from conftest import DATA, ROOT, write_rows

AGAINST = r"balanced accuracy ([\d.]+) against ([\d.]+)"
QUICK = {"filters": 16, "epochs": 40, "learning_rate": 0.01, "dropout": 0, "head_dropout": 0, "kernel_size": 7, "label_smoothing": 0}
OLD = ROOT / "tests" / "unit" / "models" / "0.4.0"


@pytest.fixture
def evaluate(biodl, tmp_path):
    names = ("verdict", "result", "metrics_json", "comparison", "report")

    def run(**options):
        paths = {name: tmp_path / f"{name}.out" for name in names}
        return biodl("evaluate", **paths, **{"resamples": 100, **options}), paths

    return run


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    """A table of sequences, and a recurrent and a convolutional network that learned from another."""
    folder = tmp_path_factory.mktemp("sequences")
    table, held = write_rows(folder / "t.tsv", sequence_rows()), write_rows(folder / "h.tsv", sequence_rows(300, seed=9))
    models = {}
    for family, options in (("recurrent", {"units": 4}), ("convolutional", QUICK)):
        models[family] = folder / f"{family}.keras"
        flags = {"kind": "sequence", "data": table, "target": "class", "model": models[family], "epochs": 1, **options}
        assert cli.main([f"train-{family}", *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items())]) == 0
    return held, models


def test_networks_of_two_families_are_called_by_them(evaluate, sequences):
    held, models = sequences
    result, paths = evaluate(model=models["convolutional"], rival=models["recurrent"], data=held)
    assert result.code == 0, result.err
    lines = paths["verdict"].read_text().replace("\n  ", " ").splitlines()  # long ones are wrapped
    assert result.out.splitlines()[: len(lines)] == lines
    assert [line.split(":")[0] for line in lines][:3] == ["Result", "Other network", "Simpler model"]
    found = re.fullmatch(
        r"Other network: The convolutional network did better than the recurrent network by ([\d.]+) "
        r"\(95 % interval ([\d.]+) to ([\d.]+)\): balanced accuracy ([\d.]+) against ([\d.]+)\.",
        lines[1],
    )
    assert found, lines[1]
    gain, low, high, one, other = map(float, found.groups())
    assert 0 < low < gain < high
    assert gain == pytest.approx(one - other, rel=0.06)
    table = pd.read_csv(paths["comparison"], sep="\t").set_index("metric")
    assert list(table) == ["convolutional network", "recurrent network", "majority"]
    assert table.loc["balanced_accuracy", "recurrent network"] == other
    document = json.loads(paths["metrics_json"].read_text())
    assert set(document["primary_metric_intervals_95"]) == set(table)
    assert document["difference_to_network_95"]["recurrent network"] == pytest.approx([low, high], abs=0.006)
    assert paths["result"].read_bytes().startswith(b"\x89PNG")
    assert "recurrent network" in paths["report"].read_text()
    turned, paths = evaluate(model=models["recurrent"], rival=models["convolutional"], data=held)
    line = paths["verdict"].read_text().replace("\n  ", " ").splitlines()[1]
    assert line.startswith(f"Other network: The convolutional network did better than the recurrent network by {found[1]} (95 % interval")
    assert turned.code == 0
    assert "Next: apply the other network, the better one, to new samples" in turned.out
    assert "Nothing shows that a network is needed" not in turned.out


def test_a_network_is_as_good_as_itself(evaluate):
    model = DATA / "breast_cancer.keras"
    result, paths = evaluate(model=model, rival=model, data=DATA / "breast_cancer_test.tsv")
    assert result.code == 0, result.err
    assert "Other network: The network and the other network did equally well (balanced accuracy 0.9811)." in result.out.splitlines()
    assert list(pd.read_csv(paths["comparison"], sep="\t"))[1:] == ["network", "other network", "majority"]


def refused(evaluate, sentence, **options):
    result, paths = evaluate(data="none", **options)
    assert (result.code, result.err) == (1, f"Error: {sentence}\n")
    assert not any(path.exists() for path in paths.values())


def test_what_cannot_be_compared_is_refused_before_any_data_is_read(evaluate, tmp_path, biodl):
    mend = "give another network to compare with"
    refused(
        evaluate,
        f"The network learned from samples of kind 'table', but the other of kind 'sequence': {mend}.",
        model=DATA / "breast_cancer.keras",
        rival=DATA / "splice.keras",
    )
    refused(
        evaluate,
        f"The network does a multiclass task, but the other a regression task: {mend}.",
        model=OLD / "table_multiclass" / "model.keras",
        rival=OLD / "table_regression" / "model.keras",
    )
    refused(
        evaluate,
        f"The network predicts 'folder', but the other 'sort': {mend}.",
        model=DATA / "nuclei.keras",
        rival=retold(DATA / "nuclei.keras", tmp_path / "sort.keras", target=["sort"]),
    )
    refused(
        evaluate,
        f"The network knows the classes 'benign', 'malignant', but the other 'benign', 'odd': {mend}.",
        model=DATA / "breast_cancer.keras",
        rival=retold(DATA / "breast_cancer.keras", tmp_path / "odd.keras", classes=["benign", "odd"]),
    )
    refused(
        evaluate,
        "The network has the classes in the order 'benign', 'malignant', but the other 'malignant', 'benign' (another positive class): "
        f"{mend}.",
        model=DATA / "breast_cancer.keras",
        rival=retold(DATA / "breast_cancer.keras", tmp_path / "turned.keras", classes=["malignant", "benign"]),
    )
    assert Forecast(("y",), horizon=1).differs(Forecast(("y",), horizon=3)) == "looks 1 step ahead, but the other 3"
    assert Forecast(("y",), horizon=2).differs(Forecast(("y",), horizon=2, mean=3)) == ""
    result, _ = evaluate(data="none", model=DATA / "breast_cancer.keras", rival=DATA / "hostile.keras")
    assert result.code == 1
    assert result.err.startswith("Error: The model file 'hostile.keras' was not opened, because ")
    assert result.err.count("\n") == 1


def retold(model, path, **task):
    """A copy of a model file that says something else of its task."""
    import zipfile

    with zipfile.ZipFile(model) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "biodl.json":
                stored = json.loads(content)
                stored["task"] |= task
                content = json.dumps(stored).encode()
            target.writestr(name, content)
    return path


def test_forecasts_from_windows_of_other_lengths_are_judged_where_both_see_enough(biodl, evaluate, tmp_path):
    table = write_rows(tmp_path / "t.tsv", forecast_rows())
    models = []
    for window in (12, 20):
        models.append(tmp_path / f"{window}.keras")
        flags = {"kind": "forecast", "data": table, "target": "level", "time_column": "day", "window": window, "horizon": 2}
        assert biodl("train-convolutional", **flags, filters=4, epochs=2, model=models[-1]).code == 0
    result, paths = evaluate(model=models[0], rival=models[1], data=table)
    assert result.code == 0, result.err
    assert json.loads(paths["metrics_json"].read_text())["samples"] == 120 - 20 - 2 + 1
    assert "8 held-out samples were left out, since only one of the two networks can read them." in result.out
    assert "The network knows this very file (it was trained on it): the numbers are too good." in result.out.splitlines()[0]


def test_sentences_say_what_chance_explains():
    draw = np.random.default_rng(1)
    y = np.arange(400) % 2
    task = Binary(("y",), ("no", "yes"))

    def scores(wrong):
        right = np.ones(400, dtype=bool)
        right[draw.permutation(400)[:wrong]] = False
        positive = np.where(right, y, 1 - y) * 0.8 + 0.1
        return np.column_stack([1 - positive, positive])

    found = compare(task, y, {"network": scores(20), "alike": scores(24), "worse": scores(90), "better": scores(2)}, 500, seed=1)
    assert list(found.beside) == ["network", "alike", "worse", "better"]
    for name, (low, high) in found.beside.items():
        assert low <= found.values[name]["balanced_accuracy"] <= high
    span = r"\(95 % interval(?: of the difference)? -?[\d.]+ to [\d.]+\)"
    for name, sentence in (
        ("alike", rf"Chance alone could explain the difference between the network and the alike: {AGAINST} {span}\."),
        ("worse", rf"The network did better than the worse by ([\d.]+) {span}: {AGAINST}\."),
        ("better", rf"The better did better than the network by ([\d.]+) {span}: {AGAINST}\."),
    ):
        told = re.fullmatch(sentence, sentence_on(task, found, name))
        assert told, sentence_on(task, found, name)
        *gain, high, low = map(float, told.groups())
        values = [found.values[model]["balanced_accuracy"] for model in ("network", name)]
        assert [low, high] == pytest.approx(sorted(values) if gain else values[::-1], abs=1e-4)
        assert not gain or gain[0] == pytest.approx(high - low, rel=0.06)
