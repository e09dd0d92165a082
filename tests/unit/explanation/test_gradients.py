"""Integrated gradients: sums that hold for every kind, closed forms, and a network that ignores its samples."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
from explained import unoptimised, untrained

from biodl.data.tokens import TABLE_OF_PAIRS, TABLES
from biodl.explanation.attribution import INTEGRATED
from biodl.explanation.gradients import allowed_gap
from biodl.explanation.kinds.explainers import EXPLAINERS, attribute, explainer_of
from biodl.explanation.randomised import lent
from biodl.networks.assemble import HEAD
from biodl.networks.running import run_model

CASES = {
    "table": ("table", "feedforward", {}),
    "table, together": ("table", "feedforward", {"members": 3}),
    "letters": ("sequence", "convolutional", {}),
    "letters, masked": ("sequence", "recurrent", {"front_filters": (0,)}),
    "vectors of letters": ("sequence", "convolutional", {"sequence_encoding": "embedding"}),
    "k-mers, two members": ("sequence", "convolutional", {"sequence_encoding": "kmer", "members": 2}),
    "transformer": ("sequence", "recurrent", {"cell": "transformer", "units": (4,)}),
    "series": ("series", "convolutional", {}),
    "series, masked": ("series_long", "recurrent", {"front_filters": (0,)}),
    "forecast": ("forecast", "recurrent", {}),
    "text": ("text", "recurrent", {}),
    "text, two members": ("text", "convolutional", {"members": 2}),
    "image": ("image", "convolutional", {}),
    "image, two members": ("image", "convolutional", {"members": 2}),
}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The network of a case, raw inputs and data of its samples; once for all tests, for tracing one takes longer than asking it."""

    def made(name):
        form, family, changes = CASES[name]
        return untrained(tmp_path_factory.mktemp("explained"), form, family, **changes)

    with unoptimised():
        yield functools.cache(made)


def test_every_kind_has_an_explainer():
    from biodl.data.kind import KINDS

    assert set(EXPLAINERS) == set(KINDS)


def said_of(task, scores, targets):
    """What is explained, from what the model predicts: another way than through the last activation."""
    if task.explained_as == "log-odds":
        chosen = scores[np.arange(len(scores)), targets]
        return np.log(chosen / (1 - chosen))
    return scores.reshape(len(scores), -1).mean(axis=1)


