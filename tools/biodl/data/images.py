"""Images as training data: a ZIP or a collection, with labels from a table or from the names of folders."""

from __future__ import annotations

import dataclasses
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..errors import InputError, listing, shorten
from ..program.options import option
from ..program.runtime import slots
from ..task import Task
from .archive import Images, open_images
from .columns import Note
from .dataset import Files, Independent, Plain, hash_arrays, with_target
from .labels import join_labels
from .near import alike_images
from .pixels import Store, decode, facts_of, to_grey
from .tabular import TargetOptions, need_target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME = "image"
STRETCH, PAD, CROP = "stretch", "pad", "crop"
AUTO, GREY, RGB = "auto", "grey", "rgb"
FLIPS = ("none", "horizontal", "vertical", "horizontal_and_vertical")
STOP, SKIP = "stop", "skip"
FOLDER = "folder"
"""Name of the target where the folder's name is the label."""
_LARGEST = 128
"""Pixels of the longer side to which larger images are brought when nobody chose a size."""
_CHUNK = 256
_REPORT = 5000
_FLAT_SIDE = 16
"""Pixels of a side that models which want tables get to see."""


@dataclasses.dataclass(frozen=True)
class ImageOptions:
    """How images are made alike, and changed at random in training."""

    image_height: int = option(0, "height in pixels of all images, 0: the commonest", kind="int", low=0, high=4096)
    image_width: int = option(0, "width in pixels of all images, 0: the commonest", kind="int", low=0, high=4096)
    resize: str = option(STRETCH, "how images of another size are brought to it", kind="choice", choices=(STRETCH, PAD, CROP))
    color: str = option(AUTO, "channels", kind="choice", choices=(AUTO, GREY, RGB))
    flip: str = option("horizontal_and_vertical", "mirror images at random in training", kind="choice", choices=FLIPS)
    rotation: float = option(0.0, "turn images by up to so many degrees at random in training", kind="float", low=0, high=180)
    shift: float = option(0.0, "shift images by up to this share of their size at random in training", kind="float", low=0, high=0.5)
    zoom: float = option(0.0, "enlarge or shrink images by up to this share at random in training", kind="float", low=0, high=0.5)
    brightness: float = option(
        0.0, "brighten or darken images by up to so many standard deviations at random in training", kind="float", low=0, high=2
    )


