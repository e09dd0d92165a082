"""Images to numbers inside the model: one size, standardised channels; and how they are changed at random in training."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ...cells import MISSING
from ...errors import InputError, shorten
from ...program.options import option
from ...program.search import OneOf
from ...stored import check_fields, demand
from ..kind import BaseEncoding

if TYPE_CHECKING:
    import numpy as np

    from ..files.pixels import Store
    from .dataset import ImageDataset, TrainImageOptions

STRETCH, PAD, CROP = "stretch", "pad", "crop"
AUTO, GREY, RGB = "auto", "grey", "rgb"
FLIPS = ("none", "horizontal", "vertical", "horizontal_and_vertical")
_MOST_PIXELS = 4096
"""Of a side."""
_FLAT_SIDE = 16
"""Pixels of a side that models which want tables get to see."""
_COLOURS = 3
"""Channels of a picture in colour."""


@dataclasses.dataclass(frozen=True)
class ImageOptions:
    """How images are made alike, and changed at random in training."""

    image_height: int = option(0, "height in pixels of all images, 0: the commonest", type="int", low=0, high=_MOST_PIXELS)
    image_width: int = option(0, "width in pixels of all images, 0: the commonest", type="int", low=0, high=_MOST_PIXELS)
    resize: str = option(STRETCH, "how images of another size are brought to it", type="choice", choices=(STRETCH, PAD, CROP))
    color: str = option(AUTO, "channels", type="choice", choices=(AUTO, GREY, RGB))
    flip: str = option("horizontal_and_vertical", "mirror images at random in training", type="choice", choices=FLIPS)
    rotation: float = option(
        0.0, "turn images by up to so many degrees at random in training", type="float", low=0, high=180, search=OneOf((0.0, 15.0, 180.0))
    )
    shift: float = option(
        0.0,
        "shift images by up to this share of their size at random in training",
        type="float",
        low=0,
        high=0.5,
        search=OneOf((0.0, 0.05, 0.1)),
    )
    zoom: float = option(
        0.0,
        "enlarge or shrink images by up to this share at random in training",
        type="float",
        low=0,
        high=0.5,
        search=OneOf((0.0, 0.1, 0.2)),
    )
    brightness: float = option(
        0.0, "brighten or darken images by up to so many standard deviations at random in training", type="float", low=0, high=2
    )


@dataclasses.dataclass(frozen=True)
class Values:
    """Numbers that stood in the files a network learned from: their ``types`` (uint8), and the ``lowest`` and ``highest`` of them."""

    types: tuple[str, ...]
    lowest: float
    highest: float

    def why_not(self, dtype: str, low: float, high: float) -> str:
        """Why numbers of type ``dtype`` from ``low`` to ``high`` would mean something else to the network; empty if they would not.

        Another type is taken if it holds what the known ones do: numbers that they could hold (that they held, if these are no whole ones),
        in a type that reaches as high as they did, and no shares of 1.
        """
        import numpy as np

        if dtype in self.types:
            return ""
        whole = np.dtype(dtype).kind in "iu"
        reaches = np.iinfo(dtype).max >= self.highest if whole else high > 1
        kinds = [np.iinfo(name) for name in self.types if np.dtype(name).kind in "iu"]
        lowest, highest = min([self.lowest, *(kind.min for kind in kinds)]), max([self.highest, *(kind.max for kind in kinds)])
        if lowest <= low and high <= highest and reaches:
            return ""
        learned = f"{' and '.join(self.types)} from {self.lowest:g} to {self.highest:g}"
        return f"holds numbers of type {dtype} from {low:g} to {high:g}, but the network learned from {learned}"


def told_apart(channels: int, colours: bool) -> bool:
    """Whether each of so many channels is something by itself, as stains are: neither grey, nor one of the colours of a picture.

    Args:
        channels: number of them.
        colours: whether three are the colours of one picture.
    """
    return channels > 1 and not (channels == _COLOURS and colours)


@dataclasses.dataclass(frozen=True)
class ImageEncoding(BaseEncoding):
    """Fitted preprocessing of images.

    Attributes:
        height, width: size in pixels.
        channels: number of them.
        resize, color: how images are made alike.
        mean, std: of each channel.
        values: what stood in the files; nothing in model files of before this was kept.
        identifier: column of the table of labels that named the images; empty if there was none.
        missing: cells of the table of labels that counted as missing.
        colours: whether three channels are the colours of one picture; model files of before this was kept took all for that.
    """

    height: int
    width: int
    channels: int
    resize: str
    color: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    values: Values | None = None
    identifier: str = ""
    missing: tuple[str, ...] = MISSING
    colours: bool = True

    streams = True

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> ImageEncoding:
        check_stored(stored)
        values = stored.get("values")
        known = Values(tuple(values["types"]), values["lowest"], values["highest"]) if values else None
        missing = tuple(stored.get("missing", MISSING))
        return cls(**{**stored, "mean": tuple(stored["mean"]), "std": tuple(stored["std"]), "values": known, "missing": missing})

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def stated(self) -> dict[str, dict[str, Any]]:
        return {
            "image": {"batch_shape": [None, None, None, self.channels], "dtype": "float32"},
            "resize": {
                "height": self.height,
                "width": self.width,
                "crop_to_aspect_ratio": self.resize == CROP,
                "pad_to_aspect_ratio": self.resize == PAD,
            },
            "standardise": {"scale": [1 / std for std in self.std], "offset": [-m / s for m, s in zip(self.mean, self.std, strict=True)]},
        }

    def described(self) -> str:
        return f"images of {self.height} x {self.width} pixels and {self.channels} channel{'s' if self.channels > 1 else ''}"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.height, self.width, self.channels)

    @property
    def told_apart(self) -> bool:
        """Whether each channel is something by itself, as stains are."""
        return told_apart(self.channels, self.colours)

    @property
    def inputs(self) -> dict[str, list[str]]:
        return {"image": [f"channel {number}" for number in range(1, self.channels + 1)]}

    def raw(self, data: ImageDataset) -> dict[str, Store]:
        """The model's input: ``image``, float32 [images, height, width, channels], read from disk slice by slice."""
        return {"image": data.pixels}

    def pinned(self, options: TrainImageOptions) -> TrainImageOptions:
        return dataclasses.replace(options, image_height=self.height, image_width=self.width, resize=self.resize, color=self.color)

    def for_columns_of(self, data: ImageDataset) -> ImageEncoding:
        channels = data.pixels.image_shape[2]
        if channels != self.channels:
            raise InputError(
                f"The images of {data.where} have {channels} channels, but the network to start from wants {self.channels}: "
                "choose grey or RGB."
            )
        if self.values:
            for dtype in sorted(set(data.types.tolist())):
                ranges = data.ranges[data.types == dtype]
                refused = self.values.why_not(dtype, float(ranges[:, 0].min()), float(ranges[:, 1].max()))
                if refused:
                    raise InputError(f"The images of {data.where} hold other brightness: one {refused}, so convert them or start anew.")
        values, colours = self.values or data.values, data.wanted.colours is not False
        return dataclasses.replace(self, values=values, identifier=data.identifier, missing=data.missing, colours=colours)

    def layers(self) -> tuple[dict[str, Any], Any]:
        """Keras inputs (images of any size), and float32 [images, height, width, channels], standardised."""
        import keras

        image = keras.Input((None, None, self.channels), dtype="float32", name="image")
        scaled = keras.layers.Rescaling(
            [1 / std for std in self.std], [-mean / std for mean, std in zip(self.mean, self.std, strict=True)], name="standardise"
        )
        # Keras' image layers default to training=True, which would spread to the layers after them when a user calls the model
        return {"image": image}, scaled(resizing(self.height, self.width, self.resize)(image, training=False))

    def augmentation(self, options: ImageOptions, seed: int) -> list[Any]:
        import keras

        layers = keras.layers
        chosen = []
        if options.flip != "none":
            chosen.append(layers.RandomFlip(options.flip, seed=seed))
        if options.rotation:
            chosen.append(layers.RandomRotation(options.rotation / 360, fill_mode="reflect", seed=seed + 1))
        if options.shift:
            chosen.append(layers.RandomTranslation(options.shift, options.shift, fill_mode="reflect", seed=seed + 2))
        if options.zoom:
            chosen.append(layers.RandomZoom(options.zoom, fill_mode="reflect", seed=seed + 3))
        if options.brightness:
            # standardised values: a range too wide to cut anything off
            chosen.append(layers.RandomBrightness(options.brightness / 255, value_range=(-1e6, 1e6), seed=seed + 4))
        return chosen

    def reduced(self, encoded: np.ndarray) -> np.ndarray:
        """Images averaged to at most 16 x 16 pixels, as [images, values]."""
        import numpy as np

        for axis in (1, 2):
            size = encoded.shape[axis]
            if size > _FLAT_SIDE:
                edges = np.linspace(0, size, _FLAT_SIDE + 1).astype(int)[:-1]
                counts = np.diff([*edges, size]).reshape([-1 if number == axis else 1 for number in range(4)])
                encoded = np.add.reduceat(encoded, edges, axis=axis) / counts
        return encoded.reshape(len(encoded), -1).astype("float32")


