"""Temperatures: against closed forms and scipy's optimum on the raw values; few samples change little; folded into the head."""

import math

import keras
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax

from biodl.networks.assemble import assemble
from biodl.networks.ensemble import Joined
from biodl.program import runtime
from biodl.tasks import TASKS
from biodl.training.temperature import applies, calibrate, fit_temperature, told

BINARY = TASKS["binary"](("y",), ("a", "b"))
MULTI = TASKS["multiclass"](("y",), ("a", "b", "c"))
LABELS = TASKS["multilabel"](("a", "b", "c"), ("a", "b", "c"))
FREE = math.inf


def noisy(task, temperature, samples=4000):
    """Values before the activation that are too bold by a temperature, and truth drawn from what they should be."""
    draw = np.random.default_rng(3)
    right = draw.normal(0, 1.5, (samples, 1 if task is BINARY else 3))
    if task is MULTI:
        y = np.array([draw.choice(3, p=row) for row in softmax(right, axis=1)])
    else:
        y = (draw.random(right.shape) < expit(right)).astype("int32" if task is BINARY else "float32")
    return right * temperature, y[:, 0] if task is BINARY else y


def test_large_images_are_looked_at_few_at_a_time():
    """By the size of their layers, not by a number of samples: 512 pictures of 256 x 256 would take gigabytes."""
    start = keras.Input((64, 64, 1))
    hidden = keras.layers.Conv2D(64, 1), keras.layers.GlobalAveragePooling2D()
    network = assemble({"pixels": start}, start, lambda encoded: hidden[1](hidden[0](encoded)), BINARY, [])
    seen = []

    class Watched(np.ndarray):
        def __getitem__(self, rows):
            seen.append(rows)
            return np.asarray(self)[rows]

    x = np.random.default_rng(0).normal(size=(100, 64, 64, 1)).astype("float32").view(Watched)
    calibrate(network, x, np.arange(100) % 2, BINARY)
    assert max(rows.stop - rows.start for rows in seen) == 64 * 2**20 // (4 * 64 * 64 * 64)


def test_closed_form_of_two_classes():
    """All values are -2 or 2, and 80 % have the right sign: the best probability is 0.8, that of 2 / T = log(0.8 / 0.2)."""
    y = np.array([0, 1] * 50)
    right = np.arange(100) % 5 != 0
    values = np.where((y == 1) == right, 2.0, -2.0)[:, None]
    assert fit_temperature(values, y, BINARY, FREE) == pytest.approx(2 / math.log(4), rel=1e-4)


def test_closed_form_of_several_classes():
    """One class stands out by 3 and is right in 70 %: 3 / T = log(0.7 * 2 / 0.3)."""
    y = np.arange(300) % 3
    chosen = np.where(np.arange(300) % 10 < 7, y, (y + 1 + np.arange(300) % 2) % 3)
    assert fit_temperature(3 * np.eye(3)[chosen], y, MULTI, FREE) == pytest.approx(3 / math.log(1.4 / 0.3), rel=1e-4)


