"""Images as people have them: the same picture in any file is the same pixels, or is refused in a sentence."""

import contextlib
import io
import math
import struct
import unicodedata
import warnings
import zipfile
import zlib

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageOps
from samples import image_zip, picture, png

from biodl.data.files import image_archive, names
from biodl.data.files.image_archive import open_images
from biodl.data.files.pixels import decode, open_picture, size_of
from biodl.data.image.dataset import ImageSource, TrainImageOptions, read_for, read_samples, read_training
from biodl.data.image.encoding import ImageEncoding
from biodl.data.image.folders import classes_of
from biodl.data.image.read import decoded
from biodl.data.kind import Files
from biodl.errors import InputError
from biodl.program import runtime
from conftest import write_rows

QUICK = settings(max_examples=120, deadline=None, derandomize=True)


def random(shape, seed: int, dtype="uint8") -> np.ndarray:
    """Numbers of a type over all of its range."""
    draw = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return draw.integers(0, 2, shape).astype(bool)
    if kind.kind == "f":
        return draw.normal(0, 100, shape).astype(dtype)
    return draw.integers(np.iinfo(kind).min, np.iinfo(kind).max, shape, dtype=dtype, endpoint=True)


def as_tiff(pixels: np.ndarray, **options) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tifffile.imwrite(content, pixels, **options)
    return content.getvalue()


def saved(image: Image.Image, form: str, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """What Pillow makes of an orientation tag, on plain pixels of one or three channels."""
    tag = Image.Exif()
    tag[274] = orientation
    turned = [
        np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(saved(Image.fromarray(channel), "PNG", exif=tag)))))
        for channel in np.moveaxis(pixels, 2, 0)
    ]
    return np.stack(turned, axis=2)


def said(content: bytes) -> dict[str, str]:
    return {choice.what: choice.chosen for choice in open_picture(content).choices}


# the same pixels, whatever the file


def seen(image: Image.Image) -> np.ndarray:
    """The picture in 8 bits as it is seen."""
    light = image.convert("RGB") if image.mode in ("P", "PA", "CMYK", "YCbCr", "RGBA", "RGB") else image.convert("L")
    pixels = np.asarray(light)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


@QUICK
@given(
    mode=some.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"]),
    form=some.sampled_from(["PNG", "TIFF", "BMP"]),
    compression=some.sampled_from([None, "raw", "tiff_lzw", "tiff_deflate", "packbits"]),
    orientation=some.sampled_from([None, *range(1, 9)]),
    size=some.tuples(some.integers(1, 9), some.integers(1, 9)),
    seed=some.integers(0, 999),
)
def test_what_pillow_writes_is_read_as_it_is_seen(mode, form, compression, orientation, size, seed):
    image = Image.fromarray(random((*size, 3), seed)).convert(mode)
    options = {} if form != "TIFF" or compression is None else {"compression": compression}
    if orientation and form == "PNG":
        options["exif"] = Image.Exif()
        options["exif"][274] = orientation
    if orientation and form == "TIFF":
        options["tiffinfo"] = {274: orientation}
    try:
        content = saved(image, form, **options)
    except OSError:
        return  # Pillow does not write it
    expected = seen(image) if form == "BMP" or not orientation else upright(seen(image), orientation)
    assert decode(content).dtype == np.uint8
    np.testing.assert_array_equal(decode(content), expected)
    assert size_of(content) == expected.shape[:2]


