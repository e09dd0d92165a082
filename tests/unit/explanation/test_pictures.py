"""Grad-CAM against a closed form, occlusion against a loop, and nuclei."""

import keras
import numpy as np
from explained import of_file, untrained

from biodl.data.kind import Files
from biodl.explanation import attribution, cut
from biodl.explanation.attribution import GRADCAM, INTEGRATED, OCCLUSION
from biodl.explanation.kinds.explainers import attribute, explainer_of
from biodl.explanation.kinds.pictures import _shown, units
from biodl.explanation.occlusion import squares
from biodl.networks.assemble import ENCODED, HEAD
from conftest import DATA


def one_convolution(subject):
    """A network of one convolution, its mean over places, and a head."""
    layers = keras.layers
    maps = layers.Conv2D(5, 3, padding="same", activation="relu", name="convolution")(subject.model.get_layer(ENCODED).output)
    output = layers.Dense(1, activation="sigmoid", name=HEAD)(layers.GlobalAveragePooling2D()(maps))
    return keras.Model(subject.model.inputs, output)


def test_grad_cam_of_one_convolution_is_its_closed_form(tmp_path):
    """The head's value is the mean over places of maps times weights: each map weighs its weight over the number of places."""
    subject, raw, _ = untrained(tmp_path, "image", "convolutional")
    model = one_convolution(subject)
    targets = np.array([1, 0, 1, 0])
    found = attribute(subject.with_model(model), raw, targets, GRADCAM)
    images = np.asarray(keras.Model(subject.model.inputs, subject.model.get_layer(ENCODED).output)({"image": raw["image"][:4]}))
    kernel, bias = model.get_layer("convolution").get_weights()
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0))), (3, 3), axis=(1, 2))
    own = np.maximum(np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias, 0)
    weights = model.get_layer(HEAD).get_weights()[0][:, 0] / (12 * 10)
    expected = np.maximum(np.where(targets == 1, 1, -1)[:, None, None] * (own @ weights), 0)
    assert expected.max() > 1e-4
    np.testing.assert_allclose(found.values[..., 0], expected, rtol=1e-3, atol=1e-7)
    assert found.values.shape == (4, 12, 10, 1)


def test_grad_cam_cuts_its_network_once(tmp_path, monkeypatch):
    """Making the cut takes seconds; its clock is looked at after each few samples."""
    subject, raw, _ = untrained(tmp_path, "image", "convolutional")
    made = []
    monkeypatch.setattr(attribution, "Cut", lambda *given: made.append(given) or cut.Cut(*given))
    once = attribute(subject, raw, np.zeros(4, dtype=int), GRADCAM)
    again = attribute(subject.roughly(), raw, np.zeros(4, dtype=int), GRADCAM)
    np.testing.assert_array_equal(once.values, again.values)
    assert [len(given) for given in made] == [3, 2]  # at the maps, and the plain one that an inexact subject shares


def test_grad_cam_of_an_ensemble_counts_the_maps_of_all_members(tmp_path):
    subject, raw, _ = untrained(tmp_path, "image", "convolutional", members=2)
    found = attribute(subject, raw, method=GRADCAM)
    assert (found.values >= 0).all()
    assert found.values.max() > 0


def test_occlusion_is_that_of_a_loop(tmp_path):
    subject, raw, _ = untrained(tmp_path, "image", "convolutional", samples=2)
    found = attribute(subject, raw, method=OCCLUSION)
    mean = np.array(subject.encoding.mean, dtype="float32")
    nothing = np.zeros((2, 120), dtype=bool)
    sums, counts = np.zeros((2, 12, 10)), np.zeros((12, 10))
    for top, bottom, left, right in squares(12, 10):
        covered = raw["image"][:2].copy()
        covered[:, top:bottom, left:right] = mean
        said = explainer_of(subject).removed(subject, {"image": covered}, found.targets, nothing)
        sums[:, top:bottom, left:right] += (found.outputs - said)[:, None, None]
        counts[top:bottom, left:right] += 1
    assert counts.min() > 0
    np.testing.assert_allclose(found.values[..., 0], sums / counts, atol=1e-5)
    assert np.abs(found.values).max() > 1e-4


def test_squares_cover_every_pixel():
    for height, width in ((32, 32), (5, 40), (224, 200), (1, 1)):
        seen = np.zeros((height, width), dtype=int)
        for top, bottom, left, right in squares(height, width):
            seen[top:bottom, left:right] += 1
        assert seen.min() >= 1


def test_nuclei_are_what_grad_cam_looks_at():
    """Patches with a nucleus: Grad-CAM is higher where the picture is bright than where it is dark; squares sum to what pixels add."""
    subject, raw, data = of_file("nuclei", Files(str(DATA / "nuclei.zip")))
    task = subject.opened.task
    rows = np.flatnonzero(task.encode(data.target, data.where) == task.classes.index("nucleus"))[:40]
    raw, pictures = {"image": raw["image"][rows]}, data.pictures(rows)[..., 0]
    found = attribute(subject, raw, np.full(len(rows), task.classes.index("nucleus")), GRADCAM)
    maps = found.values[..., 0]
    bright = pictures > (pictures.min(axis=(1, 2), keepdims=True) + pictures.max(axis=(1, 2), keepdims=True)) / 2
    inside, outside = (np.array([own[mask].mean() for own, mask in zip(maps, masks, strict=True)]) for masks in (bright, ~bright))
    assert inside.mean() > 2 * outside.mean()
    assert (inside > outside).mean() > 0.6
    np.testing.assert_allclose(units(found).sum(axis=1), maps.sum(axis=(1, 2)), rtol=1e-4)
    assert units(found).shape == explainer_of(subject).held(subject, raw).shape


def test_a_channel_that_adds_nothing_is_pale():
    """All channels of a method have one scale of colours."""
    values = np.random.default_rng(1).normal(size=(12, 10, 4)) * [1.0, 0.01, 0.0, 0.01]
    shown = _shown(np.ones((12, 10, 4)), {INTEGRATED: values.astype("float32")})
    assert [name for name, *_ in shown[:5]] == ["channel 1", "channel 2", "channel 3", "channel 4", "integrated gradients"]
    tops = [top for *_, top in shown[4:]]
    assert len(tops) == 5
    assert set(tops) == {max(np.quantile(np.abs(one), 0.995) for one in (shown[4][1], values[..., 0].astype("float32")))}
    assert np.abs(shown[6][1]).max() < 0.05 * tops[0]
