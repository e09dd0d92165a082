"""TIFF as pixels: which page, which axes, and what its numbers stand for."""

from __future__ import annotations

import dataclasses
import io
import math
from typing import TYPE_CHECKING, Any

from ..reading import Choice
from .raster import (
    Picture,
    PictureError,
    ink_to_light,
    native,
    of_orientation,
    refuse_size,
    refuse_type,
    to_eight_bits,
    turned,
    turned_size,
)

if TYPE_CHECKING:
    import numpy as np

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType: a smaller copy of another page, and a mask of transparency."""
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _INKS, _YCBCR = 0, 1, 2, 3, 5, 6
_PLAIN = (0, 1, 2, 3, 4, 5, 6)
_JPEG = (6, 7, 34892, 33007)
"""Compressions whose decoder makes RGB of YCbCr."""
_ORIENTATION, _INK_SET = 274, 332
_CMYK = 1
_SIDE_BY_SIDE = 1
"""How the channels of a pixel lie; tifffile does not unpack those of fewer than eight bits rightly."""
_UNNAMED = "QI"
_CHANNELS = "CSEH"
_MOST_UNNAMED = 32
"""More channels than this are not taken from an axis without a name."""


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Positions of height, width and channels (None: there is one) among the axes, and how the choice is said."""

    height: int
    width: int
    channels: int | None
    choices: tuple[Choice, ...] = ()


def read_tiff(content: bytes) -> Picture:
    """Pixels of the one full picture in a TIFF.

    Palettes, inks and white-is-zero become light; brightness of fewer than eight bits becomes 0 to 255; channels marked as transparency
    are dropped; what the orientation tag says is done.

    Raises:
        PictureError: with the reason, for what is not one plane with channels.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        series, said = _full_picture(file)
        page = series.keyframe
        layout = _layout(series.axes, series.shape)
        refuse_size(math.prod(series.shape), "values")
        refuse_type(series.dtype)
        _refuse_colours(page)
        pixels = _planes(file.asarray(series=series, maxworkers=1), layout)
        pixels, of_light, doubtful = _as_light(native(pixels), page, layout, series.axes)
        orientation = _tag(page, _ORIENTATION, 1)
        colours = int(page.photometric) not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)  # else each number is a brightness by itself
    return Picture(turned(pixels, orientation), (*said, *layout.choices, *of_light, *of_orientation(orientation)), doubtful, colours)


def size_of_tiff(content: bytes) -> tuple[int, int]:
    """Height and width, from the header of the file, once turned.

    Raises:
        PictureError: with the reason, for what is not one plane with channels.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        series, _ = _full_picture(file)
        layout = _layout(series.axes, series.shape)
        return turned_size(series.shape[layout.height], series.shape[layout.width], _tag(series.keyframe, _ORIENTATION, 1))


def _tag(page: Any, number: int, otherwise: int) -> int:
    found = page.tags.valueof(number, default=otherwise)
    return int(found) if isinstance(found, int) else otherwise


def _full_picture(file: Any) -> tuple[Any, list[Choice]]:
    """The series of pages that is the picture, and what was left beside it."""
    every = list(file.series)
    full = [series for series in every if not series.keyframe.subfiletype & (_REDUCED | _MASK)]
    if not full:
        full = every
    if not full:
        raise PictureError("it holds no picture")
    if len(full) > 1:
        sizes = ", ".join(" x ".join(map(str, series.shape)) for series in full[:3])
        raise PictureError(f"it holds {len(full)} pictures ({sizes}), not one, so save the one that is meant as a file of its own")
    if len(every) > 1:
        return full[0], [Choice("page", "the full picture", "thumbnails and masks beside it are marked as such")]
    return full[0], []


