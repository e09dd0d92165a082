"""Members of an ensemble: each learns what it would learn alone, from samples of its own, and keeps its own best epoch."""

import dataclasses
import itertools
import math

import keras
import numpy as np
import pandas as pd
import pytest
from samples import forecast_rows, sequence_rows

from biodl.commands import train_feedforward, train_recurrent
from biodl.data.kind import Files
from biodl.data.kinds import kind_of_form, table
from biodl.data.partition import latest_apart
from biodl.errors import InputError
from biodl.networks.assemble import assemble
from biodl.networks.families import feedforward
from biodl.program import runtime
from biodl.tasks import TASKS, Number
from biodl.training import fit as fitting
from biodl.training import together as fitting_together
from biodl.training.fit import FitOptions, fit
from biodl.training.members import stacked
from biodl.training.prepare import prepare
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


def test_the_latest_are_set_aside_apart_from_what_foretells_them():
    found = latest_apart((0.7, 0.3), np.array([5, 1, 2, 3, 4, 6, 7, 8, 9, 10]), 2)
    assert found.tolist() == [0, 0, 0, 0, 0, 0, -1, 1, 1, 1]  # 7 foretells 8 and 9; 6 foretells 7 and 8
    assert latest_apart((1.0, 0.0), np.arange(4), 2).tolist() == [0] * 4


def test_what_becomes_of_a_member_after_its_end_ends_no_other():
    """A member whose training has ended runs on in the graph, and may break down there."""
    model = keras.Sequential([keras.Input((2, 1)), keras.layers.Identity()])
    kept = fitting_together._Kept(model, 2, patience=1)
    for losses in ((1.0, 1.0), (2.0, 0.9), (math.nan, 0.8)):
        kept.add([{"loss": loss, "val_loss": loss} for loss in losses])
    assert not kept.broken
    kept.add([{"loss": 1.0, "val_loss": loss} for loss in (1.0, math.nan)])
    assert kept.broken


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
    "multiclass": (MULTI, {"label_smoothing": 0.1, "class_weight": "balanced", "batch_normalization": True, "optimizer": "adamw"}),
    "number": (Number(("y",), mean=7.0, std=3.5), {"optimizer": "sgd", "schedule": "cosine"}),
}


@pytest.fixture
def in_order(monkeypatch):
    """Samples are not shuffled, and a single network learns by Keras' ``fit``."""
    batches = fitting._batches
    monkeypatch.setattr(fitting, "_at_hand", lambda x: False)
    monkeypatch.setattr(fitting, "_batches", lambda x, y, batch, seed: batches(x, y, batch, None))
    monkeypatch.setattr(fitting_together, "orders_of", lambda rows, seed: itertools.repeat(rows))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_member_learns_what_it_would_learn_alone(name, in_order):
    """As plain Keras trains it, which knows of no members."""
    task, changes = SETTINGS[name]
    changes = {"schedule": "constant", **changes}
    options = Options(hidden_layers=(8, 6), dropout=0.0, epochs=8, patience=2, learning_rate=0.05, batch_size=16, **changes)
    x, y = samples(task)
    shares = shares_of(len(x), 12, members=2)
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
    assert len(ends) == 2 or name != "binary"  # members end at epochs of their own


def test_samples_that_a_member_sets_aside_teach_it_nothing(in_order):
    """Noise in their place leaves its weights byte for byte; those of members who learn from them change."""
    options = Options(hidden_layers=(8,), dropout=0.5, epochs=1, batch_size=16, batch_normalization=True)
    x, y = samples(MULTI)
    shares = shares_of(len(x), 12)
    before, _ = ensemble(MULTI, options, x, y, shares)
    noisy, draw = x.copy(), np.random.default_rng(9)
    noisy[shares[1].held] = draw.normal(size=(12, 5)) * 9
    other = y.copy()
    other[shares[1].held] = draw.integers(0, 3, 12)
    after, _ = ensemble(MULTI, options, noisy, other, shares)
    same = [[bool((one[place] == two[place]).all()) for one, two in zip(before, after, strict=True)] for place in range(3)]
    assert all(same[1])
    assert not any(same[0])
    assert not any(same[2])


