"""Images as training data: a ZIP or a collection, with labels from a table or from the names of folders."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError, listing
from ...program import runtime
from ...program.options import Columns
from ...reporting.findings import Finding
from ...tasks import Task
from ..files.image_archive import Images, open_images
from ..files.label_table import LabelColumns, Labelled, identifier_of, join_labels
from ..files.names import by_path
from ..files.pixels import Store
from ..groups import with_near
from ..kind import BaseDataset, Files, Note
from ..sequence.dataset import SequenceColumns
from ..targets import NearOptions, TargetOptions, empty_words, group_of, known_group, missing_words, need_target, with_target
from .encoding import AUTO, CROP, PAD, STRETCH, ImageEncoding, ImageOptions, Values
from .folders import classes_of
from .near import near_images
from .read import CHANNELS, NUMBERS, SKIP, Wanted, common_size, read_images
from .shrunk import small_pictures

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..kind import PartFiles
    from ..split import SplitOptions

FOLDER = "folder"
"""Name of the target where the folder's name is the label."""
SUBFOLDER = "subfolder"
"""Name of the column with the folder beside the class (a patient), where folders lie in folders."""
_OLDER = (
    "The network is of a version that did not keep what its images held: palettes, inks, white-is-zero, orientation tags and pixels of few "
    "bits may have been read otherwise when it was trained, so train it anew if its images have any"
)


@dataclasses.dataclass(frozen=True)
class ImageSource(SequenceColumns, TargetOptions):
    """What it takes to read images and their labels."""


@dataclasses.dataclass(frozen=True)
class TrainImageOptions(ImageOptions, ImageSource, NearOptions):
    """What it takes to read images to learn from, and to encode them."""


@dataclasses.dataclass(frozen=True)
class ImageDataset(BaseDataset):
    """Images; see :class:`biodl.data.kind.Dataset`. ``frame`` names them in column ``image``.

    Attributes:
        pixels: all of one size.
        hashes: uint64 [images].
        types: type of the numbers in each file, str [images].
        ranges: lowest and highest number in each file, float64 [images, 2].
        wanted: what they were brought to.
        identifier: column of the table of labels that named them; empty if there was none.
        missing: cells of the table of labels that counted as missing.
    """

    pixels: Store
    hashes: np.ndarray
    types: np.ndarray
    ranges: np.ndarray
    wanted: Wanted
    identifier: str
    missing: tuple[str, ...]

    def take(self, rows: np.ndarray) -> ImageDataset:
        return dataclasses.replace(
            super().take(rows),
            pixels=self.pixels.take(rows),
            hashes=self.hashes[rows],
            types=self.types[rows],
            ranges=self.ranges[rows],
        )

    @property
    def naming(self) -> tuple[str, ...]:
        return ("image",)

    @property
    def values(self) -> Values:
        """What stood in the files."""
        return Values(tuple(sorted(set(self.types.tolist()))), float(self.ranges[:, 0].min()), float(self.ranges[:, 1].max()))

    def pictures(self, rows: np.ndarray) -> np.ndarray | None:
        """float32 [rows, height, width, channels], to look at."""
        return self.pixels[rows]

    def row_hashes(self) -> np.ndarray:
        return self.hashes

    def near_copies(self, *others: ImageDataset) -> np.ndarray:
        """Across mirrors, turns, brightness and a little noise; see :mod:`.near`."""
        return near_images([data.pixels for data in (self, *others)])

    def sketch(self, without: Sequence[str] = ()) -> np.ndarray | None:
        """Each image at 8 x 8 pixels of one grey."""
        return small_pictures(self.pixels).reshape(len(self), -1)

    def unused(self, told: Sequence[str]) -> list[str]:
        return super().unused((*told, "image", FOLDER))

    def fit_encoding(self, options: TrainImageOptions) -> ImageEncoding:
        """Mean and standard deviation of each channel over these images."""
        import numpy as np

        channels = self.pixels.image_shape[2]
        total, squares, count = np.zeros(channels), np.zeros(channels), 0
        for piece in self.pixels.pieces():
            images = piece.reshape(-1, channels).astype("float64")
            total, squares, count = total + images.sum(axis=0), squares + (images**2).sum(axis=0), count + len(images)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0))
        height, width, _ = self.pixels.image_shape
        return ImageEncoding(
            height,
            width,
            channels,
            self.wanted.resize,
            self.wanted.color,
            tuple(mean.tolist()),
            tuple(np.where(std > 1e-6, std, 1.0).tolist()),
            self.values,
            self.identifier,
            self.missing,
            self.wanted.colours is not False,
        )