def _layout(axes: str, shape: tuple[int, ...]) -> _Layout:
    """Which axis is what.

    An axis without a name (Q: as tifffile writes arrays, I: pages one after another) says nothing of itself, and where there is a Q, the
    names of height and width are a guess as well. The smallest extent is taken for channels then, if it is clearly the smallest.
    """
    sizes = " x ".join(map(str, shape))
    guessed = "Q" in axes or len(set(axes)) < len(axes)  # where all extents are one, tifffile names an axis twice
    real = [place for place, size in enumerate(shape) if size > 1 or (axes[place] in "YX" and not guessed)]
    if guessed and len(real) < 2:
        real += [place for place in range(len(shape)) if place not in real and axes[place] in "YX"][: 2 - len(real)]
        real.sort()
    if len(real) == 2:
        return _Layout(real[0], real[1], None) if guessed else _Layout(axes.index("Y"), axes.index("X"), None)
    if len(real) != 3 and any(axes[place] == "I" for place in real):
        pages = shape[axes.index("I")]
        raise PictureError(f"it holds {pages} pages ({axes}: {sizes}), not one, so save the one that is meant as a file of its own")
    if len(real) != 3:
        raise PictureError(f"it has {len(real)} dimensions ({_named(axes, real)}: {sizes}), not height, width and channels")
    depth = next((place for place in real if axes[place] not in "YX"), None)
    if depth is None or not {"Y", "X"} <= {axes[place] for place in real}:
        if not guessed:
            raise PictureError(f"its axes are {axes} ({sizes}), not height, width and channels")
    elif axes[depth] in _CHANNELS:
        return _Layout(axes.index("Y"), axes.index("X"), depth)
    elif axes[depth] in "ZT":
        raise PictureError(f"it is a stack along {'depth' if axes[depth] == 'Z' else 'time'}, not a plane: take planes or a projection")
    elif axes[depth] not in _UNNAMED:
        raise PictureError(f"it is a stack along {_word(axes[depth])}, not a plane, so take one plane or name that axis C")
    return _by_size(axes, shape, real, guessed)


def _by_size(axes: str, shape: tuple[int, ...], real: list[int], guessed: bool) -> _Layout:
    """Three axes, one of them without a name."""
    ordered = sorted(real, key=lambda place: shape[place])
    channels = ordered[0]
    sizes = " x ".join(str(shape[place]) for place in real)
    named = "".join(axes[place] for place in real)
    clear = shape[channels] * 2 <= shape[ordered[1]] and shape[channels] <= _MOST_UNNAMED
    if not guessed and axes[channels] not in _UNNAMED:  # pages are planes: height and width are certain
        clear = False
    if not clear:
        what = "pages" if not guessed else "an axis"
        raise PictureError(
            f"it has {what} without a name (axes {named}: {sizes}), of which none is clearly the channels, so save it with its axes named "
            "(as YXC or CYX), or one plane of it"
        )
    height, width = [place for place in real if place != channels]
    chosen = f"{shape[height]} x {shape[width]} pixels with {shape[channels]} channels"
    why = f"an axis of the TIFF has no name (axes {named}: {sizes}), and the smallest was taken for the channels"
    close = f"The files do not say which of {sizes} are channels. If they are planes or times, take one of them, or name the axes."
    return _Layout(height, width, channels, (Choice("axes", chosen, why, close),))


def _word(axis: str) -> str:
    import tifffile

    return f"{tifffile.TIFF.AXES_NAMES.get(axis, 'an axis')} ({axis})"


def _named(axes: str, real: list[int]) -> str:
    return "".join(axes[place] for place in real)


def _planes(pixels: np.ndarray, layout: _Layout) -> np.ndarray:
    """[height, width, channels]; axes of one step are gone."""
    order = [layout.height, layout.width] + ([] if layout.channels is None else [layout.channels])
    rest = [place for place in range(pixels.ndim) if place not in order]
    pixels = pixels.transpose(*order, *rest)
    return pixels.reshape(*pixels.shape[:2], -1)


def _refuse_colours(page: Any) -> None:
    kind, bits = int(page.photometric), int(page.bitspersample)
    if bits < 8 and page.samplesperpixel > 1 and int(page.planarconfig) == _SIDE_BY_SIDE:
        raise PictureError(f"it holds several channels of {bits} bit{'s' if bits > 1 else ''} side by side, so save it with 8 bits")
    if kind not in _PLAIN:
        name = {8: "CIELab", 9: "CIELab", 10: "CIELab", 32803: "those of a raw camera sensor", 32844: "LogL", 32845: "LogLuv"}.get(kind)
        raise PictureError(f"its colours are {name or f'of a kind that is not known ({kind})'}, so save it as RGB")