@pytest.mark.parametrize("name", CASES)
def test_values_sum_to_the_difference_of_outputs(name, network):
    subject, raw, _ = network(name)
    task = subject.opened.task
    scores = task.scores(run_model(subject.model, raw))
    found, explainer = attribute(subject, raw, task.to_explain(scores)), explainer_of(subject)
    assert found.method == INTEGRATED
    assert found.complete.all()
    sums, rise = found.values.reshape(len(found), -1).sum(axis=1), found.outputs - found.baselines
    size = np.abs(found.values).reshape(len(found), -1).sum(axis=1)
    np.testing.assert_array_less(np.abs(sums - rise), 1e-3 * np.maximum(np.abs(rise), 0.05 * size) + 1e-5)
    assert size.max() > 1e-3
    np.testing.assert_allclose(found.outputs, said_of(task, scores, found.targets), rtol=2e-3, atol=2e-4)
    # what is taken out piece by piece ends at the baseline, and nothing taken out changes nothing
    held = explainer.held(subject, raw)
    assert explainer.units(found).shape == held.shape
    assert (explainer.units(found)[~held] == 0).all()
    np.testing.assert_allclose(explainer.removed(subject, raw, found.targets, held), found.baselines, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(explainer.removed(subject, raw, found.targets, ~held & held), found.outputs, rtol=1e-5, atol=1e-6)


def test_what_a_pair_of_words_adds_is_shared_by_both_and_goes_with_either(network):
    """With the vectors of words at 0 the network knows pairs alone, and their sum enters the head as it is: a closed form."""
    subject, raw, _ = network("text")
    with lent(subject):
        for name in set(TABLES) - {TABLE_OF_PAIRS}:
            table = subject.model.get_layer(name)
            table.set_weights([np.zeros_like(table.get_weights()[0])])
        pairs_are_shared(subject, raw)


def pairs_are_shared(subject, raw):
    found = attribute(subject, raw)
    targets, cut = found.targets, subject.cut
    ((_, encoded),) = cut.pieces(raw)
    x = cut.start(encoded)
    each = x * cut.gradients(encoded, x, targets)
    pairs = each[..., cut.of_pairs].sum(axis=-1)
    assert (np.abs(pairs).max(axis=1) > 1e-3).all()
    before = np.pad(pairs, ((0, 0), (1, 0)))[:, :-1]
    np.testing.assert_allclose(found.values, (pairs + before) / 2, rtol=1e-3, atol=1e-5)
    for place in range(3):
        gone = np.zeros(found.values.shape, dtype=bool)
        gone[:, place] = True
        left = explainer_of(subject).removed(subject, raw, targets, gone)
        np.testing.assert_allclose(found.outputs - left, pairs[:, place] + before[:, place], rtol=1e-3, atol=1e-5)


def test_a_linear_network_gives_weight_times_distance(tmp_path):
    """Its hidden layer is no layer: w (x - x0), with numbers at their mean and a half of each of two categories."""
    subject, raw, data = untrained(tmp_path, "table", "feedforward")
    encoded = subject.model.get_layer("encoded").output
    plain = keras.Model(subject.model.inputs, keras.layers.Dense(1, activation="sigmoid", name=HEAD)(keras.layers.Identity()(encoded)))
    subject = subject.with_model(plain)
    targets = np.array([1, 1, 0, 1])
    found = attribute(subject, raw, targets)
    weight, bias = (array.astype("float64") for array in plain.get_layer(HEAD).get_weights())
    length, weight_of = data.frame["length"].to_numpy("float64"), data.frame["weight"].to_numpy("float64")
    features = {feature.name: feature for feature in subject.encoding.features}
    sign = 2 * targets - 1
    for place, (name, column) in enumerate({"length": length, "weight": weight_of}.items()):
        away = (column - features[name].mean) / features[name].std
        np.testing.assert_allclose(found.values[:, place], sign * weight[place, 0] * away, rtol=1e-4, atol=1e-6)
    lung = (data.frame["tissue"] == "lung").to_numpy()
    half = (weight[3, 0] - weight[2, 0]) / 2
    np.testing.assert_allclose(found.values[:, 2], sign * np.where(lung, half, -half), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.baselines, sign * (bias[0] + weight[2:, 0].sum() / 2), rtol=1e-4, atol=1e-5)
    assert found.axes["columns"] == ("length", "weight", "tissue")
    assert (found.steps == 32).all()


@pytest.mark.parametrize("name", ["table", "letters", "series", "text, two members", "image"])
def test_a_network_that_ignores_its_samples_gives_nothing(name, network):
    subject, raw, _ = network(name)
    head = subject.model.get_layer(HEAD)
    kernel, bias = head.get_weights()
    with lent(subject):
        head.set_weights([0 * kernel, bias])
        for method in explainer_of(subject).methods:
            found = attribute(subject, raw, np.array([1, 0, 1, 0]), method)
            assert np.abs(found.values).max() <= (0 if method == INTEGRATED else 1e-6)  # outputs are numbers of single precision
            assert found.complete.all()


def test_what_a_sum_may_miss():
    one = np.ones(1)
    assert allowed_gap(5 * one, 3 * one, 4 * one, 1.0) == pytest.approx(2e-3)
    assert allowed_gap(3 * one, 3 * one, 4 * one, 1.0) == pytest.approx(2e-4)  # a twentieth of the values
    assert allowed_gap(3 * one, 3 * one, 0 * one, 1.0) == pytest.approx(9e-6)
    assert allowed_gap(0 * one, 0 * one, 0 * one, 100.0) == pytest.approx(3e-4)


def test_few_samples_at_a_time_give_the_same(network):
    subject, raw, _ = network("letters")
    subject, targets = subject.roughly(), np.array([1, 0, 1, 0])  # exactly it would take a thousand batches of three
    whole = attribute(subject, raw, targets)
    again = dataclasses.replace(subject)
    again.cut.rows = 3
    parts = attribute(again, raw, targets)
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(parts.take(np.array([2])).outputs, whole.outputs[[2]], rtol=1e-5)
