"""Samples run in whole blocks: what fills a piece up is never handed on, and changes nothing that is said of others."""

import numpy as np
import pytest

from biodl.networks import running
from biodl.networks.running import run_model


@pytest.fixture(scope="module")
def network():
    import keras

    keras.utils.set_random_seed(3)
    start = keras.Input((30,), name="numeric")
    hidden = keras.layers.Dense(128, activation="relu")(start)
    model = keras.Model({"numeric": start}, keras.layers.Dense(1, activation="sigmoid")(hidden))
    values = np.random.default_rng(1).normal(0, 3, size=(203, 30)).astype("float32")
    return model, values, np.asarray(model({"numeric": values}, training=False))


@pytest.mark.parametrize("size", [1, 2, 3, 15, 16, 17, 50, 202])
def test_samples_alone_and_among_others(network, size):
    model, values, whole = network
    pieces = [run_model(model, {"numeric": values[start : start + size]}) for start in range(0, len(values), size)]
    assert [len(piece) for piece in pieces[:-1]] == [size] * (len(pieces) - 1)
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("bytes_a_piece", "rows"), [(4 * 128 * 40, 32), (4 * 128 * 16, 16), (4 * 128 * 5, 5), (1, 1)])
def test_pieces_are_whole_blocks_where_memory_allows(network, monkeypatch, bytes_a_piece, rows):
    model, values, whole = network
    monkeypatch.setattr(running, "_PIECE_BYTES", bytes_a_piece)
    assert running.piece_rows(model, {"numeric": values}) == rows
    called, seen = [], []
    real = running._tensors
    monkeypatch.setattr(running, "_tensors", lambda *given: called.append(len(real(*given)["numeric"])) or real(*given))
    found = run_model(model, {"numeric": values}, lambda piece: seen.append(len(piece)) or piece)
    assert set(called[:-1]) == {rows}
    assert called[-1] == rows if rows <= 16 else called[-1] == 16  # 203 is 6 times 32, and 11
    assert sum(seen) == len(found) == 203
    np.testing.assert_allclose(found, whole, rtol=1e-5, atol=1e-7)
