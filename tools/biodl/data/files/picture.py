"""PNG, JPEG, BMP and GIF as pixels: colours as they are seen, upright, in all of their bits."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

from ..reading import Choice
from .raster import Picture, PictureError, of_orientation, refuse_size, turned, turned_size

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 1, 6: 3}
"""Channels of light by the colour type of a PNG; 4 and 6 have transparency behind them."""
_ORIENTATION = 274
_TAGGED = (b"eXIf", b"Exif", b"exif", b"EXIF", b"xmp")
"""What stands in every file that has tags."""
_AS_GREY = ("1", "LA", "La")
_AS_COLOUR = ("P", "PA", "CMYK", "YCbCr", "HSV", "RGBA", "RGBa", "RGBX")


def read_picture(content: bytes) -> Picture:
    """Pixels of an image that Pillow knows.

    Palettes and inks become RGB, transparency is dropped, and what the orientation tag says is done. PNG of 16 bits keeps them.

    Raises:
        PictureError: with the reason, for what is not one image.
    """
    import numpy as np

    image = _opened(content)
    _refuse_several(image)
    orientation = _orientation(image, content)
    choices = [*of_orientation(orientation), *_said(image)]
    if _is_deep(content):
        pixels = _deep_png(content)
    else:
        try:
            image.load()
        except Exception as error:  # decoders raise all sorts
            raise PictureError(f"it is damaged ({str(error) or type(error).__name__})") from None
        pixels = np.asarray(_as_light(image))
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    return Picture(turned(pixels, orientation), tuple(choices))


def size_of_picture(content: bytes) -> tuple[int, int]:
    """Height and width, from the header of the file, once turned.

    Raises:
        PictureError: with the reason, for what is no image.
    """
    image = _opened(content)
    return turned_size(image.height, image.width, _orientation(image, content))


def _opened(content: bytes) -> Image.Image:
    from PIL import Image, UnidentifiedImageError

    try:
        image: Image.Image = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        raise PictureError("it is no image") from None
    except Image.DecompressionBombError:
        refuse_size(2**63, "pixels")
        raise
    except Exception as error:
        raise PictureError(f"it is damaged ({str(error) or type(error).__name__})") from None
    refuse_size(image.width * image.height, "pixels")
    return image


def _refuse_several(image: Image.Image) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":
        raise PictureError(f"it holds {frames} pictures, not one, so save the one that is meant as a file of its own")


def _orientation(image: Image.Image, content: bytes) -> int:
    if not any(word in content for word in _TAGGED):
        return 1  # of PNG, Pillow unpacks all pixels to look for a tag behind them
    try:
        found: Any = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged tag says nothing
        return 1
    return found if isinstance(found, int) else 1


def _said(image: Image.Image) -> list[Choice]:
    """What there is to say of how the colours of an image are taken."""
    if image.format == "MPO":
        return [Choice("picture", "the first in the file", "others in the same file are previews or views from the side")]
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        return [Choice("transparency", "left out", "it is marked as such")]
    if image.mode == "CMYK":
        return [Choice("inks", "as RGB", "the files hold cyan, magenta, yellow and black")]
    return []


def _as_light(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        raise PictureError("its colours are CIELab, so save it as RGB")
    if image.mode in _AS_GREY:
        return image.convert("L")
    return image.convert("RGB") if image.mode in _AS_COLOUR else image


def _is_deep(content: bytes) -> bool:
    """Whether it is a PNG of 16 bits, of which Pillow keeps the upper eight in colour."""
    return content[:8] == _PNG and content[24:25] == b"\x10" and content[25] in _CHANNELS


def _deep_png(content: bytes) -> np.ndarray:
    import imagecodecs

    packed = _critical(content)
    try:
        pixels = imagecodecs.png_decode(packed)
    except Exception as error:
        raise PictureError(f"it is damaged ({str(error) or type(error).__name__})") from None
    return pixels if pixels.ndim == 2 else pixels[:, :, : _CHANNELS[content[25]]]


def _critical(content: bytes) -> bytes:
    """A PNG without the chunks that may be left out: nothing in them changes a pixel, but libpng complains of them on stderr."""
    kept, at = [content[:8]], 8
    while at + 8 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        if not content[at + 4] & 0x20:
            kept.append(content[at : at + 12 + length])
            if zlib.crc32(kept[-1][4:-4]) != int.from_bytes(kept[-1][-4:]):
                raise PictureError("it is damaged (a checksum is wrong)")
        at += 12 + length
    return b"".join(kept)