def read_training(files: Files, options: TrainImageOptions) -> ImageDataset:
    """Read images to learn from, with labels from the table if there is one, else from the folders.

    Raises:
        InputError: when an image is broken (unless those are skipped), images differ in channels, or there are no labels.
    """
    wanted = Wanted(options.image_height, options.image_width, options.resize, options.color)
    images = open_images(files).by_name()
    named = _need_classes(images, _named(images, files, options, options.group))
    positions = (named.frame.index - 1).tolist()
    height, width = common_size(images, positions, wanted)
    runtime.check_picture_memory(height, width, images.where)
    wanted = dataclasses.replace(wanted, height=height, width=width)
    data = _read(images, files, named, wanted)
    return with_near(data) if options.near_together else data


def read_samples(files: Files, options: ImageSource, group: Columns = ()) -> ImageDataset:
    """Read images as they are, with labels if there are any, and with groups."""
    images = open_images(files).by_name()
    return _read(images, files, _named(images, files, options, group), Wanted(0, 0, STRETCH, AUTO))


def read_to_split(files: Files, options: SplitOptions) -> ImageDataset:
    """Read images with what Split was told of them."""
    source = ImageSource(id_column=options.id_column, target=options.target, missing=options.missing)
    return read_samples(files, source, options.group)


def read_to_inspect(files: Files, options: ImageSource) -> tuple[ImageDataset, list[Finding]]:
    """Read the images that can be read; what Inspect finds in the others comes from :mod:`.inspect`."""
    return read_samples(dataclasses.replace(files, broken=SKIP), options), []


def read_for(files: Files, encoding: ImageEncoding, task: Task | None) -> ImageDataset:
    """Read images for a trained model, with targets when ``task`` is given."""
    images = open_images(files)
    if task is None:  # predictions stand in the order of the files
        return _for_model(images, files, Labelled(_frame(images), (), (), []), encoding)
    images = images.by_name()
    if task.target == (FOLDER,) and not files.labels:
        named = _need_classes(images, _from_folders(images, _frame(images), (), task.known_names()))
    elif files.labels:
        identifier = identifier_of(files.labels, encoding.identifier)
        chosen = LabelColumns(identifier, task.target, (), encoding.missing, task.empty_is_none)
        named = join_labels(_frame(images), by_path, files.labels, chosen, "images", images.where)
    else:
        raise InputError(f"The {images.where} needs the table of labels with the target column {listing(task.target, 3)}: give it as well.")
    return _for_model(images, files, named, encoding)


def _for_model(images: Images, files: Files, named: Labelled, encoding: ImageEncoding) -> ImageDataset:
    """Images as a network wants them."""
    wanted = Wanted(encoding.height, encoding.width, encoding.resize, encoding.color, encoding.channels, encoding.values, encoding.colours)
    data = _read(images, files, named, wanted)
    of_files = {choice.what for choice in data.choices[len(named.choices) :]} - {CHANNELS, NUMBERS}
    if encoding.values is None and of_files:
        data.notes.append(Note("", _OLDER))
    return data


def encoding_from(stored: Any) -> ImageEncoding:
    """The encoding that a model file holds."""
    return ImageEncoding.from_json(stored)


def columns_to_copy(files: Files, data: ImageDataset, encoding: ImageEncoding, task: Task, keep: Columns) -> pd.DataFrame:
    """The image's name."""
    return data.frame[["image"]]