def resizing(height: int, width: int, rule: str) -> Any:
    """The Keras layer that brings images to one size."""
    import keras

    return keras.layers.Resizing(
        height, width, interpolation="bilinear", crop_to_aspect_ratio=rule == CROP, pad_to_aspect_ratio=rule == PAD, name="resize"
    )


def check_stored(stored: Any) -> None:
    """Raise UnfitError when what a model file holds is no encoding of images."""
    check_fields(ImageEncoding, stored, "its encoding of images")
    demand(all(1 <= stored[name] <= _MOST_PIXELS for name in ("height", "width")), "its images have an absurd size")
    demand(stored["resize"] in (STRETCH, PAD, CROP), f"it resizes images in an unknown way ({shorten(stored['resize'])})")
    demand(stored["color"] in (AUTO, GREY, RGB), f"it has unknown colours ({shorten(stored['color'])})")
    if stored.get("values") is not None:
        check_fields(Values, stored["values"], "its range of brightness")
    by_files = stored["channels"] == _COLOURS and stored["color"] == AUTO  # of others nobody asks whether they are colours
    demand(stored.get("colours", True) or by_files, "its images have channels that cannot be told from colours")
    fits = len(stored["mean"]) == len(stored["std"]) == stored["channels"] > 0
    demand(fits and min(stored["std"]) > 0, "its means and standard deviations do not fit its channels")
