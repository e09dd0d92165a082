"""Decode images, and keep them decoded on disk, so that memory does not grow with their number."""

from __future__ import annotations

import dataclasses
import io
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MAX_PIXELS = 10**8


@dataclasses.dataclass(frozen=True)
class Facts:
    """What an image is: ``height`` and ``width`` in pixels, number of ``channels``, and ``dtype`` of its values."""

    height: int
    width: int
    channels: int
    dtype: str


def decode(content: bytes) -> np.ndarray:
    """Pixels [height, width, channels] of one image, in the file's own type of number.

    TIFF goes through tifffile, all else through Pillow; palettes become RGB, and an alpha channel is dropped.

    Raises:
        ValueError: with the reason, for what is not one image.
    """
    if not content:
        raise ValueError("it is empty")
    try:
        pixels = _tiff(content) if content[:4] in _TIFF else _pillow(content)
    except ValueError:
        raise
    except Exception as error:  # decoders raise all sorts
        raise ValueError(f"it cannot be decoded ({type(error).__name__})") from None
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise ValueError("it holds no pixels")
    return pixels


def _pillow(content: bytes) -> np.ndarray:
    import warnings

    import numpy as np
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(content))
            image.load()
    except UnidentifiedImageError:
        raise ValueError("it is no image") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"it has more than {_MAX_PIXELS} pixels") from None
    except Exception as error:
        raise ValueError(f"it is damaged ({str(error) or type(error).__name__})") from None
    if image.mode in ("1", "P", "CMYK", "YCbCr", "LAB", "HSV", "PA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    elif image.mode in ("RGBA", "LA", "RGBa", "La"):
        image = image.convert("RGB" if image.mode.startswith("RGB") else "L")
    pixels = np.asarray(image)
    if pixels.dtype == np.int32:  # how Pillow holds 16-bit grey PNG
        pixels = pixels.astype("uint16") if pixels.min() >= 0 and pixels.max() < 2**16 else pixels.astype("float32")
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _tiff(content: bytes) -> np.ndarray:
    import numpy as np
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        series = file.series[0]
        if int(np.prod(series.shape)) > _MAX_PIXELS:
            raise ValueError(f"it has more than {_MAX_PIXELS} values")
        pixels, axes = series.asarray(), series.axes
    for axis in [name for name, size in zip(axes, pixels.shape, strict=True) if size == 1 and name not in "YX"]:
        pixels, axes = pixels.squeeze(axes.index(axis)), axes.replace(axis, "", 1)
    if len(axes) == 2:
        return pixels[:, :, None]
    if len(axes) != 3:
        raise ValueError(f"it has {len(axes)} dimensions ({axes}), not height, width and channels")
    depth = next(position for position, name in enumerate(axes) if name not in "YX") if {"Y", "X"} <= set(axes) else 0
    if axes[depth] in "ZT":
        raise ValueError(f"it is a stack along {'depth' if axes[depth] == 'Z' else 'time'}, not a plane: take planes or a projection")
    pixels = np.moveaxis(pixels, depth, -1)
    return pixels[:, :, :3] if pixels.shape[2] == 4 and axes[depth] == "S" else pixels


def facts_of(pixels: np.ndarray) -> Facts:
    """Size, channels and type of decoded pixels."""
    height, width, channels = pixels.shape
    return Facts(height, width, channels, pixels.dtype.name)


def to_grey(pixels: np.ndarray) -> np.ndarray:
    """One channel, float32: the luminance of RGB (Rec. 601), the mean of anything else."""
    import numpy as np

    weights = np.array([0.299, 0.587, 0.114]) if pixels.shape[2] == 3 else np.full(pixels.shape[2], 1 / pixels.shape[2])
    return (pixels.astype("float32") @ weights.astype("float32"))[:, :, None]


class Store:
    """Images of one shape in a temporary file without a name, which is gone when the process ends.

    Slices and arrays of positions give float32 [images, height, width, channels].
    """

    def __init__(self, shape: tuple[int, int, int], dtype: str, _file: Any = None, _rows: np.ndarray | None = None):
        import numpy as np

        self.image_shape = shape
        self._dtype = np.dtype(dtype)
        self._bytes = int(np.prod(shape)) * self._dtype.itemsize
        self._file = _file or tempfile.TemporaryFile(prefix="biodl-images-")  # noqa: SIM115 (kept open as long as the store)
        self._rows = _rows
        self._count = 0

    def append(self, pixels: np.ndarray) -> None:
        """Add an image at the end."""
        self._file.write(pixels.astype(self._dtype, copy=False).tobytes())
        self._count += 1

    def close(self) -> Store:
        """The store once everything is in it, ready to be read."""
        import numpy as np

        self._file.flush()
        self._rows = np.arange(self._count)
        return self

    def take(self, rows: np.ndarray) -> Store:
        """A view of the images at positions ``rows``."""
        return Store(self.image_shape, self._dtype.name, self._file, self._readable[rows])

    @property
    def narrow(self) -> bool:
        """Whether it holds bytes, as most images are, and nothing wider."""
        return self._dtype.itemsize == 1

    @property
    def _readable(self) -> np.ndarray:
        """Places in the file of its images; there are none before it is closed."""
        assert self._rows is not None
        return self._rows

    @property
    def dtype(self) -> np.dtype:
        import numpy as np

        return np.dtype("float32")

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._readable), *self.image_shape)

    def __len__(self) -> int:
        return len(self._readable)

    def __getitem__(self, rows: slice | Sequence[int] | np.ndarray) -> np.ndarray:
        import os

        import numpy as np

        rows = self._readable[rows]
        images = np.empty((len(rows), *self.image_shape), dtype="float32")
        handle = self._file.fileno()
        for position, row in enumerate(rows.tolist()):
            images[position] = np.frombuffer(os.pread(handle, self._bytes, row * self._bytes), dtype=self._dtype).reshape(self.image_shape)
        return images
