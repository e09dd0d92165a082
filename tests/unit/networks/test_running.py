"""What a network says of a sample does not depend on how many samples stand beside it, to the last digit."""

import numpy as np
import pytest

from biodl.networks import running
from biodl.networks.running import run_model


def model_of(width=30):
    import keras

    keras.utils.set_random_seed(3)
    start = keras.Input((width,), name="numeric")
    hidden = keras.layers.Dense(128, activation="relu")(start)
    return keras.Model({"numeric": start}, keras.layers.Dense(1, activation="sigmoid")(hidden))


@pytest.fixture(scope="module")
def network():
    return model_of(), np.random.default_rng(1).normal(0, 3, size=(203, 30)).astype("float32")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 15, 16, 17, 33, 50, 100, 202])
def test_samples_alone_and_among_others(network, size):
    model, values = network
    whole = run_model(model, {"numeric": values})
    pieces = [run_model(model, {"numeric": values[start : start + size]}) for start in range(0, len(values), size)]
    assert whole.shape == (203, 1)
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize(("bytes_a_piece", "rows"), [(4 * 128 * 40, 32), (4 * 128 * 16, 16), (4 * 128 * 5, 5), (1, 1)])
def test_pieces_are_whole_blocks_where_memory_allows(network, monkeypatch, bytes_a_piece, rows):
    model, values = network
    whole = run_model(model, {"numeric": values})
    monkeypatch.setattr(running, "_PIECE_BYTES", bytes_a_piece)
    assert running.piece_rows(model, {"numeric": values}) == rows
    seen = []
    found = run_model(model, {"numeric": values}, lambda piece: seen.append(len(piece)) or piece)
    assert sum(seen) == len(found) == 203  # what fills a piece up is not handed on
    np.testing.assert_allclose(found, whole, atol=1e-6)
    if rows >= 16:
        np.testing.assert_array_equal(found, whole)
