"""Samples in memory are learned from as Keras' own ``fit`` learns from them, one to one."""

import itertools

import numpy as np
import pandas as pd
import pytest

from biodl.errors import InputError
from biodl.program import runtime
from biodl.tasks import Binary, Labels, Multiclass, Number
from biodl.training import fit as fitting
from biodl.training.fit import FitOptions, fit
from biodl.training.in_memory import STEPS_A_CALL

TASKS = {
    "binary": Binary(("y",), ("healthy", "ill"), (70, 30)),
    "multiclass": Multiclass(("y",), ("a", "b", "c"), (40, 35, 25)),
    "multilabel": Labels(("p", "q"), ("p", "q"), (30, 60)),
    "number": Number(("y",), mean=7.0, std=3.5),
}
SETTINGS = {
    "as it is": {},
    "smoothed, weighted": {"label_smoothing": 0.1, "class_weight": "balanced"},
    "ends early": {"patience": 1, "learning_rate": 0.5},
    "plateau": {"schedule": "plateau", "patience": 3, "learning_rate": 0.3},
    "more steps than a call has": {"batch_size": 1, "epochs": 2, "learning_rate": 0.01},
    "momentum": {"optimizer": "sgd", "schedule": "exponential"},
}
CASES = [case for case in itertools.product(TASKS, SETTINGS) if case != ("number", "smoothed, weighted")]
"""Numbers are neither smoothed nor weighted."""


def network(task, dropout=0.0):
    """With what changes while it trains: statistics of batches, a penalty, dropout."""
    import keras

    runtime.start(3)
    x = keras.Input((5,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(8, "relu", kernel_regularizer=keras.regularizers.L2(0.01))(x))
    hidden = keras.layers.Dropout(dropout)(hidden) if dropout else hidden
    head = task.head()
    return keras.Model(x, keras.layers.Dense(head.units, head.activation)(hidden))


def samples(task, rows):
    draw = np.random.default_rng(5)
    x = draw.normal(size=(rows, 5)).astype("float32")
    raw = x[:, 0] + draw.normal(size=rows) * 0.4
    if isinstance(task, Number):
        return x, raw[:, None] * 3.5 + 7
    if isinstance(task, Labels):
        return x, np.stack([raw > 0, x[:, 1] > 0.3], axis=1).astype("float32")
    return x, np.digitize(raw, [-0.5, 0.5])[: len(x)] if len(task.classes) == 3 else (raw > 0.4).astype(int)


def trained(task, options, learned, held):
    model = network(task)
    history = fit(model, task, options, learned, held, log=lambda line: None)
    return model.get_weights(), history


def test_samples_are_let_go_when_a_training_has_ended():
    """TensorFlow keeps the graphs of gradients by name for good, and with them what they learned from."""
    import gc

    import tensorflow as tf

    task, (x, y) = TASKS["binary"], samples(TASKS["binary"], 140)

    def held():
        gc.collect()
        return sum(isinstance(one, tf.Tensor) and one.shape == (101, 5) for one in gc.get_objects())

    before = held()
    for _ in range(2):
        trained(task, FitOptions(epochs=1, batch_size=16), (x[:101], y[:101]), (x[101:], y[101:]))
        assert held() == before


@pytest.fixture
def in_order(monkeypatch):
    batches = fitting._batches
    monkeypatch.setattr(fitting, "_batches", lambda x, y, batch, seed: batches(x, y, batch, None))
    monkeypatch.setattr(fitting, "orders_of", lambda rows, seed: itertools.repeat(rows))


@pytest.mark.parametrize(("name", "setting"), CASES)
def test_as_keras_does(name, setting, in_order, monkeypatch):
    task, changes = TASKS[name], SETTINGS[setting]
    if "class_weight" in changes and name == "multilabel":
        changes = {"label_smoothing": 0.1}
    options = FitOptions(**{"epochs": 6, "batch_size": 16, "learning_rate": 0.05, **changes})
    x, y = samples(task, 140)
    parts = (x[:100], y[:100]), (x[100:], y[100:])
    assert options.batch_size != 1 or len(x[:100]) > STEPS_A_CALL
    ours, history = trained(task, options, *parts)
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "fit_in_memory", None)  # not by accident the same
        patch.setattr(fitting, "_at_hand", lambda x: False)
        theirs, expected = trained(task, options, *parts)
    assert history.best_epoch == expected.best_epoch
    np.testing.assert_allclose(pd.DataFrame(history.rows), pd.DataFrame(expected.rows), rtol=2e-4, atol=2e-5)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-3, atol=2e-4)
    assert setting != "ends early" or history.stopped_early or name == "number"


def test_each_epoch_has_another_order_and_the_seed_repeats_them():
    rows = np.arange(50)
    first, again, other = (fitting.orders_of(rows, seed) for seed in (1, 1, 2))
    one, two = next(first), next(first)
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(np.sort(one), rows)
    np.testing.assert_array_equal([next(again), next(again)], [one, two])
    assert not np.array_equal(next(other), one)


def test_the_same_seed_gives_the_same_network_byte_for_byte():
    task = TASKS["binary"]
    x, y = samples(task, 140)
    found = []
    for seed in (1, 1, 2):
        model = network(task, dropout=0.5)
        fit(model, task, FitOptions(epochs=3, seed=seed), (x[:100], y[:100]), (x[100:], y[100:]), log=lambda line: None)
        found.append(b"".join(weight.tobytes() for weight in model.get_weights()))
    assert found[0] == found[1] != found[2]


def test_a_loss_that_is_no_number_ends_it():
    task = TASKS["number"]
    x, y = samples(task, 140)
    y[3] = np.inf
    seen = []
    with pytest.raises(InputError, match="Training broke down in epoch 1: the loss is no longer a number"):
        fit(network(task), task, FitOptions(epochs=5), (x[:100], y[:100]), (x[100:], y[100:]), log=seen.append)
    assert len(seen) == 1  # and not only after all epochs


def test_samples_encoded_later_are_read_ahead(monkeypatch):
    """They are not in memory: Keras' ``fit`` and a pipeline take them."""
    monkeypatch.setattr(fitting, "fit_in_memory", None)

    class Later:
        def __init__(self, values):
            self._values, self.shape = values, values.shape

        def __len__(self):
            return len(self._values)

        def __getitem__(self, rows):
            return self._values[rows]

    task = TASKS["binary"]
    x, y = samples(task, 140)
    parts = (Later(x[:100]), y[:100]), (Later(x[100:]), y[100:])
    history = fit(network(task), task, FitOptions(epochs=8, learning_rate=0.05), *parts, log=lambda line: None)
    assert history.rows[-1]["loss"] < 0.6 * history.rows[0]["loss"]
