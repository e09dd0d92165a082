"""Three channels are the colours of one picture, or stains each by itself: the file says which, and a network keeps what it learned."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image
from samples import image_zip, picture, png

from biodl.data.files.pixels import open_picture
from biodl.data.image.dataset import TrainImageOptions, read_for, read_training
from biodl.data.image.encoding import ImageEncoding
from biodl.data.kind import Files
from biodl.data.reading import choices_of, told
from biodl.networks.opened import open_network
from biodl.stored import UnfitError

HEIGHT, WIDTH = 12, 10


def pixels_of(number: int, channels: int = 3) -> np.ndarray:
    return picture((HEIGHT, WIDTH, channels), number, number % 2)


def tiff(planes: np.ndarray, **options) -> bytes:
    content = io.BytesIO()
    tifffile.imwrite(content, planes, **options)
    return content.getvalue()


def pillow(pixels: np.ndarray, form: str, mode: str = "RGB", **options) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(content, form, **options)
    return content.getvalue()


def planes(pixels: np.ndarray) -> np.ndarray:
    return np.moveaxis(pixels, 2, 0)


def pages_of_pillow(pixels: np.ndarray) -> bytes:
    first, *others = map(Image.fromarray, np.ascontiguousarray(planes(pixels)))
    content = io.BytesIO()
    first.save(content, "TIFF", save_all=True, append_images=others)
    return content.getvalue()


CHANNELS_BY_FILE = {
    "planar": lambda pixels: tiff(planes(pixels), photometric="minisblack", planarconfig="separate"),
    "side by side": lambda pixels: tiff(pixels, photometric="minisblack", planarconfig="contig"),
    "pages": lambda pixels: tiff(planes(pixels), photometric="minisblack", metadata=None),
    "pages of Pillow": pages_of_pillow,
    "an axis without a name": lambda pixels: tiff(planes(pixels), photometric="minisblack"),
    "an axis C": lambda pixels: tiff(planes(pixels), photometric="minisblack", metadata={"axes": "CYX"}),
    "ImageJ": lambda pixels: tiff(planes(pixels), imagej=True, metadata={"axes": "CYX"}),
    "composite of ImageJ": lambda pixels: tiff(planes(pixels), imagej=True, metadata={"axes": "CYX", "mode": "composite"}),
    "composite of ImageJ, 16 bits": lambda pixels: tiff(
        planes(pixels).astype("uint16"), imagej=True, metadata={"axes": "CYX", "mode": "composite"}
    ),
    "OME": lambda pixels: tiff(planes(pixels), photometric="minisblack", ome=True, metadata={"axes": "CYX"}),
    "planar OME": lambda pixels: tiff(
        planes(pixels), photometric="minisblack", planarconfig="separate", ome=True, metadata={"axes": "CYX"}
    ),
    "white is zero": lambda pixels: tiff(planes(255 - pixels), photometric="miniswhite", metadata={"axes": "CYX"}),
}
COLOURS_BY_FILE = {
    "RGB": lambda pixels: tiff(pixels, photometric="rgb"),
    "planar RGB": lambda pixels: tiff(planes(pixels), photometric="rgb", planarconfig="separate"),
    "RGB with an axis C": lambda pixels: tiff(planes(pixels), photometric="rgb", metadata={"axes": "CYX"}),
    "RGB of ImageJ": lambda pixels: tiff(pixels, imagej=True, metadata={"axes": "YXS"}),
    "RGB of OME": lambda pixels: tiff(pixels, photometric="rgb", ome=True, metadata={"axes": "YXS"}),
    "RGB with transparency": lambda pixels: tiff(
        np.dstack([pixels, pixels[..., :1]]), photometric="rgb", extrasamples=["unassalpha"], software="a camera"
    ),
    "RGB of Pillow": lambda pixels: pillow(pixels, "TIFF"),
    "YCbCr": lambda pixels: pillow(pixels, "TIFF", "YCbCr"),
    "inks": lambda pixels: pillow(pixels, "TIFF", "CMYK"),
    "palette in TIFF": lambda pixels: pillow(pixels, "TIFF", "P"),
    "PNG": png,
    "PNG of a palette": lambda pixels: pillow(pixels, "PNG", "P"),
    "PNG with transparency": lambda pixels: pillow(pixels, "PNG", "RGBA"),
    "JPEG": lambda pixels: pillow(pixels, "JPEG"),
    "BMP": lambda pixels: pillow(pixels, "BMP"),
}


def archive(path: Path, *makers, count: int = 8, channels: int = 3) -> Files:
    """Images of two classes in a ZIP, made by each of the makers in turn."""
    members = {f"{'ab'[n % 2]}/{n}.img": makers[n % len(makers)](pixels_of(n, channels)) for n in range(count)}
    return Files(str(image_zip(path, {name.replace(".img", suffix_of(content)): content for name, content in members.items()})))


def suffix_of(content: bytes) -> str:
    return {b"\x89P": ".png", b"\xff\xd8": ".jpg", b"BM": ".bmp"}.get(content[:2], ".tif")


def of_channels(data) -> list[str]:
    """What is said of channels where it is told how samples were read."""
    return [str(choice) for choice in choices_of(data) if choice.what == "channels"]


# reading


@pytest.mark.parametrize("how", CHANNELS_BY_FILE)
def test_three_brightnesses_are_channels(how):
    found = open_picture(CHANNELS_BY_FILE[how](pixels_of(1)))
    np.testing.assert_array_equal(found.pixels, pixels_of(1))
    assert not found.colours


@pytest.mark.parametrize("how", COLOURS_BY_FILE)
def test_three_colours_are_one_picture(how):
    found = open_picture(COLOURS_BY_FILE[how](pixels_of(1)))
    assert found.pixels.shape == (HEIGHT, WIDTH, 3)
    assert found.colours


@pytest.mark.parametrize("how", [*CHANNELS_BY_FILE, *COLOURS_BY_FILE])
def test_a_training_keeps_and_tells_what_its_files_say(how, tmp_path):
    apart = how in CHANNELS_BY_FILE
    data = read_training(archive(tmp_path / "i.zip", {**CHANNELS_BY_FILE, **COLOURS_BY_FILE}[how], count=4), TrainImageOptions())
    encoding = data.fit_encoding(TrainImageOptions())
    assert (encoding.colours, encoding.told_apart) == (not apart, apart)
    assert of_channels(data) == (["channels 3, each by itself (no colours, as the files say)"] if apart else [])
    assert ("channels 3, each by itself (no colours, as the files say); numbers" in told(data)[0]) == apart
    assert data.take(np.arange(2)).fit_encoding(TrainImageOptions()).told_apart == apart


@pytest.mark.parametrize(("channels", "apart"), [(1, False), (2, True), (4, True), (5, True)])
def test_other_numbers_of_channels_say_all_by_themselves(channels, apart, tmp_path):
    data = read_training(archive(tmp_path / "i.zip", CHANNELS_BY_FILE["an axis C"], channels=channels), TrainImageOptions())
    encoding = data.fit_encoding(TrainImageOptions())
    assert encoding.told_apart == apart
    assert ImageEncoding.from_json(json.loads(json.dumps(encoding.to_json()))) == encoding
    assert of_channels(data) == ([f"channels {channels}, each by itself"] if apart else [])


@pytest.mark.parametrize("first", [CHANNELS_BY_FILE["an axis C"], png])
def test_where_files_differ_all_are_colours_which_is_said(first, tmp_path, biodl):
    makers = [first, png, png, CHANNELS_BY_FILE["an axis C"]]
    files = archive(tmp_path / "i.zip", *makers)
    data = read_training(files, TrainImageOptions())
    count = 2 * makers.count(CHANNELS_BY_FILE["an axis C"])
    assert not data.fit_encoding(TrainImageOptions()).told_apart
    assert of_channels(data) == [f"channels taken for the colours of one picture ({count} of 8 images say that theirs are none)"]
    close = "Some images hold three colours, others three channels that are none, and all are taken for colours. Save all alike."
    assert close in told(data)
    result = biodl("inspect", kind="image", data=files.data, findings=tmp_path / "f.tsv")
    assert result.code == 0, result.err
    found = pd.read_csv(tmp_path / "f.tsv", sep="\t")
    row = found[(found.check == "channels") & (found.severity == "warning")].iloc[0]
    assert f"{row.finding} {row.advice}" == close


@pytest.mark.parametrize(("color", "channels"), [("rgb", 3), ("grey", 1)])
def test_who_chose_rgb_or_grey_has_colours(color, channels, tmp_path):
    options = TrainImageOptions(color=color)
    data = read_training(archive(tmp_path / "i.zip", CHANNELS_BY_FILE["planar"]), options)
    encoding = data.fit_encoding(options)
    assert (encoding.channels, encoding.colours, encoding.told_apart) == (channels, True, False)
    name = {"rgb": "RGB", "grey": "grey"}[color]
    because = f"{name} was chosen, though 8 of 8 images say that theirs are none"
    assert of_channels(data) == [f"channels taken for the colours of one picture ({because})"]
    assert of_channels(read_training(archive(tmp_path / "j.zip", png), options)) == []


# the model file


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Encodings of three stains and of three colours, as JSON."""
    folder, found = tmp_path_factory.mktemp("stored"), {}
    for name, maker in (("stains", CHANNELS_BY_FILE["ImageJ"]), ("colours", png)):
        data = read_training(archive(folder / f"{name}.zip", maker), TrainImageOptions())
        found[name] = json.loads(json.dumps(data.fit_encoding(TrainImageOptions()).to_json()))
    return found


