"""Grad-CAM and occlusion against closed forms, occlusion against a loop, images of stains, and nuclei."""

import io
import re

import cut_patches
import keras
import numpy as np
import pytest
import tifffile
from explained import of_file, untrained
from samples import image_zip

from biodl.data.kind import Files
from biodl.explanation import attribution, cut, tables
from biodl.explanation import explain as explaining
from biodl.explanation.attribution import CALLED, GRADCAM, INTEGRATED, OCCLUSION, Attributions
from biodl.explanation.budget import Budget
from biodl.explanation.explain import Explanation
from biodl.explanation.explain_report import _write_maps, on_attributions
from biodl.explanation.held import names_of, opened_on
from biodl.explanation.kinds.explainers import attribute, explainer_of
from biodl.explanation.kinds.pictures import _laid_out, _shown, _tick, over_images, units
from biodl.explanation.occlusion import squares
from biodl.explanation.pictures_of import not_drawn, overall_panels, sample_panels
from biodl.networks.assemble import ENCODED, HEAD
from biodl.program.files import Outputs
from biodl.reporting.plots.sheet import drawn
from biodl.reporting.plots.style import styled
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


def stains(path, channels: int, count: int = 6, photometric: str = "minisblack"):
    """TIFFs of several channels that are no colours, or are where ``photometric`` says so."""
    draw = np.random.default_rng(7)

    def member(number: int) -> bytes:
        content = io.BytesIO()
        pixels = draw.integers(0, 200, (channels, 12, 10)).astype("uint8")
        tifffile.imwrite(content, pixels, photometric=photometric, metadata={"axes": "CYX"})
        return content.getvalue()

    return Files(str(image_zip(path / "stains.zip", {f"{'ab'[n % 2]}/{n}.tif": member(n) for n in range(count)})))


def linear(subject):
    """A network of a head alone, behind a layer that does nothing."""
    flat = keras.layers.Flatten()(subject.model.get_layer(ENCODED).output)
    return subject.with_model(keras.Model(subject.model.inputs, keras.layers.Dense(1, activation="sigmoid", name=HEAD)(flat)))


@pytest.mark.parametrize(
    ("channels", "photometric", "apart"),
    [(1, "minisblack", False), (2, "minisblack", True), (3, "minisblack", True), (3, "rgb", False), (5, "minisblack", True)],
)
def test_occlusion_of_a_linear_network_is_its_closed_form(channels, photometric, apart, tmp_path):
    """What a square adds is the sum of weights times values in it: of all channels of grey and colour, of each channel of stains."""
    files = stains(tmp_path, channels, photometric=photometric)
    subject, raw, _ = untrained(tmp_path, "image", "convolutional", files=files)
    subject, targets = linear(subject), np.array([1, 0, 1, 0])
    found = attribute(subject, raw, targets, OCCLUSION)
    ((_, encoded),) = subject.cut.pieces(raw)
    weights = subject.model.get_layer(HEAD).get_weights()[0].reshape(12, 10, channels)
    adds = (2 * targets - 1)[:, None, None, None] * encoded.astype("float64") * weights
    adds = adds if apart else adds.sum(axis=-1, keepdims=True)
    expected, counts = np.zeros(adds.shape), np.zeros((12, 10, 1))
    for top, bottom, left, right in squares(12, 10):
        inside = slice(top, bottom), slice(left, right)
        expected[:, *inside] += adds[:, *inside].sum(axis=(1, 2), keepdims=True)
        counts[inside] += 1
    np.testing.assert_allclose(found.values, expected / counts, rtol=1e-4, atol=1e-5)
    assert found.values.shape == (4, 12, 10, channels if apart else 1)
    assert np.abs(found.values).max() > 0.01
    assert (found.steps == len(squares(12, 10)) * (channels if apart else 1)).all()
    assert found.axes == ({"channels": [f"channel {place}" for place in range(1, channels + 1)]} if apart else {})
    # the check by deletion takes squares of all channels, and integrated gradients say the same of what a square adds
    gradients = attribute(subject, raw, targets, INTEGRATED)
    np.testing.assert_allclose(gradients.values if apart else gradients.values.sum(axis=-1, keepdims=True), adds, rtol=1e-3, atol=1e-5)
    assert units(found).shape == units(gradients).shape == explainer_of(subject).held(subject, raw).shape


