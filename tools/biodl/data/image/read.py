"""Read images one by one and keep them, all of one size, on disk: the one door for training and prediction."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from ...errors import InputError, shorten
from ...program.options import option
from ...program.runtime import slots
from ..files.image_archive import Images
from ..files.pixels import Store, open_picture, size_of, to_grey
from ..files.raster import Picture
from ..fingerprints import hash_arrays
from ..reading import Choice
from .encoding import GREY, RGB, STRETCH, Values, resizing, told_apart

if TYPE_CHECKING:
    import numpy as np

STOP, SKIP = "stop", "skip"
_LARGEST = 128
"""Pixels of the longer side to which larger images are brought when nobody chose a size."""
_MOST_THREADS = 16
_TOGETHER, _MOST_TOGETHER = 2**20, 32
"""Bytes of images, and images, that a thread reads in one go."""
_REPORT = 5000
_DOUBT = "tifffile marks any fourth channel as transparency, and it differs from pixel to pixel"
_LEFT = "A fourth channel is marked as transparency and was left out, since others have three. If it is data, mend the others."
_CLOSE = "A fourth channel is marked as transparency, but was kept as data. Choose RGB or grey to leave it out."
_MIXED = "Some images hold three colours, others three channels that are none, and all are taken for colours. Save all alike."
CHANNELS, NUMBERS = "channels", "numbers"
"""What is chosen of all images, whatever their files hold."""


@dataclasses.dataclass(frozen=True)
class BrokenOptions:
    """How to read images."""

    broken: str = option(STOP, "what to do when an image cannot be read", type="choice", choices=(STOP, SKIP))


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What all images shall be.

    Attributes:
        height, width: size in pixels, 0: follows from the images.
        resize: rule of resizing.
        color: which channels.
        channels: number of them, 0: those of the first image.
        values: what a network learned from, if there is one that knows.
        colours: whether three channels are the colours of one picture; None: as the files say.
    """

    height: int
    width: int
    resize: str
    color: str
    channels: int = 0
    values: Values | None = None
    colours: bool | None = None


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Images that were read.

    Attributes:
        pixels: all of one size.
        hashes: uint64 [images].
        channels: number of channels.
        colours: whether three of them are the colours of one picture.
        kept: positions of the images that could be read.
        broken: names of those that could not.
        resized: how many were brought to the size of the others.
        types: type of the numbers in each file, str [images].
        ranges: lowest and highest number in each file, float64 [images, 2].
        choices: what was made of the files beyond taking their numbers as they are.
    """

    pixels: Store
    hashes: np.ndarray
    channels: int
    colours: bool
    kept: list[int]
    broken: list[str]
    resized: int
    types: np.ndarray
    ranges: np.ndarray
    choices: list[Choice]


def decoded(images: Images, positions: list[int]) -> Iterator[tuple[int, Picture | str]]:
    """Each position with its image, or with the reason (str) for which there is none; in order, and no more are held than threads need.

    Threads are handed several small images at once, but large ones alone.
    """

    def read(some: list[int]) -> list[tuple[int, Picture | str]]:
        return [(position, _picture(images, position)) for position in some]

    threads, at, together = min(slots(), _MOST_THREADS), 0, 1
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[list[tuple[int, Picture | str]]]] = deque()
        while ahead or at < len(positions):
            while at < len(positions) and len(ahead) <= threads:
                ahead.append(pool.submit(read, positions[at : at + together]))
                at += together
            found = ahead.popleft().result()
            yield from found
            largest = max(1 if isinstance(picture, str) else picture.pixels.nbytes for _, picture in found)
            together = max(1, min(_MOST_TOGETHER, _TOGETHER // largest))


def _picture(images: Images, position: int) -> Picture | str:
    try:
        return open_picture(images.read(position))
    except ValueError as error:
        return str(error)


def _widened(store: Store) -> Store:
    """The same images as float32, since one came that needs it."""
    wide = Store(store.image_shape, "float32")
    for images in store.close().pieces():
        for pixels in images:
            wide.append(pixels)
    return wide


def colored(pixels: np.ndarray, color: str) -> np.ndarray:
    """Pixels with the channels that were chosen."""
    if color == GREY and pixels.shape[2] != 1:
        return to_grey(pixels)
    if color == RGB and pixels.shape[2] == 1:
        return pixels.repeat(3, axis=2)
    return pixels


def stretched(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """float32 [height, width, channels]: an image at another size, bit by bit as the layer of :func:`.encoding.resizing` stretches it."""
    import numpy as np

    def places(into: int, of: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        at = (np.arange(into, dtype="float32") + np.float32(0.5)) * np.float32(of / into) - np.float32(0.5)
        low = np.floor(at)
        return np.maximum(low, 0).astype("int64"), np.minimum(np.ceil(at), of - 1).astype("int64"), (at - low)[:, None]

    up, down, fall = places(height, pixels.shape[0])
    left, right, aside = places(width, pixels.shape[1])
    upper, lower = pixels[up].astype("float32"), pixels[down].astype("float32")
    top = upper[:, left] + (upper[:, right] - upper[:, left]) * aside
    bottom = lower[:, left] + (lower[:, right] - lower[:, left]) * aside
    return top + (bottom - top) * fall[:, None]


def settled(picture: Picture, color: str, channels: int) -> tuple[np.ndarray, tuple[Choice, ...]]:
    """Pixels of an image, and what was chosen in reading it, once it is decided whether a doubtful fourth channel is data.

    It is transparency where grey or RGB was chosen, where other images (``channels``, 0: there are none) or the network have three, and
    where it is the same, and opaque, in every pixel.
    """
    import numpy as np

    pixels = picture.pixels
    if not picture.doubtful:
        return pixels, picture.choices
    opaque = pixels.dtype.kind == "u" and bool((pixels[:, :, 3] == np.iinfo(pixels.dtype).max).all())
    if color in (GREY, RGB) or channels == 3 or (opaque and channels != 4):
        close = "" if opaque or color in (GREY, RGB) else _LEFT
        left = Choice("fourth channel", "left out as transparency", "the same in every pixel" if opaque else _DOUBT, close)
        return pixels[:, :, :3], (*picture.choices, left)
    return pixels, (*picture.choices, Choice("fourth channel", "kept as data", _DOUBT, _CLOSE))


def common_size(images: Images, positions: list[int], wanted: Wanted) -> tuple[int, int]:
    """Height and width that all shall have: what was chosen, else what most have, scaled down where the longer side is over the limit.

    Only the beginning of each file is decoded where the format allows it.
    """
    if wanted.height and wanted.width:
        return wanted.height, wanted.width
    sizes: Counter[tuple[int, int]] = Counter()
    for position in positions:
        with contextlib.suppress(ValueError):  # reported when the image is decoded
            sizes[size_of(images.read(position))] += 1
    if not sizes:
        return wanted.height or 1, wanted.width or 1
    (height, width), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    shrink = min(1.0, _LARGEST / max(height, width))
    return wanted.height or max(1, round(height * shrink)), wanted.width or max(1, round(width * shrink))


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

    height, width = common_size(images, positions, wanted)
    store, channels, fit = None, wanted.channels, None
    hashes, kept, lost, resized, first = [], [], [], 0, ""
    types, ranges, colours = [], [], []
    chosen: dict[Choice, list[str]] = {}
    reason = ""
    for position, found in decoded(images, positions):
        name = images.names[position]
        if isinstance(found, str):
            if broken != SKIP:
                raise InputError(
                    f"The image {shorten(name)} of {images.where} cannot be read, because {found}: "
                    "mend or remove it, or let broken images be skipped."
                )
            reason = reason or f" (first {shorten(name)}: {found})"
            lost.append(name)
            continue
        pixels, choices = settled(found, wanted.color, channels)
        for choice in choices:
            chosen.setdefault(choice, []).append(name)
        types.append(pixels.dtype.name)
        ranges.append((float(pixels.min()), float(pixels.max())))
        refused = wanted.values.why_not(types[-1], *ranges[-1]) if wanted.values else ""
        if refused:
            raise InputError(f"The image {shorten(name)} of {images.where} {refused}: convert it as those were, or train anew.")
        colours.append(pixels.shape[2] != 3 or found.colours)
        pixels = colored(pixels, wanted.color)
        channels = channels or pixels.shape[2]
        first = first or name
        if pixels.shape[2] != channels:
            expected = f"not {channels} like {shorten(first)}" if first != name else f"but the network was trained on {channels}"
            raise InputError(
                f"The image {shorten(name)} of {images.where} has {pixels.shape[2]} channels, {expected}: "
                "give images of one kind, or choose grey or RGB for all."
            )
        if pixels.shape[:2] != (height, width):
            if wanted.resize == STRETCH:  # without Keras, which Inspect and Split do not have
                pixels = stretched(pixels, height, width)
            else:
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
        raise InputError(f"No image of {images.where} can be read{reason}: give PNG, JPEG or TIFF that can.")
    as_colours, of_channels = taken(channels, colours, wanted)
    return Pictures(
        store.close(),
        np.concatenate(hashes),
        channels,
        as_colours,
        kept,
        lost,
        resized,
        np.array(types),
        np.array(ranges),
        [*_counted(chosen, len(kept)), *of_channels, *_of_types(Counter(types))],
    )


def taken(channels: int, colours: list[bool], wanted: Wanted) -> tuple[bool, list[Choice]]:
    """Whether three channels are the colours of one picture, and what there is to say of channels.

    A choice of RGB or grey says that they are, a network what it learned; else they are colours unless every file says that they are none.

    Args:
        channels: of all images, as they were asked for.
        colours: what each file says of its own.
        wanted: what all images shall be.
    """
    chosen = wanted.color in (GREY, RGB)
    as_colours = chosen or (any(colours) if wanted.colours is None else wanted.colours)
    if told_apart(channels, as_colours):
        why = "" if channels != 3 else "no colours, as the files say" if wanted.colours is None else "as the network learned them"
        return as_colours, [Choice(CHANNELS, f"{channels}, each by itself", why)]
    if all(colours):
        return as_colours, []
    among = f"{colours.count(False)} of {len(colours)} images say that theirs are none"
    if chosen:
        why, close = f"{'RGB' if wanted.color == RGB else wanted.color} was chosen, though {among}", ""
    elif wanted.colours is None:
        why, close = among, _MIXED
    else:
        why, close = f"as the network takes them, though {among}", ""
    return as_colours, [Choice(CHANNELS, "taken for the colours of one picture", why, close)]


def _counted(chosen: dict[Choice, list[str]], count: int) -> list[Choice]:
    """Each choice once, with the number of images that it was made for."""
    found = []
    for choice, names in chosen.items():
        among = f"in all {count} images" if len(names) == count else f"in {len(names)} of {count} images, first {shorten(names[0])}"
        found.append(dataclasses.replace(choice, why=f"{choice.why}; {among}" if choice.why else among))
    return found


def _of_types(types: Counter[str]) -> list[Choice]:
    """What the numbers in the files are; several types hardly mean the same brightness."""
    if len(types) == 1:
        return [Choice(NUMBERS, next(iter(types)), "as they stand in the files")]
    listed = ", ".join(f"{count} of {name}" for name, count in types.most_common())
    close = f"The images hold numbers of several types ({listed}), taken as they are. If they differ in brightness, convert them."
    return [Choice(NUMBERS, listed, "as they stand in the files", close)]
