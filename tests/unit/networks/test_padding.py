"""Steps at which a sample holds nothing are skipped, and no others: a step whose values are all 0 counts."""

import numpy as np
import pytest

from biodl.networks.families import convolutional, recurrent
from biodl.networks.families.layers import averaged_over_steps, masked

STEPS, CHANNELS = 6, 3
HELD = 4
"""Steps of a sample that hold something; the others are padding."""


@pytest.fixture(scope="module")
def samples():
    """A sample of four steps, filled up to six, whose second step is all 0; and which steps it holds."""
    values = np.random.default_rng(1).normal(size=(1, STEPS, CHANNELS)).astype("float32")
    values[:, 1] = 0
    values[:, HELD:] = 0
    held = (np.arange(STEPS) < HELD).astype("float32").reshape(1, STEPS, 1)
    return values, held


def layers_on(layer, steps):
    """A model from values and from what they hold to what a layer makes of them behind the mask."""
    import keras

    values, held = keras.Input((steps, CHANNELS)), keras.Input((steps, 1))
    return keras.Model([values, held], layer(masked(values, held)))


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
@pytest.mark.parametrize("both_ways", [False, True])
def test_a_recurrent_layer_reads_what_a_sample_holds(samples, kind, both_ways):
    import keras

    values, held = samples
    layer = getattr(keras.layers, kind)(4, bias_initializer="ones")  # so that a step of 0 moves the state
    layer = keras.layers.Bidirectional(layer) if both_ways else layer
    found = layers_on(layer, STEPS).predict([values, held], verbose=0)
    np.testing.assert_allclose(found, layer(values[:, :HELD]), atol=1e-6)
    skipped = np.delete(values[:, :HELD], 1, axis=1)
    assert np.abs(found - np.asarray(layer(skipped))).max() > 0.01, "a step of 0 makes no difference: the test would see nothing"


def test_the_mean_is_over_what_a_sample_holds(samples):
    values, held = samples
    found = layers_on(lambda tensor: averaged_over_steps(tensor, "mean"), STEPS).predict([values, held], verbose=0)
    np.testing.assert_allclose(found, values[:, :HELD].mean(axis=1), atol=1e-6)


def test_the_mark_changes_no_value(samples):
    values, held = samples
    found = layers_on(lambda tensor: tensor, STEPS).predict([values, held], verbose=0)
    np.testing.assert_array_equal(found[found > 1e-20], values[values > 1e-20])
    assert np.abs(found - values).max() < 1e-29


def families():
    """Each way in which a family with padding ends in features."""
    for cell in (recurrent.GRU, recurrent.LSTM, recurrent.SIMPLE, recurrent.TRANSFORMER):
        for pooling in (recurrent.LAST, recurrent.AVERAGE, recurrent.MAX, recurrent.ATTENTION):
            if (cell, pooling) != (recurrent.TRANSFORMER, recurrent.LAST):
                yield recurrent, {"cell": cell, "time_pooling": pooling}
    for architecture in (convolutional.PLAIN, convolutional.RESIDUAL, convolutional.SEPARABLE):
        yield convolutional, {"architecture": architecture}


@pytest.mark.parametrize(("family", "settings"), list(families()), ids=str)
def test_the_mask_is_what_samples_hold_whatever_the_layers_before_it_gave(family, settings):
    """Behind a ReLU a step may be all 0: here each is, since the layers before the mask have weights of 0."""
    import keras

    start, held = keras.Input((8, CHANNELS)), keras.Input((8, 1))
    options = family.FAMILY.options(**settings)
    model = keras.Model([start, held], family.hidden(start, held, options))
    layer = model.get_layer("mask")
    before = keras.Model(model.inputs, layer.input)
    for part in before.layers:
        part.set_weights([np.zeros_like(weight) for weight in part.get_weights()])
    kept = (np.arange(8) < np.array([[5], [8]])).astype("float32")[..., None]
    values = np.random.default_rng(2).normal(size=(2, 8, CHANNELS)).astype("float32") * kept
    out = before.predict([values, kept], verbose=0)
    assert np.abs(out).max() < 1e-20
    pooled = kept.reshape(2, out.shape[1], -1).max(axis=2)
    np.testing.assert_array_equal(np.asarray(layer.compute_mask(out)), pooled > 0)