@QUICK
@given(
    dtype=some.sampled_from(["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64"]),
    channels=some.sampled_from([1, 2, 3, 5]),
    axes=some.sampled_from(["YXC", "CYX", "YXS", "SYX"]),
    compression=some.sampled_from([None, "zlib", "lzw", "packbits"]),
    layout=some.sampled_from([{}, {"tile": (16, 16)}, {"rowsperstrip": 2}, {"bigtiff": True}, {"byteorder": ">"}, {"ome": True}]),
    white=some.booleans(),
    orientation=some.sampled_from([1, 1, 3, 6, 8]),
    size=some.tuples(some.integers(2, 9), some.integers(2, 9)),
    seed=some.integers(0, 999),
)
def test_what_tifffile_writes_with_its_axes_is_read_as_it_is(dtype, channels, axes, compression, layout, white, orientation, size, seed):
    pixels = random((*size, channels), seed, dtype)
    options = {"photometric": "miniswhite" if white and np.dtype(dtype).kind == "u" else "minisblack"}
    stored = np.moveaxis(pixels, 2, 0) if axes in ("CYX", "SYX") else pixels
    if "S" in axes and channels > 1:
        options["planarconfig"] = "separate" if axes == "SYX" else "contig"
    elif channels == 1:
        stored = pixels[:, :, 0]
    else:
        options["metadata"] = {"axes": axes}
    if channels > 1 and axes == "YXC" and "ome" in layout:
        layout = {}  # OME has channels before pixels
    if orientation > 1:
        options["extratags"] = [(274, 3, 1, orientation, True)]
    try:
        content = as_tiff(stored, compression=compression, **layout, **options)
    except (ValueError, KeyError, tifffile.OmeXmlError):
        return  # tifffile does not write it
    if dtype == "bool" and options.get("planarconfig") == "contig":
        with pytest.raises(ValueError, match=r"^it holds several channels of 1 bit side by side, so save it with 8 bits$"):
            decode(content)  # tifffile does not read what it writes there
        return
    expected = pixels
    if options["photometric"] == "miniswhite":
        expected = np.iinfo(dtype).max - pixels
    if dtype == "bool":
        expected = pixels.astype("uint8") * 255
    if dtype == "float16":
        expected = pixels.astype("float32")
    turns = {1: 0, 3: 2, 6: -1, 8: 1}[orientation]
    np.testing.assert_array_equal(decode(content), np.rot90(expected, turns))
    assert decode(content).dtype == expected.dtype
    assert size_of(content) == np.rot90(expected, turns).shape[:2]


@QUICK
@given(shape=some.lists(some.integers(1, 40), min_size=2, max_size=4).map(tuple), dtype=some.sampled_from(["uint8", "uint16", "float32"]))
def test_arrays_without_names_of_axes(shape, dtype):
    """As tifffile writes an array by default: the smallest extent is the channels if that is clear, else it is refused with its axes."""
    pixels = random(shape, 1, dtype)
    real = [size for size in shape if size > 1]
    with contextlib.suppress(*[ValueError] * (len(real) > 2)):  # refused, with the axes in the reason
        _check_guess(pixels, real, decode(as_tiff(pixels)))


def _check_guess(pixels, real, read):
    plain = pixels.squeeze()
    if len(real) <= 2:
        assert read.shape[2] == 1
        np.testing.assert_array_equal(read.squeeze(), plain)
        return
    assert len(real) == 3
    place = next(at for at in range(3) if plain.shape[at] == read.shape[2] and np.array_equal(np.moveaxis(plain, at, 2), read))
    if pixels.dtype == "float32" or not {plain.shape[0], plain.shape[2]} & {3, 4}:  # three or four bytes in a row are colours to tifffile
        assert plain.shape[place] == min(plain.shape)


def test_the_case_of_three_axes():
    pixels = random((24, 16, 5), 1, "uint16")
    found = open_picture(as_tiff(pixels))
    np.testing.assert_array_equal(found.pixels, pixels)
    (choice,) = found.choices
    assert str(choice) == (
        "axes 24 x 16 pixels with 5 channels (an axis of the TIFF has no name (axes QYX: 24 x 16 x 5), "
        "and the smallest was taken for the channels)"
    )
    assert choice.close.startswith("The files do not say which of 24 x 16 x 5 are channels. ")