@dataclasses.dataclass(frozen=True)
class BrokenOptions:
    """How to read images."""

    broken: str = option(STOP, "what to do when an image cannot be read", kind="choice", choices=(STOP, SKIP))


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What all images shall be: size in pixels (0: follows from them), rule of resizing, and channels (0: those of the first)."""

    height: int
    width: int
    resize: str
    color: str
    channels: int = 0


@dataclasses.dataclass(frozen=True)
class ImageDataset(Independent):
    """Images; see :class:`biodl.data.dataset.Dataset`. ``pixels`` holds them; ``frame`` names them in column ``image``."""

    where: str
    sha256: str
    frame: pd.DataFrame
    pixels: Store
    hashes: np.ndarray
    wanted: Wanted
    target: pd.DataFrame | None
    notes: list[Note]

    def take(self, rows: np.ndarray) -> ImageDataset:
        return dataclasses.replace(super().take(rows), pixels=self.pixels.take(rows), hashes=self.hashes[rows])

    @property
    def naming(self) -> tuple[str, ...]:
        return ("image",)

    def pictures(self, rows: np.ndarray) -> np.ndarray:
        """float32 [rows, height, width, channels], to look at."""
        return self.pixels[rows]

    def row_hashes(self) -> np.ndarray:
        return self.hashes

    def fit_encoding(self, options: Any) -> ImageEncoding:
        """Mean and standard deviation of each channel over these images."""
        import numpy as np

        total, squares, count = 0.0, 0.0, 0
        for start in range(0, len(self), _CHUNK):
            images = self.pixels[start : start + _CHUNK].reshape(-1, self.pixels.image_shape[2]).astype("float64")
            total, squares, count = total + images.sum(axis=0), squares + (images**2).sum(axis=0), count + len(images)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0))
        height, width, channels = self.pixels.image_shape
        return ImageEncoding(
            height,
            width,
            channels,
            self.wanted.resize,
            self.wanted.color,
            tuple(mean.tolist()),
            tuple(np.where(std > 1e-6, std, 1.0).tolist()),
        )


@dataclasses.dataclass(frozen=True)
class ImageEncoding(Plain):
    """Fitted preprocessing of images: size in pixels, channels, and mean and standard deviation of each."""

    height: int
    width: int
    channels: int
    resize: str
    color: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    streams = True

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> ImageEncoding:
        return cls(**{**stored, "mean": tuple(stored["mean"]), "std": tuple(stored["std"])})

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.height, self.width, self.channels)

    @property
    def inputs(self) -> dict[str, list[str]]:
        return {"image": [f"channel {number}" for number in range(1, self.channels + 1)]}

    def raw(self, data: ImageDataset) -> dict[str, Store]:
        """The model's input: ``image``, float32 [images, height, width, channels], read from disk slice by slice."""
        return {"image": data.pixels}

    def fixing(self, options: Any) -> Any:
        return dataclasses.replace(options, image_height=self.height, image_width=self.width, resize=self.resize, color=self.color)

    def renamed(self, data: ImageDataset) -> ImageEncoding:
        channels = data.pixels.image_shape[2]
        if channels != self.channels:
            raise InputError(
                f"The images of {data.where} have {channels} channels, but the network to start from wants {self.channels}: "
                "choose grey or RGB."
            )
        return self

    def layers(self):
        """Keras inputs (images of any size), and float32 [images, height, width, channels], standardised."""
        import keras

        image = keras.Input((None, None, self.channels), dtype="float32", name="image")
        scaled = keras.layers.Rescaling(
            [1 / std for std in self.std], [-mean / std for mean, std in zip(self.mean, self.std, strict=True)], name="standardise"
        )
        # Keras' image layers default to training=True, which would spread to the layers after them when a user calls the model
        return {"image": image}, scaled(resizing(self.height, self.width, self.resize)(image, training=False))

    def augmentation(self, options: ImageOptions) -> list[Any]:
        import keras

        layers = keras.layers
        chosen = []
        if options.flip != "none":
            chosen.append(layers.RandomFlip(options.flip, seed=options.seed))
        if options.rotation:
            chosen.append(layers.RandomRotation(options.rotation / 360, fill_mode="reflect", seed=options.seed + 1))
        if options.shift:
            chosen.append(layers.RandomTranslation(options.shift, options.shift, fill_mode="reflect", seed=options.seed + 2))
        if options.zoom:
            chosen.append(layers.RandomZoom(options.zoom, fill_mode="reflect", seed=options.seed + 3))
        if options.brightness:
            # standardised values: a range too wide to cut anything off
            chosen.append(layers.RandomBrightness(options.brightness / 255, value_range=(-1e6, 1e6), seed=options.seed + 4))
        return chosen

    def flat(self, encoded):
        """Images averaged to at most 16 x 16 pixels, as [images, values]."""
        import numpy as np

        for axis in (1, 2):
            size = encoded.shape[axis]
            if size > _FLAT_SIDE:
                edges = np.linspace(0, size, _FLAT_SIDE + 1).astype(int)[:-1]
                counts = np.diff([*edges, size]).reshape([-1 if number == axis else 1 for number in range(4)])
                encoded = np.add.reduceat(encoded, edges, axis=axis) / counts
        return encoded.reshape(len(encoded), -1).astype("float32")


def resizing(height: int, width: int, rule: str):
    """The Keras layer that brings images to one size."""
    import keras

    return keras.layers.Resizing(
        height, width, interpolation="bilinear", crop_to_aspect_ratio=rule == CROP, pad_to_aspect_ratio=rule == PAD, name="resize"
    )


def read_training(files: Files, options: Any) -> ImageDataset:
    """Read images to learn from, with labels from the table if there is one, else from the folders.

    Raises:
        InputError: when an image is broken (unless those are skipped), images differ in channels, or there are no labels.
    """
    wanted = Wanted(options.image_height, options.image_width, options.resize, options.color)
    images = open_images(files)
    frame, columns, notes = named(images, files, options)
    if not columns:
        raise InputError(
            f"The images of {images.where} lie in no folders that name their classes: give a table of labels, or pack a folder a class."
        )
    return _read(images, files, frame, columns, notes, wanted)


def read_samples(files: Files, options: Any) -> ImageDataset:
    """Read images as they are, with labels if there are any."""
    images = open_images(files)
    return _read(images, files, *named(images, files, options), Wanted(0, 0, STRETCH, AUTO))


def read_for(files: Files, encoding: ImageEncoding, task: Task | None) -> ImageDataset:
    """Read images for a trained model, with targets when ``task`` is given."""
    wanted = Wanted(encoding.height, encoding.width, encoding.resize, encoding.color, encoding.channels)
    images = open_images(files)
    if task is None:
        frame, columns, notes = _frame(images), (), []
    elif task.target == (FOLDER,) and not files.labels:
        frame, columns, notes = named(images, files, TargetOptions())
    elif files.labels:
        frame, columns, notes = join_labels(_frame(images), _names, files.labels, (), task.target, "images", images.where)
    else:
        raise InputError(f"The {images.where} needs the table of labels with the target column {listing(task.target, 3)}: give it as well.")
    return _read(images, files, frame, columns, notes, wanted)