def _named(images: Images, files: Files, options: ImageSource, group: Columns) -> Labelled:
    """Names of images, and labels from the table or from their folders.

    Raises:
        InputError: when some images lie in folders and others do not, or it is not clear which folders are the classes.
    """
    frame = _frame(images)
    notes = []
    if images.ignored:
        notes.append(
            Note("", f"{len(images.ignored)} files of {images.where} are no images and were left out ({listing(images.ignored, 2)})")
        )
    if files.labels:
        need_target(options.target)
        none = bool(empty_words(options, tuple(map(str, options.target))))
        chosen = LabelColumns(options.id_column, options.target, group, missing_words(options.missing), none)
        named = join_labels(frame, by_path, files.labels, chosen, "images", images.where)
    else:
        named = _from_folders(images, frame, group)
    return dataclasses.replace(named, notes=notes + named.notes)


def _from_folders(images: Images, frame: pd.DataFrame, group: Columns, known: Sequence[str] = ()) -> Labelled:
    """Labels from the names of folders; ``known``: classes of a trained network."""
    found = classes_of(images.names, images.where, known)
    if not found.names:
        return Labelled(frame, (), known_group(frame, group), [])
    frame = frame.assign(**{FOLDER: found.names})
    if found.inside:
        frame = frame.assign(**{SUBFOLDER: found.inside})
    notes = [Note("", warning) for warning in found.warnings]
    groups = known_group(frame, group)
    choices = [dataclasses.replace(choice, close="") for choice in found.choices] if groups else found.choices
    return Labelled(frame, (FOLDER,), groups, notes, choices)


def _need_classes(images: Images, named: Labelled) -> Labelled:
    if named.target:
        return named
    raise InputError(
        f"The images of {images.where} lie in no folders that name their classes: give a table of labels, or pack a folder a class."
    )


def _frame(images: Images) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"image": images.names}, index=range(1, len(images.names) + 1))


def _read(images: Images, files: Files, named: Labelled, wanted: Wanted) -> ImageDataset:
    frame, target, notes = named.frame, None, named.notes
    if named.target:
        frame, target, found = with_target(frame, named.target, images.where, "images")
        notes = notes + found
    group = group_of(frame, named.group, images.where)
    pictures = read_images(images, (frame.index - 1).tolist(), wanted, files.broken)
    if pictures.broken:
        import pandas as pd

        skipped = f"{len(pictures.broken)} images that cannot be read were skipped (first {listing(pictures.broken, 3)})"
        notes = [*notes, Note("", skipped)]
        rows = frame.index.get_indexer(pd.Index([position + 1 for position in pictures.kept]))
        frame = frame.iloc[rows]
        target = None if target is None else target.iloc[rows]
        group = None if group is None else group.iloc[rows]
    if pictures.resized:
        how = {STRETCH: "stretched", PAD: "padded and scaled", CROP: "cropped and scaled"}[wanted.resize]
        height, width, _ = pictures.pixels.image_shape
        notes = [*notes, Note("", f"{pictures.resized} of {len(pictures.kept)} images were {how} to {height} x {width} pixels")]
    return ImageDataset(
        images.where,
        images.sha256,
        frame,
        target,
        notes,
        group,
        pictures.pixels,
        pictures.hashes,
        pictures.types,
        pictures.ranges,
        dataclasses.replace(wanted, channels=pictures.channels, colours=pictures.colours),
        named.identifier,
        named.missing,
        choices=[*named.choices, *pictures.choices],
    )


def write_parts(files: Files, data: ImageDataset, parts: PartFiles) -> None:
    """Copy the files of images, those at which a mask is true, into one ZIP a part."""
    images = open_images(files).by_name()
    for inside, path in parts:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for position in (data.frame.index[inside] - 1).tolist():
                archive.writestr(zipfile.ZipInfo(images.names[position]), images.read(position))