def test_sixteen_bits_of_colour_are_kept():
    import imagecodecs

    for channels in (1, 2, 3, 4):
        pixels = random((6, 5, channels), 3, "uint16")
        read = decode(imagecodecs.png_encode(pixels.squeeze()))
        np.testing.assert_array_equal(read, pixels[:, :, : (1, 1, 3, 3)[channels - 1]])


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def deep_png(pixels: np.ndarray, *chunks: bytes) -> bytes:
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_decoders_write_nothing_to_stderr(capfd):
    pixels = random((5, 4, 3), 1, "uint16")
    odd = deep_png(pixels, chunk(b"iCCP", b"xx\0\0garbage"), chunk(b"tRNS", b"\0\1\0\2\0\3"))
    np.testing.assert_array_equal(decode(odd), pixels)
    with pytest.raises(ValueError, match="it is damaged"):
        decode(odd[:-40])
    content = bytearray(as_tiff(random((30, 30), 1), compression="zlib"))
    for at in range(8, len(content), 3):
        broken = content.copy()
        broken[at] ^= 0x55
        with contextlib.suppress(ValueError):
            decode(bytes(broken))
    assert capfd.readouterr() == ("", "")


# what numbers and channels stand for


def test_palettes_of_tiff_become_colours():
    numbers = random((6, 5), 1)
    colours = random((3, 256), 2, "uint16")
    content = as_tiff(numbers, photometric="palette", colormap=colours)
    np.testing.assert_array_equal(decode(content), (colours >> 8).astype("uint8").T[numbers])
    assert said(content) == {"palette": "as RGB"}


def test_inks_become_light_as_in_jpeg():
    image = Image.fromarray(random((6, 5, 4), 1), "CMYK")
    np.testing.assert_array_equal(decode(saved(image, "TIFF")), np.asarray(image.convert("RGB")))
    deep = as_tiff(np.array([[[0, 65535, 0, 0], [0, 0, 0, 65535]]], dtype="uint16"), photometric="separated")
    np.testing.assert_array_equal(decode(deep), [[[65535, 0, 65535], [0, 0, 0]]])
    assert said(deep) == {"inks": "as RGB"}


def test_white_is_zero_is_turned():
    pixels = random((6, 5), 1)
    content = as_tiff(pixels, photometric="miniswhite")
    np.testing.assert_array_equal(decode(content)[:, :, 0], 255 - pixels)
    assert said(content) == {"white-is-zero": "inverted"}
    two = Image.fromarray(pixels > 100)
    assert np.array_equal(decode(saved(two, "TIFF", tiffinfo={262: 0})), decode(saved(two, "PNG")))


def test_masks():
    """tifffile marks every array of bool as white-is-zero; what is true stays bright."""
    mask = random((6, 5), 1, "bool")
    for content in (as_tiff(mask), saved(Image.fromarray(mask), "TIFF"), saved(Image.fromarray(mask), "PNG")):
        np.testing.assert_array_equal(decode(content)[:, :, 0], mask * 255)
    labels = random((6, 5), 1, "uint32") % 5000
    np.testing.assert_array_equal(decode(as_tiff(labels))[:, :, 0], labels)


@pytest.mark.parametrize(
    ("content", "channels", "word"),
    [
        (as_tiff(random((6, 5, 4), 1, "uint16")), 4, ""),  # as tifffile marks any fourth channel
        (as_tiff(random((6, 5, 4), 1), photometric="rgb", extrasamples=["unspecified"]), 4, ""),
        (as_tiff(random((6, 5, 4), 1), photometric="minisblack", planarconfig="contig"), 4, ""),
        (saved(Image.fromarray(random((6, 5, 4), 1)), "TIFF"), 3, "left out"),
        (saved(Image.fromarray(random((6, 5, 4), 1)), "PNG"), 3, "left out"),
        (as_tiff(random((6, 5, 5), 1), photometric="rgb", extrasamples=["unspecified", "assocalpha"]), 4, "left out"),
    ],
)
def test_a_fourth_channel_is_dropped_only_where_it_is_marked(content, channels, word):
    assert decode(content).shape == (6, 5, channels)
    assert said(content).get("transparency", "") == word


def of(path, members):
    return read_samples(Files(str(image_zip(path, members))), ImageSource())


def told(data) -> str:
    return "; ".join(map(str, data.choices))


