"""Decode images, and keep them decoded on disk, so that memory does not grow with their number."""

from __future__ import annotations

import dataclasses
import functools
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from . import tiff
from .picture import read_picture, size_of_picture
from .raster import Picture, PictureError, refuse_numbers

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
_PIECE_VALUES = 256 * 128 * 128 * 3
"""Values of images that are held as numbers at a time."""
_PIECE = 256
"""Images that are held at a time."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What an image is: ``height`` and ``width`` in pixels, number of ``channels``, and ``dtype`` of its values."""

    height: int
    width: int
    channels: int
    dtype: str


def open_picture(content: bytes) -> Picture:
    """One image: the one door through which every image comes, to learn from and to predict from.

    TIFF goes through tifffile, all else through Pillow, PNG of 16 bits through imagecodecs.

    Raises:
        PictureError: with the reason, for what is not one image of numbers.
    """
    picture = _decoded(content, tiff.read_tiff, read_picture)
    if picture.pixels.ndim != 3 or 0 in picture.pixels.shape:
        raise PictureError("it holds no pixels")
    refuse_numbers(picture.pixels)
    return picture


def decode(content: bytes) -> np.ndarray:
    """Pixels [height, width, channels] of one image, in the file's own type of number.

    Raises:
        PictureError: with the reason, for what is not one image of numbers.
    """
    return open_picture(content).pixels


def size_of(content: bytes) -> tuple[int, int]:
    """Height and width of one image, from the beginning of its file.

    Raises:
        PictureError: with the reason, for what is not one image.
    """
    return _decoded(content, tiff.size_of_tiff, size_of_picture)


def _decoded(content: bytes, tiff_reader: Callable[[bytes], T], other: Callable[[bytes], T]) -> T:
    _silence()
    if not content:
        raise PictureError("it is empty")
    try:
        return tiff_reader(content) if content[:4] in tiff.MAGIC else other(content)
    except PictureError:
        raise
    except ValueError as error:
        raise PictureError(f"it is damaged ({error})") from None
    except Exception as error:  # decoders raise all sorts
        raise PictureError(f"it cannot be decoded ({type(error).__name__})") from None


@functools.cache
def _silence() -> None:
    """What decoders warn of goes nowhere: an image is read or refused. Set for the whole process, since images are read by threads."""
    import logging
    import warnings

    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    for module in ("PIL", "tifffile", "imagecodecs"):
        warnings.filterwarnings("ignore", module=rf"{module}(\..*)?")


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

    def __reduce__(self) -> tuple[Any, ...]:
        """For a process that this one started: the file has no name, but is reached through ours as long as we hold it."""
        import os

        return _reopened, (self.image_shape, self._dtype.name, f"/proc/{os.getpid()}/fd/{self._file.fileno()}", self._readable)

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

    def pieces(self) -> Iterator[np.ndarray]:
        """All images in order, as many at a time as may be held."""
        rows = max(1, min(_PIECE, _PIECE_VALUES // max(1, math.prod(self.image_shape))))
        for start in range(0, len(self), rows):
            yield self[start : start + rows]

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


def _reopened(shape: tuple[int, int, int], dtype: str, path: str, rows: np.ndarray) -> Store:
    return Store(shape, dtype, open(path, "rb"), rows)