def test_members_may_have_shares_of_different_sizes():
    options = Options(hidden_layers=(4,), dropout=0.0, epochs=2, batch_size=16)
    x, y = samples(BINARY)
    shares = [Share(np.arange(60), np.arange(60, 80), 1), Share(np.arange(30, 80), np.arange(30), 2)]
    runtime.start(1)
    network = stacked(Plain(), feedforward.FAMILY, BINARY, options, shares)
    history = fit_together(network.trainable, BINARY, options, x, y, shares, lambda line: None)
    for place, share in enumerate(shares):
        seen = network.trainable(np.repeat(x[share.held][:, None], 2, axis=1)).numpy()[:, place, 0].astype("float64")
        losses = -np.log(np.where(y[share.held] == 1, seen, 1 - seen))
        assert history.members[place].best["val_loss"] == pytest.approx(losses.mean(), rel=1e-5)
        assert history.members[place].best["val_accuracy"] == pytest.approx(np.mean((seen > 0.5) == y[share.held]))
    assert history.best["val_loss"] == pytest.approx(np.mean([member.best["val_loss"] for member in history.members]))


def test_the_history_of_an_ensemble_is_the_mean_of_its_members():
    def rows(*losses):
        return fitting.history_of([{"epoch": n, "loss": 0.5, "val_loss": loss} for n, loss in enumerate(losses, start=1)], 9)

    found = fitting.of_members([rows(0.6, 0.2, 0.4), rows(0.5, 0.4, 0.3, 0.2, 0.5), rows(0.1, 0.3)])
    assert found.column("epoch") == [1, 2, 3, 4, 5]
    assert found.column("val_loss") == pytest.approx([0.4, 0.3, 1 / 3, 0.3, 0.4])  # who has ended counts with the last epoch
    assert (found.best_epochs, found.best_epoch, found.stopped_early) == ((2, 4, 1), 2, True)
    assert found.best["val_loss"] == pytest.approx((0.2 + 0.2 + 0.1) / 3)


def test_a_member_whose_patience_is_over_keeps_nothing_later():
    kept = fitting_together._Kept(keras.Sequential([keras.Input((2,)), keras.layers.EinsumDense("bi,mi->bm", 2)]), 2, patience=2)
    losses = [(0.5, 0.5), (0.6, 0.4), (0.6, 0.3), (0.1, 0.5), (0.1, 0.5)]  # the first ends after the third epoch
    for epoch, pair in enumerate(losses, start=1):
        kept._model.set_weights([np.full((2, 2), epoch, dtype="float32")])
        assert not kept.over
        kept.add([{"val_loss": loss} for loss in pair])
    assert kept.over
    kept.restore()
    assert kept._model.get_weights()[0].tolist() == [[1, 1], [3, 3]]
    assert [len(rows) for rows in kept.rows] == [3, 5]


# shares


def parts_of(rows, folder, form="table", **options):
    """Prepared parts of made samples."""
    command = train_feedforward if form == "table" else train_recurrent
    fields = {} if form == "table" else {"kind": form}
    files = Files(str(write_rows(folder / "samples.tsv", rows)))
    kind = table.KIND if form == "table" else kind_of_form(form)
    return prepare(kind, files, None, command.OPTIONS(**fields, **options), say=lambda line: None)


def drawn(parts, members=4, seed=1):
    data = parts.training
    y = parts.task.encode(data.target, data.where)
    return data, y, share_out(data, y, parts.task, seed, members)