def test_a_fourth_channel_that_tifffile_marked(tmp_path):
    stains = [random((6, 5, 4), seed, "uint16") for seed in range(4)]
    clear = [np.dstack([stain[:, :, :3], np.full((6, 5), 65535, "uint16")]) for stain in stains]
    kept = of(tmp_path / "1.zip", {f"{n}.tif": as_tiff(pixels) for n, pixels in enumerate(stains)})
    np.testing.assert_array_equal(kept.pixels[0:4], np.stack(stains))
    assert "fourth channel kept as data (tifffile marks any fourth channel as transparency" in told(kept)
    assert [choice.close for choice in kept.choices if choice.close] == [
        "A fourth channel is marked as transparency, but was kept as data. Choose RGB or grey to leave it out."
    ]
    dropped = of(tmp_path / "2.zip", {f"{n}.tif": as_tiff(pixels) for n, pixels in enumerate(clear)})
    np.testing.assert_array_equal(dropped.pixels[0:4], np.stack(stains)[:, :, :, :3])
    assert "fourth channel left out as transparency (the same in every pixel; in all 4 images)" in told(dropped)


def first_thumbnail() -> bytes:
    content = io.BytesIO()
    with tifffile.TiffWriter(content) as file:
        file.write(random((8, 8), 1), subfiletype=1)
        file.write(random((32, 30, 3), 2), photometric="rgb")
        file.write(random((32, 30), 3, "bool"), subfiletype=4)
    return content.getvalue()


def test_thumbnails_and_masks_beside_a_picture_are_skipped():
    np.testing.assert_array_equal(decode(first_thumbnail()), random((32, 30, 3), 2))
    assert said(first_thumbnail()) == {"page": "the full picture"}
    assert size_of(first_thumbnail()) == (32, 30)


def pages(*shapes) -> bytes:
    first, *others = [Image.fromarray(random(shape, number)) for number, shape in enumerate(shapes)]
    return saved(first, "TIFF", save_all=True, append_images=others)


def with_value(value: float) -> bytes:
    pixels = random((4, 4), 1, "float32")
    pixels[1, 1:3] = value
    return as_tiff(pixels)


