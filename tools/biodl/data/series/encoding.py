"""Series to numbers inside the model: each channel standardised, what is missing at the training mean."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ...cells import MISSING
from ...dress import PLAIN
from ...errors import InputError, listing
from ...stored import check_distinct, check_fields, demand
from ..kind import BaseEncoding

if TYPE_CHECKING:
    import numpy as np

    from ..kind import KindOptions
    from .dataset import SeriesDataset
    from .forecast import ForecastDataset


@dataclasses.dataclass(frozen=True)
class SeriesEncoding(BaseEncoding):
    """Fitted preprocessing of series.

    Attributes:
        length: time points a sample is padded or cut to.
        channels: names of the channels.
        mean, std: of each channel in the training part.
        variable: whether samples of the training part differed in length.
        points: columns of the time points, where a row is a sample.
        sample, time: columns that tell samples and times apart, where a row is a time point.
        horizon: steps to forecast; 0 where series are classified.
        step, unit: the usual step from row to row of a forecast; see :class:`biodl.data.series.clock.Clock`. 0 where there is none, or an
            earlier version did not ask.
        dresses: how numbers are written, by column, where not plainly; see :mod:`biodl.dress`.
        missing: cells that count as missing.
    """

    length: int
    channels: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    variable: bool = False
    points: tuple[str, ...] = ()
    sample: str = ""
    time: str = ""
    horizon: int = 0
    step: float = 0.0
    unit: str = ""
    dresses: dict[str, str] = dataclasses.field(default_factory=dict)
    missing: tuple[str, ...] = MISSING

    @classmethod
    def fit(cls, values: np.ndarray, **attributes: Any) -> SeriesEncoding:
        """Fit to ``values``, float32 [samples, steps, channels], NaN where there is nothing."""
        import numpy as np

        flat = values.reshape(-1, values.shape[-1]).astype("float64")
        std = np.nanstd(flat, axis=0)
        return cls(
            values.shape[1],
            mean=tuple(np.nanmean(flat, axis=0).tolist()),
            std=tuple(np.where(std > 1e-12, std, 1.0).tolist()),
            **attributes,
        )

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> SeriesEncoding:
        check_stored(stored)
        fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
        return cls(**fields)

    def to_json(self) -> dict[str, Any]:
        """Without what later versions added and this encoding does not use, so that earlier ones open it."""
        usual = {"step": 0.0, "unit": "", "dresses": {}, "missing": MISSING}
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in usual or value != usual[name]}

    @property
    def read(self) -> dict[str, str]:
        """How the numbers of each column were written in training; where all were whole, as those of the others."""
        dresses = set(self.dresses.values())
        others = dresses.pop() if len(dresses) == 1 else PLAIN.name
        return {name: self.dresses.get(name, others) for name in self.names if name != self.sample}

    def stated(self) -> dict[str, dict[str, Any]]:
        steps = {"head": {"units": self.horizon}} if self.horizon else {}
        return steps | {
            "series": {"batch_shape": [None, *self.shape], "dtype": "float32"},
            "standardise": {"scale": [1 / std for std in self.std], "offset": [-m / s for m, s in zip(self.mean, self.std, strict=True)]},
        }

    def described(self) -> str:
        if self.horizon:
            return f"series of {listing(self.channels, 3)} in windows of {self.length} time points"
        if self.points:
            return f"series in the columns {listing(self.points, 3)}"
        return f"series with the columns {listing(self.names, 5)}"

    @property
    def names(self) -> tuple[str, ...]:
        return self.points or tuple(dict.fromkeys(name for name in (self.sample, self.time, *self.channels) if name))

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.length, len(self.channels))

    @property
    def inputs(self) -> dict[str, list[str]]:
        return {"series": list(self.channels)}

    def raw(self, data: SeriesDataset | ForecastDataset) -> dict[str, np.ndarray]:
        """The model's input: ``series``, float32 [samples, length, channels], NaN where there is nothing."""
        import numpy as np

        values = data.values[:, : self.length]
        short = self.length - values.shape[1]
        return {"series": np.pad(values, ((0, 0), (0, short), (0, 0)), constant_values=np.nan) if short else values}

    def pinned(self, options: KindOptions) -> KindOptions:
        return dataclasses.replace(options, window=self.length) if self.horizon else options

    def for_columns_of(self, data: SeriesDataset | ForecastDataset) -> SeriesEncoding:
        channels = data.columns["channels"]
        if len(channels) != len(self.channels):
            raise InputError(
                f"The series of {data.where} have {len(channels)} channels, but the network to start from {len(self.channels)}."
            )
        names = {
            name: data.columns.get(name, getattr(self, name))
            for name in ("channels", "points", "sample", "time", "horizon", "step", "unit", "dresses", "missing")
        }
        return dataclasses.replace(self, **names)

    def layers(self) -> tuple[dict[str, Any], Any]:
        """Keras inputs, and float32 [samples, length, channels], 0 where there is nothing."""
        import keras

        series = keras.Input(self.shape, dtype="float32", name="series")
        scale = keras.layers.Rescaling(
            [1 / std for std in self.std], [-mean / std for mean, std in zip(self.mean, self.std, strict=True)], name="standardise"
        )
        return {"series": series}, keras.ops.nan_to_num(scale(series), nan=0.0, posinf=0.0, neginf=0.0)

    def embed(self, encoded: Any, options: KindOptions) -> tuple[Any, Any]:
        """Encoded series, and where they differ in length, which steps hold something."""
        from keras import ops

        if not self.variable:
            return encoded, None
        return encoded, ops.cast(ops.greater(ops.max(ops.absolute(encoded), axis=-1, keepdims=True), 0), "float32")

    def notes(self, data: SeriesDataset | ForecastDataset) -> list[str]:
        long = int((data.lengths() > self.length).sum())
        return (
            [f"{long} of {len(data)} series of {data.where} are longer than {self.length} points and were cut at their end"] if long else []
        )


def check_stored(stored: Any) -> None:
    """Raise UnfitError when what a model file holds is no encoding of series."""
    check_fields(SeriesEncoding, stored, "its encoding of series")
    check_distinct(stored["channels"], "channel")
    check_distinct(stored.get("points", ()), "time point")
    fits = len(stored["mean"]) == len(stored["std"]) == len(stored["channels"]) > 0
    demand(fits and min(stored["std"]) > 0, "its means and standard deviations do not fit its channels")
    demand(stored["length"] > 0 and stored.get("horizon", 0) >= 0, "its series have no length")
    points, long = stored.get("points", ()), bool(stored.get("time")) and bool(stored.get("sample") or stored.get("horizon"))
    demand(len(points) > 1 or (long and not points), "it does not say which columns of a series are its time")
