"""Read images one by one and keep them, all of one size, on disk: the one door for training and prediction."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ...errors import InputError, shorten
from ...program.options import option
from ...program.runtime import slots
from ..files.image_archive import Images
from ..files.pixels import Store, decode, facts_of, to_grey
from ..fingerprints import hash_arrays
from .encoding import GREY, RGB, resizing

if TYPE_CHECKING:
    import numpy as np

STOP, SKIP = "stop", "skip"
_LARGEST = 128
"""Pixels of the longer side to which larger images are brought when nobody chose a size."""
CHUNK = 256
"""Images that are decoded at a time."""
_REPORT = 5000


@dataclasses.dataclass(frozen=True)
class BrokenOptions:
    """How to read images."""

    broken: str = option(STOP, "what to do when an image cannot be read", type="choice", choices=(STOP, SKIP))


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What all images shall be: size in pixels (0: follows from them), rule of resizing, and channels (0: those of the first)."""

    height: int
    width: int
    resize: str
    color: str
    channels: int = 0


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Images that were read.

    Attributes:
        pixels: all of one size.
        hashes: uint64 [images].
        channels: number of channels.
        kept: positions of the images that could be read.
        broken: names of those that could not.
        resized: how many were brought to the size of the others.
    """

    pixels: Store
    hashes: np.ndarray
    channels: int
    kept: list[int]
    broken: list[str]
    resized: int


def decoded(images: Images, positions: list[int]) -> Iterator[tuple[int, np.ndarray | str]]:
    """Each position with its pixels, or with the reason (str) for which there are none; in order, a chunk at a time."""

    def one(position: int) -> tuple[int, np.ndarray | str]:
        try:
            return position, decode(images.read(position))
        except ValueError as error:
            return position, str(error)

    with ThreadPoolExecutor(slots()) as pool:
        for start in range(0, len(positions), CHUNK):
            yield from pool.map(one, positions[start : start + CHUNK])


def _widened(store: Store) -> Store:
    """The same images as float32, since one came that needs it."""
    wide = Store(store.image_shape, "float32")
    narrow = store.close()
    for start in range(0, len(narrow), CHUNK):
        for pixels in narrow[start : start + CHUNK]:
            wide.append(pixels)
    return wide


def colored(pixels: np.ndarray, color: str) -> np.ndarray:
    """Pixels with the channels that were chosen."""
    if color == GREY and pixels.shape[2] != 1:
        return to_grey(pixels)
    if color == RGB and pixels.shape[2] == 1:
        return pixels.repeat(3, axis=2)
    return pixels


def _commonest(images: Images, positions: list[int], wanted: Wanted) -> tuple[int, int]:
    """Height and width that most images have, scaled down where the longer side is over the limit.

    Only the beginning of each file is decoded where the format allows it.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    for position in positions:
        size = _size(images, position)
        if size:
            sizes[size] += 1
    if not sizes:
        return wanted.height or 1, wanted.width or 1
    (height, width), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    shrink = min(1.0, _LARGEST / max(height, width))
    return wanted.height or max(1, round(height * shrink)), wanted.width or max(1, round(width * shrink))


def _size(images: Images, position: int) -> tuple[int, int] | None:
    """Height and width from the header of a file; nothing for one that cannot be read."""
    import io

    from PIL import Image

    try:
        content = images.read(position)
        if content[:2] in (b"II", b"MM"):
            facts = facts_of(decode(content))
            return facts.height, facts.width
        with Image.open(io.BytesIO(content)) as image:
            return image.height, image.width
    except Exception:  # reported when the image is decoded
        return None


def read_images(images: Images, positions: list[int], wanted: Wanted, broken: str) -> Pictures:
    """Decode the images at ``positions``, bring them to one size, and keep them on disk.

    Args:
        images: where they are.
        positions: which are wanted.
        wanted: what all shall be.
        broken: what to do with images that cannot be read: ``stop`` or ``skip``.

    Raises:
        InputError: when one cannot be read (unless those are skipped), or has other channels than the first.
    """
    import numpy as np

    height, width = wanted.height, wanted.width
    if not height or not width:
        height, width = _commonest(images, positions, wanted)
    store, channels, fit = None, wanted.channels, None
    hashes, kept, lost, resized, first = [], [], [], 0, ""
    for position, found in decoded(images, positions):
        name = images.names[position]
        if isinstance(found, str):
            if broken != SKIP:
                raise InputError(
                    f"The image {shorten(name)} of {images.where} cannot be read, because {found}: "
                    "mend or remove it, or let broken images be skipped."
                )
            lost.append(name)
            continue
        pixels = colored(found, wanted.color)
        channels = channels or pixels.shape[2]
        first = first or name
        if pixels.shape[2] != channels:
            expected = f"not {channels} like {shorten(first)}" if first != name else f"but the network was trained on {channels}"
            raise InputError(
                f"The image {shorten(name)} of {images.where} has {pixels.shape[2]} channels, {expected}: "
                "give images of one kind, or choose grey or RGB for all."
            )
        if pixels.shape[:2] != (height, width):
            fit = fit or resizing(height, width, wanted.resize)
            pixels = np.asarray(fit(pixels[None].astype("float32")))[0]
            resized += 1
        if store is None:
            store = Store((height, width, channels), "uint8" if pixels.dtype == np.uint8 else "float32")
        if store.narrow and pixels.dtype != np.uint8:
            store = _widened(store)
        store.append(pixels)
        hashes.append(hash_arrays([pixels.astype("float32")]))
        kept.append(position)
        if len(kept) % _REPORT == 0:
            print(f"{len(kept)} of {len(positions)} images read", flush=True)
    if store is None:
        raise InputError(f"No image of {images.where} can be read: give PNG, JPEG or TIFF.")
    return Pictures(store.close(), np.concatenate(hashes), channels, kept, lost, resized)