REFUSED = {
    "NaN": (with_value(math.nan), "2 of its 16 values are NaN or infinite, which is no brightness, so fill them"),
    "infinite": (with_value(-math.inf), "2 of its 16 values are NaN or infinite, which is no brightness, so fill them"),
    "huge": (with_value(1e35), "it holds values beyond 1e+30, which no network can take"),
    "complex": (as_tiff(random((4, 4), 1).astype("complex64")), "it holds complex numbers, so save their magnitude or phase"),
    "pages": (
        pages((6, 5, 3), (6, 5, 3)),
        "it holds 2 pages (IYXS: 2 x 6 x 5 x 3), not one, so save the one that is meant as a file of its own",
    ),
    "pictures": (
        pages((6, 5), (9, 5)),
        "it holds 2 pictures (6 x 5, 9 x 5), not one, so save the one that is meant as a file of its own",
    ),
    "frames": (
        saved(Image.fromarray(random((6, 5), 1)), "GIF", save_all=True, append_images=[Image.fromarray(random((6, 5), 2))]),
        "it holds 2 pictures, not one, so save the one that is meant as a file of its own",
    ),
    "axes": (
        as_tiff(random((9, 7, 8), 1)),
        "it has an axis without a name (axes QYX: 9 x 7 x 8), of which none is clearly the channels, so save it with its axes named "
        "(as YXC or CYX), or one plane of it",
    ),
    "many pages": (
        pages(*[(6, 5)] * 7),
        "it has pages without a name (axes IYX: 7 x 6 x 5), of which none is clearly the channels, so save it with its axes named "
        "(as YXC or CYX), or one plane of it",
    ),
    "time": (
        as_tiff(random((3, 9, 9), 1), photometric="minisblack", metadata={"axes": "TYX"}),
        "it is a stack along time, not a plane: take planes or a projection",
    ),
    "angle": (
        as_tiff(random((3, 9, 9), 1), photometric="minisblack", metadata={"axes": "AYX"}),
        "it is a stack along angle (A), not a plane, so take one plane or name that axis C",
    ),
    "CIELab": (saved(Image.new("LAB", (5, 6)), "TIFF"), "its colours are CIELab, so save it as RGB"),
    "five axes": (
        as_tiff(random((2, 3, 9, 9), 1), photometric="minisblack", metadata={"axes": "TCYX"}),
        "it has 4 dimensions (TCYX: 2 x 3 x 9 x 9), not height, width and channels",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused(name):
    content, reason = REFUSED[name]
    with pytest.raises(ValueError, match=r"^.") as error:
        decode(content)
    assert str(error.value) == reason


def test_pixels_that_are_no_numbers_are_named_by_all_tools(biodl, tmp_path):
    members = {f"{'ab'[n % 2]}/{n}.tif": as_tiff(random((4, 4), n, "float32")) for n in range(12)}
    data = image_zip(tmp_path / "i.zip", {**members, "a/9.tif": REFUSED["NaN"][0]})
    reason = REFUSED["NaN"][1]
    result = biodl("train-convolutional", kind="image", data=data, model=tmp_path / "m.keras")
    assert result.err.strip() == (
        f"Error: The image 'a/9.tif' of image archive 'i.zip' cannot be read, because {reason}: mend or remove it, "
        "or let broken images be skipped."
    )
    assert biodl("inspect", kind="image", data=data, findings=tmp_path / "f.tsv").code == 0
    found = pd.read_csv(tmp_path / "f.tsv", sep="\t").set_index("check").loc["broken images"]
    assert (found.severity, found.finding) == ("stop", f"1 image cannot be read (first 'a/9.tif': {reason}).")


def test_numbers_of_several_types_are_said(tmp_path):
    data = of(tmp_path / "i.zip", {f"{n}.tif": as_tiff(random((4, 4), n, ("uint8", "uint16")[n % 3 == 0])) for n in range(6)})
    assert "numbers 4 of uint8, 2 of uint16 (as they stand in the files)" in told(data)
    assert data.choices[-1].close.startswith("The images hold numbers of several types (4 of uint8, 2 of uint16), taken as they are. ")


def test_a_network_of_an_earlier_version_says_so_once(tmp_path):
    """Where its images may have been read otherwise when it was trained."""
    encoding = ImageEncoding.from_json(
        {"height": 4, "width": 4, "channels": 1, "resize": "stretch", "color": "auto", "mean": [0.0], "std": [1.0]}
    )
    assert encoding.values is None
    plain = image_zip(tmp_path / "p.zip", {"1.png": png(picture((4, 4), 1))})
    white = image_zip(tmp_path / "w.zip", {"1.tif": as_tiff(picture((4, 4), 1), photometric="miniswhite")})
    assert read_for(Files(str(plain)), encoding, None).notes == []
    assert [str(note)[:52] for note in read_for(Files(str(white)), encoding, None).notes] == [
        "The network is of a version that did not keep what i"
    ]


# the same tool, the same files


def colours(folder, name, dtype="uint8", suffix="png") -> str:
    """Two classes of red and of blue."""
    members = {}
    for number in range(16):
        pixels = picture((6, 6, 3), number, dtype=dtype)
        pixels[:, :, 2 * (number % 2)] += np.iinfo(dtype).max // 2
        members[f"{'ab'[number % 2]}/{number:02d}.{suffix}"] = png(pixels) if suffix == "png" else as_tiff(pixels, photometric="rgb")
    return image_zip(folder / name, members)


def test_bits_and_order_of_files(biodl, tmp_path):
    """Files in another order give the same network; pictures of more bits are refused, unless they hold the same numbers."""
    data = colours(tmp_path, "i.zip")
    with zipfile.ZipFile(data) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    other = image_zip(tmp_path / "j.zip", dict(reversed(members.items())))
    options = {"kind": "image", "epochs": 1, "filters": "4"}
    for path, number in ((data, 1), (other, 2)):
        result = biodl("train-convolutional", data=path, model=tmp_path / f"{number}.keras", history=tmp_path / f"{number}.tsv", **options)
        assert result.code == 0, result.err
        assert "classes 'a', 'b' (the names of the folders); numbers uint8 (as they stand in the files); samples 16" in result.out
    assert (tmp_path / "1.tsv").read_bytes() == (tmp_path / "2.tsv").read_bytes()
    deep = colours(tmp_path, "d.zip", "uint16", "tif")
    result = biodl("predict", data=deep, model=tmp_path / "1.keras", predictions=tmp_path / "p.tsv")
    assert result.err.startswith("Error: The image 'a/00.tif' of image archive 'd.zip' holds numbers of type uint16 from ")
    assert result.err.strip().endswith(", but the network learned from uint8 from 0 to 189: convert it as those were, or train anew.")
    wide = {name.replace("png", "tif"): as_tiff(decode(content).astype("uint16"), photometric="rgb") for name, content in members.items()}
    for path, predictions in ((data, "1.p"), (image_zip(tmp_path / "w.zip", wide), "2.p")):
        assert biodl("predict", data=path, model=tmp_path / "1.keras", predictions=tmp_path / predictions).code == 0
    first, second = ((tmp_path / name).read_text() for name in ("1.p", "2.p"))
    flat = image_zip(tmp_path / "f.zip", {"x.png": members["a/00.png"]})
    result = biodl("evaluate", data=flat, model=tmp_path / "1.keras", metrics=tmp_path / "m.tsv")
    assert result.err.strip() == (
        "Error: The images of image archive 'f.zip' lie in no folders that name their classes: give a table of labels, or pack a folder "
        "a class."
    )
    assert first == second.replace(".tif", ".png")


def test_the_column_of_names_is_the_same_in_evaluation(biodl, tmp_path):
    data = image_zip(tmp_path / "i.zip", {f"i{n}.png": png(picture((6, 6), n, n % 2)) for n in range(24)})
    rows = [["code", "cls", "file"], *([f"i{(n + 1) % 24}.png", "ab"[n % 2], f"i{n}.png"] for n in range(24))]
    labels = write_rows(tmp_path / "l.tsv", rows)
    renamed = write_rows(tmp_path / "r.tsv", [["name", "cls"], *([row[2], row[1]] for row in rows[1:])])
    options = {"kind": "image", "data": data, "labels": labels, "target": "cls", "id_column": "file", "epochs": 20, "filters": "8"}
    result = biodl("train-convolutional", validation=data, model=tmp_path / "m.keras", learning_rate=0.01, **options)
    assert result.code == 0, result.err
    assert "names of images column 'file'; numbers uint8" in result.out
    for table in (labels, renamed):
        result = biodl("evaluate", data=data, labels=table, model=tmp_path / "m.keras", metrics=tmp_path / "m.tsv", resamples=100)
        assert result.code == 0, result.err
        assert pd.read_csv(tmp_path / "m.tsv", sep="\t").set_index("metric").value["accuracy"] > 0.9


# folders and names


def folders(*paths, **options):
    return classes_of([f"{path}/{number}.png" for path in paths for number in (1, 2)], "image archive 'i.zip'", **options)


def test_the_upper_of_folders_in_folders_is_the_class():
    found = folders("data/healthy/patient1", "data/healthy/patient2", "data/tumour/patient3")
    assert found.names == ["healthy"] * 4 + ["tumour"] * 2
    assert found.inside == ["patient1"] * 2 + ["patient2"] * 2 + ["patient3"] * 2
    assert found.choices[0].chosen == "'healthy', 'tumour', the upper of folders in folders"
    assert "name 'subfolder' as the group" in found.choices[0].close
    assert folders("healthy/1", "healthy/2", "tumour/1", "tumour/2").names == ["healthy"] * 4 + ["tumour"] * 4
    assert folders("moss/wet", "moss/dry", "fern/wood", "fern/rock").names == ["moss"] * 4 + ["fern"] * 4
    assert folders("ill/anna", "well/bert").names == ["ill"] * 2 + ["well"] * 2
    assert folders("ill", "well/bert", "well/otto").names == ["ill"] * 2 + ["well"] * 4


def test_the_lower_of_folders_in_folders_is_the_class_where_it_recurs():
    found = folders("p1/healthy", "p1/tumour", "p2/healthy", "p3/tumour")
    assert found.names == ["healthy", "healthy", "tumour", "tumour", "healthy", "healthy", "tumour", "tumour"]
    assert found.inside[:2] == ["p1", "p1"]
    found = folders("anna/ill/left", "bert/ill/left", "anna/well/left", known=("ill", "well"))
    assert found.names == ["ill"] * 4 + ["well"] * 2
    assert found.inside == ["anna/left"] * 2 + ["bert/left"] * 2 + ["anna/left"] * 2


def test_folders_that_do_not_tell_are_refused():
    with pytest.raises(InputError) as error:
        folders("wet/moss", "dry/moss", "wet/fern", "dry/fern")
    assert str(error.value) == (
        "Folders lie in folders in image archive 'i.zip' (as 'wet/moss'), and it cannot be told whether the upper or the lower ones name "
        "the classes: give a table of labels, or pack a folder a class."
    )
    assert folders("wet/moss", "dry/moss", known=("moss", "fern")).names == ["moss"] * 4
    with pytest.raises(InputError, match=r"^The image 'data/x.png' of i lies in no folder that names its class: move it into one\.$"):
        classes_of(["data/x.png", "data/a/1.png"], "i")


def test_parts_of_a_split_are_no_classes():
    found = folders("set/train/ill", "set/train/well", "set/Test/ill", "set/Test/well")
    assert found.names == ["ill", "ill", "well", "well"] * 2
    assert found.warnings == [
        "Folders 'Test', 'train' of image archive 'i.zip' look like the parts of a split, and all are taken together here: "
        "to keep them apart give each in an archive of its own"
    ]
    assert folders("train", "test").names == ["train", "train", "test", "test"]


def test_folders_of_an_archive(tmp_path):
    members = {f"{kind}/p{patient}/{n}.png": png(picture((4, 4), n)) for kind in ("ill", "well") for patient in (1, 2) for n in range(3)}
    data = read_training(Files(str(image_zip(tmp_path / "i.zip", members))), TrainImageOptions(group=("subfolder",)))
    assert data.target["folder"].tolist() == ["ill"] * 6 + ["well"] * 6
    assert data.group.tolist() == ["p1"] * 3 + ["p2"] * 3 + ["p1"] * 3 + ["p2"] * 3
    assert not [choice.close for choice in data.choices if choice.close]


def test_names_in_archives(tmp_path):
    composed = "Größe"
    path = tmp_path / "i.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("b\\2.png", "b\\1.png", unicodedata.normalize("NFD", f"a/{composed}.png"), ".hidden/x.png", "b\\note.txt"):
            archive.writestr(name, png(picture((4, 4), len(name))))
    images = open_images(Files(str(path))).by_name()
    assert images.names == [f"a/{composed}.png", "b/1.png", "b/2.png"]
    assert images.ignored == ["b/note.txt"]
    assert images.read(0) == png(picture((4, 4), len(unicodedata.normalize("NFD", f"a/{composed}.png"))))
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo(f"a/{composed}.png".encode().decode("cp437"))  # the archiver of macOS does not say that it is UTF-8
        archive.writestr(info, b"x")
    content = path.read_bytes().replace(f"a/{composed}.png".encode().decode("cp437").encode(), f"a/{composed}.png".encode())
    info.flag_bits = 0
    assert image_archive._member_name(info) == f"a/{composed}.png"
    assert content
    with pytest.raises(InputError, match=r"has a path that leaves it \('../x.png'\)"):
        open_images(Files(str(image_zip(tmp_path / "j.zip", {"..\\x.png": b"x"}))))
    with pytest.raises(InputError, match=r"has more than one image named 'a/x.png': rename one"):
        open_images(Files(str(image_zip(tmp_path / "k.zip", {"a\\x.png": b"x", "a/x.png": b"y"}))))


def match(samples, cells):
    return names.by_path(samples, cells, "images", "table 'l.tsv'")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("set/a0.png", None),
        ("./set/a0.png", "in how their path is written"),
        ("set\\a0.png", "in how their path is written"),
        ("/data/u/set/a0.png", "in their folders"),
        ("C:\\u\\set\\a0.png", "in their folders"),
        ("a0.png", "in their folders"),
        ("a0", "in their suffix"),
        ("set/a0.JPG", "in their suffix"),
        ("SET/a0.png", "in the case of letters"),
        ("A0.PNG", "in the case of letters"),
        ("A0.jpg", "in suffix and case"),
    ],
)
def test_the_end_of_a_path_names_an_image(cell, words):
    found = match(["set/a0.png", "set/a1.png"], ["other", cell])
    assert found.rows == [1, None]
    assert found.differing == ({words: 1} if words else {})


