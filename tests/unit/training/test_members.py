"""Members of an ensemble: each learns what it would learn alone, from samples of its own, and keeps its own best epoch."""

import dataclasses
import itertools

import keras
import numpy as np
import pandas as pd
import pytest
from samples import sequence_rows, table_rows

from biodl.data.kind import Files
from biodl.data.kinds import table
from biodl.data.table.dataset import TrainTableOptions
from biodl.errors import InputError
from biodl.networks.assemble import HEAD, assemble
from biodl.networks.families import feedforward
from biodl.program import runtime
from biodl.tasks import TASKS, Number
from biodl.training import fit as fitting
from biodl.training import together as fitting_together
from biodl.training.fit import FitOptions, fit
from biodl.training.members import stacked
from biodl.training.shares import Share, seeds, share_out
from biodl.training.together import fit_together
from conftest import write_rows

BINARY = TASKS["binary"](("y",), ("a", "b"), counts=(40, 40))
MULTI = TASKS["multiclass"](("y",), ("a", "b", "c"), counts=(30, 30, 20))


@dataclasses.dataclass(frozen=True)
class Options(FitOptions, feedforward.FeedForwardOptions):
    """Of a network of numbers."""


class Plain:
    """An encoding of five numbers that does nothing."""

    shape, streams = (5,), False

    def layers(self):
        start = keras.Input((5,), name="numeric")
        return {"numeric": start}, start

    def embed(self, encoded, options):
        return encoded, None


def samples(task, count=80):
    draw = np.random.default_rng(0)
    x = draw.normal(size=(count, 5)).astype("float32")
    signal = x[:, 0] + 0.5 * x[:, 1] + draw.normal(0, 0.5, count)
    y = {"binary": (signal > 0).astype("int32"), "multiclass": np.digitize(signal, [-0.5, 0.5]).astype("int32")}
    return x, y.get(task.name, signal * 3 + 7)


def shares_of(count, held, seed=5, members=3):
    """Shares of equal sizes, other ones for each member."""
    orders = [np.random.default_rng(own).permutation(count) for own in range(members)]
    return [Share(np.sort(order[held:]), np.sort(order[:held]), own) for order, own in zip(orders, seeds(seed, members), strict=True)]


def alone(task, options, x, y, share):
    """The network and history of plain training on one member's samples."""
    runtime.start(options.seed)  # the order of samples follows from it too
    runtime.reseed(share.seed)
    network = assemble(*Plain().layers(), lambda encoded: feedforward.FAMILY.hidden(encoded, None, options), task)
    runtime.reseed(options.seed)
    own = dataclasses.replace(options, seed=share.seed)
    parts = ((x[rows], y[rows]) for rows in (share.learned, share.held))
    history = fit(network.trainable, task, own, *parts, log=lambda line: None)
    return network.trainable.get_weights(), history


def ensemble(task, options, x, y, shares):
    runtime.start(options.seed)
    network = stacked(Plain(), feedforward.FAMILY, task, options, shares)
    history = fit_together(network.trainable, task, options, x, y, shares, lambda line: None)
    return [weight.reshape(len(shares), -1) for weight in network.trainable.get_weights()], history


SETTINGS = {
    "binary": (BINARY, {}),
    "smoothed and weighted": (MULTI, {"label_smoothing": 0.1, "class_weight": "balanced", "optimizer": "adamw"}),
    "number": (Number(("y",), mean=7.0, std=3.5), {"optimizer": "sgd", "schedule": "cosine"}),
    "normalised": (MULTI, {"batch_normalization": True, "optimizer": "nadam"}),
}


@pytest.fixture
def in_order(monkeypatch):
    """Samples are not shuffled: Keras asks for more orders than it uses, so that nothing else can follow them."""
    batches = fitting._batches
    monkeypatch.setattr(fitting, "_batches", lambda x, y, batch, seed: batches(x, y, batch, None))
    monkeypatch.setattr(fitting_together, "_orders", lambda share: itertools.repeat(share.learned))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_member_learns_what_it_would_learn_alone(name, in_order):
    """As plain Keras trains it, which knows of no members."""
    task, changes = SETTINGS[name]
    options = Options(hidden_layers=(8, 6), dropout=0.0, epochs=8, patience=2, learning_rate=0.05, batch_size=16, **changes)
    x, y = samples(task)
    shares = shares_of(len(x), 12)
    weights, history = ensemble(task, options, x, y, shares)
    ends = set()
    for place, share in enumerate(shares):
        expected, told = alone(task, options, x, y, share)
        for mine, theirs in zip(weights, expected, strict=True):
            np.testing.assert_allclose(mine[place], theirs.ravel(), rtol=2e-3, atol=2e-4)
        member = history.members[place]
        assert (member.best_epoch, len(member.rows)) == (told.best_epoch, len(told.rows))
        found, wanted = pd.DataFrame(member.rows), pd.DataFrame(told.rows)
        assert list(found) == list(wanted)
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-4)
        ends.add((told.best_epoch, len(told.rows)))
    assert len(ends) > 1 or name == "number"  # members end at epochs of their own