def test_shares_are_stratified_and_differ(tmp_path):
    draw = np.random.default_rng(1)
    rows = [["a", "b", "y"], *([*draw.normal(size=2).round(3), "rare" if n % 10 == 0 else "often"] for n in range(200))]
    data, y, shares = drawn(parts_of(rows, tmp_path, target=("y",)))
    assert len({tuple(share.held) for share in shares}) == 4
    for share in shares:
        assert sorted([*share.learned, *share.held]) == list(range(len(data)))
        assert len(share.held) == round(0.15 * len(data))
        assert abs(np.bincount(y[share.held])[1] - 0.15 * np.bincount(y)[1]) <= 1
    again, fewer = drawn(parts_of(rows, tmp_path, target=("y",)))[2], drawn(parts_of(rows, tmp_path, target=("y",)), members=2)[2]
    assert [share.seed for share in again] == [share.seed for share in shares] == seeds(1, 4)
    assert [share.seed for share in fewer] == seeds(1, 4)[:2]
    assert all((one.held == two.held).all() for one, two in zip(again, shares, strict=True))
    assert len({*seeds(1, 50), *seeds(2, 50)}) == 100


def test_groups_and_copies_stand_on_one_side_of_a_member(tmp_path):
    draw = np.random.default_rng(1)
    rows = [["a", "patient", "y"], *([f"{draw.normal():.4f}", f"p{n // 4}", n % 2] for n in range(120))]
    rows += [[rows[5][0], "other", "1"], [rows[5][0], "third", "1"]]  # copies of a sample in groups of their own
    data, _, shares = drawn(parts_of(rows, tmp_path, target=("y",), group=("patient",)), members=10)
    patients, values = data.group.to_numpy(), data.frame["a"].to_numpy()
    for share in shares:
        assert not set(patients[share.learned]) & set(patients[share.held])
        assert not set(values[share.learned]) & set(values[share.held])
        assert len(share.held) > 0


def test_a_sequence_and_its_reverse_complement_stand_on_one_side(tmp_path):
    data, _, shares = drawn(parts_of(sequence_rows(), tmp_path, "sequence", target=("class",), reverse_complement=True))
    index = data.frame.index.to_numpy()
    assert len(set(index)) == len(index) / 2
    for share in shares:
        assert not set(index[share.learned]) & set(index[share.held])


def test_members_of_a_forecast_set_the_latest_aside(tmp_path):
    parts = parts_of(forecast_rows(), tmp_path, "forecast", target=("level",), time_column=("day",), horizon=3, window=6)
    data, _, shares = drawn(parts)
    order = data.order()
    for share in shares:
        assert order[share.learned].max() + 3 <= order[share.held].min()  # nothing of their future is learned from
        assert len(share.held) == round(0.15 * len(data))


def test_every_member_sees_a_class_of_one_sample(tmp_path):
    rows = [["a", "y"], *([n * 1.5, "xy"[n % 2]] for n in range(60)), [500, "z"], [501, "z"]]
    _data, y, shares = drawn(parts_of(rows, tmp_path, target=("y",)), members=20)
    assert np.bincount(y)[2] == 1
    assert all(2 in y[share.learned] for share in shares)


def test_members_of_few_groups_set_one_aside(tmp_path):
    rows = [["a", "patient", "y"], *([n * 1.5, f"p{n // 10}", n % 2] for n in range(30))]
    data, _, shares = drawn(parts_of(rows, tmp_path, target=("y",), group=("patient",)), members=8)
    assert len(data) == 20
    for share in shares:
        assert len(share.learned) == len(share.held) == 10
        assert not set(data.group.iloc[share.learned]) & set(data.group.iloc[share.held])
    assert len({tuple(share.held) for share in shares}) == 2


def test_too_few_samples_for_members(tmp_path):
    rows = [["a", "patient", "y"], *([n * 1.5, f"p{n // 10}", n % 2] for n in range(20))]
    parts = parts_of(rows, tmp_path, target=("y",), group=("patient",), validation_fraction=0.5)
    with pytest.raises(InputError) as error:
        drawn(parts)
    assert str(error.value) == (
        "The training samples of table 'samples.tsv' are too few to divide them once more for the members of an ensemble "
        "(10 samples): add samples, or train a single network (1 member)."
    )
