"""A picture as a raster of numbers: what may stand in it, how it is turned, and its colours as light."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ...cells import LARGEST
from ..reading import Choice

if TYPE_CHECKING:
    import numpy as np

MOST_VALUES = 10**8
"""Pixels, or values of a TIFF, beyond which a picture is not unpacked."""
_EIGHT_BITS = 255


class PictureError(ValueError):
    """Why a file is no picture to learn from; its text ends a sentence that begins with "because"."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """One image as it was read.

    Attributes:
        pixels: [height, width, channels], in the file's own type of number.
        choices: what was made of the file beyond taking its numbers as they are.
        doubtful: whether the last of four channels is marked as transparency by a program that marks any fourth channel so.
        colours: whether three channels are the colours of one picture; not where the file says that each is a brightness by itself.
    """

    pixels: np.ndarray
    choices: tuple[Choice, ...] = ()
    doubtful: bool = False
    colours: bool = True


def refuse_numbers(pixels: np.ndarray) -> None:
    """Raise PictureError with the reason when something stands among the pixels that no network can take."""
    import numpy as np

    refuse_type(pixels.dtype)
    if pixels.dtype.kind != "f":
        return
    bad = int(pixels.size - np.count_nonzero(np.isfinite(pixels)))
    if bad:
        raise PictureError(f"{bad} of its {pixels.size} values are NaN or infinite, which is no brightness, so fill them")
    if pixels.size and max(float(pixels.max()), -float(pixels.min())) > LARGEST:
        raise PictureError(f"it holds values beyond {LARGEST:g}, which no network can take")


def refuse_type(dtype: np.dtype) -> None:
    """Raise PictureError with the reason for numbers that are no brightness."""
    if dtype.kind == "c":
        raise PictureError("it holds complex numbers, so save their magnitude or phase")
    if dtype.kind not in "buif":
        raise PictureError(f"its values are no numbers ({dtype.name})")


def refuse_size(values: int, called: str) -> None:
    """Raise PictureError with the reason when there are too many."""
    if values > MOST_VALUES:
        raise PictureError(f"it has more than {MOST_VALUES} {called}")


def native(pixels: np.ndarray) -> np.ndarray:
    """The same numbers in this machine's order of bytes, and half-precision ones as float32."""
    if pixels.dtype.kind == "f" and pixels.dtype.itemsize == 2:
        return pixels.astype("float32")
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels as they are meant to be seen; ``orientation`` is that of EXIF and TIFF, 1 to 8, anything else means upright."""
    if orientation in (2, 3):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4):
        pixels = pixels[::-1]
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
        if orientation in (6, 7):
            pixels = pixels[:, ::-1]
        if orientation in (7, 8):
            pixels = pixels[::-1]
    return pixels


def turned_size(height: int, width: int, orientation: int) -> tuple[int, int]:
    """Height and width once turned."""
    return (width, height) if orientation in (5, 6, 7, 8) else (height, width)


def of_orientation(orientation: int) -> tuple[Choice, ...]:
    """What there is to say of an image that is not stored upright."""
    if orientation not in range(2, 9):
        return ()
    return (Choice("orientation", "turned upright", "by the tag in the files"),)


def ink_to_light(inks: np.ndarray, top: int) -> np.ndarray:
    """Cyan, magenta, yellow and black as RGB, as Pillow does for JPEG.

    Args:
        inks: unsigned [height, width, 4], 0 is no ink.
        top: the number that stands for full ink.
    """
    import numpy as np

    inks = inks.astype("int64")
    light = top - inks[:, :, 3:]
    product = light * inks[:, :, :3]
    if top == _EIGHT_BITS:  # the rounding of Pillow
        product = product + 128
        covered = ((product >> 8) + product) >> 8
    else:
        covered = (product + top // 2) // top
    return np.clip(light - covered, 0, top)


def to_eight_bits(levels: np.ndarray, bits: int) -> np.ndarray:
    """Brightness of fewer than eight bits a pixel as 0 to 255, as Pillow does for PNG."""
    return (levels.astype("uint16") * (_EIGHT_BITS // (2**bits - 1))).astype("uint8")