@pytest.mark.parametrize("task", [BINARY, MULTI, LABELS], ids=["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_optimum_is_scipys(task, temperature):
    values, y = noisy(task, temperature)

    def loss(log):
        scaled = values / np.exp(log[0])
        if task is MULTI:
            return -log_softmax(scaled, axis=1)[np.arange(len(y)), y].mean()
        signs = 2 * y.reshape(scaled.shape) - 1
        return np.logaddexp(0, -signs * scaled).mean()

    wanted = math.exp(minimize(loss, [0.0], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12}).x[0])
    assert fit_temperature(values, y, task, FREE) == pytest.approx(wanted, rel=1e-4)
    assert fit_temperature(values, y, task) == pytest.approx(wanted, rel=0.01)  # so many samples outweigh what is expected
    assert wanted == pytest.approx(temperature, rel=0.1)


def test_few_samples_without_a_mistake_change_little():
    """Without the prior they would make the network sure of everything."""
    y = np.array([0, 1] * 5)
    values = np.where(y == 1, 1.5, -1.5)[:, None]
    assert fit_temperature(values, y, BINARY, FREE) == pytest.approx(0.2, rel=1e-3)  # the bound
    assert 0.5 < fit_temperature(values, y, BINARY) < 1
    assert 0.7 < fit_temperature(values[:2], y[:2], BINARY) < 1


def test_few_samples_seldom_harm_and_many_help():
    """On a network that is right as it is, small samples cost hardly anything; on one that is too bold, they gain."""
    values, y = noisy(BINARY, 1.0)
    bold = values * 3

    def loss(scaled):
        return BINARY.sample_losses(y, BINARY.scores(expit(scaled))).mean()

    draw = np.random.default_rng(0)
    lost, gained = [], []
    for _ in range(100):
        rows = draw.choice(len(y), 20, replace=False)
        lost.append(loss(values / fit_temperature(values[rows], y[rows], BINARY)) - loss(values))
        gained.append(loss(bold) - loss(bold / fit_temperature(bold[rows], y[rows], BINARY)))
    assert np.mean(lost) < 0.01
    assert np.mean(gained) > 0.1


def small(task, seed=1):
    """A network of four numbers with weights as they begin."""
    runtime.reseed(seed)
    start = keras.Input((4,), name="numeric")
    return assemble({"numeric": start}, start, lambda encoded: keras.layers.Dense(3, name="dense_1")(encoded), task)


@pytest.mark.parametrize("task", [BINARY, MULTI], ids=["binary", "multiclass"])
def test_a_temperature_is_folded_into_the_head(task):
    runtime.start(1)
    draw = np.random.default_rng(5)
    x = draw.normal(size=(600, 4)).astype("float32") * 4
    y = draw.integers(0, len(task.classes), 600)
    network, other = small(task), small(task, 2)
    before = network.model({"numeric": x}).numpy().astype("float64")
    temperature = calibrate(network, x, y, task)
    assert temperature > 2  # these weights know nothing, and are bold
    after = network.model({"numeric": x}).numpy()
    scaled = {
        1: lambda: expit(np.log(before / (1 - before)) / temperature),
        3: lambda: softmax(np.log(before) / temperature, axis=1),
    }[before.shape[1]]()
    np.testing.assert_allclose(after, scaled, atol=1e-4)
    joined = Joined([other, small(task, 3)], task)
    joined.gather()
    first = joined.network.model.get_layer("head").get_weights()[0][1].copy()
    again = calibrate(joined.network, x, y, task, member=0)
    assert again == pytest.approx(calibrate(other, x, y, task), rel=1e-5)  # of a member as of the network alone
    assert (joined.network.model.get_layer("head").get_weights()[0][1] == first).all()


def test_label_smoothing_is_undone():
    """A network that was taught to be unsure is sharpened to what its samples say."""
    smoothing = 0.2
    y = np.array([0, 1] * 500)
    taught = np.where(y == 1, 1 - smoothing / 2, smoothing / 2)  # the optimum of the smoothed loss where classes are told apart
    values = np.log(taught / (1 - taught))[:, None]
    assert fit_temperature(values, y, BINARY) < 0.4


def test_what_is_said_of_temperatures():
    assert told(()) == ""
    assert told((1.234,)) == "Probabilities were softened by the temperature 1.23, fitted on the validation part."
    own = "(one a member, each fitted on the member's own validation share)."
    assert told((0.9, 0.8, 0.7)) == f"Probabilities were sharpened by the temperatures 0.90, 0.80, 0.70 {own}"
    assert told((2.0, 1.5)) == f"Probabilities were softened by the temperatures 2.00, 1.50 {own}"
    # where members differ, the middle one does not speak for all
    assert told((0.9, 0.8, 1.1)) == (
        f"Probabilities were softened in 1 and sharpened in 2 of the members by the temperatures 0.90, 0.80, 1.10 {own}"
    )


def test_numbers_have_no_temperature():
    assert [name for name, task in TASKS.items() if not applies(task(("y",)))] == ["regression", "forecasting"]
