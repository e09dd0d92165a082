"""Networks of every released version (kept by scripts/keep_models.py) still open, predict and evaluate the same."""

import csv
import json
import math
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from biodl.networks import modelfile
from conftest import ROOT

MODELS = ROOT / "tests" / "unit" / "models"
FOLDERS = sorted(path.parent for path in MODELS.glob("*/*/model.keras"))
TOLERANCE = 1e-6


def named(folder):
    return f"{folder.parent.name}-{folder.name}"


PLAIN = """
import json, sys
import keras

assert not any(name.startswith("biodl") for name in sys.modules)
print(json.dumps({path: keras.models.load_model(path).output_shape for path in sys.argv[1:]}))
"""


@pytest.fixture(scope="module", params=FOLDERS, ids=named)
def folder(request):
    """Of one network; its tests stand together."""
    return request.param


@pytest.fixture(scope="module")
def loaded(folder):
    """What Keras made of the network's file, by path; let go with the folder."""
    return {}


@pytest.fixture
def opened_once(loaded, monkeypatch):
    """Keras opens the file for the first command; the second has the same model."""
    load = modelfile.load
    monkeypatch.setattr(modelfile, "load", lambda path: loaded[path] if path in loaded else loaded.setdefault(path, load(path)))


@pytest.fixture(scope="module")
def outputs_in_plain_keras(tmp_path_factory):
    """Shape of each network's output by path, found by a process that cannot see this suite."""
    folder = tmp_path_factory.mktemp("plain")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", PLAIN, *(str(path / "model.keras") for path in FOLDERS)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def columns_of(path):
    """Cells of a table by the name of their column."""
    with open(path, newline="", encoding="utf-8") as handle:
        header, *rows = csv.reader(handle, delimiter="\t")
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def number(cell):
    """A cell as a number, NaN if it is none."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def samples_of(folder):
    """Flags that name a folder's samples, without and with their table of labels."""
    data = {"data": next(folder.glob("data.*"))}
    labels = folder / "labels.tsv"
    return data, data | ({"labels": labels} if labels.exists() else {})


def test_every_release_left_its_networks():
    released = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released
    assert {folder.parent.name for folder in FOLDERS} >= set(released)


def test_predicts_the_same(folder, opened_once, biodl, tmp_path):
    result = biodl("predict", model=folder / "model.keras", predictions=tmp_path / "p.tsv", **samples_of(folder)[0])
    assert result.code == 0, result.err
    expected, found = columns_of(folder / "predictions.tsv"), columns_of(tmp_path / "p.tsv")
    assert list(found) == list(expected)
    for name, cells in expected.items():
        numbers = np.array([number(cell) for cell in cells])
        text = np.isnan(numbers)
        assert [cell for cell, is_text in zip(found[name], text, strict=True) if is_text] == [
            cell for cell, is_text in zip(cells, text, strict=True) if is_text
        ]
        again = np.array([number(cell) for cell in found[name]])
        np.testing.assert_allclose(again[~text], numbers[~text], rtol=0, atol=TOLERANCE, err_msg=name)


def test_evaluates_the_same(folder, opened_once, biodl, tmp_path):
    found = tmp_path / "m.json"
    result = biodl("evaluate", model=folder / "model.keras", resamples=100, metrics_json=found, **samples_of(folder)[1])
    assert result.code == 0, result.err
    expected, found = (json.loads(path.read_text())["metrics"]["network"] for path in (folder / "metrics.json", found))
    assert expected == pytest.approx({name: found[name] for name in expected}, abs=TOLERANCE, rel=0)  # later versions may tell more


def test_opens_in_plain_keras(folder, outputs_in_plain_keras):
    expected = json.loads((folder / "metrics.json").read_text())
    units = 1 if expected["task"] in ("binary", "regression") else len(expected["per_class"])  # classes, labels or steps ahead
    assert outputs_in_plain_keras[str(folder / "model.keras")] == [None, units]