def test_names_that_fit_two_are_refused():
    with pytest.raises(InputError) as error:
        match(["plate1/well3.png", "plate2/well3.png"], ["well3.png"])
    assert str(error.value) == (
        "The name 'well3.png' in table 'l.tsv' fits more than one of the images (as 'plate1/well3.png' and 'plate2/well3.png'): "
        "give their paths as well."
    )
    with pytest.raises(InputError, match=r"^Two names in table 'l.tsv', 'one/a.png' and 'two/a.png', fit 'a.png': keep one row\.$"):
        match(["a.png"], ["one/a.png", "two/a.png"])
    assert match(["p1/a.png", "p2/a.png"], ["x/p2/a.png", "x/p1/a.png"]).rows == [1, 0]
    assert match(["a.png", "A.png"], ["A.png", "a.png"]).rows == [1, 0]
    assert match(["x/a.png"], ["y/a.png"]).rows == [None]


# memory


def test_few_images_are_held_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("GALAXY_SLOTS", "2")
    monkeypatch.setattr("biodl.data.image.read._TOGETHER", 20)  # bytes; an image has 16
    images = open_images(Files(str(image_zip(tmp_path / "i.zip", {f"{n:03d}.png": png(picture((4, 4), n)) for n in range(60)}))))
    asked = []

    def read(position):
        asked.append(position)
        return images.read(position)

    walk = decoded(type(images)(images.where, images.names, read, "", []), list(range(60)))
    for done in range(5):
        assert next(walk)[0] == done
        assert len(asked) <= done + 4
    assert [position for position, _ in walk] == list(range(5, 60))