def test_an_encoding_is_the_same_once_stored(stored):
    for name, colours in (("stains", False), ("colours", True)):
        assert stored[name]["colours"] is colours
        again = ImageEncoding.from_json(stored[name])
        assert again.colours is colours
        assert again.told_apart is not colours
        assert json.loads(json.dumps(again.to_json())) == stored[name]


def test_an_encoding_of_before_took_three_channels_for_colours(stored):
    older = {name: value for name, value in stored["stains"].items() if name != "colours"}
    assert not ImageEncoding.from_json(older).told_apart
    five = {**older, "channels": 5, "mean": [0.0] * 5, "std": [1.0] * 5}
    assert ImageEncoding.from_json(five).told_apart


@pytest.mark.parametrize("value", [None, 0, 1, "", "yes", [], [True], {}, 0.5, float("nan")])
def test_colours_that_are_neither_true_nor_false_are_refused(value, stored):
    with pytest.raises(UnfitError, match=r"^its encoding of images has a 'colours' that is not true or false$"):
        ImageEncoding.from_json({**stored["stains"], "colours": value})


@pytest.mark.parametrize(
    "edit",
    [
        {"color": "rgb"},
        {"color": "grey", "channels": 1, "mean": [0.0], "std": [1.0]},
        {"channels": 1, "mean": [0.0], "std": [1.0]},
        {"channels": 5, "mean": [0.0] * 5, "std": [1.0] * 5},
    ],
)
def test_no_colours_where_nobody_asks_is_refused(edit, stored):
    assert ImageEncoding.from_json({**stored["stains"], **edit, "colours": True}).told_apart == (edit.get("channels") == 5)
    with pytest.raises(UnfitError, match=r"^its images have channels that cannot be told from colours$"):
        ImageEncoding.from_json({**stored["stains"], **edit})