def encoding_from(stored: Any) -> ImageEncoding:
    """The encoding that a model file holds."""
    return ImageEncoding.from_json(stored)


def beside(files: Files, data: ImageDataset, encoding: ImageEncoding, task: Task, keep: tuple) -> pd.DataFrame:
    """The image's name beside its prediction."""
    return data.frame[["image"]]


def named(images: Images, files: Files, options: Any) -> tuple[pd.DataFrame, tuple[str, ...], list[Note]]:
    """Names and labels of images, as a frame, and the names of the target columns, if there are any.

    Raises:
        InputError: when some images lie in folders and others do not.
    """
    frame = _frame(images)
    notes = []
    if images.ignored:
        notes.append(
            Note("", f"{len(images.ignored)} files of {images.where} are no images and were left out ({listing(images.ignored, 2)})")
        )
    if files.labels:
        need_target(options.target)
        frame, columns, found = join_labels(
            frame, _names, files.labels, getattr(options, "id_column", ()), options.target, "images", images.where
        )
        return frame, columns, notes + found
    folders = [PurePosixPath(name).parent.name for name in images.names]
    if not any(folders):
        return frame, (), notes
    loose = [name for name, folder in zip(images.names, folders, strict=True) if not folder]
    if loose:
        raise InputError(f"The image {shorten(loose[0])} of {images.where} lies in no folder that names its class: move it into one.")
    return frame.assign(**{FOLDER: folders}), (FOLDER,), notes


def _frame(images: Images) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"image": images.names}, index=range(1, len(images.names) + 1))


def _names(image: str) -> list[str]:
    """A label table may name an image by its path or its file name, with or without suffix."""
    path = PurePosixPath(image)
    return [image, path.name, path.with_suffix("").as_posix(), path.stem]


def decoded(images: Images, positions: list[int]) -> Iterator[tuple[int, Any]]:
    """Each position with its pixels, or with the reason (str) for which there are none; in order, a chunk at a time."""

    def one(position: int):
        try:
            return position, decode(images.read(position))
        except ValueError as error:
            return position, str(error)

    with ThreadPoolExecutor(slots()) as pool:
        for start in range(0, len(positions), _CHUNK):
            yield from pool.map(one, positions[start : start + _CHUNK])


def _read(images: Images, files: Files, frame: pd.DataFrame, columns: tuple[str, ...], notes: list[Note], wanted: Wanted) -> ImageDataset:
    import numpy as np

    target = None
    if columns:
        frame, target, found = with_target(frame, columns, images.where, "images")
        notes = notes + found
    positions = (frame.index - 1).tolist()
    height, width = wanted.height, wanted.width
    if not height or not width:
        height, width = _commonest(images, positions, wanted)
    store, channels, fit = None, wanted.channels, None
    hashes, kept, broken, resized, first = [], [], [], 0, ""
    for position, pixels in decoded(images, positions):
        name = images.names[position]
        if isinstance(pixels, str):
            if files.broken != SKIP:
                raise InputError(
                    f"The image {shorten(name)} of {images.where} cannot be read, because {pixels}: "
                    "mend or remove it, or let broken images be skipped."
                )
            broken.append(name)
            continue
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
    if broken:
        notes = [*notes, Note("", f"{len(broken)} images that cannot be read were skipped (first {listing(broken, 3)})")]
        rows = frame.index.get_indexer([position + 1 for position in kept])
        frame, target = frame.iloc[rows], None if target is None else target.iloc[rows]
    if resized:
        how = {STRETCH: "stretched", PAD: "padded and scaled", CROP: "cropped and scaled"}[wanted.resize]
        notes = [*notes, Note("", f"{resized} of {len(kept)} images were {how} to {height} x {width} pixels")]
    return ImageDataset(
        images.where,
        images.sha256,
        frame,
        store.close(),
        np.concatenate(hashes),
        dataclasses.replace(wanted, channels=channels),
        target,
        notes,
    )


def _widened(store: Store) -> Store:
    """The same images as float32, since one came that needs it."""
    wide = Store(store.image_shape, "float32")
    narrow = store.close()
    for start in range(0, len(narrow), _CHUNK):
        for pixels in narrow[start : start + _CHUNK]:
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
    sizes: Counter = Counter()
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


def write_parts(files: Files, data: ImageDataset, parts: list[tuple[np.ndarray, Path]]) -> None:
    """Copy the files of images, those at which a mask is true, into one ZIP a part."""
    images = open_images(files)
    for inside, path in parts:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for position in (data.frame.index[inside] - 1).tolist():
                archive.writestr(zipfile.ZipInfo(images.names[position]), images.read(position))


def alike(data: ImageDataset) -> np.ndarray | None:
    """int [samples]: near duplicates share a number."""
    return alike_images(data.pixels)
