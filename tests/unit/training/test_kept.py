"""The look at both parts with the weights that were kept."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from biodl.commands.train_feedforward import OPTIONS
from biodl.data.kind import Files
from biodl.data.kinds import kind_of_form
from biodl.networks.ensemble import MEMBERS
from biodl.networks.families import feedforward
from biodl.networks.running import run_model
from biodl.training.kept import plain_loss
from biodl.training.prepare import prepare
from biodl.training.train import _drops, _shares, train_on
from conftest import DATA

ALONE = {"numeric_encoding": "standardised"}
"""One network, not two of which the better is kept."""


def quiet(line):
    """Say nothing."""


@pytest.fixture(scope="module", params=["diagnosis", "progression"])
def trained(request):
    table = {"diagnosis": "breast_cancer.tsv", "progression": "diabetes.tsv"}[request.param]
    options = OPTIONS(target=(request.param,), epochs=8, **ALONE)
    parts = prepare(kind_of_form("table"), Files(str(DATA / table)), None, options, say=quiet)
    return parts, train_on(parts, feedforward.FAMILY, options)


def test_losses_are_those_that_keras_records_without_dropout(trained):
    parts, found = trained
    kept = found.kept
    assert kept.val_loss == pytest.approx(found.history.best["val_loss"], rel=1e-4)
    assert kept.samples == len(parts.validation)
    assert 0 < kept.loss < found.history.best["loss"]  # dropout raises what is recorded
    assert kept.guess == pytest.approx(found.task.guessing_loss(len(parts.training)), rel=1e-3)
    assert kept.loss < kept.guess


def test_errors_are_those_of_the_samples(trained):
    parts, found = trained
    task, data = found.task, parts.validation
    y = task.encode(data.target, data.where)
    scores = task.scores(run_model(found.network.model, found.encoding.raw(data)))
    losses, guess = task.sample_losses(y, scores), task.guessing_losses(y, len(parts.training))
    assert found.kept.error == pytest.approx(pd.Series(losses).sem())
    assert found.kept.gain_error == pytest.approx(pd.Series(guess - losses).sem())
    assert found.kept.value == task.metrics(y, scores, np.ones((1, len(y)), dtype=int))[task.primary][0]
    assert found.kept.low < found.kept.value < found.kept.high


def test_the_training_says_that_dropout_raises_its_curve(trained):
    parts, found = trained
    assert _drops(found.network.trainable)
    told = dict(found.verdicts)
    if found.history.best["loss"] > found.history.best["val_loss"]:
        assert "since dropout acts in training alone" in told["training curve"]
    plain = dataclasses.replace(OPTIONS(target=found.task.target, epochs=1, **ALONE), dropout=0.0)
    assert not _drops(train_on(parts, feedforward.FAMILY, plain).network.trainable)


def test_a_single_validation_sample_tells_nothing(trained):
    parts, _ = trained
    one = dataclasses.replace(parts, validation=parts.validation.take(np.array([0])))
    found = train_on(one, feedforward.FAMILY, OPTIONS(target=parts.task.target, epochs=1, **ALONE))
    assert found.kept.error == float("inf")
    assert found.verdicts[0][0] != "good fit"


@pytest.mark.parametrize("members", [1, 2])
def test_the_plain_loss_is_that_of_the_same_training_without_calibration(members):
    """Of each member alone, on the samples that it learned from; scikit-learn says the loss."""
    options = OPTIONS(target=("diagnosis",), epochs=6, members=members, hidden_layers=(8,), **ALONE)
    parts = prepare(kind_of_form("table"), Files(str(DATA / "breast_cancer.tsv")), None, options, say=quiet)
    known, found = (train_on(parts, feedforward.FAMILY, dataclasses.replace(options, calibrate=wish)) for wish in (False, True))
    assert len(found.temperatures) == members
    assert min(abs(value - 1) for value in found.temperatures) > 0.01
    task, data = found.task, parts.training
    y, raw, shares = task.encode(data.target, data.where), found.encoding.raw(data), _shares(parts, options)
    if members == 1:
        wanted = log_loss(y, known.network.model.predict(raw, verbose=0)[:, 0])
    else:
        model = keras.Model(known.network.model.input, known.network.model.get_layer(MEMBERS).output)
        each = model.predict(raw, verbose=0)[:, :, 0]
        wanted = np.mean([log_loss(y[share.learned], each[share.learned, place]) for place, share in enumerate(shares)])
    weights = found.network.model.get_weights()
    assert plain_loss(found.network.model, found.encoding, task, data, found.temperatures, shares) == pytest.approx(wanted, rel=1e-4)
    assert all((one == two).all() for one, two in zip(weights, found.network.model.get_weights(), strict=True))
    assert abs(found.kept.loss - wanted) > 1e-3  # what was compared before
    told = dict(found.verdicts).get("training curve", "")
    assert not told or f"without it it is {wanted:.3g}." in told