def test_sizes_that_memory_cannot_hold_are_refused(biodl, tmp_path, monkeypatch):
    data = colours(tmp_path, "i.zip")
    monkeypatch.setenv("GALAXY_MEMORY_MB", "4096")
    options = {"kind": "image", "data": data, "model": tmp_path / "m.keras"}
    result = biodl("train-convolutional", image_height=4096, image_width=4096, **options)
    assert result.err.strip() == (
        "Error: A network on images of 4096 x 4096 pixels needs more than 4796 MB of memory for one image of image archive 'i.zip', "
        "but the job has 4096 MB: choose a smaller height and width or ask the administrator for more memory."
    )
    result = biodl("train-convolutional", image_height=512, image_width=512, filters="512", **options)
    assert result.err.startswith("Error: The network needs about ")
    assert "MB of memory for a batch of 14 samples of image archive 'i.zip', but the job has 4096 MB: choose smaller samples" in result.err
    monkeypatch.delenv("GALAXY_MEMORY_MB")
    runtime.check_picture_memory(2**20, 2**20, "x")  # nobody said how much there is


def test_members_that_say_they_are_huge_are_not_unpacked(tmp_path):
    path = image_zip(tmp_path / "i.zip", {"a.tif": b"II*\0" + bytes(1000)})
    content = path.read_bytes()
    path.write_bytes(content.replace((1004).to_bytes(4, "little"), (900_000_000).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"has a part that unpacks to an absurd size \('a.tif', 900000000 bytes\): remove it"):
        open_images(Files(str(path)))