@pytest.mark.parametrize(
    ("network", "files", "said"),
    [
        ("stains", "ImageJ", ["channels 3, each by itself (as the network learned them)"]),
        ("stains", "PNG", ["channels 3, each by itself (as the network learned them)"]),
        ("colours", "PNG", []),
        (
            "colours",
            "ImageJ",
            ["channels taken for the colours of one picture (as the network takes them, though 8 of 8 images say that theirs are none)"],
        ),
    ],
)
def test_a_network_takes_channels_as_it_learned_them(network, files, said, stored, tmp_path):
    """No note that the network is older either, which speaks of what may have been read otherwise."""
    maker = {**CHANNELS_BY_FILE, **COLOURS_BY_FILE}[files]
    for values in (stored[network]["values"], None):
        encoding = ImageEncoding.from_json({**stored[network], "values": values})
        data = read_for(archive(tmp_path / "i.zip", maker), encoding, None)
        assert of_channels(data) == said
        assert data.notes == []
        assert data.wanted.colours == encoding.colours


def test_who_starts_from_a_network_keeps_what_the_new_images_are(stored, tmp_path):
    options = TrainImageOptions()
    for name, maker, apart in (("colours", CHANNELS_BY_FILE["OME"], True), ("stains", png, False)):
        data = read_training(archive(tmp_path / "i.zip", maker), options)
        assert ImageEncoding.from_json(stored[name]).for_columns_of(data).told_apart == apart


# the tools


@pytest.mark.parametrize(("how", "apart"), [("composite of ImageJ", True), ("PNG", False)])
def test_train_and_inspect_say_what_they_made_of_channels(how, apart, biodl, tmp_path):
    maker, model = {**CHANNELS_BY_FILE, **COLOURS_BY_FILE}[how], tmp_path / "m.keras"
    data = archive(tmp_path / "i.zip", maker, count=16).data
    sentence = "channels 3, each by itself (no colours, as the files say)"
    result = biodl("train-convolutional", kind="image", data=data, model=model, epochs=1, filters="4", report=tmp_path / "t.html")
    assert result.code == 0, result.err
    assert (sentence in result.out) == apart
    assert ("no colours, as the files say" in (tmp_path / "t.html").read_text()) == apart
    with zipfile.ZipFile(model) as file:
        assert json.loads(file.read("biodl.json"))["features"]["colours"] is not apart
    assert open_network(str(model)).encoding.told_apart == apart
    result = biodl("inspect", kind="image", data=data, report=tmp_path / "i.html")
    assert result.code == 0, result.err
    assert (sentence in result.out) == apart
    assert ("no colours, as the files say" in (tmp_path / "i.html").read_text()) == apart
