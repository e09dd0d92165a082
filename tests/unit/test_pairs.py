"""Choices meet: samples of unequal lengths, whatever they are encoded as and whatever network learns from them."""

import random

import numpy as np
import pandas as pd
import pytest

from conftest import write_rows

TINY = {"epochs": 1, "batch_size": 64}
SMALL = {"train-recurrent": {"units": 4, "front_filters": 4}, "train-convolutional": {"filters": 4}}
ENCODINGS = {"text": {}, "embedding": {"sequence_encoding": "embedding"}, "kmer": {"sequence_encoding": "kmer"}}


def ragged(kind: str):
    """24 samples of unequal lengths and two classes; header first."""
    draw = random.Random(1)
    words = ["the", "cell", "divides", "slowly", "again", "today"] if kind == "text" else "ACGT"
    cells = [(" " if kind == "text" else "").join(draw.choice(words) for _ in range(draw.randint(12, 18))) for _ in range(24)]
    return [["sample", "class"], *([cell, "ab"[number % 2]] for number, cell in enumerate(cells))]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", SMALL)
def test_samples_of_unequal_lengths_train_and_predict(command, encoding, biodl, tmp_path):
    kind = "text" if encoding == "text" else "sequence"
    data = write_rows(tmp_path / "samples.tsv", ragged(kind))
    model, predictions = tmp_path / "model.keras", tmp_path / "predictions.tsv"
    options = {"kind": kind, "target": "class", "data": data, "model": model} | ENCODINGS[encoding] | SMALL[command] | TINY
    result = biodl(command, **options)
    assert (result.code, result.err) == (0, "")
    result = biodl("predict", model=model, data=data, predictions=predictions)
    assert (result.code, result.err) == (0, "")
    found = pd.read_csv(predictions, sep="\t")[["probability_a", "probability_b"]].to_numpy()
    assert found.shape == (24, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
