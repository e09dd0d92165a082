"""Evaluate says how many held-out samples are near training samples, and gives the metrics without them."""

import json
import random
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from biodl.data.files.fasta import read_fasta
from biodl.data.groups import Known
from biodl.data.sequence.alphabet import reverse_complement
from biodl.evaluation.near import Near, on_near
from conftest import DATA

FLAGS = {"model": DATA / "splice.keras", "data": DATA / "splice_test.fasta", "labels": DATA / "splice.tsv", "resamples": 100}

LINKED = "(copies, alike in almost all, or linked to one by samples that are)"


def write(path, records):
    path.write_text("".join(f">{name}\n{text}\n" for name, text in records))
    return path


def test_metrics_without_samples_that_are_near_training_samples(biodl, tmp_path):
    draw = random.Random(1)
    held = [(record.name, record.sequence) for record in read_fasta(DATA / "splice_test.fasta")][:150]
    known = dict(held)
    others = [(record.name, record.sequence) for record in read_fasta(DATA / "splice.fasta") if record.name not in known]
    names = [name for name, _ in others]
    near = {}
    for name, text in held[:30]:  # on the other strand, with three letters changed, under the name of another sample
        letters = list(text)
        for place in draw.sample(range(60), 3):
            letters[place] = draw.choice("ACGT")
        near[name] = (names.pop(), reverse_complement("".join(letters)))
    far = [(name, "".join(draw.choices("ACGT", k=60))) for name in names[:60]]
    training = write(tmp_path / "train.fasta", [*near.values(), *far])
    paths = {name: tmp_path / name for name in ("predictions", "metrics_json", "report", "verdict")}
    done = biodl("evaluate", **FLAGS | {"data": write(tmp_path / "held.fasta", held)}, training=training, **paths)
    assert done.code == 0, done.err
    rows = pd.read_csv(paths["predictions"], sep="\t")
    assert rows.loc[rows.near_training == "yes", "id"].tolist() == list(near)
    rest = rows[rows.near_training == "no"]
    observed, predicted = rest["observed_class"], rest["predicted_class"]
    found = json.loads(paths["metrics_json"].read_text())["near_training"]
    assert found["samples"] == 30
    assert abs(found["metrics_without"]["accuracy"] - accuracy_score(observed, predicted)) < 1e-6
    assert abs(found["metrics_without"]["f1_macro"] - f1_score(observed, predicted, average="macro")) < 1e-6
    low, high = found["confidence_intervals_95_without"]["f1_macro"]
    assert low <= found["metrics_without"]["f1_macro"] <= high
    said = f"30 of 150 held-out samples (20.0%) are near training samples {LINKED}: macro F1 is "
    assert said in done.out
    assert said in paths["report"].read_text()
    assert "Without samples that are near training samples" in paths["report"].read_text()
    assert " ".join(paths["verdict"].read_text().split()).startswith(
        "Caution: 30 of 150 held-out samples (20.0%) are near training samples"
    )


@pytest.mark.parametrize(
    ("inside", "copies", "left", "sentence"),
    [
        (5, 5, 0.8, "5 of 100 held-out samples (5.0%) are copies of training samples: accuracy is 0.8 on the 95 others, and 0.9 on all."),
        (1, 1, 0.8, "1 of 100 held-out samples (1.0%) is a copy of a training sample: accuracy is 0.8 on the 99 others, and 0.9 on all."),
        (
            5,
            2,
            0.8,
            f"5 of 100 held-out samples (5.0%) are near training samples {LINKED}: accuracy is 0.8 on the",
        ),
        (
            40,
            9,
            None,
            "are near training samples, and what is left without them is too little to judge: hold out others ('Split data' keeps",
        ),
    ],
)
def test_copies_and_near_copies_are_told_apart(inside, copies, left, sentence):
    """Rows of a table are copies or not, and never nearly so."""

    def judged(value):
        return SimpleNamespace(network="network", values={"network": {"accuracy": value}}, intervals={"accuracy": (np.nan, np.nan)})

    near = Near(Known(np.arange(100) < inside, copies), judged(left) if left else None)
    said = on_near(SimpleNamespace(task=SimpleNamespace(primary="accuracy")), judged(0.9), near)
    assert sentence in said
    assert ("keeps near copies together" in said) == (copies < inside)


def test_nothing_is_said_where_no_training_samples_are_given(biodl, tmp_path):
    paths = {name: tmp_path / name for name in ("predictions", "metrics_json", "report")}
    done = biodl("evaluate", **FLAGS, **paths)
    assert done.code == 0, done.err
    assert "near training samples" not in done.out
    assert "near_training" not in json.loads(paths["metrics_json"].read_text())
    assert "near_training" not in pd.read_csv(paths["predictions"], sep="\t")
    assert "and to see whether held-out samples are near copies of training samples" in paths["report"].read_text()