def _as_light(pixels: np.ndarray, page: Any, layout: _Layout, axes: str) -> tuple[np.ndarray, list[Choice], bool]:
    """Pixels as brightness or colours, what there is to say of it, and whether the last channel is doubtful."""
    said: list[Choice] = []
    doubtful = False
    if layout.channels is not None and axes[layout.channels] == "S":
        pixels, said, doubtful = _without_transparency(pixels, page)
    kind, bits = int(page.photometric), int(page.bitspersample)
    if kind == _PALETTE:
        return _coloured(pixels, page), [*said, Choice("palette", "as RGB", "the numbers stand for colours of a map in the file")], False
    if kind == _INKS and pixels.shape[2] == 4 and _tag(page, _INK_SET, _CMYK) == _CMYK and pixels.dtype.kind == "u":
        light = ink_to_light(pixels, 2**bits - 1).astype(pixels.dtype)
        return light, [*said, Choice("inks", "as RGB", "the files hold cyan, magenta, yellow and black")], False
    if kind == _YCBCR and int(page.compression) not in _JPEG:
        pixels = _from_ycbcr(pixels)
    if kind == _WHITE_IS_ZERO:
        pixels, words = _inverted(pixels, page, bits)
        said.append(words)
    if bits < 8:
        pixels = to_eight_bits(pixels, bits)
        said.append(Choice("brightness", "0 to 255", f"the files hold {bits} bit{'s' if bits > 1 else ''} a pixel"))
    return pixels, said, doubtful


def _by_tifffile(page: Any) -> bool:
    """Whether tifffile wrote it, whose marks of transparency and of white are defaults by the type and shape of an array."""
    return str(page.software).startswith("tifffile")


def _without_transparency(pixels: np.ndarray, page: Any) -> tuple[np.ndarray, list[Choice], bool]:
    """The samples of a pixel that are not marked as transparency."""
    extra = [int(mark) for mark in page.extrasamples]
    first = pixels.shape[2] - len(extra)
    marked = [first + number for number, mark in enumerate(extra) if mark in (1, 2)]
    if not marked or first < 1:
        return pixels, [], False
    if _by_tifffile(page) and int(page.photometric) == _RGB and extra == [2] and first == 3:
        return pixels, [], True
    kept = [number for number in range(pixels.shape[2]) if number not in marked]
    return pixels[:, :, kept], [Choice("transparency", "left out", "it is marked as such")], False


def _coloured(numbers: np.ndarray, page: Any) -> np.ndarray:
    """Colours of a palette's numbers, uint8."""
    colours = page.colormap
    if colours is None or numbers.shape[2] != 1 or numbers.dtype.kind not in "bu":
        raise PictureError("its palette is missing or does not fit")
    colours = colours if colours.max() < 256 else colours >> 8  # some programs fill eight of the sixteen bits
    return colours.astype("uint8").T[numbers[:, :, 0].astype("int64")]


def _from_ycbcr(pixels: np.ndarray) -> np.ndarray:
    import numpy as np
    from PIL import Image

    if pixels.dtype != np.uint8 or pixels.shape[2] != 3:
        raise PictureError("its colours are YCbCr of more than eight bits, so save it as RGB")
    # by way of bytes, since Pillow would take an array for RGB
    return np.asarray(Image.frombytes("YCbCr", pixels.shape[1::-1], pixels.tobytes()).convert("RGB"))


def _inverted(pixels: np.ndarray, page: Any, bits: int) -> tuple[np.ndarray, Choice]:
    """Brightness, of numbers of which 0 is white."""
    if pixels.dtype.kind == "b" and _by_tifffile(page):
        why = "tifffile marks every such array as white-is-zero, whatever it holds"
        return pixels, Choice("mask", "true as bright", why)
    if pixels.dtype.kind == "b":
        pixels = ~pixels
    elif pixels.dtype.kind == "u":
        pixels = (2**bits - 1) - pixels
    else:
        raise PictureError("0 is white in it, but it is not said which number is black, so save it with black as 0")
    return pixels, Choice("white-is-zero", "inverted", "the files say that 0 is white")