def test_covering_all_samples_and_squares_takes_few_passes(tmp_path, monkeypatch):
    subject, raw, _ = untrained(tmp_path, "image", "convolutional", files=stains(tmp_path, 5))
    asked, usual = [], subject.cut.explained
    monkeypatch.setattr(subject.cut, "explained", lambda encoded, *more: asked.append(len(encoded)) or usual(encoded, *more))
    found = attribute(subject, raw, np.zeros(4, dtype=int), OCCLUSION)
    assert sum(asked) == 4 * (1 + 5 * len(squares(12, 10)))
    assert len(asked) == 1 + -(-(sum(asked) - 4) // subject.cut.rows)
    assert found.values.shape[-1] == 5


@pytest.fixture(scope="module")
def explained_stains(tmp_path_factory):
    """What single images and all add, of seven stains, of three, and of three colours."""
    folder, found = tmp_path_factory.mktemp("stains"), {}
    for name, channels, photometric in (("seven", 7, "minisblack"), ("three", 3, "minisblack"), ("colours", 3, "rgb")):
        (own := folder / name).mkdir()
        files = stains(own, channels, photometric=photometric)
        subject, _, data = untrained(own, "image", "convolutional", files=files)
        object.__setattr__(subject.opened, "model", lambda model=subject.model: model)
        samples = opened_on(subject.opened, data, None, None, "")
        found[name] = Explanation(samples, explainer_of(samples.subject), np.arange(2), "")
        explaining._singles(found[name], Budget(60))
        explaining._many(found[name], 1, Budget(60))
    return found


def test_what_was_covered_is_said_written_and_drawn(explained_stains, tmp_path):
    of_seven, of_three, of_colours = (explained_stains[name] for name in ("seven", "three", "colours"))
    for found, channels in ((of_seven, 7), (of_three, 3)):
        assert on_attributions(found).endswith(
            f" Each of the {channels} channels was covered by itself while the others stayed; their sum stands beside them."
        )
    assert on_attributions(of_colours).endswith(" All three channels were covered together, as the colours of one picture.")
    for found, channels in ((of_seven, 7), (of_three, 3), (of_colours, 1)):
        with Outputs({"maps": str(tmp_path / "maps.npz")}) as outputs:
            _write_maps(found, outputs)
        with np.load(tmp_path / "maps.npz") as maps:
            np.testing.assert_array_equal(maps["occlusion"], found.single[OCCLUSION].values)
            assert maps["occlusion"].shape == (2, 12, 10, channels)
        table = tables.attributions(found)
        assert table["method"].tolist() == ["integrated_gradients"] * 2 + ["gradcam"] * 2 + ["occlusion"] * 2
    for found in (of_seven, of_three):
        titles = [panel.title for panel in overall_panels(found)]
        assert titles[0] == "Where it matters: mean of 4 images"
        shares = np.abs(found.many.values).sum(axis=(0, 1, 2)) / np.abs(found.many.values).sum()
        strongest = sorted(np.argsort(-shares)[:6])
        assert titles[1:] == [f"In channel {place + 1} alone: {shares[place]:.0%} of all" for place in strongest]
    assert "The picture of what matters shows 6 of 7 channels, those that matter most." in not_drawn(of_seven)
    assert not_drawn(of_three) == not_drawn(of_colours) == []
    assert len(overall_panels(of_colours)) == 1
    for found, ends in ((of_seven, "(1 channel that matters less not shown)"), (of_three, ")")):
        panel = sample_panels(found)[0]
        assert panel.title.endswith(ends)
        assert re.search(r"occlusion is strongest at the \w+ \w+ of channel [1-7] \(", panel.says)
    panel = sample_panels(of_colours)[0]
    assert re.search(r"occlusion is strongest at the \w+ \w+ \(", panel.says)
    assert "channel" not in panel.says


@pytest.mark.parametrize(("name", "channels"), [("seven", 7), ("three", 3)])
def test_each_channel_of_stains_has_a_row_with_all_that_is_said_of_it(name, channels, explained_stains):
    found, drawn = explained_stains[name], min(channels, 6)
    picture = np.random.default_rng(1).normal(size=(12, 10, channels))
    rows, left = _laid_out(picture, {method: made.values[0] for method, made in found.single.items()}, True)
    assert left == channels - drawn
    assert [item[0] for item in rows[0]] == ["mean of the channels", "integrated gradients", "occlusion", "Grad-CAM"]
    np.testing.assert_array_equal(rows[0][0][1][..., 0], picture.mean(axis=-1))
    assert len(rows) == 1 + drawn
    numbers = [int(row[0][0].removeprefix("channel ")) for row in rows[1:]]
    assert numbers == sorted(set(numbers))
    for number, row in zip(numbers, rows[1:], strict=True):
        assert [name for name, *_ in row] == [
            f"channel {number}",
            f"integrated gradients, channel {number}",
            f"occlusion, channel {number}",
        ]
        np.testing.assert_array_equal(row[0][1][..., 0], picture[..., number - 1])
        for (_, values, _, top), method in zip(row[1:], (INTEGRATED, OCCLUSION), strict=True):
            np.testing.assert_array_equal(values, found.single[method].values[0, ..., number - 1])
            assert top == next(item[3] for item in rows[0] if item[0] == CALLED[method])  # one scale for all of a method
    for apart in (False, True):  # nothing that tells channels apart
        assert _laid_out(picture, {GRADCAM: found.single[GRADCAM].values[0]}, apart)[1] == 0


def test_a_picture_in_colour_is_drawn_as_one(explained_stains):
    picture = np.random.default_rng(1).normal(size=(12, 10, 3))
    maps = {method: made.values[0] for method, made in explained_stains["colours"].single.items()}
    rows, left = _laid_out(picture, maps, False)
    assert left == 0
    assert [item[0] for row in rows for item in row] == [
        "picture",
        "integrated gradients",
        *(f"integrated gradients, channel {place}" for place in (1, 2, 3)),
        "Grad-CAM",
        "occlusion",
    ]
    assert rows[0][0][1] is picture


def test_ticks_are_short_numbers_that_stand_clear():
    for top in np.geomspace(1e-5, 1e5, 400):
        tick = _tick(top)
        assert 0.5 <= tick / top <= 0.8
        assert len(f"{tick:e}".rstrip("0123456789+-").rstrip("e").rstrip("0")) <= len("1.5")


def test_every_scale_has_a_tick():
    """Where logarithms are rounded up, too: just below 1.25 times a power of ten, four fifths of which is one."""
    exact = [float(f"{step}e{power}") for power in range(-300, 300) for step in (1, 1.25, 1.875, 2, 2.5, 3.75, 5, 7.5, 9)]
    tops = [*exact, *np.nextafter(exact, 0).tolist(), *np.nextafter(exact, np.inf).tolist()]
    tops += [0.0012499999999999998, 0.12499999999999999, 1249.9999999999998, np.finfo(float).max]
    for top in tops:
        tick = _tick(top)
        assert 0.5 <= tick / top <= 0.8 * (1 + 1e-15), top
        assert tick == float(f"{tick:.2g}")
    for top in (5e-324, 2e-323, np.finfo(float).tiny):
        assert 0 < _tick(top) <= top


def heats(height: int, width: int, channels: int):
    """What many images add that have one strong channel and weak ones."""
    values = np.random.default_rng(1).normal(size=(5, height, width, channels)) * [1.0, *[0.1] * (channels - 1)]
    nothing = np.zeros(5)
    about = {"targets": nothing.astype(int), "outputs": nothing, "baselines": nothing, "gap": nothing, "steps": nothing.astype(int)}
    axes = {"channels": [f"channel {place + 1}" for place in range(channels)]}
    return over_images(Attributions(INTEGRATED, values, complete=nothing == 0, axes=axes, baseline="nothing", **about))


def images_of(sheet):
    """Each picture on a sheet: where it is, in inches, where its colours end, and the scale below it."""
    sheet.canvas.draw()
    found = []
    for axes in [own for cell in sheet.get_axes() for own in (cell, *cell.child_axes) if own.images]:
        (bar,) = axes.child_axes
        boxes = [own.get_window_extent().transformed(sheet.dpi_scale_trans.inverted()) for own in (axes, bar)]
        found.append((*boxes, axes.images[0].get_clim()))
    return found


@pytest.mark.parametrize(("height", "width"), [(12, 10), (60, 20), (12, 60)])
@pytest.mark.parametrize("channels", [2, 3])
def test_maps_of_channels_have_one_scale_and_one_size(height, width, channels):
    """A weak channel is pale; one that is left without a neighbour stands at the left, below its title, as large as the others."""
    panels = heats(height, width, channels)
    assert len(panels) == 1 + channels
    with styled():
        found = images_of(drawn(panels))
    ends = [end for *_, (_, end) in found]
    assert len(set(ends[1:])) == 1
    assert ends[0] > ends[1]  # the sum of all has its own
    for place, (box, bar, _) in enumerate(found):
        assert 0 <= box.x0 - 3.5 * (place % 2) <= 0.15
        assert box.width == pytest.approx(found[0][0].width, rel=0.05)
        assert box.height / box.width == pytest.approx(height / width, rel=0.01)
        assert 0.08 <= bar.height <= 0.12
        assert (bar.x0, bar.x1) == (pytest.approx(box.x0), pytest.approx(box.x1))


def test_squares_cover_every_pixel():
    for height, width in ((32, 32), (5, 40), (224, 200), (1, 1)):
        seen = np.zeros((height, width), dtype=int)
        for top, bottom, left, right in squares(height, width):
            seen[top:bottom, left:right] += 1
        assert seen.min() >= 1


def test_nuclei_are_what_grad_cam_looks_at():
    """Patches with a nucleus: Grad-CAM is higher on nuclei, as their mask has them, than off them; squares sum to what pixels add."""
    subject, raw, data = of_file("nuclei", Files(str(DATA / "nuclei.zip")))
    task = subject.opened.task
    rows = np.flatnonzero(task.encode(data.target, data.where) == task.classes.index("nucleus"))[:40]
    raw = {"image": raw["image"][rows]}
    whole, mask = (tifffile.imread(DATA / name) for name in ("nuclei.tif", "nuclei_mask.tif"))
    centres = cut_patches.centres(mask, per_nucleus=2, size=32, seed=1)  # as the patches were cut
    names = [names_of(data)[row] for row in rows]
    places = [centres[int(name.removesuffix(".png")[-4:]) - 1][:2] for name in names]
    pictures, nuclei = ([own[row - 16 : row + 16, column - 16 : column + 16] for row, column in places] for own in (whole, mask > 0))
    np.testing.assert_array_equal(raw["image"][..., 0], pictures)
    found = attribute(subject, raw, np.full(len(rows), task.classes.index("nucleus")), GRADCAM)
    maps = found.values[..., 0]
    on = np.array(nuclei)
    assert 0.05 < on.mean() < 0.95
    inside, outside = (np.array([own[where].mean() for own, where in zip(maps, masks, strict=True)]) for masks in (on, ~on))
    assert inside.mean() > 2 * outside.mean()
    assert (inside > outside).mean() > 0.6
    np.testing.assert_allclose(units(found).sum(axis=1), maps.sum(axis=(1, 2)), rtol=1e-4)
    assert units(found).shape == explainer_of(subject).held(subject, raw).shape


def test_a_channel_that_adds_nothing_is_pale():
    """All channels of a method have one scale of colours."""
    values = np.random.default_rng(1).normal(size=(12, 10, 4)) * [1.0, 0.01, 0.0, 0.01]
    shown = _shown(np.ones((12, 10, 4)), {INTEGRATED: values.astype("float32")}, True)
    assert [name for name, *_ in shown[:5]] == ["channel 1", "channel 2", "channel 3", "channel 4", "integrated gradients"]
    tops = [top for *_, top in shown[4:]]
    assert len(tops) == 5
    assert set(tops) == {max(np.quantile(np.abs(one), 0.995) for one in (shown[4][1], values[..., 0].astype("float32")))}
    assert np.abs(shown[6][1]).max() < 0.05 * tops[0]
